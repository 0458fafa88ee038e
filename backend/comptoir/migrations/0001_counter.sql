-- The counter: reference (what, where, who), stock, orders, store work, payments, messages and the kit's own rows.
-- Rows written by the order path carry no foreign keys to one another: they are written by one statement of one
-- transaction, and `comptoir check` proves that none is orphaned. Reference rows do carry them.

-- ---------------------------------------------------------------- network: where
CREATE TABLE legal_entity (
  id text PRIMARY KEY, name text NOT NULL, siren text NOT NULL, vat_number text NOT NULL, address text NOT NULL,
  document_prefix text NOT NULL UNIQUE
);
CREATE TABLE region (id text PRIMARY KEY, name text NOT NULL);
CREATE TABLE location (
  id text PRIMARY KEY, name text NOT NULL, kind text NOT NULL CHECK (kind IN ('store', 'warehouse')),
  region text REFERENCES region ON DELETE RESTRICT, legal_entity text NOT NULL REFERENCES legal_entity ON DELETE RESTRICT,
  street text NOT NULL, postcode text NOT NULL, city text NOT NULL, country text NOT NULL DEFAULT 'FR',
  directions text NOT NULL DEFAULT '', phone text NOT NULL DEFAULT '',
  latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  time_zone text NOT NULL, services text[] NOT NULL,
  capacity_per_hour int NOT NULL CHECK (capacity_per_hour > 0), pick_lead_minutes int NOT NULL CHECK (pick_lead_minutes >= 0),
  hold_days int NOT NULL CHECK (hold_days BETWEEN 1 AND 60), parcel_cost_minor int NOT NULL DEFAULT 0,
  paused_until timestamptz, paused_reason text, version int NOT NULL DEFAULT 1
);
CREATE TABLE opening_hours (   -- minutes after midnight, store time; two rows on a day with a lunch break
  location text NOT NULL REFERENCES location ON DELETE CASCADE, weekday smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  opens smallint NOT NULL, closes smallint NOT NULL, CHECK (0 <= opens AND opens < closes AND closes <= 1440),
  PRIMARY KEY (location, weekday, opens)
);
CREATE TABLE opening_exception (   -- replaces the weekday's hours; NULL = closed all day
  location text NOT NULL REFERENCES location ON DELETE CASCADE, day date NOT NULL, opens smallint, closes smallint, reason text NOT NULL,
  CHECK ((opens IS NULL) = (closes IS NULL)), CHECK (opens IS NULL OR (0 <= opens AND opens < closes AND closes <= 1440)),
  PRIMARY KEY (location, day)
);
CREATE TABLE staging_place (   -- code is what the label on the shelf says: L:R4 -> 'R 4'
  location text NOT NULL REFERENCES location ON DELETE CASCADE, code text NOT NULL, name text NOT NULL, PRIMARY KEY (location, code)
);
CREATE TABLE bag_tag (location text NOT NULL REFERENCES location ON DELETE CASCADE, code text NOT NULL, PRIMARY KEY (location, code));

-- ---------------------------------------------------------------- catalog: what
CREATE TABLE sku (
  sku text PRIMARY KEY CHECK (sku <> ''), name text NOT NULL, variant text NOT NULL DEFAULT '', deciding text NOT NULL DEFAULT '',
  style text NOT NULL, picture text NOT NULL DEFAULT '', price_minor int NOT NULL CHECK (price_minor >= 0), currency char(3) NOT NULL DEFAULT 'EUR',
  vat_rate_bp int NOT NULL CHECK (vat_rate_bp BETWEEN 0 AND 10000), weight_grams int NOT NULL CHECK (weight_grams >= 0),
  minimum_age smallint, returnable boolean NOT NULL DEFAULT true, blocked_reason text, is_kit boolean NOT NULL DEFAULT false,
  version int NOT NULL DEFAULT 1
);
CREATE INDEX sku_style ON sku (style);
CREATE TABLE barcode (   -- code: GTIN-14 (left zero-padded) or an internal code as printed
  code text PRIMARY KEY CHECK (code <> ''), sku text NOT NULL REFERENCES sku ON DELETE CASCADE, kind text NOT NULL
);
CREATE INDEX barcode_sku ON barcode (sku);
CREATE TABLE kit_component (
  kit text NOT NULL REFERENCES sku ON DELETE CASCADE, component text NOT NULL REFERENCES sku ON DELETE RESTRICT,
  quantity int NOT NULL CHECK (quantity > 0), price_share_bp int NOT NULL CHECK (price_share_bp BETWEEN 0 AND 10000), PRIMARY KEY (kit, component)
);
CREATE TABLE shelf_place (   -- where a SKU lives in a building
  location text NOT NULL, sku text NOT NULL, aisle text NOT NULL, bay text NOT NULL, level text NOT NULL, PRIMARY KEY (location, sku)
);

