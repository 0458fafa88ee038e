-- What must be true at every commit. Each query is named, says in one sentence what it proves, and must give no row.

-- name: levels_are_the_sum_of_movements
-- I2: each of the four figures of a level is the sum of its ledger lines.
-- repair: head office puts the row right at /manager/stock/ledger/row?sku={sku}&store={location}
SELECT coalesce(l.sku, m.sku) AS sku, coalesce(l.location, m.location) AS location, l.on_hand, m.on_hand AS ledger_on_hand,
  l.reserved, m.reserved AS ledger_reserved, l.set_aside, m.set_aside AS ledger_set_aside, l.unsellable, m.unsellable AS ledger_unsellable
FROM stock_level l FULL JOIN (
  SELECT sku, location, sum(on_hand) AS on_hand, sum(reserved) AS reserved, sum(set_aside) AS set_aside, sum(unsellable) AS unsellable
  FROM stock_movement GROUP BY sku, location) m ON m.sku = l.sku AND m.location = l.location
WHERE (coalesce(l.on_hand, 0), coalesce(l.reserved, 0), coalesce(l.set_aside, 0), coalesce(l.unsellable, 0))
  IS DISTINCT FROM (coalesce(m.on_hand, 0), coalesce(m.reserved, 0), coalesce(m.set_aside, 0), coalesce(m.unsellable, 0));

-- name: reserved_is_what_is_promised
-- I3: reserved units are those of live work, of held orders, of transfers that have not left, and of goods that still have to be put back.
-- repair: head office puts the row right at /manager/stock/ledger/row?sku={sku}&store={location}
SELECT l.sku, l.location, l.reserved, coalesce(w.units, 0) AS at_work, coalesce(h.units, 0) AS held, coalesce(p.units, 0) AS put_back, coalesce(t.units, 0) AS to_transfer
FROM stock_level l
LEFT JOIN (SELECT sku, location, sum(reserved + picked + staged) AS units FROM work_line GROUP BY sku, location) w USING (sku, location)
LEFT JOIN (SELECT r.sku, r.location, sum(r.quantity - r.released) AS units FROM reservation r
  JOIN requirement q ON q.order_id = r.order_id AND q.line = r.line AND q.part = r.part AND q.held > 0 GROUP BY r.sku, r.location) h USING (sku, location)
LEFT JOIN (SELECT sku, location, sum(quantity - done) AS units FROM put_back WHERE promised AND withdrawn_at IS NULL GROUP BY sku, location) p
  USING (sku, location)
LEFT JOIN (SELECT n.sku, t.from_location AS location, sum(n.reserved + n.picked) AS units FROM transfer_line n JOIN transfer t ON t.id = n.transfer
  WHERE n.reserved + n.picked > 0 GROUP BY 1, 2) t USING (sku, location)
WHERE l.reserved <> coalesce(w.units, 0) + coalesce(h.units, 0) + coalesce(p.units, 0) + coalesce(t.units, 0);

-- name: set_aside_is_off_the_shelf
-- Units off the shelf are picked or staged for somebody, laid to a transfer, or wait to be put back.
-- repair: head office puts the row right at /manager/stock/ledger/row?sku={sku}&store={location}
SELECT l.sku, l.location, l.set_aside, coalesce(w.units, 0) AS at_work, coalesce(p.units, 0) AS put_back
FROM stock_level l
LEFT JOIN (SELECT sku, location, sum(picked + staged) AS units FROM work_line GROUP BY sku, location) w USING (sku, location)
LEFT JOIN (SELECT sku, location, sum(quantity - done) AS units FROM put_back WHERE promised AND withdrawn_at IS NULL GROUP BY sku, location) p
  USING (sku, location)
LEFT JOIN (SELECT n.sku, t.from_location AS location, sum(n.picked) AS units FROM transfer_line n JOIN transfer t ON t.id = n.transfer
  WHERE n.picked > 0 GROUP BY 1, 2) t USING (sku, location)
WHERE l.set_aside <> coalesce(w.units, 0) + coalesce(p.units, 0) + coalesce(t.units, 0);

-- name: no_promise_above_what_was_available
-- I1: a promise never exceeds what was available at the moment it was made.
SELECT order_id, location, sku, quantity, available_when_promised FROM reservation WHERE quantity > available_when_promised;

-- name: promises_are_kept_by_work_or_held
-- I3: what stands of an order's promises at a place is its units at work there, and of a held order never more than its held units.
SELECT r.order_id, r.line, r.part, r.location, r.units AS promised, coalesce(w.units, 0) AS at_work, q.held
FROM (SELECT order_id, line, part, location, sum(quantity - released) AS units FROM reservation GROUP BY 1, 2, 3, 4) r
JOIN requirement q ON q.order_id = r.order_id AND q.line = r.line AND q.part = r.part
LEFT JOIN (SELECT order_id, order_line, part, location, sum(quantity - shorted - canceled) AS units FROM work_line GROUP BY 1, 2, 3, 4) w
  ON w.order_id = r.order_id AND w.order_line = r.line AND w.part = r.part AND w.location = r.location
WHERE r.units < coalesce(w.units, 0) OR r.units - coalesce(w.units, 0) > q.held;

-- name: every_unit_of_a_requirement_is_somewhere
-- I3: unsourced, held, at work and canceled units sum to what was ordered.
SELECT order_id, line, part, quantity, unsourced, held, at_work, canceled FROM requirement
WHERE unsourced + held + at_work + canceled <> quantity;

-- name: every_unit_of_a_work_line_is_in_one_state
-- I3: the states of a work line sum to its quantity.
SELECT work, line, quantity FROM work_line
WHERE reserved + picked + staged + in_transit + handed_over + delivered + shorted + canceled <> quantity;

-- name: requirements_agree_with_work
-- Units at work are the units of the requirement's work lines that were neither short nor canceled.
SELECT r.order_id, r.line, r.part, r.at_work, coalesce(w.units, 0) AS in_work_lines
FROM requirement r LEFT JOIN (SELECT order_id, order_line, part, sum(quantity - shorted - canceled) AS units
  FROM work_line GROUP BY order_id, order_line, part) w ON w.order_id = r.order_id AND w.order_line = r.line AND w.part = r.part
WHERE r.at_work <> coalesce(w.units, 0);

-- name: nothing_is_refunded_twice
-- I4: what was given back never exceeds what was captured, intentions included.
SELECT p.order_id, p.captured_minor, i.refunds_minor
FROM (SELECT order_id, sum(captured_minor) AS captured_minor FROM payment GROUP BY order_id) p
JOIN (SELECT order_id, sum(amount_minor) AS refunds_minor FROM payment_intention
  WHERE kind = 'refund' AND state <> 'withdrawn' GROUP BY order_id) i USING (order_id)
WHERE i.refunds_minor > p.captured_minor;

