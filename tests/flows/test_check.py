"""`comptoir check` finds what it is made to find: each planted fault is named, and a sound database has none."""

import pytest

from comptoir.kit.check import INVARIANTS, find_breaches, read_invariants
from tests.conftest import Database
from tests.flows.orders_on_file import add_articles, add_order, add_store
from tests.stock_room import DERBY, LYON, NOON, line, opened

pytestmark = pytest.mark.anyio

PARCEL = (
    "INSERT INTO parcel (id, work, location, order_id, number, state, weight_grams, packed_at, label, opened_at, opened_by)"
    " SELECT gen_random_uuid(), id, location, order_id, 1, 'labeled', 100, now(), gen_random_uuid(), now(), 'test' FROM work"
)
DOCUMENT = (
    "INSERT INTO document (number, legal_entity, series, year, n, kind, order_id, cause_seq, issued_on, made_at, currency,"
    " vat_minor, total_minor, content)"
)
TRANSFER = (
    "INSERT INTO transfer (id, number, from_location, to_location, reason, created_at, created_by, status)"
    " VALUES ('00000000-0000-7000-8000-000000000001', 'T-1', 'lyon-part-dieu', 'lille-vieux-lille', 'other', now(), 'test',"
)
CARRIED = (
    "INSERT INTO transfer_line (transfer, line, sku, quantity, reserved, in_transit)"
    " VALUES ('00000000-0000-7000-8000-000000000001', 1, 'DERBY-HELENE-NOIR-39', 2,"
)
PURCHASE = (
    "INSERT INTO purchase (id, number, location, supplier, status, created_at, created_by, ended_at) VALUES"
    " ('00000000-0000-7000-8000-00000000000b', 'C-1', 'lyon-part-dieu', 'Roux', '{}', now(), 'test', {})"
)
OF_PURCHASE = "'00000000-0000-7000-8000-00000000000b'"
BROUGHT = (
    "INSERT INTO goods_receipt (id, number, purchase, location, status, opened_at, opened_by)"
    f" VALUES (gen_random_uuid(), 'A-1', {OF_PURCHASE}, 'lyon-part-dieu', 'counting', now(), 'test')"
)
RMA = (
    "INSERT INTO rma (id, number, order_id, origin, status, location, opened_at, opened_who)"
    " SELECT '00000000-0000-7000-8000-00000000000a', 'R-AAAAAA', id, 'counter', '{}', 'lyon-part-dieu', now(), 'test' FROM sales_order"
)
BACK = (
    "INSERT INTO rma_unit (rma, n, order_id, line, part, nth, sku, state, reason, location, paid_minor, refund_minor)"
    " SELECT '00000000-0000-7000-8000-00000000000a', 1, id, 1, 1, 0, 'DERBY-HELENE-NOIR-39', '{}', 'no_reason', 'lyon-part-dieu', 100, {} FROM sales_order"
)
SHELF = (
    "INSERT INTO shelf_count (id, location, aisle, bay, status, opened_at, opened_by, ended_at)"
    f" VALUES (gen_random_uuid(), '{LYON}', '{{}}', '{{}}', '{{}}', now(), 'test', {{}})"
)
ON_SHELF = (
    "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by, shelf, unseen)"
    f" SELECT gen_random_uuid(), '{LYON}', '{DERBY}', '{{}}', 'shelf', now(), 'test', id, {{}} FROM shelf_count"
)
OF_RECALL = "'00000000-0000-7000-8000-00000000000c'"
RECALL = (
    "INSERT INTO recall (id, number, sku, hazard_fr, hazard_en, remedies, contact, since, effect, status, opened_at, opened_by, looked_at)"
    f" VALUES ({OF_RECALL}, 'RP-1', '{DERBY}', 'x', 'x', ARRAY['refund', 'repair'], 'x', now() - interval '1 day', '{{}}', 'open', now(), 'x', now())"
)
ASKED = (
    f"INSERT INTO recall_place (recall, location, on_hand, apart, status) VALUES ({OF_RECALL}, '{LYON}', 0, 0, 'open')"
)
PULLED = f"INSERT INTO recall_unit (id, recall, location, units, source, at, who) VALUES (gen_random_uuid(), {OF_RECALL}, '{LYON}', {{}}, 'shelf', now(), 'x')"
FAULTS = {
    "figures_are_the_sum_of_shares": (
        "INSERT INTO report_figure VALUES (0, 'd', 'received', 'lyon-part-dieu', '2026-11-20', '11', 1, 1, 0)"
    ),
    "a_shelf_that_was_counted_leaves_nothing_open": f"{SHELF.format('A', '', 'done', 'now()')}; {ON_SHELF.format('asked', 'false')}",
    "what_was_not_seen_was_confirmed": f"{SHELF.format('A', '', 'done', 'now()')}; {ON_SHELF.format('submitted', 'true')}",
    "no_shelf_is_counted_twice_at_once": f"{SHELF.format('A', '', 'open', 'NULL')}; {SHELF.format('A', '2', 'open', 'NULL')}",
    "levels_keep_back_what_the_rules_say": "UPDATE stock_level SET safety_own = 3",
    "levels_are_the_sum_of_movements": "UPDATE stock_level SET on_hand = on_hand + 1",
    "reserved_is_what_is_promised": "UPDATE stock_level SET reserved = 1",
    "set_aside_is_off_the_shelf": "UPDATE stock_level SET reserved = 1, set_aside = 1",
    "requirements_agree_with_work": (
        "UPDATE requirement SET at_work = at_work - 1, canceled = canceled + 1 WHERE line = 2"
    ),
    "every_line_has_its_order": "DELETE FROM customer",
    "work_units_are_the_units_of_its_lines": "UPDATE work SET units = units + 1",
    "held_orders_are_held_for_a_reason": "UPDATE sales_order SET progress = 'held'",
    "nothing_is_handed_over_twice": "UPDATE work_line SET reserved = 0, handed_over = quantity WHERE line = 1",
    "nothing_is_refunded_twice": (
        "INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, "
        "intended_at, intended_who)"
        " SELECT gen_random_uuid(), order_id, 'refund', captured_minor + 1, 'test', 'channel', "
        "now(), now(), 'test' FROM payment"
    ),
    "money_that_went_is_on_its_payment": "UPDATE payment SET refunded_minor = 1",
    "parts_are_the_intention": (
        "WITH made AS (INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who)"
        " SELECT gen_random_uuid(), order_id, 'refund', 2, 'test', 'channel', now(), now(), 'test' FROM payment RETURNING id, order_id)"
        " INSERT INTO payment_part (id, intention, n, order_id, reference, kind, amount_minor, state, key, made_at)"
        " SELECT gen_random_uuid(), id, 1, order_id, 'pay-1', 'refund', 1, 'by_hand', gen_random_uuid(), now() FROM made"
    ),
    "events_are_numbered_without_gaps": (
        "INSERT INTO event (stream, seq, kind, who, at, due_at, body) VALUES (gen_random_uuid(), 2, "
        "'test', 'test', now(), now(), '{}')"
    ),
    "open_deliveries_have_their_event": (
        "INSERT INTO delivery (listener, stream, seq, due_at) VALUES ('messages', gen_random_uuid(), 1, now())"
    ),
    "every_message_has_a_next_move_or_a_last_word": (
        "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, made_at)"
        " SELECT gen_random_uuid(), id, 1, id, 'ready', 'sms', 'fr', '', '', 'due', now() FROM sales_order"
    ),
    "no_message_went_out_twice_in_doubt": (
        "WITH made AS (INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, made_at, next_at)"
        " SELECT gen_random_uuid(), id, 1, id, 'ready', 'sms', 'fr', '', '', 'due', now(), now() FROM sales_order RETURNING id)"
        " INSERT INTO message_try (message, n, medium, provider, begun_at, ended_at, outcome)"
        " SELECT id, n, 'sms', 'x', now(), now(), 'unknown' FROM made, generate_series(1, 2) n"
    ),
    "packed_units_are_in_one_parcel": (
        f"{PARCEL}; INSERT INTO parcel_line (parcel, line, work, location, sku, quantity)"
        " SELECT p.id, 1, p.work, p.location, 'X', 1 FROM parcel p"
    ),
    "parcels_say_what_their_labels_say": PARCEL,
    "what_left_with_a_carrier_is_on_a_manifest": (
        "UPDATE work SET kind = 'ship'; UPDATE work_line SET in_transit = reserved, reserved = 0"
    ),
    "goods_on_their_way_have_left_and_not_arrived": f"{TRANSFER} 'shipped'); {CARRIED} 0, 2)",
    "a_transfer_says_what_its_units_say": f"{TRANSFER} 'created'); {CARRIED} 0, 2)",
    "settled_units_were_missing": (
        f"{TRANSFER} 'created'); {CARRIED} 2, 0); INSERT INTO transfer_settlement (id, transfer, sku, kind, units, at, who)"
        " SELECT gen_random_uuid(), transfer, sku, 'found', 1, now(), 'test' FROM transfer_line"
    ),
    "what_was_received_is_in_the_ledger_once": (
        f"{PURCHASE.format('receiving', 'NULL')}; {BROUGHT}; INSERT INTO stock_movement (id, location, sku, fact, on_hand, reason, who, happened_at, recorded_at)"
        " VALUES (gen_random_uuid(), 'lyon-part-dieu', 'DERBY-HELENE-NOIR-39', 'receipt', 2, 'A-1', 'test', now(), now())"
    ),
    "purchase_orders_say_what_was_counted": (
        f"{PURCHASE.format('receiving', 'NULL')}; INSERT INTO purchase_line (purchase, line, sku, ordered, good) VALUES ({OF_PURCHASE}, 1, 'X', 2, 1)"
    ),
    "a_purchase_order_says_what_its_deliveries_say": f"{PURCHASE.format('closed', 'now()')}; {BROUGHT}",
    "what_is_missing_at_the_end_somebody_decides_about": (
        f"{PURCHASE.format('closed', 'now()')}; INSERT INTO purchase_line (purchase, line, sku, ordered) VALUES ({OF_PURCHASE}, 1, 'X', 2)"
    ),
    "a_granted_request_is_its_transfer": (
        "INSERT INTO transfer_request (id, number, to_location, status, transfer, created_at, created_by, answered_at)"
        " VALUES (gen_random_uuid(), 'D-1', 'lyon-part-dieu', 'accepted', gen_random_uuid(), now(), 'test', now())"
    ),
    "a_customers_units_travel_with_their_transfer": "UPDATE work SET kind = 'transfer'",
    "nothing_comes_back_that_did_not_reach_the_customer": f"{RMA.format('requested')}; {BACK.format('expected', 0)}",
    "what_came_back_is_not_for_sale_until_shelved": f"{RMA.format('inspected')}; {BACK.format('here', 0)}",
    "no_line_gives_back_more_than_it_cost": (
        "INSERT INTO refund_line (order_id, cause, line, units, amount_minor, at)"
        " SELECT order_id, gen_random_uuid(), line, 1, total_minor + 1, now() FROM order_line WHERE line = 1"
    ),
    "a_settled_return_is_given_once_to_the_cent": f"{RMA.format('settled')}; {BACK.format('placed', 100)}",
    "what_is_canceled_gives_back_what_its_lines_say": (
        "WITH made AS (INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who, cause)"
        " SELECT gen_random_uuid(), order_id, 'refund', 2, 'canceled', 'channel', now(), now(), 'test', gen_random_uuid() FROM payment RETURNING order_id, cause)"
        " INSERT INTO refund_line (order_id, cause, line, units, amount_minor, at) SELECT order_id, cause, 1, 1, 1, now() FROM made"
    ),
    "credit_is_used_as_it_is_told": (
        "INSERT INTO store_credit (id, rma, code_hash, currency, amount_minor, left_minor, issued_at, issued_who)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 'x', 'EUR', 100, 99, now(), 'test')"
    ),
    "labels_of_the_way_back_have_a_live_return": (
        f"{RMA.format('canceled')}; {BACK.format('canceled', 0)}; INSERT INTO carrier_account (id, carrier, name) VALUES ('x', 'x', 'X');"
        " INSERT INTO return_label (id, rma, order_id, n, method, location, account, carrier, service, weight_grams, state, reference,"
        " tracking_number, intended_at) SELECT gen_random_uuid(), id, order_id, 1, 'postal', location, 'x', 'x', 'X', 1, 'bought', 'R-1', '8R1',"
        " now() FROM rma"
    ),
    "an_approved_figure_was_counted_by_somebody": (
        "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by, counted, expected, counted_at)"
        f" VALUES (gen_random_uuid(), '{LYON}', '{DERBY}', 'approved', 'short', now(), 'x', 3, 5, now())"
    ),
    "nobody_checks_their_own_large_difference": (
        "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by, counted, expected, counted_at, counted_by, not_by)"
        f" VALUES (gen_random_uuid(), '{LYON}', '{DERBY}', 'recount', 'short', now(), 'x', 3, 50, now(), 'lea', 'sam')"
    ),
    "what_is_recalled_is_stopped": RECALL,
    "what_a_recall_took_out_is_in_the_ledger_once": f"{RECALL}; {PULLED.format(1)}",
    "no_more_is_decided_about_than_was_found": (
        f"{RECALL}; {ASKED}; INSERT INTO recall_outcome (id, recall, location, outcome, units, proof, at, who)"
        f" VALUES (gen_random_uuid(), {OF_RECALL}, '{LYON}', 'vendor', 1, 'x', now(), 'x')"
    ),
    "whoever_has_a_recalled_article_is_written_down": (
        f"{RECALL}; UPDATE work_line SET reserved = 0, handed_over = quantity, sku = '{DERBY}' WHERE line = 1; INSERT INTO stock_movement"
        " (id, location, sku, fact, order_id, who, happened_at, recorded_at)"
        f" SELECT gen_random_uuid(), '{LYON}', '{DERBY}', 'hand_over', id, 'x', now() - interval '1 hour', now() - interval '1 hour' FROM sales_order"
    ),
    "a_recall_is_told_once": (
        f"{RECALL}; INSERT INTO recall_order (recall, order_id, units, told_at) SELECT {OF_RECALL}, id, 1, now() FROM sales_order"
    ),
    "corrections_are_in_the_ledger_as_they_are_told": (
        "INSERT INTO stock_adjustment (id, location, sku, quantity, reason, on_hand, unsellable, value_minor, status, at, who, recorded_at)"
        f" VALUES (gen_random_uuid(), '{LYON}', '{DERBY}', 1, 'lost', -1, 0, 0, 'applied', now(), 'x', now())"
    ),
    "what_credit_paid_was_taken_from_it": "UPDATE payment SET provider = 'store_credit'; UPDATE sales_order SET channel = 'api'",
    "a_return_says_what_its_units_say": f"{RMA.format('settled')}; {BACK.format('expected', 0)}",
    "document_numbers_have_no_gap": (
        f"INSERT INTO document_counter VALUES ('orme', 'F', 2026, 3, '2026-11-21'); {DOCUMENT}"
        " SELECT 'F-' || n, 'orme', 'F', 2026, n, 'invoice', id, n, '2026-11-21', now(), 'EUR', 0, 0, '{}' FROM sales_order, unnest(ARRAY[1, 3]) n"
    ),
    "documents_say_what_they_count": (
        f"{DOCUMENT} SELECT 'F-1', 'orme', 'F', 2026, 1, 'invoice', id, 1, '2026-11-21', now(), 'EUR', 2, 12, '{{}}' FROM sales_order"
    ),
    "nothing_is_invoiced_or_credited_twice": (
        f"{DOCUMENT} SELECT 'F-1', 'orme', 'F', 2026, 1, 'invoice', id, 1, '2026-11-21', now(), 'EUR', 2, 12, '{{}}' FROM sales_order;"
        " INSERT INTO document_unit VALUES ('F-1', 1, 1, 99, 12)"
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_is_found_under_its_name(database: Database, name: str) -> None:
    await add_store(database.connection)
    await add_articles(database.connection)
    await add_order(database.connection, NOON)
    async with opened(database) as room:
        await room.post(line(5, "receipt"))
        before = {breach.name for breach in await find_breaches(room.connection)}
        await room.connection.execute(FAULTS[name])
        found = {breach.name for breach in await find_breaches(room.connection)}
        assert (name in before, name in found) == (False, True)


async def test_a_sound_database_has_no_breach(database: Database) -> None:
    async with opened(database) as room:
        await room.post(line(5, "receipt"), line(1))
        assert await find_breaches(room.connection) == []


def test_every_invariant_has_a_name_and_a_sentence() -> None:
    found = read_invariants(INVARIANTS.read_text(encoding="utf-8"))
    assert len(found) == len({invariant.name for invariant in found}) >= len(FAULTS)
    assert all(len(invariant.sentence) > 20 and "SELECT" in invariant.sql for invariant in found)


async def test_what_does_not_agree_is_named_with_what_puts_it_right(database: Database) -> None:
    async with opened(database) as room:
        await room.post(line(5, "receipt"))
        await room.connection.execute("UPDATE stock_level SET on_hand = 6")
        (breach,) = await find_breaches(room.connection)
    assert breach.repairs == (f"head office puts the row right at /manager/stock/ledger/row?sku={DERBY}&store={LYON}",)
