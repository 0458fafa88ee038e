-- A reason of a missing article that head office added: rules go by `reason`, reports say `said`.
ALTER TABLE short_pick ADD COLUMN said text;
