-- Whether a place's promises reckon with the pace that was learned there instead of the capacity that was set.
ALTER TABLE location ADD COLUMN promises_learned boolean NOT NULL DEFAULT false;