-- name: money_that_went_is_on_its_payment
-- I4: what a payment says was given back is what its parts say went.
SELECT p.order_id, p.reference, p.refunded_minor, coalesce(s.gone_minor, 0) AS gone_minor
FROM payment p LEFT JOIN (SELECT order_id, reference, sum(amount_minor) AS gone_minor FROM payment_part
  WHERE kind = 'refund' AND state IN ('sent', 'confirmed') GROUP BY order_id, reference) s USING (order_id, reference)
WHERE p.provider <> 'exchange' AND p.refunded_minor <> coalesce(s.gone_minor, 0);

-- name: parts_are_the_intention
-- The parts of an intention come to its amount, and its state is theirs.
SELECT i.id, i.state, i.amount_minor, s.amount_minor AS in_parts
FROM payment_intention i JOIN (SELECT intention, sum(amount_minor) AS amount_minor, bool_or(state = 'failed') AS failed,
  bool_and(state = 'confirmed') AS confirmed, bool_and(state IN ('sent', 'confirmed')) AS gone FROM payment_part GROUP BY intention) s ON s.intention = i.id
WHERE i.amount_minor <> s.amount_minor OR (i.state <> 'withdrawn'
  AND i.state <> CASE WHEN s.failed THEN 'failed' WHEN s.confirmed THEN 'confirmed' WHEN s.gone THEN 'sent' ELSE 'intended' END);

-- name: nothing_is_handed_over_twice
-- I5: units on hand-over evidence that stands are the units handed over of the work line.
SELECT w.work, w.line, w.handed_over, coalesce(h.units, 0) AS on_evidence
FROM work_line w LEFT JOIN (SELECT l.work, l.line, sum(l.quantity - l.refused) AS units FROM hand_over_line l
  JOIN hand_over h ON h.id = l.hand_over WHERE h.undone_at IS NULL GROUP BY l.work, l.line) h ON h.work = w.work AND h.line = w.line
WHERE w.handed_over <> coalesce(h.units, 0);

-- name: what_left_with_a_carrier_is_on_a_manifest
-- I5: units on their way or delivered are those of parcels that left, each on one closed manifest and followed from then on.
SELECT coalesce(l.work, p.work) AS work, coalesce(l.line, p.line) AS line, coalesce(l.units, 0) AS gone, coalesce(p.units, 0) AS on_manifests
FROM (SELECT l.work, l.line, l.in_transit + l.delivered AS units FROM work_line l JOIN work w ON w.id = l.work WHERE w.kind = 'ship') l
FULL JOIN (SELECT b.work, b.line, sum(b.quantity) AS units FROM parcel_line b JOIN parcel p ON p.id = b.parcel AND p.state = 'handed_to_carrier'
  JOIN manifest_parcel m ON m.parcel = p.id JOIN manifest f ON f.id = m.manifest AND f.state = 'closed' JOIN tracking t ON t.parcel = p.id
  GROUP BY b.work, b.line) p ON p.work = l.work AND p.line = l.line
WHERE coalesce(l.units, 0) <> coalesce(p.units, 0);

-- name: every_line_has_its_order
-- Rows of the order path carry no foreign keys: none of them may be without its order, customer or work.
SELECT 'order_line' AS what, l.order_id::text AS of FROM order_line l LEFT JOIN sales_order o ON o.id = l.order_id WHERE o.id IS NULL
UNION ALL SELECT 'requirement', r.order_id::text FROM requirement r LEFT JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line WHERE l.order_id IS NULL
UNION ALL SELECT 'reservation', r.order_id::text FROM reservation r LEFT JOIN requirement q ON q.order_id = r.order_id AND q.line = r.line AND q.part = r.part WHERE q.order_id IS NULL
UNION ALL SELECT 'payment', p.order_id::text FROM payment p LEFT JOIN sales_order o ON o.id = p.order_id WHERE o.id IS NULL
UNION ALL SELECT 'payment_intention', p.order_id::text FROM payment_intention p LEFT JOIN sales_order o ON o.id = p.order_id WHERE o.id IS NULL
UNION ALL SELECT 'work', w.id::text FROM work w LEFT JOIN sales_order o ON o.id = w.order_id WHERE o.id IS NULL
UNION ALL SELECT 'work_line', l.work::text FROM work_line l LEFT JOIN work w ON w.id = l.work AND w.location = l.location WHERE w.id IS NULL
UNION ALL SELECT 'work without lines', w.id::text FROM work w WHERE NOT EXISTS (SELECT 1 FROM work_line l WHERE l.work = w.id)
UNION ALL SELECT 'order without lines', o.id::text FROM sales_order o WHERE NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id)
UNION ALL SELECT 'order without customer', o.id::text FROM sales_order o LEFT JOIN customer c ON c.id = o.customer WHERE c.id IS NULL
UNION ALL SELECT 'order_company', b.order_id::text FROM order_company b LEFT JOIN sales_order o ON o.id = b.order_id WHERE o.id IS NULL
UNION ALL SELECT 'document', d.number FROM document d LEFT JOIN sales_order o ON o.id = d.order_id WHERE o.id IS NULL
UNION ALL SELECT 'rma', r.id::text FROM rma r LEFT JOIN sales_order o ON o.id = r.order_id WHERE r.order_id IS NOT NULL AND o.id IS NULL
UNION ALL SELECT 'rma_unit', u.rma::text FROM rma_unit u LEFT JOIN rma r ON r.id = u.rma AND r.order_id IS NOT DISTINCT FROM u.order_id WHERE r.id IS NULL
UNION ALL SELECT 'refund_line', f.order_id::text FROM refund_line f LEFT JOIN sales_order o ON o.id = f.order_id WHERE o.id IS NULL
UNION ALL SELECT 'bag', b.id::text FROM bag b LEFT JOIN work w ON w.id = b.work WHERE w.id IS NULL;

-- name: work_units_are_the_units_of_its_lines
-- The number on a work's card is the sum of its lines.
SELECT w.id, w.units, l.units AS in_lines FROM work w JOIN (SELECT work, sum(quantity) AS units FROM work_line GROUP BY work) l ON l.work = w.id
WHERE w.units <> l.units;

-- name: held_orders_are_held_for_a_reason
-- An order says it is held exactly when a hold on it is open.
SELECT o.id, o.progress FROM sales_order o
WHERE (o.progress = 'held') <> EXISTS (SELECT 1 FROM order_hold h WHERE h.order_id = o.id AND h.released_at IS NULL)
  AND o.progress NOT IN ('canceled', 'closed');

-- name: events_are_numbered_without_gaps
-- The events of a stream count 1, 2, 3: none was lost, none written twice.
SELECT stream, count(*), max(seq) FROM event GROUP BY stream HAVING count(*) <> max(seq);

