-- What head office decides about a channel has a version, so that two people do not overwrite one another.
ALTER TABLE channel ADD COLUMN version int NOT NULL DEFAULT 1;
