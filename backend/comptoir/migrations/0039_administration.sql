-- Administration: webhooks out, reasons of every kind, stores that close, and the audit as something that is read.
CREATE TABLE webhook_endpoint (   -- where events go; its secret is derived from its id and number, and kept nowhere
  id uuid PRIMARY KEY, name text NOT NULL, url text NOT NULL, kinds text[] NOT NULL, locations text[],   -- NULL: of every place
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'closed')),
  paused_because text CHECK (paused_because IN ('by_hand', 'failing', 'gone')), paused_at timestamptz,
  secret_number int NOT NULL DEFAULT 1 CHECK (secret_number > 0), old_secret_until timestamptz,
  failures int NOT NULL DEFAULT 0 CHECK (failures >= 0), failing_since timestamptz, rests_until timestamptz,
  last_success_at timestamptz, last_failure_at timestamptz, last_error text NOT NULL DEFAULT '',
  version int NOT NULL DEFAULT 1, made_at timestamptz NOT NULL, made_by text NOT NULL,
  CHECK ((state = 'paused') <= (paused_because IS NOT NULL)), CHECK ((failures = 0) <= (failing_since IS NULL))
);
CREATE TABLE webhook_delivery (   -- one event for one endpoint, or a trial
  id uuid PRIMARY KEY, endpoint uuid NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE, stream uuid NOT NULL, seq int NOT NULL, kind text NOT NULL,
  body text NOT NULL,   -- the very bytes that are signed
  test boolean NOT NULL DEFAULT false, state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed', 'dropped')),
  made_at timestamptz NOT NULL, due_at timestamptz NOT NULL, tries_from timestamptz NOT NULL,   -- given up three days after this
  attempts int NOT NULL DEFAULT 0, claimed_until timestamptz, done_at timestamptz, last_try_at timestamptz, last_status int,
  last_error text NOT NULL DEFAULT '', took_ms int,
  UNIQUE (endpoint, stream, seq), CHECK ((state = 'open') = (done_at IS NULL)), CHECK (claimed_until IS NULL OR state = 'open')
);
CREATE INDEX webhook_delivery_open ON webhook_delivery (endpoint, due_at) WHERE state = 'open';
CREATE INDEX webhook_delivery_list ON webhook_delivery (endpoint, made_at DESC, id DESC);
CREATE INDEX webhook_delivery_old ON webhook_delivery (made_at) WHERE state <> 'open';
CREATE INDEX webhook_delivery_waits ON webhook_delivery (tries_from) WHERE state = 'open';
-- Events by time, for a replay of a span; a few kilobytes for a million of them.
CREATE INDEX event_when ON event USING brin (at) WITH (autosummarize = on);

CREATE INDEX audit_at ON audit (at DESC, id DESC);
CREATE INDEX audit_thing ON audit (split_part(action, '.', 1), at DESC, id DESC);
CREATE INDEX audit_subject ON audit (subject, at DESC, id DESC);
CREATE INDEX audit_who ON audit (who, at DESC, id DESC);

-- One shape for every reason that people choose: returns had theirs first.
ALTER TABLE return_reason RENAME TO reason;
ALTER TABLE reason ADD COLUMN subject text NOT NULL DEFAULT 'return';
ALTER TABLE reason ADD COLUMN acts_as text;   -- the built-in reason whose consequences one of ours has
ALTER TABLE reason DROP CONSTRAINT return_reason_pkey;
ALTER TABLE reason ADD PRIMARY KEY (subject, code);

ALTER TABLE location ADD COLUMN closed_at timestamptz;   -- no new work; what is there is finished, what happened stays readable
ALTER TABLE location ADD COLUMN takes_returns boolean NOT NULL DEFAULT true;
ALTER TABLE region ADD COLUMN version int NOT NULL DEFAULT 1;
ALTER TABLE legal_entity ADD COLUMN version int NOT NULL DEFAULT 1;
