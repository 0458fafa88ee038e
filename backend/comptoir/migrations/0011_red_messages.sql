-- A person helps a message on its way: a new round of tries, or the word that the customer was told; and who wants nothing more.
ALTER TABLE message ADD COLUMN tries_before int NOT NULL DEFAULT 0, ADD COLUMN settled_by text;
CREATE INDEX message_red_of_order ON message (order_id) WHERE status = 'failed';
CREATE INDEX customer_email ON customer (lower(email)) WHERE email IS NOT NULL;
-- Numbers and addresses that asked for silence on a medium. Only a keyed digest is kept: the list itself names nobody.
CREATE TABLE opt_out (
  medium text NOT NULL CHECK (medium IN ('sms', 'email')), mark bytea NOT NULL, made_at timestamptz NOT NULL, how text NOT NULL,
  PRIMARY KEY (medium, mark)
);
