-- One device of a store at a time may hand goods over with no network.
CREATE TABLE counter_lease (
  location text PRIMARY KEY, device uuid NOT NULL,
  given_at timestamptz NOT NULL, lease_until timestamptz NOT NULL
);
-- What that device checks six letters against: slow to guess, worked out once for each pass. An older generation checks nothing.
CREATE TABLE offline_letters (
  order_id uuid NOT NULL, location text NOT NULL, generation int NOT NULL, salt uuid NOT NULL, hash bytea NOT NULL, PRIMARY KEY (order_id, location)
);
-- Whether the device alone had checked the proof when the goods left; the server checks it again when it hears of it.
ALTER TABLE hand_over ADD COLUMN offline boolean NOT NULL DEFAULT false;