-- ---------------------------------------------------------------- staff: who
CREATE TABLE staff (
  id uuid PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, email text UNIQUE,
  role text NOT NULL CHECK (role IN ('associate', 'store_manager', 'regional_manager', 'head_office')),
  region text REFERENCES region ON DELETE RESTRICT, language text NOT NULL DEFAULT 'fr',
  pin_hash text, badge_hash bytea UNIQUE, password_hash text, disabled_at timestamptz, version int NOT NULL DEFAULT 1
);
CREATE TABLE staff_location (
  staff uuid NOT NULL REFERENCES staff ON DELETE CASCADE, location text NOT NULL REFERENCES location ON DELETE CASCADE, PRIMARY KEY (staff, location)
);
CREATE TABLE enrollment (   -- a code a manager shows; turns a browser into a device of the store, once
  code_hash bytea PRIMARY KEY, location text NOT NULL REFERENCES location ON DELETE CASCADE, made_by uuid NOT NULL, made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, used_at timestamptz
);
CREATE TABLE device (
  id uuid PRIMARY KEY, location text NOT NULL REFERENCES location ON DELETE RESTRICT, name text NOT NULL, credential_hash bytea NOT NULL UNIQUE,
  enrolled_at timestamptz NOT NULL, enrolled_by uuid, last_seen_at timestamptz, revoked_at timestamptz, UNIQUE (location, name)
);
CREATE TABLE sign_in (   -- one person on one device (or one browser, for managers), from when to when
  id uuid PRIMARY KEY, staff uuid NOT NULL REFERENCES staff ON DELETE RESTRICT, device uuid REFERENCES device ON DELETE RESTRICT,
  token_hash bytea NOT NULL UNIQUE, started_at timestamptz NOT NULL, seen_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, ended_at timestamptz,
  means text NOT NULL CHECK (means IN ('pin', 'badge', 'password'))
);
CREATE INDEX sign_in_device ON sign_in (device, started_at);
CREATE TABLE api_key (
  id uuid PRIMARY KEY, name text NOT NULL, key_hash bytea NOT NULL UNIQUE, hint text NOT NULL, scopes text[] NOT NULL, locations text[],
  made_at timestamptz NOT NULL, made_by uuid, last_used_at timestamptz, revoked_at timestamptz
);
CREATE TABLE throttle (   -- counts of attempts, shared by all processes; small, swept by the worker
  key text NOT NULL, window_start timestamptz NOT NULL, count int NOT NULL, PRIMARY KEY (key, window_start)
);
CREATE TABLE audit (   -- append-only: who changed what people set up
  id uuid PRIMARY KEY, at timestamptz NOT NULL, who text NOT NULL, role text NOT NULL, device uuid, action text NOT NULL, subject text NOT NULL,
  location text, reason text NOT NULL DEFAULT '', body jsonb NOT NULL DEFAULT '{}'
);

-- ---------------------------------------------------------------- kit: commands, events, deliveries, jobs
CREATE TABLE command (   -- a command seen twice has one effect and one answer
  id uuid PRIMARY KEY, fingerprint bytea NOT NULL, answer bytea, who text NOT NULL, at timestamptz NOT NULL
);
CREATE TABLE event (   -- facts, written with their cause; seq counts per stream (an order, mostly)
  stream uuid NOT NULL, seq int NOT NULL CHECK (seq > 0), kind text NOT NULL, location text, work uuid, who text NOT NULL, at timestamptz NOT NULL,
  due_at timestamptz NOT NULL, body jsonb NOT NULL, fanned_out boolean NOT NULL DEFAULT false, withdrawn_at timestamptz, PRIMARY KEY (stream, seq)
);
CREATE INDEX event_to_fan_out ON event (at) WHERE NOT fanned_out;
CREATE INDEX event_work ON event (work) WHERE work IS NOT NULL;
CREATE TABLE delivery (   -- one event for one listener; claimed in order per (listener, stream)
  listener text NOT NULL, stream uuid NOT NULL, seq int NOT NULL, due_at timestamptz NOT NULL, state text NOT NULL DEFAULT 'open'
    CHECK (state IN ('open', 'done', 'withdrawn', 'dead')), attempts int NOT NULL DEFAULT 0, claimed_until timestamptz, last_error text, done_at timestamptz,
  PRIMARY KEY (listener, stream, seq)
);
CREATE INDEX delivery_open ON delivery (due_at) WHERE state = 'open';

