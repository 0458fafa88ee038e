-- Parcels: what an article needs in a box, the boxes, what was packed into which parcel, and every label that was asked for.
ALTER TABLE sku
  ADD COLUMN length_mm int CHECK (length_mm > 0), ADD COLUMN width_mm int CHECK (width_mm > 0), ADD COLUMN height_mm int CHECK (height_mm > 0),
  ADD COLUMN dangerous text CHECK (dangerous IN ('lithium_in_equipment', 'lithium_with_equipment', 'lithium_alone', 'aerosol', 'perfume',
    'flammable_liquid', 'corrosive', 'lighter')),
  ADD COLUMN dangerous_amount int CHECK (dangerous_amount > 0),   -- of one piece: Wh of a battery, ml of everything else; NULL: nobody has said
  ADD COLUMN fragile boolean NOT NULL DEFAULT false, ADD COLUMN ships_alone boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT sku_measured CHECK ((length_mm IS NULL) = (width_mm IS NULL) AND (length_mm IS NULL) = (height_mm IS NULL));
CREATE TABLE box_type (   -- what a store packs in; measures are the inside's; location NULL: every store has it
  id text PRIMARY KEY, location text REFERENCES location ON DELETE CASCADE, name_fr text NOT NULL, name_en text NOT NULL,
  kind text NOT NULL DEFAULT 'box' CHECK (kind IN ('box', 'bag')), length_mm int NOT NULL CHECK (length_mm > 0), width_mm int NOT NULL CHECK (width_mm > 0),
  height_mm int NOT NULL CHECK (height_mm > 0), tare_grams int NOT NULL CHECK (tare_grams >= 0), max_grams int NOT NULL CHECK (max_grams > 0),
  active boolean NOT NULL DEFAULT true, version int NOT NULL DEFAULT 1
);
CREATE TABLE carrier_account (   -- a contract with a carrier; its secrets are in the environment, by this id
  id text PRIMARY KEY, carrier text NOT NULL, name text NOT NULL, locations text[],   -- NULL: every store
  services jsonb NOT NULL DEFAULT '{}',   -- delivery kind (home, relay, express) -> the carrier's service
  settings jsonb NOT NULL DEFAULT '{}', label_format text NOT NULL DEFAULT 'pdf_10x15' CHECK (label_format IN ('pdf_a4', 'pdf_10x15', 'zpl_203', 'zpl_300')),
  active boolean NOT NULL DEFAULT true, refused_at timestamptz, refused_words text,   -- the carrier no longer knows us: head office must act
  version int NOT NULL DEFAULT 1
);
CREATE TABLE order_delivery (   -- how the customer wants it sent; without a row: to the door, by whoever is chosen
  order_id uuid PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('home', 'relay', 'express')), carrier text, service text, relay_id text, relay_name text,
  relay_street text, relay_postcode text, relay_city text, relay_country char(2), gift boolean NOT NULL DEFAULT false, gift_note text,
  chosen_at timestamptz NOT NULL, chosen_by text NOT NULL, CHECK (kind <> 'relay' OR (relay_id IS NOT NULL AND carrier IS NOT NULL))
);
CREATE TABLE parcel (
  id uuid PRIMARY KEY, work uuid NOT NULL, location text NOT NULL, order_id uuid NOT NULL, number smallint NOT NULL CHECK (number > 0),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'packed', 'labeled', 'handed_to_carrier', 'canceled')),
  box text REFERENCES box_type ON DELETE RESTRICT, length_mm int CHECK (length_mm > 0), width_mm int CHECK (width_mm > 0), height_mm int CHECK (height_mm > 0),
  weight_grams int CHECK (weight_grams > 0), label uuid,   -- the attempt whose label is on it
  opened_at timestamptz NOT NULL, opened_by text NOT NULL, packed_at timestamptz, packed_by text, labeled_at timestamptz, handed_at timestamptz,
  canceled_at timestamptz, version int NOT NULL DEFAULT 1, UNIQUE (work, number),
  CHECK ((length_mm IS NULL) = (width_mm IS NULL) AND (length_mm IS NULL) = (height_mm IS NULL)),
  CHECK (state IN ('open', 'canceled') OR (weight_grams IS NOT NULL AND packed_at IS NOT NULL)),
  CHECK ((state IN ('labeled', 'handed_to_carrier')) = (label IS NOT NULL)), CHECK ((state = 'handed_to_carrier') = (handed_at IS NOT NULL)),
  CHECK ((state = 'canceled') = (canceled_at IS NOT NULL))
);
CREATE INDEX parcel_order ON parcel (order_id);
CREATE INDEX parcel_here ON parcel (location, packed_at) WHERE state IN ('open', 'packed', 'labeled');
CREATE TABLE parcel_line (   -- units of one work line in one parcel; every packed unit is in exactly one
  parcel uuid NOT NULL REFERENCES parcel ON DELETE RESTRICT, line smallint NOT NULL, work uuid NOT NULL, location text NOT NULL, sku text NOT NULL,
  quantity int NOT NULL CHECK (quantity > 0), PRIMARY KEY (parcel, line)
);
CREATE INDEX parcel_line_work ON parcel_line (work, line);
CREATE TABLE label_attempt (   -- a label that was asked for: the row is there before the carrier hears of it; its id is the carrier's idempotency key
  id uuid PRIMARY KEY, parcel uuid NOT NULL REFERENCES parcel ON DELETE RESTRICT, n smallint NOT NULL CHECK (n > 0), work uuid NOT NULL, location text NOT NULL,
  order_id uuid NOT NULL, account text REFERENCES carrier_account ON DELETE RESTRICT, carrier text NOT NULL, service text NOT NULL, relay_id text,
  chosen_because text NOT NULL DEFAULT '', state text NOT NULL CHECK (state IN ('intended', 'calling', 'bought', 'refused', 'unknown', 'given_up', 'voided', 'manual')),
  reference text NOT NULL UNIQUE,   -- ours, printed on the label: what the carrier is asked about when an answer was lost
  tracking_number text, numbers text[] NOT NULL DEFAULT '{}', shipment_ref text, cost_minor int CHECK (cost_minor >= 0), currency char(3) NOT NULL DEFAULT 'EUR',
  problem text, mend text, words text,   -- why not: our code, what is to be mended, and what the carrier said
  tries smallint NOT NULL DEFAULT 0, next_at timestamptz, called_at timestamptz, intended_at timestamptz NOT NULL, intended_by text NOT NULL,
  settled_at timestamptz, settled_by text, reason text NOT NULL DEFAULT '',
  void_state text CHECK (void_state IN ('intended', 'calling', 'confirmed', 'refused', 'unknown')), void_tries smallint NOT NULL DEFAULT 0, void_next_at timestamptz,
  voided_at timestamptz, voided_by text, void_words text, UNIQUE (parcel, n),
  CHECK ((state IN ('intended', 'calling', 'unknown')) = (settled_at IS NULL)), CHECK (state <> 'intended' OR next_at IS NOT NULL),
  CHECK (state NOT IN ('bought', 'manual') OR tracking_number IS NOT NULL), CHECK ((state = 'voided') = (voided_at IS NOT NULL)),
  CHECK (account IS NOT NULL OR state NOT IN ('intended', 'calling', 'bought', 'unknown'))
);
-- A parcel has one label at most, however many devices ask for it at once.
CREATE UNIQUE INDEX label_attempt_one ON label_attempt (parcel) WHERE state IN ('intended', 'calling', 'bought', 'unknown', 'manual');
CREATE INDEX label_attempt_due ON label_attempt (next_at) WHERE state IN ('intended', 'calling');
CREATE INDEX label_attempt_void ON label_attempt (void_next_at) WHERE void_state IN ('intended', 'calling');
CREATE INDEX label_attempt_tracking ON label_attempt (tracking_number) WHERE tracking_number IS NOT NULL;
CREATE TABLE label_file (   -- a label as the carrier gave it, stored once: a reprint is the same bytes
  attempt uuid NOT NULL REFERENCES label_attempt ON DELETE RESTRICT, media_type text NOT NULL, sha256 bytea NOT NULL CHECK (length(sha256) = 32),
  content bytea NOT NULL, made_at timestamptz NOT NULL, PRIMARY KEY (attempt, media_type)
);
