-- How much of its price a booking of this show is given back; null: as the installation says.
ALTER TABLE booking.shows ADD COLUMN cancellation_policy text;