-- ---------------------------------------------------------------- stock
CREATE TABLE stock_level (   -- the running sum of stock_movement, written in the same transaction
  sku text NOT NULL, location text NOT NULL, on_hand int NOT NULL DEFAULT 0, reserved int NOT NULL DEFAULT 0, set_aside int NOT NULL DEFAULT 0,
  unsellable int NOT NULL DEFAULT 0, safety_stock int NOT NULL DEFAULT 0 CHECK (safety_stock >= 0),
  no_promise_until timestamptz,   -- after a short: nothing new is promised here until counted or 24 h passed
  counted_at timestamptz, sold_at timestamptz,
  PRIMARY KEY (sku, location), CHECK (reserved >= 0), CHECK (set_aside BETWEEN 0 AND reserved), CHECK (unsellable >= 0)
) WITH (fillfactor = 70);
CREATE TABLE stock_movement (   -- append-only ledger; signed deltas, in units
  id uuid NOT NULL, location text NOT NULL, sku text NOT NULL, fact text NOT NULL, on_hand int NOT NULL DEFAULT 0, reserved int NOT NULL DEFAULT 0,
  set_aside int NOT NULL DEFAULT 0, unsellable int NOT NULL DEFAULT 0, reason text, order_id uuid, work uuid, who text NOT NULL,
  happened_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, PRIMARY KEY (id, location)
);
CREATE INDEX stock_movement_level ON stock_movement (sku, location, happened_at);
CREATE TABLE reservation (   -- a promise of units; what was available when it was made stands beside it
  id uuid NOT NULL, location text NOT NULL, sku text NOT NULL, order_id uuid NOT NULL, line smallint NOT NULL, part smallint NOT NULL,
  quantity int NOT NULL CHECK (quantity > 0), available_when_promised int NOT NULL, soft_until timestamptz, made_at timestamptz NOT NULL,
  released int NOT NULL DEFAULT 0, PRIMARY KEY (order_id, line, part, id, location),
  CHECK (quantity <= available_when_promised), CHECK (released BETWEEN 0 AND quantity)
);
CREATE INDEX reservation_soft ON reservation (soft_until) WHERE soft_until IS NOT NULL;
CREATE TABLE stock_count (
  id uuid PRIMARY KEY, location text NOT NULL, sku text NOT NULL, status text NOT NULL CHECK (status IN ('asked', 'submitted', 'approved', 'recount', 'canceled')),
  reason text NOT NULL, asked_at timestamptz NOT NULL, asked_by text NOT NULL, counted int CHECK (counted >= 0), expected int, counted_at timestamptz,
  counted_by text, decided_at timestamptz, decided_by text
);
CREATE UNIQUE INDEX stock_count_open ON stock_count (location, sku) WHERE status IN ('asked', 'submitted', 'recount');

