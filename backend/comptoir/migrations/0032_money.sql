-- Money that moves: who carries an intention out, what of it on which payment, and whether their list agrees with ours.
ALTER TABLE payment ADD COLUMN captured_at timestamptz;   -- NULL: with the order
ALTER TABLE payment_intention ADD COLUMN begun_at timestamptz, ADD COLUMN sent_at timestamptz, ADD COLUMN settled_at timestamptz;
CREATE INDEX payment_intention_open ON payment_intention (due_at) WHERE state IN ('intended', 'sent', 'failed');
CREATE TABLE payment_account (   -- who moves money for us; keys are in the environment, by this id
  id text PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('stripe', 'shopify', 'woocommerce', 'manual')), name text NOT NULL,
  channel text, provider text,   -- NULL: every channel, every provider
  active boolean NOT NULL DEFAULT true, since timestamptz NOT NULL,   -- nothing that was intended earlier is carried out with it
  refused_at timestamptz, refused_words text, version int NOT NULL DEFAULT 1
);
CREATE TABLE payment_part (   -- an intention on one payment
  id uuid PRIMARY KEY, intention uuid NOT NULL REFERENCES payment_intention ON DELETE RESTRICT, n smallint NOT NULL CHECK (n > 0),
  order_id uuid NOT NULL, reference text NOT NULL, kind text NOT NULL CHECK (kind IN ('capture', 'void', 'refund')),
  amount_minor bigint NOT NULL CHECK (amount_minor > 0), account text,   -- NULL: a person does it
  state text NOT NULL CHECK (state IN ('due', 'calling', 'unknown', 'sent', 'confirmed', 'failed', 'by_hand')),
  key uuid NOT NULL UNIQUE,   -- the provider's key against doubles; another one after a refusal
  tries int NOT NULL DEFAULT 0, next_at timestamptz, called_at timestamptz, made_at timestamptz NOT NULL,
  provider_ref text, problem text, words text, sent_at timestamptz, settled_at timestamptz, settled_by text,
  UNIQUE (intention, n),
  CHECK (state NOT IN ('due', 'unknown', 'sent') OR next_at IS NOT NULL), CHECK (state NOT IN ('sent', 'confirmed') OR sent_at IS NOT NULL),
  CHECK (state NOT IN ('due', 'calling', 'unknown') OR account IS NOT NULL)
);
CREATE INDEX payment_part_next ON payment_part (next_at) WHERE state IN ('due', 'calling', 'unknown', 'sent');
CREATE INDEX payment_part_order ON payment_part (order_id, reference);
CREATE INDEX payment_part_sent ON payment_part (account, sent_at) WHERE sent_at IS NOT NULL;
CREATE TABLE payment_checked (   -- a day of an account that was compared with the provider's own list
  account text NOT NULL, day date NOT NULL, at timestamptz NOT NULL, ours int NOT NULL, theirs int NOT NULL, PRIMARY KEY (account, day)
);
CREATE TABLE payment_mismatch (   -- what did not agree, until a person has looked
  id uuid PRIMARY KEY, account text NOT NULL, day date NOT NULL, kind text NOT NULL CHECK (kind IN ('missing_here', 'missing_there', 'amount')),
  provider_ref text NOT NULL, part uuid, ours_minor bigint, theirs_minor bigint, found_at timestamptz NOT NULL,
  settled_at timestamptz, settled_by text, note text, UNIQUE (account, kind, provider_ref)
);
CREATE INDEX payment_mismatch_open ON payment_mismatch (found_at) WHERE settled_at IS NULL;