-- name: open_deliveries_have_their_event
-- Nothing waits to be told that did not happen.
SELECT d.listener, d.stream, d.seq FROM delivery d LEFT JOIN event e ON e.stream = d.stream AND e.seq = d.seq WHERE e.stream IS NULL;

-- name: work_says_what_its_units_say
-- A work's state fits where its units are: nothing waits unseen in work that is over, and nothing is staged that is still to be found.
SELECT w.id, w.kind, w.status, l.reserved, l.picked, l.staged, l.handed_over FROM work w JOIN (
  SELECT work, sum(reserved) AS reserved, sum(picked) AS picked, sum(staged) AS staged, sum(handed_over) AS handed_over
  FROM work_line GROUP BY work) l ON l.work = w.id
WHERE NOT CASE
  WHEN w.status IN ('open', 'accepted') THEN l.reserved > 0 AND l.picked + l.staged + l.handed_over = 0
  WHEN w.status = 'picking' THEN l.reserved > 0 AND l.handed_over = 0
  WHEN w.status = 'picked' THEN (l.picked > 0 OR w.kind = 'ship' AND l.staged > 0) AND l.reserved + l.handed_over = 0
  WHEN w.status IN ('packed', 'labeled') THEN l.staged > 0 AND l.reserved + l.picked + l.handed_over = 0
  WHEN w.status = 'staged' THEN l.staged > 0 AND l.reserved + l.picked + l.handed_over = 0
  WHEN w.status = 'handed_over' THEN l.handed_over > 0 AND l.reserved + l.picked + l.staged = 0
  WHEN w.status IN ('rejected', 'canceled', 'expired', 'closed') THEN l.reserved + l.picked + l.staged = 0
  ELSE true END;

-- name: packed_units_are_in_one_parcel
-- Every unit of ship work that is off the pick is in exactly one parcel, and parcels hold nothing else.
SELECT coalesce(l.work, p.work) AS work, coalesce(l.line, p.line) AS line, coalesce(l.units, 0) AS packed, coalesce(p.units, 0) AS in_parcels
FROM (SELECT l.work, l.line, l.staged + l.in_transit + l.handed_over + l.delivered AS units FROM work_line l JOIN work w ON w.id = l.work
  WHERE w.kind = 'ship') l
FULL JOIN (SELECT b.work, b.line, sum(b.quantity) AS units FROM parcel_line b JOIN parcel p ON p.id = b.parcel AND p.state <> 'canceled'
  GROUP BY b.work, b.line) p ON p.work = l.work AND p.line = l.line
WHERE coalesce(l.units, 0) <> coalesce(p.units, 0);

-- name: parcels_say_what_their_labels_say
-- A parcel with a label has the one that stands, and ship work is labeled exactly when every parcel of it is.
SELECT p.id AS of, p.state, a.state AS label FROM parcel p LEFT JOIN label_attempt a ON a.id = p.label
WHERE p.state IN ('labeled', 'handed_to_carrier') AND (a.id IS NULL OR a.parcel <> p.id OR a.state NOT IN ('bought', 'manual'))
UNION ALL SELECT p.id, p.state, a.state FROM label_attempt a JOIN parcel p ON p.id = a.parcel
WHERE a.state IN ('bought', 'manual') AND p.label IS DISTINCT FROM a.id
UNION ALL SELECT w.id, w.status, NULL FROM work w WHERE w.kind = 'ship' AND w.status IN ('packed', 'labeled') AND (w.status = 'labeled') <>
  NOT EXISTS (SELECT FROM parcel p WHERE p.work = w.id AND p.state IN ('open', 'packed'));

-- name: facts_move_only_their_figures
-- Each ledger line moves the four figures as its fact does, and no other figure.
SELECT id, fact, on_hand, reserved, set_aside, unsellable FROM stock_movement
WHERE NOT CASE fact
  WHEN 'reserve' THEN reserved > 0 AND (on_hand, set_aside, unsellable) = (0, 0, 0)
  WHEN 'release' THEN reserved < 0 AND (on_hand, set_aside, unsellable) = (0, 0, 0)
  WHEN 'pick' THEN set_aside > 0 AND (on_hand, reserved, unsellable) = (0, 0, 0)
  WHEN 'pick_undone' THEN set_aside < 0 AND (on_hand, reserved, unsellable) = (0, 0, 0)
  WHEN 'put_back' THEN reserved = set_aside AND (on_hand, unsellable) = (0, 0)
  WHEN 'short_not_found' THEN on_hand < 0 AND reserved = on_hand AND (set_aside, unsellable) = (0, 0)
  WHEN 'short_damaged' THEN on_hand < 0 AND reserved = on_hand AND set_aside = 0 AND unsellable = -on_hand
  WHEN 'short_undone' THEN on_hand > 0 AND reserved = on_hand AND set_aside = 0 AND unsellable IN (0, -on_hand)
  WHEN 'hand_over' THEN on_hand < 0 AND reserved = on_hand AND set_aside = on_hand AND unsellable = 0
  WHEN 'transfer_shipped' THEN on_hand < 0 AND reserved = on_hand AND set_aside = on_hand AND unsellable = 0
  WHEN 'return_inspected' THEN unsellable > 0 AND (on_hand, reserved, set_aside) = (0, 0, 0)
  WHEN 'return_shelved' THEN on_hand > 0 AND unsellable = -on_hand AND (reserved, set_aside) = (0, 0)
  WHEN 'return_gone' THEN unsellable < 0 AND (on_hand, reserved, set_aside) = (0, 0, 0)
  WHEN 'carrier_took' THEN on_hand < 0 AND reserved = on_hand AND set_aside = on_hand AND unsellable = 0
  WHEN 'carrier_took_undone' THEN on_hand > 0 AND reserved = on_hand AND set_aside = on_hand AND unsellable = 0
  WHEN 'hand_over_undone' THEN on_hand > 0 AND reserved = on_hand AND set_aside = on_hand AND unsellable = 0
  WHEN 'repair' THEN on_hand = 0
  ELSE (reserved, set_aside) = (0, 0) END;

-- name: withdrawn_put_backs_were_not_begun
-- Goods lie on their shelf or are with the order again, never both.
SELECT id, sku, quantity, done FROM put_back WHERE withdrawn_at IS NOT NULL AND done > 0;

-- name: every_message_has_a_next_move_or_a_last_word
-- I7: a message waits for its next try, or ended delivered, suppressed with a reason, or red; none is forgotten in between.
SELECT id, template, medium, status, next_at, settled_at FROM message
WHERE (next_at IS NULL) = (settled_at IS NULL)
  OR (settled_at IS NULL) <> (status IN ('due', 'sent'))
  OR (status IN ('suppressed', 'failed') AND reason IS NULL);

