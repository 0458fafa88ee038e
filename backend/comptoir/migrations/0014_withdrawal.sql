-- Notices of withdrawal, and the hour that a customer was told when a promise slips. `reply_to` is personal: it is erased with the customer.
-- The check of a busy table is not run over its old rows: they hold no such hour.
CREATE TABLE return_request (
  id uuid PRIMARY KEY, order_id uuid NOT NULL, kind text NOT NULL CHECK (kind IN ('withdrawal')), state text NOT NULL DEFAULT 'noticed' CHECK (state IN ('noticed')),
  lines jsonb NOT NULL, noticed_at timestamptz NOT NULL, legal_until date, who text NOT NULL, reply_to text
);
CREATE INDEX return_request_order ON return_request (order_id, noticed_at);
ALTER TABLE sku ADD COLUMN withdrawal_excluded text
  CHECK (withdrawal_excluded IN ('made_to_measure', 'perishable', 'mixed', 'market_price', 'press'));
ALTER TABLE work ADD COLUMN told_at timestamptz, ADD COLUMN told_until timestamptz, ADD CONSTRAINT work_told CHECK (told_until >= told_at) NOT VALID;
