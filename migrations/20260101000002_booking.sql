-- The shop: catalogue, shows, who owns which seat, payments, bookings, tickets, and what must leave the service.
-- Every constraint that decides something is named; booking/src/store/error.rs turns those names into domain errors.
-- Decisions take the time as a parameter: no default here reads the server's clock.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE SCHEMA booking;

-- Catalogue ---------------------------------------------------------------------------------------------------------

CREATE TABLE booking.movies (
    id               uuid PRIMARY KEY,
    title            text NOT NULL,
    description      text NOT NULL DEFAULT '',
    duration_minutes integer NOT NULL,
    genre            text NOT NULL DEFAULT '',
    language         text NOT NULL DEFAULT '',
    release_date     date,
    rating           text NOT NULL DEFAULT '',
    cast_names       text[] NOT NULL DEFAULT '{}',
    keywords         text[] NOT NULL DEFAULT '{}',
    poster_url       text,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    CONSTRAINT movies_duration_is_sane CHECK (duration_minutes BETWEEN 1 AND 1440)
);

CREATE TABLE booking.theatres (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    chain      text,
    city       text NOT NULL,
    address    text NOT NULL DEFAULT '',
    time_zone  text NOT NULL,
    latitude   double precision,
    longitude  double precision,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT theatres_latitude_is_on_earth CHECK (latitude BETWEEN -90 AND 90),
    CONSTRAINT theatres_longitude_is_on_earth CHECK (longitude BETWEEN -180 AND 180)
);

CREATE TABLE booking.screens (
    id         uuid PRIMARY KEY,
    theatre_id uuid NOT NULL CONSTRAINT screens_theatre_exists REFERENCES booking.theatres (id),
    name       text NOT NULL,
    seat_count integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT screens_name_is_unique_in_theatre UNIQUE (theatre_id, name),
    CONSTRAINT screens_seat_count_is_sane CHECK (seat_count BETWEEN 1 AND 100000)
);

-- seat_index is 0 to seat_count - 1 in reading order, and the seat's byte in the show's string in Redis.
CREATE TABLE booking.screen_seats (
    screen_id  uuid NOT NULL REFERENCES booking.screens (id) ON DELETE CASCADE,
    seat_index integer NOT NULL,
    label      text NOT NULL,
    row_name   text NOT NULL,
    number     integer NOT NULL,
    x          real NOT NULL,
    y          real NOT NULL,
    category   text NOT NULL,
    features   text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (screen_id, seat_index),
    CONSTRAINT screen_seats_label_is_unique UNIQUE (screen_id, label),
    CONSTRAINT screen_seats_index_counts_from_zero CHECK (seat_index >= 0)
);

-- Shows -------------------------------------------------------------------------------------------------------------

-- `drop` is what the operator typed; `sold_by` is the drop whose admissions open the show: the safety net `open-sale`
-- where none is named. `epoch` is raised whenever Redis is found to have lost its memory of the show.
CREATE TABLE booking.shows (
    id            uuid PRIMARY KEY,
    movie_id      uuid NOT NULL CONSTRAINT shows_movie_exists REFERENCES booking.movies (id),
    screen_id     uuid NOT NULL CONSTRAINT shows_screen_exists REFERENCES booking.screens (id),
    region        text NOT NULL DEFAULT 'default',
    drop          text,
    sold_by       text NOT NULL GENERATED ALWAYS AS (coalesce(drop, 'open-sale')) STORED,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    status        text NOT NULL DEFAULT 'scheduled',
    stranded_rule boolean NOT NULL DEFAULT false,
    epoch         bigint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT shows_status_is_known CHECK (status IN ('scheduled', 'cancelled', 'completed')),
    CONSTRAINT shows_end_after_start CHECK (ends_at > starts_at),
    CONSTRAINT shows_epoch_fits CHECK (epoch BETWEEN 0 AND 2097151),
    CONSTRAINT shows_do_not_overlap
        EXCLUDE USING gist (screen_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status <> 'cancelled')
);

CREATE INDEX shows_by_drop ON booking.shows (sold_by, starts_at);
CREATE INDEX shows_by_movie ON booking.shows (movie_id, starts_at);
CREATE INDEX shows_by_end ON booking.shows (ends_at) WHERE status = 'scheduled';

-- A fare without a row of its own costs what the category's `standard` fare costs.
CREATE TABLE booking.show_prices (
    show_id      uuid NOT NULL REFERENCES booking.shows (id) ON DELETE CASCADE,
    category     text NOT NULL,
    fare         text NOT NULL DEFAULT 'standard',
    amount_minor bigint NOT NULL,
    currency     text NOT NULL,
    PRIMARY KEY (show_id, category, fare),
    CONSTRAINT show_prices_are_not_negative CHECK (amount_minor >= 0),
    CONSTRAINT show_prices_currency_is_a_code CHECK (currency ~ '^[A-Z]{3}$')
);