-- ---------------------------------------------------------------- orders (names, phones, e-mails and addresses live here only)
CREATE SEQUENCE order_number START 104233;
CREATE TABLE customer (
  id uuid PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, email text, phone text, language text NOT NULL DEFAULT 'fr',
  consents text[] NOT NULL DEFAULT '{}', erased_at timestamptz
);
CREATE INDEX customer_name ON customer (lower(last_name), lower(first_name));
CREATE INDEX customer_phone ON customer (phone) WHERE phone IS NOT NULL;
CREATE TABLE sales_order (
  id uuid PRIMARY KEY, number text NOT NULL UNIQUE DEFAULT 'W-' || nextval('order_number'), fingerprint bytea NOT NULL, answer bytea NOT NULL,
  channel text NOT NULL, external_id text, external_number text, external_updated_at timestamptz, customer uuid NOT NULL,
  placed_at timestamptz NOT NULL, received_at timestamptz NOT NULL, language text NOT NULL, currency char(3) NOT NULL,
  goods_minor bigint NOT NULL, discount_minor bigint NOT NULL, shipping_minor bigint NOT NULL, vat_minor bigint NOT NULL, total_minor bigint NOT NULL,
  progress text NOT NULL CHECK (progress IN ('received', 'held', 'accepted', 'in_progress', 'part_fulfilled', 'fulfilled', 'closed', 'canceled')),
  link_hash bytea NOT NULL, link_generation int NOT NULL DEFAULT 0, collector text, canceled_at timestamptz, cancel_reason text, version int NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX sales_order_link ON sales_order (link_hash);
CREATE INDEX sales_order_customer ON sales_order (customer);
CREATE INDEX sales_order_placed ON sales_order (received_at, id);
CREATE TABLE order_address (
  order_id uuid PRIMARY KEY, name text NOT NULL, street text NOT NULL, street2 text NOT NULL DEFAULT '', postcode text NOT NULL, city text NOT NULL,
  country char(2) NOT NULL, phone text
);
CREATE TABLE order_line (
  order_id uuid NOT NULL, line smallint NOT NULL CHECK (line > 0), sku text, external_sku text, title text NOT NULL, quantity int NOT NULL CHECK (quantity > 0),
  unit_price_minor bigint NOT NULL, discount_minor bigint NOT NULL, vat_rate_bp int NOT NULL, vat_minor bigint NOT NULL, total_minor bigint NOT NULL,
  method text NOT NULL CHECK (method IN ('pickup', 'ship')), location text, canceled int NOT NULL DEFAULT 0,
  PRIMARY KEY (order_id, line), CHECK (canceled BETWEEN 0 AND quantity)
);
CREATE TABLE requirement (   -- a SKU and quantity that a line needs; every unit is in exactly one of the four
  order_id uuid NOT NULL, line smallint NOT NULL, part smallint NOT NULL, sku text NOT NULL, quantity int NOT NULL CHECK (quantity > 0),
  share_minor bigint NOT NULL, unsourced int NOT NULL, held int NOT NULL, at_work int NOT NULL, canceled int NOT NULL,
  PRIMARY KEY (order_id, line, part), CHECK (unsourced >= 0 AND held >= 0 AND at_work >= 0 AND canceled >= 0),
  CHECK (unsourced + held + at_work + canceled = quantity)
);
CREATE TABLE order_hold (
  order_id uuid NOT NULL, reason text NOT NULL CHECK (reason IN ('payment', 'address', 'totals', 'unknown_item', 'short', 'manual')), detail text NOT NULL DEFAULT '',
  placed_at timestamptz NOT NULL, placed_by text NOT NULL, until timestamptz, released_at timestamptz, released_by text, note text,
  PRIMARY KEY (order_id, reason, placed_at)
);
CREATE INDEX order_hold_open ON order_hold (order_id) WHERE released_at IS NULL;

-- ---------------------------------------------------------------- payments (references only, never card data)
CREATE TABLE payment (
  order_id uuid NOT NULL, reference text NOT NULL, provider text NOT NULL, state text NOT NULL CHECK (state IN ('pending', 'authorized', 'captured', 'part_refunded', 'refunded', 'voided', 'failed')),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0), captured_minor bigint NOT NULL DEFAULT 0, refunded_minor bigint NOT NULL DEFAULT 0,
  expires_at timestamptz, PRIMARY KEY (order_id, reference), CHECK (captured_minor <= amount_minor), CHECK (refunded_minor <= captured_minor)
);
CREATE TABLE payment_intention (
  id uuid PRIMARY KEY, order_id uuid NOT NULL, kind text NOT NULL CHECK (kind IN ('capture', 'void', 'refund')), amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  reason text NOT NULL, made_by text NOT NULL, due_at timestamptz NOT NULL, intended_at timestamptz NOT NULL, intended_who text NOT NULL, cause uuid,
  state text NOT NULL DEFAULT 'intended' CHECK (state IN ('intended', 'sent', 'confirmed', 'failed', 'withdrawn'))
);
CREATE INDEX payment_intention_order ON payment_intention (order_id);

