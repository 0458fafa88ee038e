-- When prices of last units were last worked out, and whether find rates had foretold what was found.
CREATE TABLE pricing_run (
  at timestamptz PRIMARY KEY, whole boolean NOT NULL, skus int NOT NULL, prices int NOT NULL, changed int NOT NULL,
  refusals_predicted double precision, refusals_seen double precision, refusals_used boolean NOT NULL DEFAULT false
);
-- Of the latest tries to pick an article at a location, how many found it.
CREATE TABLE find_rate (
  sku text NOT NULL, location text NOT NULL, tries smallint NOT NULL CHECK (tries > 0), found smallint NOT NULL CHECK (found BETWEEN 0 AND tries),
  as_of timestamptz NOT NULL, PRIMARY KEY (sku, location)
);
