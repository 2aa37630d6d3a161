-- The line: drops as operators set them, the ledger of calls and ends, and who changed what.
-- Decisions take the time as a parameter: no default here reads the server's clock.

CREATE SCHEMA waitroom;

-- Drops -------------------------------------------------------------------------------------------------------------

-- `control` is the operator's word; whether a drop is in its lobby or open follows from it and the times.
-- `epoch` is raised whenever Redis is found to have lost its memory of the drop. `version` is the ETag.
CREATE TABLE waitroom.drops (
    slug            text CONSTRAINT drops_slug_is_unique PRIMARY KEY,
    title           text NOT NULL,
    mode            text NOT NULL CONSTRAINT drops_mode_is_known CHECK (mode IN ('scheduled', 'safety_net')),
    control         text NOT NULL CONSTRAINT drops_control_is_known CHECK (control IN ('open', 'paused', 'closed')),
    seed            bytea NOT NULL CONSTRAINT drops_seed_has_32_bytes CHECK (octet_length(seed) = 32),
    lobby_opens_at  timestamptz,
    opens_at        timestamptz,
    closes_at       timestamptz,
    rate_per_minute integer NOT NULL CONSTRAINT drops_rate_is_sane CHECK (rate_per_minute BETWEEN 1 AND 1000000),
    burst           integer NOT NULL CONSTRAINT drops_burst_is_sane CHECK (burst BETWEEN 1 AND 1000000),
    max_active      integer NOT NULL CONSTRAINT drops_max_active_is_sane CHECK (max_active BETWEEN 1 AND 1000000),
    claim_window_s  integer NOT NULL CONSTRAINT drops_claim_window_is_sane CHECK (claim_window_s BETWEEN 1 AND 86400),
    session_max_s   integer NOT NULL CONSTRAINT drops_session_is_sane CHECK (session_max_s BETWEEN 1 AND 86400),
    on_lapse        text NOT NULL CONSTRAINT drops_on_lapse_is_known CHECK (on_lapse IN ('requeue', 'keep', 'drop')),
    rejoin          boolean NOT NULL,
    max_seats       integer NOT NULL CONSTRAINT drops_max_seats_is_sane CHECK (max_seats BETWEEN 1 AND 100),
    hold_s          integer NOT NULL CONSTRAINT drops_hold_is_sane CHECK (hold_s BETWEEN 1 AND 86400),
    cooldown_s      integer NOT NULL CONSTRAINT drops_cooldown_is_sane CHECK (cooldown_s BETWEEN 0 AND 86400),
    allowed_origins text[] NOT NULL,
    message         text NOT NULL,
    epoch           bigint NOT NULL DEFAULT 0,
    version         bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CONSTRAINT drops_lobby_is_before_opening CHECK (lobby_opens_at <= opens_at),
    CONSTRAINT drops_closing_is_after_opening CHECK (opens_at < closes_at),
    CONSTRAINT drops_epoch_fits_into_scores CHECK (epoch BETWEEN 0 AND 65535)
);

-- The safety-net drop for shows that name no drop: open from the start, and wide.
INSERT INTO waitroom.drops (slug, title, mode, control, seed, lobby_opens_at, opens_at, rate_per_minute, burst,
                            max_active, claim_window_s, session_max_s, on_lapse, rejoin, max_seats, hold_s, cooldown_s,
                            allowed_origins, message, created_at, updated_at)
VALUES ('open-sale', 'Open sale', 'safety_net', 'open',
        sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')),
        '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 60000, 1000,
        10000, 300, 3600, 'requeue', true, 10, 600, 300,
        '{}', '', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z');

-- The ledger --------------------------------------------------------------------------------------------------------

-- What the scripts did, append only. A row is an entry of the drop's `unrecorded` stream: its epoch and stream id name
-- it, so that recording it twice changes nothing. Which columns are set depends on the kind:
--   limits    rate_per_minute, burst, max_active, control, opens_at, closes_at: in force from `at` on
--   called    place, sid, score, source (front, side, late), lives_until
--   claimed   place, sid, lives_until        renewed   the same
--   freed     place, sid, reason (unclaimed, unused, expired), outcome (requeued, kept, ended), successor,
--             successor_score: the slot lapsed
--   ended     place, sid where it had a slot, reason: the visitor gave the place up
--   finished  sid, and place where waitroom knew it: done shopping
CREATE TABLE waitroom.ledger (
    drop            text NOT NULL CONSTRAINT ledger_drop_exists REFERENCES waitroom.drops (slug),
    epoch           bigint NOT NULL,
    stream_ms       bigint NOT NULL,
    stream_seq      bigint NOT NULL,
    kind            text NOT NULL CONSTRAINT ledger_kind_is_known
                    CHECK (kind IN ('limits', 'called', 'claimed', 'renewed', 'freed', 'ended', 'finished')),
    at              timestamptz NOT NULL,
    place           uuid,
    sid             uuid,
    score           bigint,
    source          text,
    lives_until     timestamptz,
    reason          text,
    outcome         text,
    successor       uuid,
    successor_score bigint,
    rate_per_minute integer,
    burst           integer,
    max_active      integer,
    control         text,
    opens_at        timestamptz,
    closes_at       timestamptz,
    CONSTRAINT ledger_entry_is_recorded_once PRIMARY KEY (drop, epoch, stream_ms, stream_seq)
);

CREATE INDEX ledger_by_sid ON waitroom.ledger (drop, sid) WHERE sid IS NOT NULL;
CREATE INDEX ledger_by_place ON waitroom.ledger (drop, place) WHERE place IS NOT NULL;

-- Audit -------------------------------------------------------------------------------------------------------------

-- What operators did to a drop: append only, written in the transaction of the change.
CREATE TABLE waitroom.audit (
    id       uuid PRIMARY KEY,
    drop     text NOT NULL CONSTRAINT audit_drop_exists REFERENCES waitroom.drops (slug),
    at       timestamptz NOT NULL,
    operator text NOT NULL,
    action   text NOT NULL,
    reason   text,
    before   jsonb,
    after    jsonb NOT NULL
);

CREATE INDEX audit_by_drop ON waitroom.audit (drop, id);
