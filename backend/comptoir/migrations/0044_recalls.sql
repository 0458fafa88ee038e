-- Recalls: what must leave the shelves of every place, what hands found, what became of it, and which customers were told. Corrections of figures by hand.
CREATE SEQUENCE recall_number START 8001;
CREATE TABLE recall (
  id uuid PRIMARY KEY, number text NOT NULL UNIQUE, sku text NOT NULL, lots text[] NOT NULL DEFAULT '{}',   -- no lot: all of it
  hazard_fr text NOT NULL, hazard_en text NOT NULL, remedies text[] NOT NULL, contact text NOT NULL, since timestamptz NOT NULL,
  effect jsonb NOT NULL, note text NOT NULL DEFAULT '', status text NOT NULL CHECK (status IN ('open', 'closed')),
  opened_at timestamptz NOT NULL, opened_by text NOT NULL, closed_at timestamptz, closed_by text, sell_again boolean,
  looked_at timestamptz NOT NULL,   -- through here the ledger was looked through for goods that left
  CHECK ((status = 'closed') = (closed_at IS NOT NULL AND sell_again IS NOT NULL)), CHECK (cardinality(remedies) >= 2)   -- GPSR: a choice between two
);
CREATE UNIQUE INDEX recall_open ON recall (sku) WHERE status = 'open';
CREATE INDEX recall_newest ON recall (opened_at, id);
CREATE TABLE recall_place (   -- what the books had there when it began, and whether hands have looked
  recall uuid NOT NULL, location text NOT NULL, on_hand int NOT NULL, apart int NOT NULL,   -- apart: in the building and not for sale, returns aside
  status text NOT NULL CHECK (status IN ('open', 'done')), missing int, done_at timestamptz, done_by text, PRIMARY KEY (recall, location),
  CHECK ((status = 'done') = (done_at IS NOT NULL AND missing IS NOT NULL)), CHECK (apart >= 0 AND missing >= 0)
);
CREATE INDEX recall_place_open ON recall_place (location) WHERE status = 'open';
CREATE TABLE recall_unit (   -- units that hands took out of sale; append-only: what was taken back is a row below zero
  id uuid PRIMARY KEY, recall uuid NOT NULL, location text NOT NULL, units int NOT NULL CHECK (units <> 0),
  source text NOT NULL CHECK (source IN ('shelf', 'bag', 'apart', 'over')), lot text NOT NULL DEFAULT '', at timestamptz NOT NULL, who text NOT NULL
);
CREATE INDEX recall_unit_of ON recall_unit (recall, location);
CREATE TABLE recall_outcome (   -- what became of units that were found; its id is the ledger line's
  id uuid PRIMARY KEY, recall uuid NOT NULL, location text NOT NULL, outcome text NOT NULL CHECK (outcome IN ('destroyed', 'vendor', 'released')),
  units int NOT NULL CHECK (units > 0), proof text NOT NULL CHECK (proof <> ''), at timestamptz NOT NULL, who text NOT NULL
);
CREATE INDEX recall_outcome_of ON recall_outcome (recall, location);
CREATE TABLE recall_order (   -- an order whose customer has the article: told once, or by the message to another order of the same customer
  recall uuid NOT NULL, order_id uuid NOT NULL, units int NOT NULL CHECK (units > 0), told_at timestamptz, told_with uuid, PRIMARY KEY (recall, order_id),
  CHECK (told_with IS NULL OR told_at IS NOT NULL)
);
CREATE INDEX recall_order_untold ON recall_order (recall) WHERE told_at IS NULL;
CREATE TABLE stock_adjustment (   -- a correction by hand; one that is beyond what its person may do waits for a manager
  id uuid PRIMARY KEY, location text NOT NULL, sku text NOT NULL, quantity int NOT NULL CHECK (quantity > 0), reason text NOT NULL, note text NOT NULL DEFAULT '',
  on_hand int NOT NULL, unsellable int NOT NULL, value_minor bigint NOT NULL CHECK (value_minor >= 0),   -- what it does to the figures; units at the shelf's price
  status text NOT NULL CHECK (status IN ('waiting', 'applied', 'declined', 'undone')), at timestamptz NOT NULL, who text NOT NULL, recorded_at timestamptz NOT NULL,
  decided_at timestamptz, decided_by text, undone_by uuid UNIQUE,   -- the ledger line that takes it back
  CHECK (on_hand <> 0 OR unsellable <> 0), CHECK ((status = 'undone') = (undone_by IS NOT NULL)), CHECK (status <> 'declined' OR decided_at IS NOT NULL)
);
CREATE INDEX stock_adjustment_waiting ON stock_adjustment (location, at) WHERE status = 'waiting';
CREATE INDEX stock_adjustment_newest ON stock_adjustment (recorded_at, id);
CREATE TABLE stock_rule (   -- what head office lets whom do to figures; a name without a row holds as it comes along
  name text PRIMARY KEY, value bigint NOT NULL CHECK (value >= 0), changed_at timestamptz NOT NULL, changed_by text NOT NULL
);
