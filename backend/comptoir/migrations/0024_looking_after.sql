-- Looking after orders: a hold for suspected fraud, and small indexes by which an order is found by whatever somebody has of it.
ALTER TABLE order_hold DROP CONSTRAINT order_hold_reason_check;
ALTER TABLE order_hold ADD CONSTRAINT order_hold_reason_check
  CHECK (reason IN ('payment', 'address', 'totals', 'unknown_item', 'short', 'manual', 'fraud')) NOT VALID;   -- every row keeps the narrower one
-- A name as people type it: no accents, no capitals, a hyphen or an apostrophe is a space.
CREATE FUNCTION plain_name(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN translate(lower(regexp_replace(normalize(said, NFD), '[\u0300-\u036f]', '', 'g')), '-''’.', '    ');
-- The digits of a phone number with its country, however it was written; without one it is France's.
CREATE FUNCTION phone_key(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN regexp_replace(regexp_replace(regexp_replace(regexp_replace(said, '[^0-9]', '', 'g'), '^00', ''), '^0', '33'), '^330', '33');
CREATE INDEX customer_last_first ON customer (plain_name(last_name || ' ' || first_name) text_pattern_ops);
CREATE INDEX customer_first_last ON customer (plain_name(first_name || ' ' || last_name) text_pattern_ops);
CREATE INDEX customer_phone_key ON customer (phone_key(phone)) WHERE phone IS NOT NULL;
DROP INDEX customer_name;
CREATE INDEX order_address_phone_key ON order_address (phone_key(phone)) WHERE phone IS NOT NULL;
CREATE INDEX sales_order_external ON sales_order (external_number) WHERE external_number IS NOT NULL;
CREATE INDEX sales_order_collector ON sales_order (plain_name(collector) text_pattern_ops) WHERE collector IS NOT NULL;
-- What no place has: orders that a person looks after.
CREATE INDEX requirement_unsourced ON requirement (order_id) WHERE unsourced > 0;
