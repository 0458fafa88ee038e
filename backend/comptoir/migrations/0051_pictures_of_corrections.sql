-- Pictures of corrections by hand; a recall that asks a place again; what devices are told of both.
CREATE TABLE adjust_photo (   -- may be here before its correction is told, or after
  id uuid PRIMARY KEY, adjustment uuid NOT NULL, location text NOT NULL, bytes bytea NOT NULL, width int NOT NULL, height int NOT NULL, made_at timestamptz NOT NULL
);
CREATE INDEX adjust_photo_made ON adjust_photo (made_at);
ALTER TABLE stock_adjustment ADD COLUMN photo uuid;
CREATE INDEX stock_adjustment_pictured ON stock_adjustment (location, recorded_at) WHERE photo IS NOT NULL;
CREATE INDEX stock_adjustment_of_place ON stock_adjustment (location, recorded_at);
ALTER TABLE recall_place ADD COLUMN asked_at timestamptz;   -- of a place that was asked after it began; NULL: then
ALTER TABLE push_note DROP CONSTRAINT push_note_kind_check, ADD CONSTRAINT push_note_kind_check CHECK (kind IN
  ('new_work', 'customer_here', 'due_soon', 'exception', 'reassigned', 'test', 'announcement', 'announcement_urgent', 'recall', 'correction'));
