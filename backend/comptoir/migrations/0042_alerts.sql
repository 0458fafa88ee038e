-- Alerts: rules, what was read by the hour, what was raised, each change of it, and each message about it.
CREATE TABLE alert_rule (   -- of one store, of one region, or (neither) of all places
  id uuid PRIMARY KEY, kind text NOT NULL, threshold int NOT NULL CHECK (threshold > 0), region text REFERENCES region ON DELETE CASCADE,
  location text REFERENCES location ON DELETE CASCADE, tells text NOT NULL CHECK (tells IN ('store_manager', 'regional_manager', 'head_office', 'nobody')),
  person uuid REFERENCES staff ON DELETE RESTRICT, media text[] NOT NULL DEFAULT '{}', quiet_from smallint, quiet_until smallint,   -- minutes of the store's day
  escalate_after smallint CHECK (escalate_after > 0), escalate_to text CHECK (escalate_to IN ('store_manager', 'regional_manager', 'head_office')),
  active boolean NOT NULL DEFAULT true, version int NOT NULL DEFAULT 1, changed_at timestamptz NOT NULL, changed_by text NOT NULL,
  CHECK (region IS NULL OR location IS NULL), CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)), CHECK ((escalate_after IS NULL) = (escalate_to IS NULL))
);
CREATE TABLE alert_reading (   -- the highest figure of one thing in one hour; nothing where nothing was
  kind text NOT NULL, subject text NOT NULL, hour timestamptz NOT NULL, location text, high int NOT NULL CHECK (high > 0), PRIMARY KEY (kind, subject, hour)
);
CREATE INDEX alert_reading_hour ON alert_reading (hour);
CREATE TABLE alert (
  id uuid PRIMARY KEY, rule uuid NOT NULL REFERENCES alert_rule ON DELETE CASCADE, kind text NOT NULL, subject text NOT NULL, location text,
  name text NOT NULL DEFAULT '', threshold int NOT NULL, value int NOT NULL, highest int NOT NULL, raised_at timestamptz NOT NULL, value_at timestamptz NOT NULL,
  calm_since timestamptz, acknowledged_at timestamptz, acknowledged_by text, word text NOT NULL DEFAULT '', snoozed_until timestamptz, escalated_at timestamptz,
  ended_at timestamptz, ended_because text NOT NULL DEFAULT '', CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
CREATE UNIQUE INDEX alert_open ON alert (rule, subject) WHERE ended_at IS NULL;
CREATE INDEX alert_past ON alert (ended_at DESC) WHERE ended_at IS NOT NULL;
CREATE TABLE alert_step (   -- each change of it, in its order
  alert uuid NOT NULL REFERENCES alert ON DELETE CASCADE, n int NOT NULL, what text NOT NULL CHECK (what IN ('raised', 'acknowledged', 'snoozed', 'woke', 'escalated', 'ended')),
  at timestamptz NOT NULL, who text NOT NULL, value int NOT NULL, word text NOT NULL DEFAULT '', PRIMARY KEY (alert, n)
);
CREATE TABLE alert_notice (   -- one message to one person by one way; the row is there before anybody is called
  id uuid PRIMARY KEY, alert uuid NOT NULL REFERENCES alert ON DELETE CASCADE, n int NOT NULL, staff uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
  medium text NOT NULL CHECK (medium IN ('push', 'email')), state text NOT NULL CHECK (state IN ('due', 'calling', 'sent', 'shown', 'unknown', 'failed', 'suppressed')),
  code text NOT NULL DEFAULT '', tries int NOT NULL DEFAULT 0, made_at timestamptz NOT NULL, next_at timestamptz, settled_at timestamptz, shown_at timestamptz,
  UNIQUE (alert, n, staff, medium), CHECK ((state IN ('due', 'calling')) = (next_at IS NOT NULL))
);
CREATE INDEX alert_notice_due ON alert_notice (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX short_pick_when ON short_pick (at);

-- A manager's browser is told of alerts: one more kind of reader of pushes.
ALTER TABLE push_subscription ADD COLUMN staff uuid REFERENCES staff ON DELETE CASCADE;
ALTER TABLE push_subscription DROP CONSTRAINT push_subscription_check;
ALTER TABLE push_subscription ADD CONSTRAINT push_subscription_check CHECK (num_nonnulls(device, order_id, staff) = 1);
CREATE INDEX push_subscription_staff ON push_subscription (staff) WHERE staff IS NOT NULL;
