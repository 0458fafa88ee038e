-- Which unit of its need a returned one is: counted from the end, so that no unit comes back twice, to the cent.
ALTER TABLE rma_unit
  ADD COLUMN nth int CHECK (nth >= 0),
  ADD COLUMN less_why text,
  ADD COLUMN left_why text,
  ADD COLUMN proof text,
  ADD CHECK ((nth IS NULL) = (line IS NULL)),
  ADD CHECK (refund_minor = 0 OR state IN ('here', 'placed', 'gone'));
CREATE UNIQUE INDEX rma_unit_once ON rma_unit (order_id, line, part, nth) WHERE state NOT IN ('given_back', 'missing', 'canceled');
-- Credit in place of money: a debt of the house, by a code that is derived and kept as a digest.
CREATE TABLE store_credit (
  id uuid PRIMARY KEY,
  rma uuid NOT NULL UNIQUE,
  order_id uuid,
  code_hash bytea NOT NULL UNIQUE,
  currency char(3) NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  left_minor bigint NOT NULL CHECK (left_minor >= 0 AND left_minor <= amount_minor),
  issued_at timestamptz NOT NULL,
  issued_who text NOT NULL
);
-- A notice whose goods came back and whose money was intended is no longer open.
ALTER TABLE return_request DROP CONSTRAINT return_request_state_check,
  ADD CONSTRAINT return_request_state_check CHECK (state IN ('noticed', 'settled'));
