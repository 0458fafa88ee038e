-- Counts that are directed, blind and taken with no network: who counted what, and who must not count it again.
ALTER TABLE stock_count ADD COLUMN urgency int NOT NULL DEFAULT 0;   -- points of stock/directing.py when it was asked for
ALTER TABLE stock_count ADD COLUMN not_by text;   -- whoever counted it last: the recount of a large difference is another person's
ALTER TABLE stock_count ADD COLUMN moved boolean NOT NULL DEFAULT false;   -- units came or went while it was counted
ALTER TABLE stock_count ADD COLUMN decided_because text NOT NULL DEFAULT '';
CREATE TABLE stock_count_figure (   -- every figure that somebody counted, as it was told; append-only
  id uuid PRIMARY KEY, count_id uuid NOT NULL, location text NOT NULL, sku text NOT NULL,
  quantity int NOT NULL CHECK (quantity >= 0), expected int NOT NULL, parts int[] NOT NULL DEFAULT '{}',   -- units of each shelf
  seconds int NOT NULL DEFAULT 0 CHECK (seconds >= 0), counted_at timestamptz NOT NULL, counted_by text NOT NULL, recorded_at timestamptz NOT NULL,
  CHECK (parts = '{}' OR quantity = (parts[1] + coalesce(parts[2], 0) + coalesce(parts[3], 0) + coalesce(parts[4], 0) + coalesce(parts[5], 0) + coalesce(parts[6], 0)))
);
CREATE INDEX stock_count_figure_count ON stock_count_figure (count_id, recorded_at);
CREATE INDEX stock_count_decided ON stock_count (location, decided_at DESC) WHERE decided_at IS NOT NULL;
-- Counts from before: their last figure is the one that is known.
INSERT INTO stock_count_figure (id, count_id, location, sku, quantity, expected, counted_at, counted_by, recorded_at)
  SELECT gen_random_uuid(), id, location, sku, counted, coalesce(expected, 0), counted_at, coalesce(counted_by, ''), counted_at
  FROM stock_count WHERE counted IS NOT NULL AND counted_at IS NOT NULL;
