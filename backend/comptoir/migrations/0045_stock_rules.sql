-- Safety stock by rule: what a level keeps back is its own figure, else the most specific line of the version in force.
ALTER TABLE stock_level ADD COLUMN safety_own int CHECK (safety_own >= 0);   -- set for this row alone; NULL: the rules say
UPDATE stock_level SET safety_own = safety_stock WHERE safety_stock > 0;
CREATE TABLE safety_rule (   -- the lines of every saved version; '' matches all. weight: how specific, the highest holds
  number int NOT NULL, sku text NOT NULL DEFAULT '', category text NOT NULL DEFAULT '', location text NOT NULL DEFAULT '', region text NOT NULL DEFAULT '',
  kind text NOT NULL DEFAULT '', units int NOT NULL CHECK (units >= 0), weight smallint NOT NULL,
  PRIMARY KEY (number, sku, category, location, region, kind), CHECK (sku = '' OR category = ''), CHECK (location = '' OR (region = '' AND kind = ''))
);
CREATE TABLE safety_walk (   -- how far the levels have been brought in line with a version: one row, made by the first walk
  one boolean PRIMARY KEY CHECK (one), number int NOT NULL, sku text NOT NULL DEFAULT '', location text NOT NULL DEFAULT '', begun_at timestamptz NOT NULL,
  settled boolean NOT NULL DEFAULT false
);

-- Counts of a whole shelf: which one, who has it on which device, and until when.
CREATE TABLE shelf_count (
  id uuid PRIMARY KEY, location text NOT NULL, aisle text NOT NULL, bay text NOT NULL DEFAULT '', status text NOT NULL CHECK (status IN ('open', 'done', 'canceled')),
  opened_at timestamptz NOT NULL, opened_by text NOT NULL, device uuid, holder text, taken_at timestamptz, until timestamptz, lease int NOT NULL DEFAULT 0,
  ended_at timestamptz, ended_by text,
  CHECK ((device IS NULL) = (until IS NULL) AND (device IS NULL) = (holder IS NULL)), CHECK ((status = 'open') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX shelf_count_open ON shelf_count (location, aisle, bay) WHERE status = 'open';
CREATE INDEX shelf_count_newest ON shelf_count (location, opened_at DESC);
ALTER TABLE stock_count ADD COLUMN shelf uuid;   -- the shelf count that it belongs to
ALTER TABLE stock_count ADD COLUMN unseen boolean NOT NULL DEFAULT false;   -- on the shelf's list and not seen: zero, shown and confirmed
CREATE INDEX stock_count_shelf ON stock_count (shelf) WHERE shelf IS NOT NULL;
