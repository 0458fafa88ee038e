-- What managers do about what they see: what was asked, what was said to come of it, how it is taken back, what came.
CREATE TABLE tower_action (
  id uuid PRIMARY KEY,
  location text NOT NULL REFERENCES location ON DELETE CASCADE,
  kind text NOT NULL,
  who text NOT NULL,
  why text NOT NULL DEFAULT '',
  at timestamptz NOT NULL,
  undo_until timestamptz NOT NULL,
  asked jsonb NOT NULL,
  said jsonb NOT NULL,          -- the effect, as it was shown
  before jsonb NOT NULL DEFAULT '{}',   -- what an undo writes back to the store
  stores text[] NOT NULL,       -- those whose late orders are counted when `judge_at` has come
  judge_at timestamptz NOT NULL,
  came int,
  undone_at timestamptz,
  undone_by text,
  stayed jsonb NOT NULL DEFAULT '[]',   -- [order number, reason] of what an undo could not take back
  CHECK ((undone_at IS NULL) = (undone_by IS NULL)), CHECK (undo_until > at)
);
CREATE INDEX tower_action_store ON tower_action (location, at DESC, id DESC);
CREATE INDEX tower_action_to_judge ON tower_action (judge_at) WHERE came IS NULL AND undone_at IS NULL;
CREATE TABLE tower_part (   -- one work of an action: the one that was made of it elsewhere, or what its customer had been told
  action uuid NOT NULL REFERENCES tower_action ON DELETE CASCADE,
  work uuid NOT NULL,
  order_id uuid NOT NULL,
  made uuid,
  to_location text,
  before jsonb NOT NULL,
  PRIMARY KEY (action, work)
);
CREATE TABLE store_plan (   -- capacity: works in an hour of that time instead; hands: works in an hour on top
  id uuid PRIMARY KEY,
  location text NOT NULL REFERENCES location ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('capacity', 'hands')),
  from_at timestamptz NOT NULL,
  until_at timestamptz NOT NULL,
  per_hour double precision NOT NULL CHECK (per_hour > 0),
  action uuid NOT NULL,
  CHECK (until_at > from_at)
);
CREATE INDEX store_plan_store ON store_plan (location, until_at DESC);
