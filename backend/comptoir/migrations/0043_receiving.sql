-- Goods that suppliers send: what was ordered, what was announced carton by carton, what came, and where the two differ.
CREATE SEQUENCE purchase_number START 5001;
CREATE SEQUENCE goods_receipt_number START 6001;
CREATE TABLE purchase (   -- a purchase order for one location
  id uuid PRIMARY KEY, number text NOT NULL UNIQUE, location text NOT NULL, supplier text NOT NULL, expected_on date, delivery_note text NOT NULL DEFAULT '',
  note text NOT NULL DEFAULT '', status text NOT NULL CHECK (status IN ('open', 'receiving', 'closed', 'canceled')), created_at timestamptz NOT NULL,
  created_by text NOT NULL, received_at timestamptz, ended_at timestamptz, ended_by text,
  CHECK ((status IN ('closed', 'canceled')) = (ended_at IS NOT NULL))
);
CREATE INDEX purchase_awaited ON purchase (location, expected_on) WHERE status IN ('open', 'receiving');
CREATE INDEX purchase_newest ON purchase (created_at, id);
CREATE INDEX purchase_note ON purchase (delivery_note) WHERE delivery_note <> '';
CREATE TABLE purchase_line (   -- one article: units ordered, and what was counted of it, good and damaged
  purchase uuid NOT NULL, line smallint NOT NULL, sku text NOT NULL, ordered int NOT NULL, good int NOT NULL DEFAULT 0, damaged int NOT NULL DEFAULT 0,
  PRIMARY KEY (purchase, line), UNIQUE (purchase, sku), CHECK (ordered >= 0 AND good >= 0 AND damaged >= 0)
);
CREATE INDEX purchase_line_sku ON purchase_line (sku);
CREATE TABLE asn (   -- what a supplier says is on its way
  id uuid PRIMARY KEY, purchase uuid NOT NULL, location text NOT NULL, number text NOT NULL, expected_on date, created_at timestamptz NOT NULL,
  created_by text NOT NULL, UNIQUE (purchase, number)
);
CREATE TABLE asn_carton (   -- one carton under its SSCC, one row per article in it
  asn uuid NOT NULL, sscc text NOT NULL, sku text NOT NULL, quantity int NOT NULL CHECK (quantity > 0), PRIMARY KEY (asn, sscc, sku)
);
CREATE INDEX asn_carton_sscc ON asn_carton (sscc);
CREATE TABLE goods_receipt (   -- one delivery of a purchase order; several where it comes in parts
  id uuid PRIMARY KEY, number text NOT NULL UNIQUE, purchase uuid NOT NULL, location text NOT NULL, status text NOT NULL CHECK (status IN ('counting', 'closed')),
  last boolean NOT NULL DEFAULT false, opened_at timestamptz NOT NULL, opened_by text NOT NULL, closed_at timestamptz, closed_by text,
  CHECK ((status = 'closed') = (closed_at IS NOT NULL))
);
CREATE UNIQUE INDEX goods_receipt_open ON goods_receipt (purchase) WHERE status = 'counting';
CREATE INDEX goods_receipt_of ON goods_receipt (purchase);
CREATE TABLE goods_receipt_entry (   -- one count of hands; its id is the ledger line's
  id uuid PRIMARY KEY, receipt uuid NOT NULL, purchase uuid NOT NULL, location text NOT NULL, sku text NOT NULL, units int NOT NULL CHECK (units <> 0),
  damaged boolean NOT NULL DEFAULT false, sscc text NOT NULL DEFAULT '', at timestamptz NOT NULL, who text NOT NULL
);
CREATE INDEX goods_receipt_entry_of ON goods_receipt_entry (purchase, sku);
CREATE TABLE receiving_difference (   -- what did not fit, and what was decided about it
  id uuid PRIMARY KEY, purchase uuid NOT NULL, receipt uuid NOT NULL, location text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('short', 'over', 'unexpected', 'damaged', 'unknown_code', 'not_awaited')), sku text, code text, units int NOT NULL CHECK (units > 0),
  status text NOT NULL CHECK (status IN ('open', 'accepted', 'claimed', 'recount', 'settled', 'gone')), made_at timestamptz NOT NULL,
  decided_at timestamptz, decided_by text, note text NOT NULL DEFAULT '', CHECK ((sku IS NULL) = (kind = 'unknown_code'))
);
CREATE INDEX receiving_difference_open ON receiving_difference (location, made_at) WHERE status IN ('open', 'claimed');
CREATE INDEX receiving_difference_of ON receiving_difference (purchase);
CREATE TABLE goods_photo (   -- a picture of what came damaged
  id uuid PRIMARY KEY, purchase uuid NOT NULL, location text NOT NULL, sku text NOT NULL, bytes bytea NOT NULL, width int NOT NULL, height int NOT NULL,
  made_at timestamptz NOT NULL, UNIQUE (purchase, sku)
);
CREATE TABLE receiving_rule (   -- how a location counts
  location text PRIMARY KEY, blind boolean NOT NULL, changed_at timestamptz NOT NULL, changed_by text NOT NULL
);