CREATE TABLE booking.blocked_seats (
    show_id    uuid NOT NULL REFERENCES booking.shows (id) ON DELETE CASCADE,
    seat       integer NOT NULL,
    reason     text NOT NULL,
    blocked_by text NOT NULL,
    blocked_at timestamptz NOT NULL,
    PRIMARY KEY (show_id, seat)
);

-- Reservations ------------------------------------------------------------------------------------------------------

-- pending: held, not paid for; paying: its saga runs, only the saga ends it; confirmed, expired, released, cancelled.
-- `expires_at` never moves; while paying, `payment_deadline` bounds the hold. `fence` grows with every hold of a show.
CREATE TABLE booking.reservations (
    id               uuid PRIMARY KEY,
    show_id          uuid NOT NULL REFERENCES booking.shows (id),
    drop             text NOT NULL,
    sid              uuid NOT NULL,
    buyer            text NOT NULL,
    status           text NOT NULL,
    seat_count       integer NOT NULL,
    total_minor      bigint NOT NULL,
    currency         text NOT NULL,
    fence            bigint NOT NULL,
    cooldown_s       integer NOT NULL DEFAULT 0,
    expires_at       timestamptz NOT NULL,
    payment_deadline timestamptz,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    ended_at         timestamptz,
    CONSTRAINT reservations_status_is_known
        CHECK (status IN ('pending', 'paying', 'confirmed', 'expired', 'released', 'cancelled')),
    CONSTRAINT reservations_end_is_recorded
        CHECK ((ended_at IS NULL) = (status IN ('pending', 'paying', 'confirmed'))),
    CONSTRAINT reservations_paying_has_a_deadline CHECK (status <> 'paying' OR payment_deadline IS NOT NULL),
    CONSTRAINT reservations_have_seats CHECK (seat_count > 0),
    CONSTRAINT reservations_total_is_not_negative CHECK (total_minor >= 0),
    CONSTRAINT reservations_fence_is_unique_in_show UNIQUE (show_id, fence)
);

CREATE UNIQUE INDEX reservations_one_live_a_buyer ON booking.reservations (show_id, buyer)
    WHERE status IN ('pending', 'paying');
CREATE INDEX reservations_by_expiry ON booking.reservations (expires_at) WHERE status = 'pending';
CREATE INDEX reservations_by_payment_deadline ON booking.reservations (payment_deadline) WHERE status = 'paying';
CREATE INDEX reservations_by_admission ON booking.reservations (drop, sid);

-- What was asked for and at which price; never changes and outlives the claim.
CREATE TABLE booking.reservation_seats (
    reservation_id uuid NOT NULL REFERENCES booking.reservations (id),
    seat           integer NOT NULL,
    label          text NOT NULL,
    category       text NOT NULL,
    fare           text NOT NULL,
    price_minor    bigint NOT NULL,
    PRIMARY KEY (reservation_id, seat),
    CONSTRAINT reservation_seats_price_is_not_negative CHECK (price_minor >= 0)
);

-- Who owns a seat. Live while the reservation is pending, paying or confirmed (and its ticket valid or used).
CREATE TABLE booking.seat_claims (
    show_id        uuid NOT NULL REFERENCES booking.shows (id),
    seat           integer NOT NULL,
    reservation_id uuid NOT NULL REFERENCES booking.reservations (id),
    live           boolean NOT NULL,
    claimed_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    PRIMARY KEY (reservation_id, seat),
    CONSTRAINT seat_claims_end_is_recorded CHECK (live = (ended_at IS NULL))
);

CREATE UNIQUE INDEX seat_claims_one_live_owner ON booking.seat_claims (show_id, seat) WHERE live;

-- Payments ----------------------------------------------------------------------------------------------------------

-- One row an attempt (a card), written before the gateway is called; the gateway's idempotency keys derive from `id`.
CREATE TABLE booking.payments (
    id                uuid PRIMARY KEY,
    reservation_id    uuid NOT NULL REFERENCES booking.reservations (id),
    gateway           text NOT NULL,
    amount_minor      bigint NOT NULL,
    currency          text NOT NULL,
    state             text NOT NULL,
    gateway_reference text,
    token_digest      bytea NOT NULL,
    contact_email     text NOT NULL,
    contact_name      text NOT NULL,
    buyer             text NOT NULL,
    idempotency_key   text NOT NULL,
    failure           text,
    last_error        text,
    attempts          integer NOT NULL DEFAULT 0,
    next_attempt_at   timestamptz,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    authorised_at     timestamptz,
    captured_at       timestamptz,
    ended_at          timestamptz,
    CONSTRAINT payments_state_is_known
        CHECK (state IN ('authorising', 'authorised', 'capturing', 'captured', 'voiding', 'voided', 'declined',
                         'refunding', 'refunded', 'failed')),
    CONSTRAINT payments_amount_is_not_negative CHECK (amount_minor >= 0),
    CONSTRAINT payments_capture_is_recorded
        CHECK (state NOT IN ('captured', 'refunding', 'refunded') OR captured_at IS NOT NULL)
);

