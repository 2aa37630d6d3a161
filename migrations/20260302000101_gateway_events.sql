-- Webhooks of payment gateways, each stored once; `payment_id` is what the gateway says it is about.

CREATE TABLE booking.gateway_events (
    gateway     text NOT NULL,
    id          text NOT NULL,
    kind        text NOT NULL,
    payment_id  uuid,
    received_at timestamptz NOT NULL,
    CONSTRAINT gateway_events_are_stored_once PRIMARY KEY (gateway, id)
);

CREATE INDEX gateway_events_by_age ON booking.gateway_events (received_at);
