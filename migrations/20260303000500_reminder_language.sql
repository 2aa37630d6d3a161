-- What a reminder's mail is written in: the tag (BCP 47) of the language in which it was asked for.

ALTER TABLE waitroom.reminders
    ADD COLUMN language text NOT NULL DEFAULT 'en'
    CONSTRAINT reminders_language_is_a_tag CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$');