CREATE UNIQUE INDEX payments_one_live_a_reservation ON booking.payments (reservation_id)
    WHERE state IN ('authorising', 'authorised', 'capturing', 'captured');
CREATE INDEX payments_by_reservation ON booking.payments (reservation_id);
CREATE INDEX payments_unfinished ON booking.payments (next_attempt_at)
    WHERE state IN ('authorising', 'authorised', 'capturing', 'voiding', 'refunding');

CREATE TABLE booking.refunds (
    id                uuid PRIMARY KEY,
    payment_id        uuid NOT NULL REFERENCES booking.payments (id),
    amount_minor      bigint NOT NULL,
    currency          text NOT NULL,
    percent           integer NOT NULL DEFAULT 100,
    reason            text NOT NULL,
    state             text NOT NULL,
    gateway_reference text,
    last_error        text,
    attempts          integer NOT NULL DEFAULT 0,
    next_attempt_at   timestamptz,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    refunded_at       timestamptz,
    CONSTRAINT refunds_state_is_known CHECK (state IN ('pending', 'refunded', 'failed')),
    CONSTRAINT refunds_amount_is_positive CHECK (amount_minor > 0),
    CONSTRAINT refunds_percent_is_a_percentage CHECK (percent BETWEEN 1 AND 100)
);

CREATE INDEX refunds_by_payment ON booking.refunds (payment_id);
CREATE INDEX refunds_unfinished ON booking.refunds (next_attempt_at) WHERE state = 'pending';

-- Bookings ----------------------------------------------------------------------------------------------------------

-- `booked` is a booking whose capture is under way: nobody sees it. `spends_admission` is false only for a booking
-- that was cancelled unseen, so that its buyer may go on shopping.
CREATE TABLE booking.bookings (
    id               uuid PRIMARY KEY,
    reservation_id   uuid NOT NULL CONSTRAINT bookings_one_a_reservation UNIQUE REFERENCES booking.reservations (id),
    reference        text NOT NULL CONSTRAINT bookings_reference_is_unique UNIQUE,
    show_id          uuid NOT NULL REFERENCES booking.shows (id),
    buyer            text NOT NULL,
    drop             text NOT NULL,
    sid              uuid NOT NULL,
    spends_admission boolean NOT NULL DEFAULT true,
    status           text NOT NULL,
    total_minor      bigint NOT NULL,
    currency         text NOT NULL,
    contact_email    text NOT NULL,
    contact_name     text NOT NULL,
    booked_at        timestamptz NOT NULL,
    confirmed_at     timestamptz,
    cancelled_at     timestamptz,
    updated_at       timestamptz NOT NULL,
    CONSTRAINT bookings_status_is_known CHECK (status IN ('booked', 'confirmed', 'cancelled', 'refunded')),
    CONSTRAINT bookings_confirmation_is_recorded CHECK (status <> 'confirmed' OR confirmed_at IS NOT NULL),
    CONSTRAINT bookings_reference_is_readable CHECK (reference ~ '^[A-Z0-9]{8}$')
);

CREATE UNIQUE INDEX bookings_admission_is_spent_once ON booking.bookings (drop, sid) WHERE spends_admission;
CREATE INDEX bookings_by_buyer ON booking.bookings (buyer, booked_at);
CREATE INDEX bookings_by_show ON booking.bookings (show_id);

CREATE TABLE booking.tickets (
    id           uuid PRIMARY KEY,
    booking_id   uuid NOT NULL REFERENCES booking.bookings (id),
    show_id      uuid NOT NULL REFERENCES booking.shows (id),
    seat         integer NOT NULL,
    label        text NOT NULL,
    category     text NOT NULL,
    fare         text NOT NULL,
    price_minor  bigint NOT NULL,
    currency     text NOT NULL,
    status       text NOT NULL,
    created_at   timestamptz NOT NULL,
    used_at      timestamptz,
    used_gate    text,
    cancelled_at timestamptz,
    CONSTRAINT tickets_status_is_known CHECK (status IN ('valid', 'used', 'cancelled')),
    CONSTRAINT tickets_one_a_seat_and_booking UNIQUE (booking_id, seat)
);

CREATE UNIQUE INDEX tickets_one_live_a_seat ON booking.tickets (show_id, seat) WHERE status <> 'cancelled';

