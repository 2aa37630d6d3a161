-- What the ledger learns besides calls and ends: who was absent and came back, who has a pass, when nobody looked.
-- One entry of the `unrecorded` stream may tell of many places: stream_index says which of them.
--   aside     place, score, lives_until: absent when its turn came; until then coming back means being called next
--   returned  place, outcome (side, requeued, ended), successor, successor_score
--   passed    place, score: to the side list by a pass
--   rejoined  place: back in the lobby after leaving it (ended, reason left_lobby)
--   idle      since, reason (overdue, stores_away, no_replica, clock_set): nobody had looked since then
-- Scores are turned by the drop's salt.

ALTER TABLE waitroom.ledger
    ADD COLUMN stream_index integer NOT NULL DEFAULT 0,
    ADD COLUMN since timestamptz,
    DROP CONSTRAINT ledger_entry_is_recorded_once,
    ADD CONSTRAINT ledger_entry_is_recorded_once PRIMARY KEY (drop, epoch, stream_ms, stream_seq, stream_index),
    DROP CONSTRAINT ledger_kind_is_known,
    ADD CONSTRAINT ledger_kind_is_known
        CHECK (kind IN ('limits', 'called', 'claimed', 'renewed', 'freed', 'ended', 'finished', 'aside', 'returned',
                        'passed', 'rejoined', 'idle'));