-- name: no_message_went_out_twice_in_doubt
-- I7: on a medium that takes no key nothing is tried again after a try that may have gone out, unless a person asked for it.
SELECT a.message, a.medium, a.n, b.n AS again FROM message_try a JOIN message_try b ON b.message = a.message AND b.medium = a.medium AND b.n > a.n
JOIN message m ON m.id = a.message AND a.n > m.tries_before
WHERE a.medium IN ('sms', 'email') AND (a.outcome IS NULL OR a.outcome IN ('accepted', 'unknown'));

-- name: document_numbers_have_no_gap
-- I9: per legal entity, series and year the numbers count 1, 2, 3 up to the counter, in the order of their dates.
SELECT coalesce(d.legal_entity, c.legal_entity) AS legal_entity, coalesce(d.series, c.series) AS series, coalesce(d.year, c.year) AS year,
  count(d.n), max(d.n), max(c.last) AS counter, bool_or(d.back) AS dates_go_back
FROM (SELECT legal_entity, series, year, n, lag(issued_on) OVER (PARTITION BY legal_entity, series, year ORDER BY n) > issued_on AS back
  FROM document) d FULL JOIN document_counter c ON c.legal_entity = d.legal_entity AND c.series = d.series AND c.year = d.year
GROUP BY 1, 2, 3 HAVING count(d.n) <> coalesce(max(d.n), 0) OR max(d.n) IS DISTINCT FROM max(c.last) OR bool_or(d.back);

-- name: documents_say_what_they_count
-- The units that a document counts, its lines and its VAT come to its total, to the cent.
SELECT d.number, d.total_minor, d.vat_minor, u.gross_minor AS of_units FROM document d
LEFT JOIN (SELECT number, sum(gross_minor) AS gross_minor FROM document_unit GROUP BY number) u ON u.number = d.number
WHERE u.gross_minor IS DISTINCT FROM d.total_minor OR (d.content->>'gross_minor')::bigint <> d.total_minor
  OR (d.content->>'base_minor')::bigint + d.vat_minor <> d.total_minor OR d.content->>'number' <> d.number
  OR (SELECT sum((l->>'gross_minor')::bigint) FROM jsonb_array_elements(d.content->'lines') l) <> d.total_minor;

-- name: nothing_is_invoiced_or_credited_twice
-- Invoices less credit notes never count more of a need than was ordered, and a credit note never more than its invoice has.
SELECT d.order_id::text AS of, u.line, u.part, sum(CASE d.kind WHEN 'invoice' THEN u.units ELSE -u.units END) AS invoiced
FROM document d JOIN document_unit u ON u.number = d.number LEFT JOIN requirement r ON r.order_id = d.order_id AND r.line = u.line AND r.part = u.part
GROUP BY d.order_id, u.line, u.part HAVING sum(CASE d.kind WHEN 'invoice' THEN u.units ELSE -u.units END) NOT BETWEEN 0 AND
  coalesce(max(r.quantity), CASE u.line WHEN 0 THEN 1 ELSE 0 END)
UNION ALL SELECT c.cites, u.line, u.part, sum(u.units) FROM document c JOIN document_unit u ON u.number = c.number
LEFT JOIN document_unit i ON i.number = c.cites AND i.line = u.line AND i.part = u.part WHERE c.cites IS NOT NULL
GROUP BY c.cites, u.line, u.part HAVING sum(u.units) > coalesce(max(i.units), 0) OR sum(u.gross_minor) > coalesce(max(i.gross_minor), 0);

-- name: goods_on_their_way_have_left_and_not_arrived
-- Per transfer and article the ledger says what its lines say: on its way is what left less what was taken in; missing and over as counted.
SELECT coalesce(t.number, m.number) AS transfer, coalesce(t.sku, m.sku) AS sku, t.in_transit, m.on_the_way, t.missing, m.missing AS ledger_missing,
  t.over, m.over AS ledger_over
FROM (SELECT t.number, l.sku, sum(l.in_transit) AS in_transit, sum(l.missing + l.lost) AS missing, sum(l.over) AS over
  FROM transfer t JOIN transfer_line l ON l.transfer = t.id GROUP BY t.number, l.sku) t
FULL JOIN (SELECT reason AS number, sku, -sum(on_hand) FILTER (WHERE fact IN ('transfer_shipped', 'transfer_received')) AS on_the_way,
  -sum(on_hand) FILTER (WHERE fact = 'transfer_missing') AS missing, sum(on_hand) FILTER (WHERE fact = 'transfer_over') AS over
  FROM stock_movement WHERE fact IN ('transfer_shipped', 'transfer_received', 'transfer_missing', 'transfer_over') GROUP BY reason, sku) m
  ON m.number = t.number AND m.sku = t.sku
WHERE (coalesce(t.in_transit, 0), coalesce(t.missing, 0), coalesce(t.over, 0))
  IS DISTINCT FROM (coalesce(m.on_the_way, 0), coalesce(m.missing, 0), coalesce(m.over, 0));

-- name: a_transfer_says_what_its_units_say
-- A transfer's state fits where its units are: nothing is on its way before it has left, nothing waits for it once it is over.
SELECT t.number, t.status, l.reserved, l.picked, l.in_transit, l.received, l.missing FROM transfer t JOIN (
  SELECT transfer, sum(reserved) AS reserved, sum(picked) AS picked, sum(in_transit) AS in_transit, sum(received + damaged) AS received,
  sum(missing + lost) AS missing FROM transfer_line GROUP BY transfer) l ON l.transfer = t.id
WHERE NOT CASE t.status
  WHEN 'created' THEN l.in_transit + l.received + l.missing = 0
  WHEN 'shipped' THEN l.reserved + l.picked + l.received + l.missing = 0
  WHEN 'receiving' THEN l.reserved + l.picked + l.missing = 0
  WHEN 'closed' THEN l.reserved + l.picked + l.in_transit = 0
  ELSE l.reserved + l.picked + l.in_transit + l.received + l.missing = 0 END;

-- name: a_customers_units_travel_with_their_transfer
-- I3: work for another store has a transfer that stands, and what of it is on its way is on its way there, never more than the transfer carries; and no transfer waits for work that is over.
SELECT w.id::text AS of, l.line, l.in_transit, coalesce(n.in_transit, 0) AS on_the_transfer FROM work w JOIN work_line l ON l.work = w.id
LEFT JOIN transfer t ON t.work = w.id LEFT JOIN transfer_line n ON n.transfer = t.id AND n.work_line = l.line
WHERE w.kind = 'transfer' AND (l.in_transit > coalesce(n.in_transit, 0) OR (l.reserved + l.picked > 0 AND t.status IS DISTINCT FROM 'created')
  OR (l.in_transit > 0 AND t.status NOT IN ('shipped', 'receiving')))
UNION ALL SELECT t.id::text, 0, 0, 0 FROM transfer t WHERE t.work IS NOT NULL AND t.status = 'created' AND NOT EXISTS (SELECT FROM work w
  WHERE w.id = t.work AND w.kind = 'transfer' AND w.status IN ('open', 'accepted', 'picking', 'picked'));

