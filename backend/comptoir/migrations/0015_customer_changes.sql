-- The customer changes an order behind their link: how long it is kept, who collects it, what is asked of the store.
ALTER TABLE work ADD COLUMN rescue_until timestamptz, ADD COLUMN kept_longer smallint NOT NULL DEFAULT 0;
-- What a home delivery asked for later costs the customer; NULL: this channel offers none.
ALTER TABLE channel ADD COLUMN delivery_minor bigint CHECK (delivery_minor >= 0);
-- Somebody else who collects: one per order, with a link of their own that shows the pass and nothing of the order.
CREATE TABLE collector (
  order_id uuid PRIMARY KEY, name text NOT NULL, phone text, email text, link_hash bytea NOT NULL UNIQUE, generation bigint NOT NULL,
  named_at timestamptz NOT NULL, CHECK ((phone IS NULL) <> (email IS NULL))
);
-- What a customer asks for and a person decides about: nothing of it has happened yet.
CREATE TABLE change_request (
  id uuid PRIMARY KEY, order_id uuid NOT NULL, location text NOT NULL, kind text NOT NULL CHECK (kind IN ('delivery', 'store', 'substitute')),
  line smallint, body jsonb NOT NULL DEFAULT '{}', price_minor bigint NOT NULL DEFAULT 0, exception uuid,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'declined', 'withdrawn')), asked_at timestamptz NOT NULL,
  settled_at timestamptz, settled_by text, CHECK ((state = 'open') = (settled_at IS NULL))
);
CREATE INDEX change_request_order ON change_request (order_id);
CREATE INDEX change_request_exception ON change_request (exception);
CREATE UNIQUE INDEX change_request_one_open ON change_request (order_id, coalesce(line, 0)) WHERE state = 'open';
ALTER TABLE message ADD COLUMN recipient text NOT NULL DEFAULT 'customer' CHECK (recipient IN ('customer', 'collector'));
