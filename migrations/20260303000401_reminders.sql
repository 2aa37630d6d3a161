-- Reminders: "mail me when my turn is near".

-- `place` is the identity's first place in the drop (generation 0), which stands for all of them; `score` is that of the
-- place it has, not turned by the draw's salt. The address is there as long as it is needed and not a moment longer:
--   pending  waits for the turn to be near (`due_at` is null), or to be sent (at `due_at`, and not while somebody has it
--            leased)
--   sent     the mail has gone     failed  it could not be sent     over  the place or the drop ended before
CREATE TABLE waitroom.reminders (
    id           uuid CONSTRAINT reminders_have_an_id PRIMARY KEY,
    drop         text NOT NULL CONSTRAINT reminders_drop_exists REFERENCES waitroom.drops (slug),
    place        uuid NOT NULL,
    score        bigint NOT NULL,
    email        text,
    state        text NOT NULL CONSTRAINT reminders_state_is_known CHECK (state IN ('pending', 'sent', 'failed', 'over')),
    asked_at     timestamptz NOT NULL,
    due_at       timestamptz,
    leased_until timestamptz,
    attempts     integer NOT NULL DEFAULT 0,
    ended_at     timestamptz,
    CONSTRAINT reminders_one_a_place UNIQUE (drop, place),
    CONSTRAINT reminders_keep_no_address_in_vain CHECK ((email IS NOT NULL) = (state = 'pending')),
    CONSTRAINT reminders_end_once CHECK ((ended_at IS NULL) = (state = 'pending'))
);

CREATE INDEX reminders_by_score ON waitroom.reminders (drop, score) WHERE state = 'pending' AND due_at IS NULL;
CREATE INDEX reminders_by_due_at ON waitroom.reminders (drop, due_at) WHERE state = 'pending' AND due_at IS NOT NULL;
CREATE INDEX reminders_by_email ON waitroom.reminders (drop, lower(email)) WHERE state = 'pending';
