-- Reports: what each order has added to the figures of a place and a day, the figures themselves, readings of stock,
-- and who gets which report by mail.
CREATE TABLE report_build (   -- one rebuilding from history; the newest that was swapped in is what pages read, 0 before the first
  number int PRIMARY KEY, begun_at timestamptz NOT NULL, swapped_at timestamptz, subjects bigint NOT NULL DEFAULT 0
);
CREATE TABLE report_share (   -- what one order (or return without an order) has added to one place and day
  build int NOT NULL, subject uuid NOT NULL, location text NOT NULL, day date NOT NULL, parts jsonb NOT NULL,
  PRIMARY KEY (build, subject, location, day)
);
CREATE INDEX report_share_day ON report_share (build, location, day);
CREATE TABLE report_figure (   -- what all shares of a place and a period add up to; grain d, w, m; a, b, c as the measure says
  build int NOT NULL, grain char(1) NOT NULL CHECK (grain IN ('d', 'w', 'm')), measure text NOT NULL, location text NOT NULL, day date NOT NULL,
  key text NOT NULL, a bigint NOT NULL, b bigint NOT NULL, c bigint NOT NULL,
  PRIMARY KEY (build, grain, measure, location, day, key)
);
CREATE TABLE report_stock (   -- a reading of the levels; band: days since one was sold
  location text NOT NULL, day date NOT NULL, band text NOT NULL, currency char(3) NOT NULL, units bigint NOT NULL, value_minor bigint NOT NULL,
  taken_at timestamptz NOT NULL, PRIMARY KEY (location, day, band, currency)
);
CREATE TABLE report_subscription (
  id uuid PRIMARY KEY, staff uuid NOT NULL REFERENCES staff ON DELETE CASCADE, report text NOT NULL,
  rhythm text NOT NULL CHECK (rhythm IN ('daily', 'weekly')), location text REFERENCES location ON DELETE CASCADE,
  time_zone text NOT NULL, language text NOT NULL, made_at timestamptz NOT NULL, next_at timestamptz, ended_at timestamptz,
  ended_because text NOT NULL DEFAULT ''
);
CREATE INDEX report_subscription_due ON report_subscription (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX report_subscription_staff ON report_subscription (staff);
CREATE TABLE report_mail (   -- one mail of one period; the row is there before anybody is called
  id uuid PRIMARY KEY, subscription uuid NOT NULL REFERENCES report_subscription ON DELETE CASCADE, period date NOT NULL,
  state text NOT NULL CHECK (state IN ('due', 'calling', 'sent', 'unknown', 'failed', 'dropped')), tries int NOT NULL DEFAULT 0,
  code text NOT NULL DEFAULT '', made_at timestamptz NOT NULL, next_at timestamptz, settled_at timestamptz, UNIQUE (subscription, period)
);
CREATE INDEX report_mail_due ON report_mail (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX arrival_order ON arrival (order_id);
CREATE INDEX stock_movement_picked ON stock_movement (work) WHERE fact IN ('pick', 'pick_undone');
