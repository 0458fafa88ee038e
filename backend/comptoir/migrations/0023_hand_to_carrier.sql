-- Printers of a store and what waits for them. Documents stay where they were made; a job names one.
CREATE TABLE printer (
  id uuid PRIMARY KEY, location text NOT NULL, name text NOT NULL, host text NOT NULL, port int NOT NULL CHECK (port BETWEEN 1024 AND 65535),
  language text NOT NULL CHECK (language IN ('zpl', 'pdf')), media text NOT NULL, active boolean NOT NULL DEFAULT true,
  version int NOT NULL DEFAULT 1, made_at timestamptz NOT NULL, last_ok_at timestamptz, last_failed_at timestamptz, failure text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX printer_name ON printer (location, lower(name));
-- The networks in which a store's printers may be: nothing is ever sent outside of them.
CREATE TABLE printer_network (location text PRIMARY KEY, networks text[] NOT NULL, declared_by text NOT NULL, declared_at timestamptz NOT NULL);
CREATE TABLE print_job (
  id uuid PRIMARY KEY, location text NOT NULL, printer uuid NOT NULL, kind text NOT NULL, source uuid NOT NULL, title text NOT NULL,
  key text NOT NULL UNIQUE, state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'printed', 'failed', 'given_up')),
  tries int NOT NULL DEFAULT 0, code text NOT NULL DEFAULT '', made_at timestamptz NOT NULL, made_by text NOT NULL,
  next_at timestamptz, claimed_until timestamptz, settled_at timestamptz,
  CHECK ((next_at IS NOT NULL) = (state = 'queued')), CHECK ((claimed_until IS NOT NULL) = (state = 'sending'))
);
CREATE INDEX print_job_due ON print_job (next_at) WHERE state = 'queued';
CREATE INDEX print_job_sending ON print_job (claimed_until) WHERE state = 'sending';
CREATE INDEX print_job_place ON print_job (location, made_at DESC);
CREATE INDEX print_job_made ON print_job (made_at);
-- When a carrier comes to a store: by weekday, minutes after midnight in store time; a day of its own replaces the weekday, NULL: nobody comes.
CREATE TABLE collection (
  location text NOT NULL, carrier text NOT NULL, weekday smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  minute int NOT NULL CHECK (minute BETWEEN 0 AND 1439), PRIMARY KEY (location, carrier, weekday, minute)
);
CREATE TABLE collection_exception (
  location text NOT NULL, carrier text NOT NULL, day date NOT NULL, minute int CHECK (minute BETWEEN 0 AND 1439), reason text NOT NULL DEFAULT '',
  PRIMARY KEY (location, carrier, day)
);
-- What a driver takes: one open manifest per store and lane (a carrier's account, or a carrier whose numbers people type).
CREATE SEQUENCE manifest_number START 1001;
CREATE TABLE manifest (
  id uuid PRIMARY KEY, location text NOT NULL, carrier text NOT NULL, lane text NOT NULL, account text, number text NOT NULL UNIQUE,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')), opened_at timestamptz NOT NULL, opened_by text NOT NULL,
  closed_at timestamptz, closed_by text, stayed int NOT NULL DEFAULT 0, reopened int NOT NULL DEFAULT 0,
  slip_state text NOT NULL DEFAULT 'none' CHECK (slip_state IN ('none', 'intended', 'calling', 'made', 'refused', 'unknown')),
  slip_next_at timestamptz, slip_tries int NOT NULL DEFAULT 0, slip_number text, slip bytea, slip_code text NOT NULL DEFAULT '',
  CHECK ((state = 'closed') = (closed_at IS NOT NULL)), CHECK ((slip_state IN ('intended', 'calling')) = (slip_next_at IS NOT NULL)),
  CHECK ((slip_state = 'made') = (slip IS NOT NULL))
);
CREATE UNIQUE INDEX manifest_open ON manifest (location, lane) WHERE state = 'open';
CREATE INDEX manifest_closed ON manifest (location, closed_at) WHERE state = 'closed';
CREATE INDEX manifest_slip ON manifest (slip_next_at) WHERE slip_next_at IS NOT NULL;
CREATE TABLE manifest_parcel (
  manifest uuid NOT NULL REFERENCES manifest ON DELETE RESTRICT, parcel uuid NOT NULL, location text NOT NULL, label uuid NOT NULL,
  tracking_number text NOT NULL, weight_grams int NOT NULL, scanned_at timestamptz NOT NULL, scanned_by text NOT NULL, device uuid, PRIMARY KEY (manifest, parcel)
);
-- A parcel leaves once.
CREATE UNIQUE INDEX manifest_parcel_one ON manifest_parcel (parcel);
-- What left lately: a label that is scanned once more is known.
CREATE INDEX parcel_handed ON parcel (location, handed_at) WHERE handed_at IS NOT NULL;
-- What carriers tell: one row per parcel that left, where it stands by the one rule, and when it is asked for again.
CREATE TABLE tracking (
  parcel uuid PRIMARY KEY, location text NOT NULL, order_id uuid NOT NULL, work uuid NOT NULL, carrier text NOT NULL, account text,
  number text NOT NULL, handed_at timestamptz NOT NULL, due_on date NOT NULL, status text NOT NULL DEFAULT 'pending', status_at timestamptz,
  code text NOT NULL DEFAULT '', place text NOT NULL DEFAULT '', heard_at timestamptz, moved_at timestamptz NOT NULL, delivered_at timestamptz,
  next_at timestamptz, claimed_until timestamptz, tries int NOT NULL DEFAULT 0, told_late_at timestamptz, told_lost_at timestamptz
);
CREATE INDEX tracking_due ON tracking (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX tracking_number ON tracking (number);
CREATE INDEX tracking_order ON tracking (order_id);
CREATE INDEX tracking_work ON tracking (work);
CREATE INDEX tracking_open ON tracking (due_on) WHERE status NOT IN ('delivered', 'return_to_sender', 'cancelled');
CREATE TABLE tracking_event (
  id uuid PRIMARY KEY, parcel uuid NOT NULL, location text NOT NULL, number text NOT NULL, code text NOT NULL, status text NOT NULL, at timestamptz,
  place text NOT NULL DEFAULT '', words text NOT NULL DEFAULT '', source text NOT NULL CHECK (source IN ('poll', 'push', 'person')), heard_at timestamptz NOT NULL
);
-- The same thing told again, by whichever way, is one row.
CREATE UNIQUE INDEX tracking_event_once ON tracking_event (parcel, code, coalesce(at, '-infinity'), place);
