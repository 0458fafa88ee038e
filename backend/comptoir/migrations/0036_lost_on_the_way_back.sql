-- Labels of the way back that nobody used, parcels of it that nobody hears of, and units that are lost with them.
ALTER TABLE return_label DROP CONSTRAINT return_label_state_check,
  ADD CONSTRAINT return_label_state_check
    CHECK (state IN ('intended', 'calling', 'bought', 'refused', 'unknown', 'given_up', 'voided', 'unused')),
  ADD COLUMN ended_why text CHECK (ended_why IN ('canceled', 'expired')),
  ADD COLUMN void_state text CHECK (void_state IN ('intended', 'calling', 'confirmed', 'refused', 'unknown')),
  ADD COLUMN void_tries smallint NOT NULL DEFAULT 0,
  ADD COLUMN void_next_at timestamptz,
  ADD COLUMN void_words text,
  ADD COLUMN look_at timestamptz,
  ADD CHECK (state NOT IN ('voided', 'unused') OR ended_why IS NOT NULL);
CREATE INDEX return_label_void ON return_label (void_next_at) WHERE void_state IN ('intended', 'calling');
CREATE INDEX return_label_look ON return_label (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX return_label_unused ON return_label (settled_at) WHERE state = 'bought' AND sent_at IS NULL;
-- A unit whose money was given although its parcel never came.
ALTER TABLE rma_unit DROP CONSTRAINT rma_unit_state_check,
  ADD CONSTRAINT rma_unit_state_check
    CHECK (state IN ('expected', 'here', 'placed', 'gone', 'lost', 'given_back', 'missing', 'canceled')),
  DROP CONSTRAINT rma_unit_check4,
  ADD CONSTRAINT rma_unit_check4 CHECK (refund_minor = 0 OR state IN ('here', 'placed', 'gone', 'lost'));
