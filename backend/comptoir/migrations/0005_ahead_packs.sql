-- Packs that lie ready on a device before anybody has begun them; the device's packs, works and journals are asked for often.
-- Safe while the old version runs: it knows started packs only, and an ahead pack is to it one whose works nobody has taken.
ALTER TABLE pack ALTER COLUMN staff DROP NOT NULL;
ALTER TABLE pack ADD COLUMN ahead boolean NOT NULL DEFAULT false;
ALTER TABLE pack ADD COLUMN works uuid[] NOT NULL DEFAULT '{}';   -- what was put ahead, whoever has taken it since
ALTER TABLE pack ADD CONSTRAINT pack_begun CHECK (ahead = (staff IS NULL));
CREATE INDEX pack_device ON pack (device) WHERE closed_at IS NULL;
CREATE INDEX work_pack ON work (pack) WHERE pack IS NOT NULL;
CREATE INDEX journal_device ON journal (device, last_at);