-- name: nothing_comes_back_that_did_not_reach_the_customer
-- I3: units of a need in returns that stand are never more than were handed over, delivered, or given to a carrier.
SELECT u.order_id, u.line, u.part, count(*) AS returned, coalesce(max(w.units), 0) AS reached FROM rma_unit u
LEFT JOIN (SELECT l.order_id, l.order_line, l.part, sum(l.handed_over + l.delivered + CASE k.kind WHEN 'ship' THEN l.in_transit ELSE 0 END) AS units
  FROM work_line l JOIN work k ON k.id = l.work GROUP BY 1, 2, 3) w ON w.order_id = u.order_id AND w.order_line = u.line AND w.part = u.part
WHERE u.order_id IS NOT NULL AND u.state NOT IN ('given_back', 'missing', 'canceled') GROUP BY 1, 2, 3
HAVING count(*) > coalesce(max(w.units), 0);

-- name: what_came_back_is_not_for_sale_until_shelved
-- Per place and article the ledger has as many returned units, not yet shelved or gone, as lie there: in the building, never on hand.
SELECT coalesce(m.sku, u.sku) AS sku, coalesce(m.location, u.location) AS location, coalesce(m.units, 0) AS in_ledger, coalesce(u.units, 0) AS here
FROM (SELECT sku, location, sum(unsellable) AS units FROM stock_movement WHERE fact IN ('return_inspected', 'return_shelved', 'return_gone')
  GROUP BY 1, 2 HAVING sum(unsellable) <> 0) m
FULL JOIN (SELECT sku, location, count(*) AS units FROM rma_unit WHERE state = 'here' GROUP BY 1, 2) u ON u.sku = m.sku AND u.location = m.location
WHERE coalesce(m.units, 0) <> coalesce(u.units, 0);

-- name: no_line_gives_back_more_than_it_cost
-- I4: what is given back for a line is never above what it cost, for the delivery never above what it cost, for an order never above what was captured or authorized.
SELECT f.order_id, f.line, f.given, c.cost FROM (SELECT order_id, line, sum(amount_minor) AS given FROM refund_line GROUP BY 1, 2) f
LEFT JOIN (SELECT l.order_id, l.line, l.total_minor + CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0 ELSE l.vat_minor END AS cost
  FROM order_line l JOIN sales_order o ON o.id = l.order_id
  UNION ALL SELECT o.id, 0, o.shipping_minor + CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0
    ELSE greatest(0, o.vat_minor - (SELECT sum(l.vat_minor) FROM order_line l WHERE l.order_id = o.id)) END FROM sales_order o) c
  ON c.order_id = f.order_id AND c.line = f.line
WHERE f.given > coalesce(c.cost, 0)
UNION ALL SELECT f.order_id, -1, sum(f.amount_minor), max(p.paid) FROM refund_line f LEFT JOIN (SELECT order_id,
    sum(CASE WHEN captured_minor > 0 THEN captured_minor ELSE amount_minor END) AS paid FROM payment WHERE state NOT IN ('pending', 'failed') GROUP BY 1) p
  ON p.order_id = f.order_id GROUP BY f.order_id HAVING sum(f.amount_minor) > coalesce(max(p.paid), 0);

-- name: a_settled_return_is_given_once_to_the_cent
-- I4: what a return's lines come to is what its units and the delivery give, and what its refunds, its credit and its exchange come to.
SELECT r.number, coalesce(f.lines, 0) AS lines, coalesce(u.units, 0) AS units, coalesce(i.intended, 0) AS intended, coalesce(c.amount_minor, 0) AS credit,
  coalesce(x.amount_minor, 0) AS exchanged
FROM rma r
LEFT JOIN (SELECT cause, sum(amount_minor) AS lines, sum(amount_minor) FILTER (WHERE line > 0) AS goods FROM refund_line GROUP BY 1) f ON f.cause = r.id
LEFT JOIN (SELECT rma, sum(refund_minor) AS units FROM rma_unit GROUP BY 1) u ON u.rma = r.id
LEFT JOIN (SELECT cause, sum(amount_minor) AS intended FROM payment_intention WHERE kind IN ('refund', 'void') AND reason = 'returned'
  AND state <> 'withdrawn' GROUP BY 1) i ON i.cause = r.id
LEFT JOIN store_credit c ON c.rma = r.id
LEFT JOIN payment x ON x.provider = 'exchange' AND x.reference = r.number
WHERE coalesce(f.goods, 0) <> coalesce(u.units, 0) AND r.order_id IS NOT NULL
  OR CASE WHEN r.order_id IS NULL THEN coalesce(u.units, 0) ELSE coalesce(f.lines, 0) END
    <> coalesce(i.intended, 0) + coalesce(c.amount_minor, 0) + coalesce(x.amount_minor, 0)
  OR (r.status <> 'settled' AND coalesce(f.lines, 0) + coalesce(u.units, 0) > 0);

-- name: what_is_canceled_gives_back_what_its_lines_say
-- I4: what is given back for units that were canceled, not collected or refused at the counter is what its lines and the delivery come to.
-- An order that has no such lines was canceled before they were kept. What an exchange had paid with is given back on the first order.
SELECT coalesce(f.cause, i.cause) AS cause, coalesce(f.lines, 0) AS lines, coalesce(i.intended, 0) AS intended
FROM (SELECT cause, sum(amount_minor) AS lines FROM refund_line WHERE NOT EXISTS (SELECT FROM rma r WHERE r.id = cause) GROUP BY 1) f
FULL JOIN (SELECT cause, array_agg(order_id) AS orders, min(intended_at) AS at, sum(amount_minor) AS intended FROM payment_intention
  WHERE kind IN ('refund', 'void') AND reason IN ('canceled', 'not_collected', 'refused_at_counter') AND state <> 'withdrawn' GROUP BY 1) i ON i.cause = f.cause
WHERE coalesce(f.lines, 0) <> coalesce(i.intended, 0) AND (f.cause IS NOT NULL
  OR EXISTS (SELECT FROM refund_line g WHERE g.order_id = ANY(i.orders) AND g.at < i.at AND NOT EXISTS (SELECT FROM rma r WHERE r.id = g.cause)));

-- name: a_return_says_what_its_units_say
-- A return's state fits where its units are: nothing is here before it came, and nothing is settled that is still expected.
SELECT r.number, r.status, u.expected, u.here, u.in_hand FROM rma r JOIN (SELECT rma, count(*) FILTER (WHERE state = 'expected') AS expected,
  count(*) FILTER (WHERE state = 'here') AS here, count(*) FILTER (WHERE state IN ('here', 'placed', 'gone', 'lost')) AS in_hand FROM rma_unit GROUP BY rma) u
  ON u.rma = r.id
