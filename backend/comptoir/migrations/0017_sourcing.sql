-- The delivery service that was bought.
ALTER TABLE sales_order ADD COLUMN service text NOT NULL DEFAULT 'standard';

-- What head office decides, as numbered documents that never change: one shape for every kind of policy.
CREATE TABLE policy (
  kind text NOT NULL, number int NOT NULL CHECK (number > 0), body jsonb NOT NULL, note text NOT NULL DEFAULT '', made_by text NOT NULL,
  made_at timestamptz NOT NULL, active_from timestamptz, tried_from timestamptz, tried_until timestamptz, PRIMARY KEY (kind, number),
  CHECK (tried_until > tried_from)
);
CREATE INDEX policy_active ON policy (kind, active_from DESC, number DESC) WHERE active_from IS NOT NULL;

-- Why an order went where it went. `body` is the decision as JSON (sourcing/why.py); what is counted stands beside it.
CREATE TABLE sourcing_decision (
  order_id uuid NOT NULL, number smallint NOT NULL, at timestamptz NOT NULL, occasion text NOT NULL, policy int NOT NULL, parcels smallint NOT NULL,
  cost_minor int NOT NULL, tried_policy int, tried_parcels smallint, tried_minor int, body bytea NOT NULL, PRIMARY KEY (order_id, number)
);
CREATE INDEX sourcing_decision_tried ON sourcing_decision (tried_policy, at) WHERE tried_policy IS NOT NULL;

-- What a unit costs beyond its parcel, at a location: what it would bring elsewhere, what its markdown would lose, what a refusal would cost.
CREATE TABLE unit_price (
  sku text NOT NULL, location text NOT NULL, scarcity_minor int NOT NULL DEFAULT 0 CHECK (scarcity_minor >= 0), markdown_minor int NOT NULL DEFAULT 0,
  decline_minor int NOT NULL DEFAULT 0 CHECK (decline_minor >= 0), as_of timestamptz NOT NULL, PRIMARY KEY (sku, location)
);
CREATE INDEX unit_price_as_of ON unit_price (as_of, sku, location);

ALTER TABLE sku ADD COLUMN category text NOT NULL DEFAULT '';
CREATE INDEX work_created ON work USING brin (created_at);
