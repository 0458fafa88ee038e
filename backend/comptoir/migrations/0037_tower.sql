-- What the tower learns from: hours of stores as they went, paces, forecasts that were made and what came of them.
CREATE TABLE store_hour (   -- one clock hour of one store; pressing: works promised soon that waited when it began, NULL where nobody looked
  location text NOT NULL REFERENCES location ON DELETE CASCADE,
  hour timestamptz NOT NULL,
  part smallint NOT NULL CHECK (part BETWEEN 0 AND 3),
  received int NOT NULL DEFAULT 0,
  works int NOT NULL DEFAULT 0,
  lines int NOT NULL DEFAULT 0,
  open_minutes smallint NOT NULL DEFAULT 0 CHECK (open_minutes BETWEEN 0 AND 60),
  pressing int,
  PRIMARY KEY (location, hour)
);
CREATE INDEX store_hour_when ON store_hour (hour);
CREATE TABLE store_pace (   -- works and lines in an open hour of a part of the day, learned from busy hours
  location text NOT NULL REFERENCES location ON DELETE CASCADE,
  part smallint NOT NULL CHECK (part BETWEEN 0 AND 3),
  works_per_hour double precision NOT NULL CHECK (works_per_hour > 0),
  lines_per_hour double precision NOT NULL,
  hours double precision NOT NULL,
  learned_at timestamptz NOT NULL,
  PRIMARY KEY (location, part)
);
CREATE TABLE forecast_kept (   -- said at made_at: so many promises will break within so many hours; scope: a store, region:<id>, or * for all
  scope text NOT NULL,
  made_at timestamptz NOT NULL,
  hours smallint NOT NULL CHECK (hours > 0),
  due_at timestamptz NOT NULL,
  late double precision NOT NULL,
  low double precision NOT NULL,
  high double precision NOT NULL,
  scale double precision NOT NULL,
  came int,
  PRIMARY KEY (made_at, scope, hours)
);
CREATE INDEX forecast_kept_due ON forecast_kept (due_at) WHERE came IS NULL;
CREATE TABLE forecast_error (   -- what kept forecasts teach; scope: a store, '' for any store, + for sums of stores
  scope text NOT NULL,
  hours smallint NOT NULL CHECK (hours > 0),
  low double precision NOT NULL,
  high double precision NOT NULL,
  calm double precision NOT NULL,
  usual double precision,
  seen int NOT NULL,
  learned_at timestamptz NOT NULL,
  PRIMARY KEY (scope, hours)
);
CREATE INDEX work_picked ON work (picked_at) WHERE picked_at IS NOT NULL;
