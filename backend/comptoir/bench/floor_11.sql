-- The floor under M1: one order of three lines, written by pgbench without HTTP, without a rule, without sourcing.
--
-- Eleven round trips from BEGIN to COMMIT, each a prepared statement, on the same tables, indexes, database and durable
-- settings as ours. It may be made faster, never slower. It was committed before the code that it judges.
--
-- It writes less than an order of ours has: no address, no payment, no requirements, no work lines, no new customer. It
-- takes any store, where ours looks for the cheapest of 200; and it reads the order id and the customer in one trip.
--
-- SKUs are drawn by Zipf 0.75 over 2,000: the integral of x^-0.75 over (k - 0.5, k + 0.5) stands for k^-0.75, and
-- inverting it is one fourth power (int() rounds to the nearest). Sorted and made distinct without a round trip.
-- The world names its 200 stores 1001 to 1200 and its SKUs 1001 to 3000, so that a number is a key.

\set d1 int(pow(0.8408964 + random(0, 999999) / 1000000.0 * 5.8451, 4))
\set d2 int(pow(0.8408964 + random(0, 999999) / 1000000.0 * 5.8451, 4))
\set d3 int(pow(0.8408964 + random(0, 999999) / 1000000.0 * 5.8451, 4))
\set a 1000 + greatest(1, least(:d1, :d2, :d3))
\set c 1000 + greatest(:d1, :d2, :d3)
\set b greatest(:a + 1, 3000 + :d1 + :d2 + :d3 - :a - :c)
\set c greatest(:b + 1, :c)
\set location random(1001, 1200)
\set customer random(100000000001, 100000010000)

BEGIN;
SELECT made.id AS order_id, (SELECT number FROM sales_order WHERE id = made.id) AS known, (SELECT language FROM customer WHERE id = ('00000000-0000-7000-8000-' || :customer)::uuid) AS language FROM (SELECT uuidv7() AS id) AS made \gset
SELECT sku, location, on_hand - reserved - safety_stock AS available FROM stock_level WHERE sku IN (:a, :b, :c) AND location = :location ORDER BY sku, location FOR NO KEY UPDATE;
UPDATE stock_level SET reserved = reserved + 1 WHERE sku IN (:a, :b, :c) AND location = :location;
INSERT INTO sales_order (id, fingerprint, answer, channel, customer, placed_at, received_at, language, currency, goods_minor, discount_minor, shipping_minor, vat_minor, total_minor, progress, link_hash) VALUES (:order_id, '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', '\x', 'api', ('00000000-0000-7000-8000-' || :customer)::uuid, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 'fr', 'EUR', 7500, 0, 490, 1332, 7990, 'accepted', sha256(uuid_send(:order_id))) RETURNING number \gset
INSERT INTO order_line (order_id, line, sku, title, quantity, unit_price_minor, discount_minor, vat_rate_bp, vat_minor, total_minor, method) VALUES (:order_id, 1, :a, 'Chemise', 1, 2500, 0, 2000, 417, 2500, 'ship'), (:order_id, 2, :b, 'Chemise', 1, 2500, 0, 2000, 417, 2500, 'ship'), (:order_id, 3, :c, 'Chemise', 1, 2500, 0, 2000, 417, 2500, 'ship');
INSERT INTO reservation (id, location, sku, order_id, line, part, quantity, available_when_promised, made_at) VALUES (:order_id, :location, :a, :order_id, 1, 1, 1, 1, CURRENT_TIMESTAMP), (:order_id, :location, :b, :order_id, 2, 1, 1, 1, CURRENT_TIMESTAMP), (:order_id, :location, :c, :order_id, 3, 1, 1, 1, CURRENT_TIMESTAMP);
INSERT INTO stock_movement (id, location, sku, fact, reserved, order_id, who, happened_at, recorded_at) VALUES (uuidv7(), :location, :a, 'reserve', 1, :order_id, 'floor', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP), (uuidv7(), :location, :b, 'reserve', 1, :order_id, 'floor', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP), (uuidv7(), :location, :c, 'reserve', 1, :order_id, 'floor', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP);
INSERT INTO work (id, location, order_id, order_number, kind, status, promise_at, units, created_at) VALUES (:order_id, :location, :order_id, :number, 'ship', 'open', CURRENT_TIMESTAMP + interval '1 day', 3, CURRENT_TIMESTAMP);
INSERT INTO event (stream, seq, kind, location, work, who, at, due_at, body) VALUES (:order_id, 1, 'order.placed', :location, :order_id, 'floor', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '{"units": 3}');
COMMIT;
