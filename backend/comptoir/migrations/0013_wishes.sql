-- What a customer wants to hear by which medium, and how the hand-over was. Only what is switched off is kept.
CREATE TABLE customer_preference (
  customer uuid NOT NULL, topic text NOT NULL CHECK (topic IN ('ready', 'changes', 'papers', 'survey')),
  medium text NOT NULL CHECK (medium IN ('push', 'sms', 'email')), made_at timestamptz NOT NULL, PRIMARY KEY (customer, topic, medium)
);
CREATE TABLE rating (   -- one tap of the customer after the hand-over: 3 good, 2 so so, 1 not good
  order_id uuid PRIMARY KEY, location text NOT NULL, score smallint NOT NULL CHECK (score BETWEEN 1 AND 3), comment text NOT NULL DEFAULT '',
  at timestamptz NOT NULL
);
CREATE INDEX hand_over_at ON hand_over (at) WHERE undone_at IS NULL;