WHERE NOT CASE
  WHEN r.status = 'requested' THEN u.expected > 0 AND u.in_hand = 0
  WHEN r.status = 'received' THEN u.expected > 0
  WHEN r.status IN ('inspected', 'settled') THEN u.expected = 0 AND u.in_hand > 0
  ELSE u.expected + u.in_hand = 0 END;

-- name: labels_of_the_way_back_have_a_live_return
-- Every label of the way back has its return; a return has one that stands at most, as a number has, and none that stands once it is called off.
SELECT l.reference, l.state, r.status FROM return_label l LEFT JOIN rma r ON r.id = l.rma AND r.order_id = l.order_id
WHERE r.id IS NULL OR (r.status = 'canceled' AND l.state IN ('intended', 'bought', 'unknown'))
UNION ALL SELECT min(l.reference), 'twice', count(*)::text FROM return_label l WHERE l.state IN ('intended', 'calling', 'bought', 'unknown')
  GROUP BY l.rma HAVING count(*) > 1
UNION ALL SELECT l.tracking_number, 'twice', count(*)::text FROM return_label l WHERE l.state = 'bought' GROUP BY l.account, l.tracking_number HAVING count(*) > 1;

-- name: credit_is_used_as_it_is_told
-- What is left of a credit is what it was, less what its sales took; per sale never less than nothing was taken.
SELECT c.id, c.amount_minor, c.left_minor, coalesce(sum(u.amount_minor), 0) AS used FROM store_credit c LEFT JOIN credit_use u ON u.credit = c.id
GROUP BY c.id HAVING c.amount_minor - c.left_minor <> coalesce(sum(u.amount_minor), 0)
UNION ALL SELECT credit, NULL, NULL, sum(amount_minor) FROM credit_use GROUP BY credit, reference, order_id HAVING sum(amount_minor) < 0;

-- name: what_credit_paid_was_taken_from_it
-- I4: an order of ours that says a credit paid has its uses, less what went back to it.
SELECT coalesce(p.order_id, u.order_id) AS order_id, coalesce(p.reference, u.reference) AS reference, p.minor AS paid_minor, u.minor AS used_minor
FROM (SELECT p.order_id, p.reference, p.captured_minor - p.refunded_minor AS minor FROM payment p JOIN sales_order o ON o.id = p.order_id
  WHERE p.provider = 'store_credit' AND p.state <> 'pending' AND o.channel = 'api') p
FULL JOIN (SELECT order_id, reference, sum(amount_minor) AS minor FROM credit_use WHERE order_id IS NOT NULL GROUP BY 1, 2) u
  ON u.order_id = p.order_id AND u.reference = p.reference
WHERE coalesce(p.minor, 0) <> coalesce(u.minor, 0);

-- name: settled_units_were_missing
-- What was said of a transfer's missing units is never more than was missing: every settled unit is lost, or was found or never left and is missing no more.
SELECT t.number, s.sku, s.lost AS said_lost, l.lost FROM (SELECT transfer, sku, sum(units) FILTER (WHERE kind = 'lost') AS lost FROM transfer_settlement GROUP BY 1, 2) s
JOIN transfer t ON t.id = s.transfer JOIN (SELECT transfer, sku, sum(lost) AS lost FROM transfer_line GROUP BY 1, 2) l ON l.transfer = s.transfer AND l.sku = s.sku
WHERE coalesce(s.lost, 0) < l.lost OR t.status <> 'closed';

-- name: what_was_received_is_in_the_ledger_once
-- Every count at the door is one ledger line of the same place, article and units, and no ledger line says that a delivery brought more.
SELECT coalesce(e.id, m.id)::text AS of, e.sku, e.units, m.on_hand, m.unsellable FROM goods_receipt_entry e
FULL JOIN (SELECT id, location, sku, on_hand, unsellable FROM stock_movement WHERE fact = 'receipt' AND reason IN (SELECT number FROM goods_receipt)) m ON m.id = e.id
WHERE (e.location, e.sku, CASE WHEN e.damaged THEN 0 ELSE e.units END, CASE WHEN e.damaged THEN e.units ELSE 0 END)
  IS DISTINCT FROM (m.location, m.sku, m.on_hand, m.unsellable);

-- name: purchase_orders_say_what_was_counted
-- Good and damaged units of an order's line are what was counted of it at the door.
SELECT coalesce(l.purchase, e.purchase)::text AS of, coalesce(l.sku, e.sku) AS sku, l.good, l.damaged, e.good AS counted_good, e.damaged AS counted_damaged
FROM purchase_line l FULL JOIN (SELECT purchase, sku, coalesce(sum(units) FILTER (WHERE NOT damaged), 0) AS good, coalesce(sum(units) FILTER (WHERE damaged), 0) AS damaged
  FROM goods_receipt_entry GROUP BY purchase, sku) e ON e.purchase = l.purchase AND e.sku = l.sku
WHERE (coalesce(l.good, 0), coalesce(l.damaged, 0)) IS DISTINCT FROM (coalesce(e.good, 0), coalesce(e.damaged, 0));

-- name: a_purchase_order_says_what_its_deliveries_say
-- A purchase order's state fits its deliveries: nothing was counted of one that is only awaited, nothing is being counted of one that has ended.
SELECT p.number, p.status, r.counting, r.units FROM purchase p CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE g.status = 'counting') AS counting,
  (SELECT count(*) FROM goods_receipt_entry e WHERE e.purchase = p.id) AS units FROM goods_receipt g WHERE g.purchase = p.id) r
WHERE NOT CASE WHEN p.status IN ('open', 'canceled') THEN r.counting = 0 AND r.units = 0 WHEN p.status = 'closed' THEN r.counting = 0 ELSE true END;

-- name: what_is_missing_at_the_end_somebody_decides_about
-- Of an order that has ended every unit that never came, came too many or cannot be sold is in the list of differences.
SELECT p.number, l.sku, l.ordered, l.good, l.damaged, d.short, d.over, d.damaged AS told FROM purchase p JOIN purchase_line l ON l.purchase = p.id
CROSS JOIN LATERAL (SELECT coalesce(sum(units) FILTER (WHERE kind = 'short'), 0) AS short, coalesce(sum(units) FILTER (WHERE kind IN ('over', 'unexpected')), 0) AS over,
  coalesce(sum(units) FILTER (WHERE kind = 'damaged'), 0) AS damaged FROM receiving_difference x WHERE x.purchase = p.id AND x.sku = l.sku AND x.status <> 'gone') d
WHERE p.status = 'closed' AND (d.short < l.ordered - l.good - l.damaged OR d.over < l.good + l.damaged - l.ordered OR d.damaged < l.damaged);

