-- Levels are looked through a slice at a time; rules that come along speak of alerts too; browsers that were lost are found.
CREATE TABLE stock_look (   -- how far a look through all levels has come: the last (SKU, location) of the last slice
  name text PRIMARY KEY, sku text NOT NULL, location text NOT NULL, looked_at timestamptz NOT NULL, round_at timestamptz   -- when all had been looked at
);
CREATE TABLE stock_fault (   -- a row of stock whose figures cannot be right, as long as they are not
  kind text NOT NULL CHECK (kind IN ('ledger', 'stock')), location text NOT NULL, sku text NOT NULL, units int NOT NULL CHECK (units > 0),
  found_at timestamptz NOT NULL, seen_at timestamptz NOT NULL, PRIMARY KEY (kind, location, sku)
);
-- A rule that every house begins with has no row until somebody changes it.
ALTER TABLE alert DROP CONSTRAINT alert_rule_fkey;
CREATE INDEX alert_notice_gone ON alert_notice (staff, settled_at) WHERE code = 'gone';
