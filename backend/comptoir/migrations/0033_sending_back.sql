-- What is sent or brought back from home: the steps before it is announced, its pictures, and the labels of the way back.
CREATE TABLE return_draft (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  notice uuid,
  lines jsonb NOT NULL DEFAULT '[]',
  way jsonb,
  changed_at timestamptz NOT NULL
);
CREATE INDEX return_draft_old ON return_draft (changed_at);
CREATE TABLE return_photo (
  id uuid PRIMARY KEY,
  rma uuid NOT NULL,
  order_id uuid NOT NULL,
  line smallint NOT NULL,
  bytes bytea NOT NULL,
  width int NOT NULL,
  height int NOT NULL,
  made_at timestamptz NOT NULL,
  UNIQUE (rma, line)
);
CREATE INDEX return_photo_order ON return_photo (order_id);
-- A label of the way back is asked for like any other: on file before its carrier hears of it. One at most is alive for a return.
CREATE TABLE return_label (
  id uuid PRIMARY KEY,
  rma uuid NOT NULL,
  order_id uuid NOT NULL,
  n smallint NOT NULL CHECK (n > 0),
  method text NOT NULL CHECK (method IN ('relay', 'postal')),
  location text NOT NULL REFERENCES location ON DELETE RESTRICT,
  account text NOT NULL REFERENCES carrier_account ON DELETE RESTRICT,
  carrier text NOT NULL,
  service text NOT NULL,
  weight_grams int NOT NULL CHECK (weight_grams > 0),
  fee_minor bigint NOT NULL DEFAULT 0 CHECK (fee_minor >= 0),
  sender jsonb,
  state text NOT NULL CHECK (state IN ('intended', 'calling', 'bought', 'refused', 'unknown', 'given_up')),
  reference text NOT NULL UNIQUE,
  tracking_number text,
  shipment_ref text,
  cost_minor int,
  currency char(3) NOT NULL DEFAULT 'EUR',
  problem text,
  mend text,
  words text,
  tries smallint NOT NULL DEFAULT 0,
  next_at timestamptz,
  called_at timestamptz,
  intended_at timestamptz NOT NULL,
  settled_at timestamptz,
  media_type text,
  content bytea,
  status text NOT NULL DEFAULT 'pending',
  status_at timestamptz,
  code text NOT NULL DEFAULT '',
  sent_at timestamptz,
  ask_at timestamptz,
  claimed_until timestamptz,
  UNIQUE (rma, n),
  CHECK (state <> 'bought' OR (tracking_number IS NOT NULL AND (content IS NULL) = (media_type IS NULL)))
);
CREATE UNIQUE INDEX return_label_live ON return_label (rma) WHERE state IN ('intended', 'calling', 'bought', 'unknown');
CREATE INDEX return_label_order ON return_label (order_id);
CREATE INDEX return_label_due ON return_label (next_at, id) WHERE state = 'intended';
CREATE INDEX return_label_calling ON return_label (called_at) WHERE state = 'calling';
CREATE INDEX return_label_number ON return_label (tracking_number) WHERE tracking_number IS NOT NULL;
CREATE INDEX return_label_ask ON return_label (ask_at) WHERE ask_at IS NOT NULL;
