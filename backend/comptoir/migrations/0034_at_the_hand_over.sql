-- What was tried on and not taken: the return that was made in the same breath as its hand-over, and is undone with it.
ALTER TABLE rma ADD COLUMN hand_over uuid;
CREATE INDEX rma_hand_over ON rma (hand_over) WHERE hand_over IS NOT NULL;
-- What sales took off a credit, or gave back; `order_id` where the sale is an order of ours. Per reference never below nothing.
CREATE TABLE credit_use (
  id uuid PRIMARY KEY,
  credit uuid NOT NULL REFERENCES store_credit ON DELETE RESTRICT,
  reference text NOT NULL,
  order_id uuid,
  amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
  at timestamptz NOT NULL,
  who text NOT NULL
);
CREATE INDEX credit_use_credit ON credit_use (credit, reference);
CREATE INDEX credit_use_reference ON credit_use (reference);
CREATE INDEX credit_use_order ON credit_use (order_id) WHERE order_id IS NOT NULL;
INSERT INTO credit_use (id, credit, reference, amount_minor, at, who)
SELECT gen_random_uuid(), (body->>'credit')::uuid, body->>'reference', (body->>'amount_minor')::bigint, at, who
FROM event WHERE kind = 'return.credit_used' AND (body->>'amount_minor')::bigint <> 0;
-- A link by which somebody pays what other goods cost more: on file before its provider hears of it, one alive for a payment.
CREATE TABLE pay_link (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  reference text NOT NULL,
  account text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  state text NOT NULL CHECK (state IN ('due', 'open', 'closing', 'paid', 'closed', 'failed')),
  url text,
  provider_ref text,
  tries int NOT NULL DEFAULT 0,
  next_at timestamptz,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  problem text,
  CHECK (state NOT IN ('open', 'paid') OR (provider_ref IS NOT NULL AND url IS NOT NULL))
);
CREATE UNIQUE INDEX pay_link_live ON pay_link (order_id, reference) WHERE state IN ('due', 'open', 'closing');
CREATE INDEX pay_link_next ON pay_link (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX pay_link_named ON pay_link (provider_ref) WHERE provider_ref IS NOT NULL;