-- ---------------------------------------------------------------- fulfillment
CREATE TABLE work (   -- a fulfillment order: what one location must do for one order
  id uuid NOT NULL, location text NOT NULL, order_id uuid NOT NULL, order_number text NOT NULL, kind text NOT NULL CHECK (kind IN ('pickup', 'ship')),
  status text NOT NULL CHECK (status IN ('open', 'accepted', 'picking', 'picked', 'staged', 'packed', 'labeled', 'handed_to_carrier', 'in_transit', 'delivered',
    'delivery_failed', 'returned_to_sender', 'handed_over', 'rejected', 'canceled', 'expired', 'closed')),
  promise_at timestamptz NOT NULL, units int NOT NULL, created_at timestamptz NOT NULL, started_at timestamptz, picked_at timestamptz, staged_at timestamptz,
  handed_over_at timestamptz, collect_until timestamptz, taken_by uuid, pack uuid, flagged text, version int NOT NULL DEFAULT 1, PRIMARY KEY (id, location)
);
CREATE INDEX work_live ON work (location, promise_at) WHERE status IN ('open', 'accepted', 'picking', 'picked');
CREATE INDEX work_staged ON work (location, collect_until) WHERE status = 'staged';
CREATE INDEX work_order ON work (order_id);
CREATE TABLE work_line (   -- where the units of one requirement are, at one location; the states sum to the quantity
  work uuid NOT NULL, location text NOT NULL, line smallint NOT NULL, order_id uuid NOT NULL, order_line smallint NOT NULL, part smallint NOT NULL, sku text NOT NULL,
  quantity int NOT NULL CHECK (quantity > 0), reserved int NOT NULL, picked int NOT NULL DEFAULT 0, staged int NOT NULL DEFAULT 0, in_transit int NOT NULL DEFAULT 0,
  handed_over int NOT NULL DEFAULT 0, delivered int NOT NULL DEFAULT 0, shorted int NOT NULL DEFAULT 0, canceled int NOT NULL DEFAULT 0, parked_until timestamptz,
  PRIMARY KEY (work, line, location),
  CHECK (reserved >= 0 AND picked >= 0 AND staged >= 0 AND in_transit >= 0 AND handed_over >= 0 AND delivered >= 0 AND shorted >= 0 AND canceled >= 0),
  CHECK (reserved + picked + staged + in_transit + handed_over + delivered + shorted + canceled = quantity)
);
CREATE INDEX work_line_sku ON work_line (location, sku) WHERE reserved > 0;
CREATE INDEX work_line_order ON work_line (order_id);
CREATE TABLE pickup_pass (
  order_id uuid NOT NULL, location text NOT NULL, generation int NOT NULL DEFAULT 0, qr_hash bytea NOT NULL, letters_hash bytea NOT NULL,
  made_at timestamptz NOT NULL, PRIMARY KEY (order_id, location)
);
CREATE UNIQUE INDEX pickup_pass_qr ON pickup_pass (qr_hash);
CREATE INDEX pickup_pass_letters ON pickup_pass (location, letters_hash);
CREATE TABLE pack (
  id uuid PRIMARY KEY, location text NOT NULL, device uuid, staff uuid NOT NULL, made_at timestamptz NOT NULL, lease_until timestamptz NOT NULL, closed_at timestamptz
);
CREATE INDEX pack_open ON pack (location) WHERE closed_at IS NULL;
CREATE TABLE bag (
  id uuid PRIMARY KEY, work uuid NOT NULL, location text NOT NULL, tag text NOT NULL, place text, staged_at timestamptz NOT NULL, staged_by text NOT NULL,
  gone_at timestamptz
);
CREATE UNIQUE INDEX bag_in_use ON bag (location, tag) WHERE gone_at IS NULL;
CREATE INDEX bag_work ON bag (work);
CREATE TABLE short_pick (
  id uuid PRIMARY KEY, work uuid NOT NULL, line smallint NOT NULL, location text NOT NULL, sku text NOT NULL, quantity int NOT NULL CHECK (quantity > 0),
  reason text NOT NULL CHECK (reason IN ('not_found', 'damaged', 'not_sellable')), who text NOT NULL, at timestamptz NOT NULL, undone_at timestamptz
);
CREATE INDEX short_pick_work ON short_pick (work);
CREATE TABLE arrival (   -- the customer is here; an early arrival waits for goods not yet staged
  id uuid PRIMARY KEY, order_id uuid NOT NULL, location text NOT NULL, at timestamptz NOT NULL, place text NOT NULL DEFAULT '', taken_by uuid, taken_at timestamptz, done_at timestamptz
);
CREATE UNIQUE INDEX arrival_waiting ON arrival (order_id, location) WHERE done_at IS NULL;
CREATE INDEX arrival_live ON arrival (location, at) WHERE done_at IS NULL;
CREATE TABLE hand_over (
  id uuid PRIMARY KEY, order_id uuid NOT NULL, location text NOT NULL, works uuid[] NOT NULL, event_seq int, who text NOT NULL, device uuid, at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL, proof text NOT NULL CHECK (proof IN ('pass', 'letters', 'identity', 'override')), collector text,
  identity_checked boolean NOT NULL DEFAULT false, age_checked boolean NOT NULL DEFAULT false, override_reason text, undone_at timestamptz, undone_by text, undo_reason text
);
CREATE INDEX hand_over_order ON hand_over (order_id);
CREATE TABLE hand_over_line (
  hand_over uuid NOT NULL, work uuid NOT NULL, line smallint NOT NULL, location text NOT NULL, sku text NOT NULL, quantity int NOT NULL CHECK (quantity > 0),
  refused int NOT NULL DEFAULT 0, refuse_reason text, PRIMARY KEY (hand_over, work, line)
);
CREATE TABLE put_back (   -- goods off the shelf that nobody will collect: work until they lie on their shelf again
  id uuid PRIMARY KEY, location text NOT NULL, sku text NOT NULL, quantity int NOT NULL CHECK (quantity > 0), done int NOT NULL DEFAULT 0, reason text NOT NULL,
  promised boolean NOT NULL DEFAULT true,   -- its units still count as reserved and set aside; false: a surplus that was never promised
  order_id uuid, work uuid, line smallint, bag text, cause uuid, made_at timestamptz NOT NULL, done_at timestamptz, done_by text, withdrawn_at timestamptz,
  CHECK (done BETWEEN 0 AND quantity)
);
CREATE INDEX put_back_open ON put_back (location, made_at) WHERE done < quantity AND withdrawn_at IS NULL;
CREATE INDEX put_back_work ON put_back (work);
CREATE TABLE exception (   -- a report that could not simply be applied: visible work for a named role
  id uuid PRIMARY KEY, location text NOT NULL, kind text NOT NULL, role text NOT NULL, order_id uuid, work uuid, sku text, quantity int, body jsonb NOT NULL DEFAULT '{}',
  made_at timestamptz NOT NULL, resolved_at timestamptz, resolved_by text, resolution text
);
CREATE INDEX exception_open ON exception (location, made_at) WHERE resolved_at IS NULL;
CREATE TABLE journal (
  id uuid PRIMARY KEY, device uuid NOT NULL, expected_seq bigint NOT NULL DEFAULT 1, started_at timestamptz NOT NULL, last_at timestamptz NOT NULL
);
CREATE TABLE device_event (
  journal uuid NOT NULL, seq bigint NOT NULL, id uuid NOT NULL UNIQUE, kind text NOT NULL, body jsonb NOT NULL, pack uuid, sign_in uuid, happened_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL, outcome text NOT NULL, answer jsonb NOT NULL, effect jsonb, undone boolean NOT NULL DEFAULT false, PRIMARY KEY (journal, seq)
);

