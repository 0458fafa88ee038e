-- Which locations were asked for units of an order and did not give them: nobody is asked twice, and nothing goes round for ever.
CREATE TABLE sourcing_try (
  order_id uuid NOT NULL, line smallint NOT NULL, part smallint NOT NULL, location text NOT NULL, sku text NOT NULL, reason text NOT NULL,
  at timestamptz NOT NULL, PRIMARY KEY (order_id, line, part, location)
);
-- When a work that nobody began with was last looked for elsewhere.
ALTER TABLE work ADD COLUMN looked_at timestamptz;
CREATE INDEX exception_choice ON exception (made_at) WHERE kind = 'short_choice' AND resolved_at IS NULL;