-- Answers, messages, history ----------------------------------------------------------------------------------------

CREATE TABLE booking.idempotency_keys (
    buyer            text NOT NULL,
    key              text NOT NULL,
    route            text NOT NULL,
    body_digest      bytea NOT NULL,
    status           text NOT NULL,
    reservation_id   uuid,
    response_status  smallint,
    response_headers jsonb,
    response_body    bytea,
    created_at       timestamptz NOT NULL,
    finished_at      timestamptz,
    PRIMARY KEY (buyer, key),
    CONSTRAINT idempotency_keys_status_is_known CHECK (status IN ('running', 'finished')),
    CONSTRAINT idempotency_keys_finished_has_an_answer
        CHECK ((status = 'finished') = (response_status IS NOT NULL AND response_body IS NOT NULL
                                        AND response_headers IS NOT NULL AND finished_at IS NOT NULL))
);

CREATE INDEX idempotency_keys_by_age ON booking.idempotency_keys (created_at);
CREATE INDEX idempotency_keys_by_reservation ON booking.idempotency_keys (reservation_id);

-- What must leave the service: a row a destination, written with the change that caused it. Within a destination and
-- an aggregate only the oldest unsent row is taken.
CREATE TABLE booking.outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    aggregate_id    uuid NOT NULL,
    destination     text NOT NULL,
    kind            text NOT NULL,
    payload         jsonb NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    last_error      text,
    created_at      timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    sent_at         timestamptz,
    dead_at         timestamptz
);

CREATE INDEX outbox_due ON booking.outbox (next_attempt_at) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_oldest_unsent ON booking.outbox (destination, aggregate_id, id)
    WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_by_aggregate ON booking.outbox (aggregate_id, id);

-- Up to which epoch of a drop its slot ends have been sent. Waitroom restores slots from a ledger that may not know
-- the ends of the last moments before Redis was lost; a new epoch has them sent again.
CREATE TABLE booking.drop_epochs (
    drop       text PRIMARY KEY,
    epoch      bigint NOT NULL,
    updated_at timestamptz NOT NULL
);

-- The audit trail. Holds no personal data: people are identities.
CREATE TABLE booking.events (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    kind         text NOT NULL,
    aggregate_id uuid NOT NULL,
    actor        text NOT NULL,
    payload      jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX events_by_aggregate ON booking.events (aggregate_id, id);

CREATE FUNCTION booking.refuse_rewriting_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'booking.events is append-only';
END
$$;

CREATE TRIGGER events_are_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON booking.events
    FOR EACH STATEMENT EXECUTE FUNCTION booking.refuse_rewriting_history();

CREATE TABLE booking.accounts (
    id            uuid PRIMARY KEY,
    email         text NOT NULL,
    password_hash text NOT NULL,
    name          text NOT NULL,
    phone         text,
    address       text,
    language      text,
    verified_at   timestamptz,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    deleted_at    timestamptz
);

CREATE UNIQUE INDEX accounts_email_is_unique ON booking.accounts (lower(email)) WHERE deleted_at IS NULL;

-- The sandbox gateway's own books. It plays a foreign system: only the gateway reads and writes here, and the audit
-- compares it with booking.payments.

CREATE SCHEMA sandbox_gateway;

-- A charge is undecided, as far as anybody is told, until `decided_at`. A void of a charge that was never seen leaves a
-- voided charge of no amount, so that its authorisation is refused when it comes.
CREATE TABLE sandbox_gateway.charges (
    id              uuid PRIMARY KEY,
    idempotency_key text NOT NULL CONSTRAINT charges_idempotency_key_is_unique UNIQUE,
    amount_minor    bigint NOT NULL,
    currency        text NOT NULL,
    token           text NOT NULL,
    status          text NOT NULL,
    captured_minor  bigint NOT NULL DEFAULT 0,
    refunded_minor  bigint NOT NULL DEFAULT 0,
    decline_code    text,
    decided_at      timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CONSTRAINT charges_status_is_known
        CHECK (status IN ('authorised', 'declined', 'action_required', 'captured', 'voided', 'refunded'))
);

-- Every operation the gateway carried out, by the idempotency key it was asked with.
CREATE TABLE sandbox_gateway.operations (
    id              uuid PRIMARY KEY,
    charge_id       uuid NOT NULL REFERENCES sandbox_gateway.charges (id),
    kind            text NOT NULL,
    idempotency_key text NOT NULL,
    amount_minor    bigint NOT NULL,
    outcome         text NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT operations_kind_is_known CHECK (kind IN ('authorise', 'capture', 'void', 'refund')),
    CONSTRAINT operations_idempotency_key_is_unique UNIQUE (kind, idempotency_key)
);

CREATE INDEX operations_by_charge ON sandbox_gateway.operations (charge_id);
