-- What a store's readings were, each quarter of an hour: the lines on the Now page. Two days of it are kept.
CREATE TABLE tower_reading (
  at timestamptz NOT NULL,
  location text NOT NULL REFERENCES location ON DELETE CASCADE,
  due int NOT NULL CHECK (due >= 0),
  at_risk int NOT NULL CHECK (at_risk >= 0),
  late int NOT NULL CHECK (late >= 0),
  waiting int NOT NULL CHECK (waiting >= 0),
  untold int NOT NULL CHECK (untold >= 0),
  silent int NOT NULL CHECK (silent >= 0),
  pickups int NOT NULL CHECK (pickups >= 0),
  PRIMARY KEY (at, location)
);
-- All acts of a region or of the house, newest first.
CREATE INDEX tower_action_at ON tower_action (at DESC, id DESC);
-- An article's figures without reading those of all others.
CREATE INDEX report_figure_article ON report_figure (build, grain, measure, key, day) WHERE measure IN ('short_sku', 'found_sku');
