-- A message's way: its media in their order, what is next and when, until when it is of use, and when it had its last word.
ALTER TABLE message
  ADD COLUMN plan text[] NOT NULL DEFAULT '{}', ADD COLUMN next_at timestamptz, ADD COLUMN claimed_until timestamptz,
  ADD COLUMN useful_until timestamptz, ADD COLUMN settled_at timestamptz;
-- What was written before anything could be sent is told as what it was: never sent.
UPDATE message SET status = 'suppressed', reason = 'before_sending', settled_at = made_at WHERE status = 'due';
CREATE INDEX message_next ON message (medium, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX message_red ON message (made_at) WHERE status = 'failed';
-- Every try on a medium. A row without outcome: it was begun, and nobody heard how it ended.
CREATE TABLE message_try (
  message uuid NOT NULL REFERENCES message ON DELETE CASCADE, n int NOT NULL, medium text NOT NULL, provider text NOT NULL,
  begun_at timestamptz NOT NULL, ended_at timestamptz, outcome text CHECK (outcome IN ('accepted', 'refused', 'busy', 'unknown')),
  code text NOT NULL DEFAULT '', provider_ref text, not_before timestamptz,
  receipt text CHECK (receipt IN ('delivered', 'failed', 'seen')), receipt_at timestamptz,
  PRIMARY KEY (message, n)
);
CREATE UNIQUE INDEX message_try_ref ON message_try (provider, provider_ref) WHERE provider_ref IS NOT NULL;
