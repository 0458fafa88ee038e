-- What somebody at head office is writing: one draft for each kind of policy and person, saved as a version when it is done.
CREATE TABLE policy_draft (
  kind text NOT NULL, who text NOT NULL, base int NOT NULL CHECK (base >= 0), after int NOT NULL CHECK (after >= 0), body jsonb NOT NULL,
  version int NOT NULL CHECK (version > 0), changed_at timestamptz NOT NULL, PRIMARY KEY (kind, who)
);

-- Past orders replayed under two policies; one after the other, in the background.
CREATE TABLE simulation (
  id uuid PRIMARY KEY, policy_a int NOT NULL, policy_b int NOT NULL, since timestamptz NOT NULL, until timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'canceled', 'failed')),
  begun int NOT NULL DEFAULT 0, done int NOT NULL DEFAULT 0, total int NOT NULL, reason text NOT NULL DEFAULT '', result jsonb, made_by text NOT NULL,
  made_at timestamptz NOT NULL, ended_at timestamptz, CHECK (since < until), CHECK (done BETWEEN 0 AND total), CHECK ((state = 'done') = (result IS NOT NULL))
);
CREATE INDEX simulation_open ON simulation (made_at, id) WHERE state IN ('waiting', 'running');
CREATE INDEX simulation_made ON simulation (made_at DESC, id);
CREATE INDEX stock_movement_recorded ON stock_movement USING brin (recorded_at);

-- Whether a policy that is only tried would have divided the order otherwise.
ALTER TABLE sourcing_decision ADD COLUMN tried_differs boolean;