-- name: a_granted_request_is_its_transfer
-- A store's request that was accepted has a transfer to that store, and every answer says how many units of each article are granted.
SELECT r.number, r.status, r.transfer FROM transfer_request r LEFT JOIN transfer t ON t.id = r.transfer AND t.to_location = r.to_location
WHERE (r.status = 'accepted' AND t.id IS NULL) OR EXISTS (SELECT FROM transfer_request_line l WHERE l.request = r.id AND (r.status = 'accepted') <> (l.granted IS NOT NULL));

-- name: figures_are_the_sum_of_shares
-- What reports read is the sum of what orders added to each place and day; weeks and months are the sums of their days.
-- repair: comptoir rebuild-projections counts the figures anew, while the shop goes on
WITH live AS (SELECT coalesce(max(number) FILTER (WHERE swapped_at IS NOT NULL), 0) AS build FROM report_build),
summed AS (SELECT g.grain::char(1) AS grain, split_part(p.key, '|', 1) AS measure, s.location, date_trunc(g.word, s.day)::date AS day,
    substr(p.key, strpos(p.key, '|') + 1) AS key, sum((p.value ->> 0)::bigint) AS a, sum((p.value ->> 1)::bigint) AS b, sum((p.value ->> 2)::bigint) AS c
  FROM live JOIN report_share s ON s.build = live.build CROSS JOIN jsonb_each(s.parts) p CROSS JOIN (VALUES ('d', 'day'), ('w', 'week'), ('m', 'month')) AS g (grain, word)
  GROUP BY 1, 2, 3, 4, 5)
SELECT coalesce(s.location, f.location) AS location, coalesce(s.day, f.day) AS day, coalesce(s.measure, f.measure) AS measure, coalesce(s.key, f.key) AS key, f.a, f.b, f.c
FROM summed s FULL JOIN (SELECT f.* FROM live JOIN report_figure f ON f.build = live.build) f
  ON f.grain = s.grain AND f.measure = s.measure AND f.location = s.location AND f.day = s.day AND f.key = s.key
WHERE (s.a, s.b, s.c) IS DISTINCT FROM (f.a, f.b, f.c) AND (coalesce(s.a, 0), coalesce(s.b, 0), coalesce(s.c, 0)) IS DISTINCT FROM (coalesce(f.a, 0), coalesce(f.b, 0), coalesce(f.c, 0));

-- name: an_approved_figure_was_counted_by_somebody
-- The figure of an approved count is one that somebody told, and its ledger line lies at the moment of counting.
SELECT k.id, k.location, k.sku, k.counted FROM stock_count k WHERE k.status = 'approved' AND k.counted IS NOT NULL
AND NOT (EXISTS (SELECT FROM stock_count_figure f WHERE f.count_id = k.id AND f.quantity = k.counted AND f.counted_at = k.counted_at)
  AND EXISTS (SELECT FROM stock_movement m WHERE m.sku = k.sku AND m.location = k.location AND m.happened_at = k.counted_at AND m.fact = 'count'));

-- name: nobody_checks_their_own_large_difference
-- While a large difference waits for a second person, whoever counted it is named, and the count is not over.
SELECT id, location, sku, status FROM stock_count WHERE not_by IS NOT NULL AND (status <> 'recount' OR counted_by IS DISTINCT FROM not_by);

-- name: levels_keep_back_what_the_rules_say
-- A level keeps back its own figure, else what the most specific line of the version says that all levels follow; nothing where there never was one.
-- repair: the worker brings levels in line by itself; where it does not run, start it
WITH followed AS (SELECT w.number FROM safety_walk w WHERE w.settled AND NOT EXISTS (SELECT FROM policy p WHERE p.kind = 'safety' AND p.active_from > w.begun_at)
  UNION ALL SELECT 0 WHERE NOT EXISTS (SELECT FROM policy p WHERE p.kind = 'safety' AND p.active_from IS NOT NULL))
SELECT l.sku, l.location, l.safety_stock, l.safety_own FROM stock_level l LEFT JOIN sku s ON s.sku = l.sku LEFT JOIN location p ON p.id = l.location LEFT JOIN followed f ON true
LEFT JOIN safety_rule r0 ON r0.number = f.number AND r0.weight = 0 AND r0.sku = '' AND r0.category = '' AND r0.location = '' AND r0.region = '' AND r0.kind = ''
LEFT JOIN safety_rule r1 ON r1.number = f.number AND r1.weight = 1 AND r1.sku = '' AND r1.category = '' AND r1.location = '' AND r1.region = '' AND r1.kind = p.kind
LEFT JOIN safety_rule r2 ON r2.number = f.number AND r2.weight = 2 AND r2.sku = '' AND r2.category = '' AND r2.location = '' AND r2.region = p.region AND r2.kind = ''
LEFT JOIN safety_rule r3 ON r3.number = f.number AND r3.weight = 3 AND r3.sku = '' AND r3.category = '' AND r3.location = '' AND r3.region = p.region AND r3.kind = p.kind
LEFT JOIN safety_rule r4 ON r4.number = f.number AND r4.weight = 4 AND r4.sku = '' AND r4.category = '' AND r4.location = p.id AND r4.region = '' AND r4.kind = ''
LEFT JOIN safety_rule r5 ON r5.number = f.number AND r5.weight = 5 AND r5.sku = '' AND r5.category = s.category AND r5.location = '' AND r5.region = '' AND r5.kind = ''
LEFT JOIN safety_rule r6 ON r6.number = f.number AND r6.weight = 6 AND r6.sku = '' AND r6.category = s.category AND r6.location = '' AND r6.region = '' AND r6.kind = p.kind
LEFT JOIN safety_rule r7 ON r7.number = f.number AND r7.weight = 7 AND r7.sku = '' AND r7.category = s.category AND r7.location = '' AND r7.region = p.region AND r7.kind = ''
LEFT JOIN safety_rule r8 ON r8.number = f.number AND r8.weight = 8 AND r8.sku = '' AND r8.category = s.category AND r8.location = '' AND r8.region = p.region AND r8.kind = p.kind
LEFT JOIN safety_rule r9 ON r9.number = f.number AND r9.weight = 9 AND r9.sku = '' AND r9.category = s.category AND r9.location = p.id AND r9.region = '' AND r9.kind = ''
LEFT JOIN safety_rule r10 ON r10.number = f.number AND r10.weight = 10 AND r10.sku = l.sku AND r10.category = '' AND r10.location = '' AND r10.region = '' AND r10.kind = ''
LEFT JOIN safety_rule r11 ON r11.number = f.number AND r11.weight = 11 AND r11.sku = l.sku AND r11.category = '' AND r11.location = '' AND r11.region = '' AND r11.kind = p.kind
LEFT JOIN safety_rule r12 ON r12.number = f.number AND r12.weight = 12 AND r12.sku = l.sku AND r12.category = '' AND r12.location = '' AND r12.region = p.region AND r12.kind = ''
LEFT JOIN safety_rule r13 ON r13.number = f.number AND r13.weight = 13 AND r13.sku = l.sku AND r13.category = '' AND r13.location = '' AND r13.region = p.region AND r13.kind = p.kind
LEFT JOIN safety_rule r14 ON r14.number = f.number AND r14.weight = 14 AND r14.sku = l.sku AND r14.category = '' AND r14.location = p.id AND r14.region = '' AND r14.kind = ''
WHERE l.safety_stock <> coalesce(l.safety_own, CASE WHEN f.number IS NULL THEN l.safety_stock ELSE coalesce(r14.units, r13.units, r12.units, r11.units, r10.units, r9.units, r8.units, r7.units, r6.units, r5.units, r4.units, r3.units, r2.units, r1.units, r0.units, 0) END);