-- Transfers: units that are known to be lost, units that came damaged, what settled a difference, cartons, and what stores ask for.
ALTER TABLE transfer_line ADD COLUMN lost int NOT NULL DEFAULT 0, ADD COLUMN damaged int NOT NULL DEFAULT 0,
  DROP CONSTRAINT transfer_line_check1, ADD CONSTRAINT transfer_line_check1 CHECK (reserved + picked + in_transit + received + missing + released + lost + damaged = quantity),
  ADD CONSTRAINT transfer_line_check3 CHECK (lost >= 0 AND damaged >= 0);
CREATE TABLE transfer_settlement (
  id uuid PRIMARY KEY, transfer uuid NOT NULL, sku text NOT NULL, kind text NOT NULL CHECK (kind IN ('found', 'lost', 'stayed')), units int NOT NULL CHECK (units > 0),
  note text NOT NULL DEFAULT '', at timestamptz NOT NULL, who text NOT NULL
);
CREATE INDEX transfer_settlement_of ON transfer_settlement (transfer);
CREATE TABLE transfer_carton (
  transfer uuid NOT NULL, carton text NOT NULL, sku text NOT NULL, packed int NOT NULL DEFAULT 0, received int NOT NULL DEFAULT 0,
  PRIMARY KEY (transfer, carton, sku), CHECK (packed >= 0 AND received >= 0)
);
CREATE INDEX transfer_carton_code ON transfer_carton (carton);
CREATE SEQUENCE transfer_request_number START 7001;
CREATE TABLE transfer_request (   -- a store asks for goods of another place, or of whoever has them
  id uuid PRIMARY KEY, number text NOT NULL UNIQUE, to_location text NOT NULL, from_location text, note text NOT NULL DEFAULT '',
  status text NOT NULL CHECK (status IN ('asked', 'accepted', 'declined', 'canceled')), answer text NOT NULL DEFAULT '', transfer uuid,
  created_at timestamptz NOT NULL, created_by text NOT NULL, answered_at timestamptz, answered_by text,
  CHECK (from_location <> to_location), CHECK ((status = 'asked') = (answered_at IS NULL)), CHECK ((status = 'accepted') = (transfer IS NOT NULL))
);
CREATE INDEX transfer_request_open ON transfer_request (created_at) WHERE status = 'asked';
CREATE INDEX transfer_request_newest ON transfer_request (created_at, id);
CREATE TABLE transfer_request_line (
  request uuid NOT NULL, line smallint NOT NULL, sku text NOT NULL, asked int NOT NULL CHECK (asked > 0), granted int CHECK (granted >= 0), PRIMARY KEY (request, line)
);
