-- What comes back: a return (RMA), its units one by one, and which money of an order was given back for what.
CREATE TABLE rma (
  id uuid PRIMARY KEY,
  number text NOT NULL UNIQUE,
  order_id uuid,
  origin text NOT NULL CHECK (origin IN ('counter', 'home', 'hand_over', 'unannounced', 'to_sender')),
  status text NOT NULL CHECK (status IN ('requested', 'received', 'inspected', 'settled', 'declined', 'canceled')),
  wish text NOT NULL DEFAULT 'refund' CHECK (wish IN ('refund', 'exchange', 'credit')),
  method text CHECK (method IN ('store', 'relay', 'postal')),
  location text,
  notice uuid,
  gift boolean NOT NULL DEFAULT false,
  policy int NOT NULL DEFAULT 0,
  opened_at timestamptz NOT NULL,
  opened_who text NOT NULL,
  received_at timestamptz,
  inspected_at timestamptz,
  settled_at timestamptz,
  ended_at timestamptz,
  by_permission text,
  permitted_who text,
  CHECK ((by_permission IS NULL) = (permitted_who IS NULL)),
  CHECK (order_id IS NOT NULL OR by_permission IS NOT NULL OR origin IN ('unannounced', 'to_sender'))
);
CREATE INDEX rma_order ON rma (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX rma_open ON rma (location, opened_at) WHERE status IN ('requested', 'received', 'inspected');
CREATE TABLE rma_unit (
  rma uuid NOT NULL,
  n smallint NOT NULL CHECK (n > 0),
  order_id uuid,
  line smallint,
  part smallint,
  sku text NOT NULL,
  state text NOT NULL CHECK (state IN ('expected', 'here', 'placed', 'gone', 'given_back', 'missing', 'canceled')),
  reason text NOT NULL,
  condition text CHECK (condition IN ('as_new', 'opened', 'damaged')),
  disposition text CHECK (disposition IN ('shelf', 'mark_down', 'repair', 'vendor', 'other_store', 'destroy')),
  serial text,
  lacks text,
  photo uuid,
  note text,
  location text,
  here_at timestamptz,
  placed_at timestamptz,
  placed_who text,
  paid_minor bigint NOT NULL DEFAULT 0 CHECK (paid_minor >= 0),
  refund_minor bigint NOT NULL DEFAULT 0 CHECK (refund_minor >= 0 AND refund_minor <= paid_minor),
  PRIMARY KEY (rma, n),
  CHECK ((order_id IS NULL) = (line IS NULL)),
  CHECK (state NOT IN ('here', 'placed', 'gone') OR location IS NOT NULL)
);
CREATE INDEX rma_unit_order ON rma_unit (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX rma_unit_here ON rma_unit (location, sku) WHERE state = 'here';
-- What of an order's lines was given back, by whatever caused it; line 0 is the delivery.
CREATE TABLE refund_line (
  order_id uuid NOT NULL,
  cause uuid NOT NULL,
  line smallint NOT NULL CHECK (line >= 0),
  units int NOT NULL CHECK (units >= 0),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  at timestamptz NOT NULL,
  PRIMARY KEY (order_id, cause, line)
);
CREATE TABLE return_reason (
  code text PRIMARY KEY,
  fr text NOT NULL,
  en text NOT NULL,
  place smallint NOT NULL DEFAULT 100,
  faulty boolean NOT NULL DEFAULT false,
  photo boolean NOT NULL DEFAULT false,
  used boolean NOT NULL DEFAULT true,
  changed_at timestamptz NOT NULL,
  changed_who text NOT NULL
);
