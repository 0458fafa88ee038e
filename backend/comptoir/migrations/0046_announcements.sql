-- What managers tell the devices of their stores, and which of them have shown it to somebody; the app that each device runs; people planned by hour.
CREATE TABLE announcement (   -- `version` counts changes; `edition` those of its words, which are read anew
  id uuid PRIMARY KEY, text text NOT NULL CHECK (length(text) BETWEEN 1 AND 500), urgent boolean NOT NULL, until_at timestamptz NOT NULL,
  version int NOT NULL DEFAULT 1, edition int NOT NULL DEFAULT 1, made_at timestamptz NOT NULL, made_by text NOT NULL,
  changed_at timestamptz NOT NULL, ended_at timestamptz, ended_by text,
  CHECK ((ended_at IS NULL) = (ended_by IS NULL)), CHECK (edition BETWEEN 1 AND version)
);
CREATE INDEX announcement_open ON announcement (until_at) WHERE ended_at IS NULL;
CREATE INDEX announcement_newest ON announcement (made_at DESC, id DESC);
CREATE TABLE announcement_store (
  announcement uuid NOT NULL REFERENCES announcement ON DELETE CASCADE, location text NOT NULL REFERENCES location ON DELETE CASCADE,
  PRIMARY KEY (announcement, location)
);
CREATE INDEX announcement_store_location ON announcement_store (location, announcement);
CREATE TABLE announcement_receipt (   -- of a device, never of a person; `at` by the device's clock, `received_at` when we heard of it
  announcement uuid NOT NULL REFERENCES announcement ON DELETE CASCADE, edition int NOT NULL, device uuid NOT NULL REFERENCES device ON DELETE CASCADE,
  location text NOT NULL REFERENCES location ON DELETE CASCADE, at timestamptz NOT NULL, received_at timestamptz NOT NULL,
  PRIMARY KEY (announcement, edition, device)
);
ALTER TABLE push_note DROP CONSTRAINT push_note_kind_check, ADD CONSTRAINT push_note_kind_check CHECK (kind IN
  ('new_work', 'customer_here', 'due_soon', 'exception', 'reassigned', 'test', 'announcement', 'announcement_urgent'));

ALTER TABLE device ADD COLUMN app_version text NOT NULL DEFAULT '', ADD COLUMN app_version_at timestamptz;

-- A day's plan is versions; the newest one's hours stand in `store_plan`, marked, where a manager's act of the moment goes before them.
CREATE TABLE day_plan (   -- people[1] is from the store's midnight to one o'clock, ...; -1 where nothing is planned
  location text NOT NULL REFERENCES location ON DELETE CASCADE, day date NOT NULL, number int NOT NULL CHECK (number > 0),
  each_per_hour double precision NOT NULL CHECK (each_per_hour > 0), people smallint[] NOT NULL CHECK (cardinality(people) = 24),
  how text NOT NULL CHECK (how IN ('saved', 'undone')), made_at timestamptz NOT NULL, made_by text NOT NULL,
  PRIMARY KEY (location, day, number)
);
ALTER TABLE store_plan ADD COLUMN of_day boolean NOT NULL DEFAULT false, DROP CONSTRAINT store_plan_per_hour_check,
  ADD CONSTRAINT store_plan_per_hour_check CHECK (per_hour > 0 OR (of_day AND per_hour = 0)), ADD CONSTRAINT store_plan_of_day CHECK (NOT of_day OR kind = 'capacity');