-- ---------------------------------------------------------------- channels
CREATE TABLE channel (
  id text PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('api', 'shopify', 'woocommerce')), name text NOT NULL, currency char(3) NOT NULL DEFAULT 'EUR',
  invoicing text NOT NULL DEFAULT 'ours_at_hand_over', payment_made_by text NOT NULL DEFAULT 'channel', disabled_at timestamptz
);
CREATE TABLE webhook_inbox (
  channel text NOT NULL, delivery_id text NOT NULL, topic text NOT NULL, body bytea NOT NULL, received_at timestamptz NOT NULL, state text NOT NULL DEFAULT 'open'
    CHECK (state IN ('open', 'done', 'stale', 'failed')), attempts int NOT NULL DEFAULT 0, next_at timestamptz NOT NULL, problem text, done_at timestamptz, order_id uuid,
  PRIMARY KEY (channel, delivery_id)
);
CREATE INDEX webhook_inbox_open ON webhook_inbox (next_at) WHERE state = 'open';
CREATE TABLE webhook_refused (channel text NOT NULL, day date NOT NULL, count int NOT NULL, PRIMARY KEY (channel, day));
CREATE TABLE channel_sku (channel text NOT NULL, external_sku text NOT NULL, sku text NOT NULL REFERENCES sku ON DELETE CASCADE, PRIMARY KEY (channel, external_sku));

-- ---------------------------------------------------------------- notifications, first form: a ledger of rendered messages
CREATE TABLE message (
  id uuid PRIMARY KEY, stream uuid NOT NULL, seq int NOT NULL, order_id uuid NOT NULL, template text NOT NULL, medium text NOT NULL, language text NOT NULL,
  subject text NOT NULL, body text NOT NULL, status text NOT NULL CHECK (status IN ('due', 'sent', 'delivered', 'seen', 'failed', 'suppressed')), reason text, made_at timestamptz NOT NULL,
  UNIQUE (stream, seq, template, medium)
);
CREATE INDEX message_order ON message (order_id, made_at);
CREATE INDEX message_made ON message (made_at);
