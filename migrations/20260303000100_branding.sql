-- How a drop's pages look, and in which languages they can be read.

-- Without languages: in all there are. The branding is an object of what the operator set.
ALTER TABLE waitroom.drops
    ADD COLUMN languages text[] NOT NULL DEFAULT '{}',
    ADD COLUMN branding jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT drops_branding_is_an_object CHECK (jsonb_typeof(branding) = 'object');

-- The drop's logo, by the name it is served under: apart, because rows of drops are read every second.
CREATE TABLE waitroom.logos (
    drop  text NOT NULL CONSTRAINT logos_drop_exists REFERENCES waitroom.drops (slug),
    name  text NOT NULL,
    bytes bytea NOT NULL CONSTRAINT logos_are_small CHECK (octet_length(bytes) <= 65536),
    PRIMARY KEY (drop, name)
);
