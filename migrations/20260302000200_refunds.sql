-- Refunds that cannot exceed what was captured, and what a cancelled booking was given back.

-- What was captured of a payment and is promised or given back: every refund but those that failed. The trigger keeps
-- it; the check refuses a refund for which there is not enough left, whoever asks and however many at once.
ALTER TABLE booking.payments ADD COLUMN refunds_minor bigint NOT NULL DEFAULT 0;

UPDATE booking.payments AS payment SET refunds_minor = promised.total
FROM (SELECT payment_id, sum(amount_minor)::bigint AS total FROM booking.refunds WHERE state <> 'failed' GROUP BY payment_id)
    AS promised
WHERE promised.payment_id = payment.id;

ALTER TABLE booking.payments
    ADD CONSTRAINT payments_refunds_stay_within_capture
    CHECK (refunds_minor = 0 OR (captured_at IS NOT NULL AND refunds_minor BETWEEN 0 AND amount_minor));

CREATE FUNCTION booking.count_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state <> 'failed' THEN
        UPDATE booking.payments SET refunds_minor = refunds_minor - OLD.amount_minor WHERE id = OLD.payment_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state <> 'failed' THEN
        UPDATE booking.payments SET refunds_minor = refunds_minor + NEW.amount_minor WHERE id = NEW.payment_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER refunds_are_counted
    AFTER INSERT OR DELETE OR UPDATE OF state, amount_minor, payment_id ON booking.refunds
    FOR EACH ROW EXECUTE FUNCTION booking.count_refunds();

-- `cause`: cancelled by its buyer, given back by an operator, or captured after the payment had been given up.
-- `request_key` is an operator's Idempotency-Key, `request_digest` what was asked for under it.
ALTER TABLE booking.refunds
    ADD COLUMN cause          text NOT NULL DEFAULT 'operator',
    ADD COLUMN requested_by   text NOT NULL DEFAULT 'booking',
    ADD COLUMN request_key    text,
    ADD COLUMN request_digest bytea,
    ADD CONSTRAINT refunds_key_has_a_digest CHECK ((request_key IS NULL) = (request_digest IS NULL)),
    ADD CONSTRAINT refunds_cause_is_known CHECK (cause IN ('cancelled', 'operator', 'late_capture'));

CREATE UNIQUE INDEX refunds_key_is_used_once ON booking.refunds (payment_id, request_key);

-- The share of its price that a cancelled booking is given back, and the refund that does it: none where there was
-- nothing to give back.
ALTER TABLE booking.bookings
    ADD COLUMN cancel_percent   integer,
    ADD COLUMN cancel_refund_id uuid REFERENCES booking.refunds (id),
    ADD CONSTRAINT bookings_cancel_percent_is_a_percentage CHECK (cancel_percent BETWEEN 0 AND 100);
