-- Browsers that may be told something: a store's devices, and customers, each for one order. A device has one; a browser in which
-- two orders of a customer are followed has the same address for both.
CREATE TABLE push_subscription (
  id uuid PRIMARY KEY, endpoint text NOT NULL, p256dh text NOT NULL, auth text NOT NULL, device uuid UNIQUE REFERENCES device ON DELETE CASCADE, order_id uuid,
  language text NOT NULL, made_at timestamptz NOT NULL, last_seen_at timestamptz NOT NULL, last_ok_at timestamptz, shown_at timestamptz, failed_at timestamptz,
  failure text NOT NULL DEFAULT '', UNIQUE NULLS NOT DISTINCT (endpoint, order_id), CHECK ((device IS NULL) <> (order_id IS NULL))
);
CREATE INDEX push_subscription_order ON push_subscription (order_id) WHERE order_id IS NOT NULL;
-- What a device was to be told. `key` names the fact, so that nothing is told twice; the words hold no name.
CREATE TABLE push_note (
  id uuid PRIMARY KEY, device uuid NOT NULL REFERENCES device ON DELETE CASCADE, key text NOT NULL, topic text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('new_work', 'customer_here', 'due_soon', 'exception', 'reassigned', 'test')), title text NOT NULL, body text NOT NULL, path text NOT NULL,
  made_at timestamptz NOT NULL, useful_until timestamptz NOT NULL, next_at timestamptz, claimed_until timestamptz, tries int NOT NULL DEFAULT 0,
  status text NOT NULL CHECK (status IN ('due', 'sent', 'shown', 'dropped', 'failed')), code text NOT NULL DEFAULT '', settled_at timestamptz, shown_at timestamptz,
  UNIQUE (device, key), CHECK ((status = 'due') = (next_at IS NOT NULL)), CHECK ((status = 'due') = (settled_at IS NULL))
);
CREATE INDEX push_note_next ON push_note (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX push_note_made ON push_note (made_at);