-- name: a_shelf_that_was_counted_leaves_nothing_open
-- Of a shelf count that has ended no article still waits for its first figure there.
SELECT h.id, h.location, h.aisle, h.bay, k.sku FROM shelf_count h JOIN stock_count k ON k.shelf = h.id WHERE h.status <> 'open' AND k.status = 'asked';

-- name: what_was_not_seen_was_confirmed
-- An article that was on a shelf's list and not seen has a figure of zero that somebody told; nothing becomes zero by itself.
SELECT k.id, k.location, k.sku FROM stock_count k WHERE k.unseen AND NOT EXISTS (SELECT FROM stock_count_figure f WHERE f.count_id = k.id AND f.quantity = 0);

-- name: no_shelf_is_counted_twice_at_once
-- Two shelf counts of a store that are open have no place in common.
SELECT a.id, b.id AS other, a.location, a.aisle, a.bay FROM shelf_count a JOIN shelf_count b ON b.location = a.location AND b.aisle = a.aisle AND b.id > a.id
WHERE a.status = 'open' AND b.status = 'open' AND (a.bay = '' OR b.bay = '' OR a.bay = b.bay);

-- name: what_is_recalled_is_stopped
-- While a recall is open its article is blocked everywhere.
SELECT r.number, r.sku FROM recall r JOIN sku s ON s.sku = r.sku WHERE r.status = 'open' AND s.blocked_reason IS NULL;

-- name: what_a_recall_took_out_is_in_the_ledger_once
-- Every unit that hands took off a shelf for a recall, or found beyond the books, is one ledger line; so is every unit whose end was decided.
SELECT coalesce(u.id, m.id)::text AS of, u.units, m.on_hand, m.unsellable FROM (
  SELECT u.id, u.location, r.sku, u.units, CASE WHEN u.source = 'shelf' THEN -u.units ELSE 0 END AS on_hand, u.units AS unsellable, r.number
    FROM recall_unit u JOIN recall r ON r.id = u.recall WHERE u.source IN ('shelf', 'over')
  UNION ALL SELECT o.id, o.location, r.sku, o.units, CASE WHEN o.outcome = 'released' THEN o.units ELSE 0 END, -o.units, r.number
    FROM recall_outcome o JOIN recall r ON r.id = o.recall) u
FULL JOIN (SELECT id, location, sku, on_hand, unsellable, reason FROM stock_movement WHERE fact = 'adjustment' AND reason IN (SELECT number FROM recall)) m ON m.id = u.id
WHERE (u.location, u.sku, u.on_hand, u.unsellable, u.number) IS DISTINCT FROM (m.location, m.sku, m.on_hand, m.unsellable, m.reason);

-- name: no_more_is_decided_about_than_was_found
-- At every place at least as many units were found as have an end; nothing was found less than no times.
SELECT p.recall::text, p.location, f.units AS found, o.units AS decided FROM recall_place p
LEFT JOIN (SELECT recall, location, sum(units) AS units FROM recall_unit GROUP BY 1, 2) f ON f.recall = p.recall AND f.location = p.location
LEFT JOIN (SELECT recall, location, sum(units) AS units FROM recall_outcome GROUP BY 1, 2) o ON o.recall = p.recall AND o.location = p.location
WHERE coalesce(o.units, 0) > coalesce(f.units, 0) OR f.units < 0;

-- name: whoever_has_a_recalled_article_is_written_down
-- Of an open recall every order whose goods had left when the ledger was last looked through is in its list.
SELECT r.number, m.order_id FROM recall r JOIN stock_movement m ON m.sku = r.sku AND m.fact IN ('hand_over', 'carrier_took') AND m.happened_at >= r.since
  AND m.recorded_at < r.looked_at - interval '15 minutes'
WHERE r.status = 'open' AND m.order_id IS NOT NULL AND NOT EXISTS (SELECT FROM recall_order o WHERE o.recall = r.id AND o.order_id = m.order_id)
  AND EXISTS (SELECT FROM work_line l JOIN work w ON w.id = l.work WHERE l.order_id = m.order_id AND l.sku = r.sku
    GROUP BY l.order_id HAVING sum(l.handed_over + l.delivered + CASE WHEN w.kind = 'ship' THEN l.in_transit ELSE 0 END) > 0);

-- name: a_recall_is_told_once
-- Each customer of a recall has one event from which one message is written; their other orders point at the order that has it.
SELECT o.recall::text, o.order_id, o.told_with, e.n FROM recall_order o
LEFT JOIN (SELECT stream, body->>'recall' AS recall, count(*) AS n FROM event WHERE kind = 'customer.recall_due' GROUP BY 1, 2) e
  ON e.stream = o.order_id AND e.recall = o.recall::text
WHERE coalesce(e.n, 0) <> CASE WHEN o.told_at IS NOT NULL AND o.told_with IS NULL THEN 1 ELSE 0 END
  OR (o.told_with IS NOT NULL AND NOT EXISTS (SELECT FROM recall_order t WHERE t.recall = o.recall AND t.order_id = o.told_with AND t.told_with IS NULL AND t.told_at IS NOT NULL));

-- name: corrections_are_in_the_ledger_as_they_are_told
-- A correction that was applied is one ledger line under its own id, one that was undone has a second that takes it back, and one that waits or was declined has none.
SELECT a.id, a.status, m.on_hand, u.on_hand AS back FROM stock_adjustment a
LEFT JOIN stock_movement m ON m.id = a.id AND m.location = a.location LEFT JOIN stock_movement u ON u.id = a.undone_by AND u.location = a.location
WHERE NOT CASE WHEN a.status IN ('applied', 'undone') THEN
    (m.sku, m.on_hand, m.unsellable) IS NOT DISTINCT FROM (a.sku, a.on_hand, a.unsellable)
    AND (a.status = 'applied' OR (u.sku, u.on_hand, u.unsellable) IS NOT DISTINCT FROM (a.sku, -a.on_hand, -a.unsellable))
  ELSE m.id IS NULL END;
