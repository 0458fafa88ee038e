-- Goods on their way from one place of the retailer's to another; a transfer with an order carries a customer's units.
CREATE SEQUENCE transfer_number START 2001;
CREATE TABLE transfer (
  id uuid PRIMARY KEY, number text NOT NULL UNIQUE, from_location text NOT NULL, to_location text NOT NULL,
  status text NOT NULL CHECK (status IN ('created', 'shipped', 'receiving', 'closed', 'canceled')), reason text NOT NULL, note text NOT NULL DEFAULT '',
  order_id uuid, work uuid UNIQUE, promise_at timestamptz, arrived_work uuid, created_at timestamptz NOT NULL, created_by text NOT NULL,
  shipped_at timestamptz, shipped_by text, received_at timestamptz, ended_at timestamptz, ended_by text,
  CHECK (from_location <> to_location), CHECK ((order_id IS NULL) = (work IS NULL)), CHECK ((status IN ('closed', 'canceled')) = (ended_at IS NOT NULL))
);
CREATE INDEX transfer_to_send ON transfer (from_location, created_at) WHERE status = 'created';
CREATE INDEX transfer_to_receive ON transfer (to_location, shipped_at) WHERE status IN ('shipped', 'receiving');
CREATE INDEX transfer_newest ON transfer (created_at, id);
CREATE INDEX transfer_order ON transfer (order_id) WHERE order_id IS NOT NULL;
CREATE TABLE transfer_line (   -- where the units of one article are; the states sum to the quantity, what came unasked is counted beside
  transfer uuid NOT NULL, line smallint NOT NULL, sku text NOT NULL, quantity int NOT NULL CHECK (quantity >= 0), available_when_promised int,
  reserved int NOT NULL DEFAULT 0, picked int NOT NULL DEFAULT 0, in_transit int NOT NULL DEFAULT 0, received int NOT NULL DEFAULT 0,
  missing int NOT NULL DEFAULT 0, released int NOT NULL DEFAULT 0, over int NOT NULL DEFAULT 0, work_line smallint, PRIMARY KEY (transfer, line),
  CHECK (reserved >= 0 AND picked >= 0 AND in_transit >= 0 AND received >= 0 AND missing >= 0 AND released >= 0 AND over >= 0),
  CHECK (reserved + picked + in_transit + received + missing + released = quantity), CHECK (quantity <= available_when_promised)
);
CREATE INDEX transfer_line_sku ON transfer_line (sku) WHERE reserved + picked + in_transit > 0;
-- Work whose goods go to another store, where the customer collects them.
ALTER TABLE work DROP CONSTRAINT work_kind_check, ADD CONSTRAINT work_kind_check CHECK (kind IN ('pickup', 'ship', 'transfer'));
