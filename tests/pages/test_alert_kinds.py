"""Every kind of alert on a real database: read as it is, raised at its threshold and not below, one while it lasts, ended by itself."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest

from comptoir.alerting.judging import is_calm
from comptoir.alerting.keeping import judge_alerts
from comptoir.alerting.looking import look, look_through_stock
from comptoir.alerting.measuring import measure
from comptoir.alerting.model import KINDS
from comptoir.alerting.rules import BUILT_IN, built_in
from comptoir.alerting.saying import figure, sentence
from comptoir.kit.db import in_transaction
from comptoir.kit.ids import digest, new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, opened, words
from tests.people import HUGO, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
Plant = Callable[[Desk, str, int], Awaitable[None]]
AGO: Final = timedelta(minutes=1)


async def works(desk: Desk, place: str, n: int, minutes: int, kind: str = "pickup") -> list[UUID]:
    """So many works more, promised so many minutes from now."""
    made = []
    for _ in range(n):
        _, work = await desk.order(location=place, kind=kind)
        await desk.promise(work, MIDDAY + timedelta(minutes=minutes))
        made.append(work)
    return made


async def late(desk: Desk, place: str, n: int) -> None:
    await works(desk, place, n, -5)


async def slowly(desk: Desk, place: str, n: int, minutes: int = 20, kind: str = "pickup") -> None:
    """More than one picker of two an hour does in time."""
    await desk.connection.execute("UPDATE location SET capacity_per_hour = 2 WHERE id = $1", place)
    await works(desk, place, n, minutes, kind)


async def crowded(desk: Desk, place: str, n: int) -> None:
    await slowly(desk, place, 2 * n, 110)


async def collected(desk: Desk, place: str, n: int) -> None:
    """The carrier comes in an hour; parcels are promised for then."""
    await desk.connection.execute(
        "INSERT INTO collection SELECT $1, 'colissimo', day, 780 FROM generate_series(0, 6) day ON CONFLICT DO NOTHING", place
    )  # fmt: skip
    await slowly(desk, place, 3 * n, 60, "ship")


async def silent(desk: Desk, place: str, n: int) -> None:
    await desk.connection.execute(
        "INSERT INTO device (id, location, name, credential_hash, enrolled_at, last_seen_at) VALUES ($1, $2, 'S-1', $3, $4, $5)"
        " ON CONFLICT (credential_hash) DO UPDATE SET last_seen_at = $5",
        new_id(), place, digest(place), MIDDAY - timedelta(days=9), MIDDAY - timedelta(minutes=20 * n),
    )  # fmt: skip


async def missing(desk: Desk, place: str, n: int) -> None:
    await desk.connection.execute(
        "INSERT INTO short_pick (id, work, line, location, sku, quantity, reason, who, at) VALUES ($1, $1, 1, $2, 'LISON-38', $3, 'not_found', 'test', $4)",
        new_id(), place, 3 * n, MIDDAY - AGO,
    )  # fmt: skip


async def promised_twice(desk: Desk, place: str, n: int) -> None:
    await desk.move("LISON-38", place, "reserve", 0, reserved=n)


async def unlike_ledger(desk: Desk, place: str, n: int) -> None:
    for sku in ("LISON-38", "AMPHORE-24")[:n]:
        await desk.move(sku, place, "receipt", 5)
        await desk.connection.execute(
            "UPDATE stock_level SET on_hand = on_hand + 1 WHERE sku = $1 AND location = $2", sku, place
        )


async def message(desk: Desk, place: str, status: str, outcome: str, provider: str) -> None:
    order, _ = await desk.order("staged", place)
    await message_of(desk, order, status, outcome, provider)


async def message_of(
    desk: Desk, order: UUID, status: str = "failed", outcome: str = "unknown", provider: str = "test"
) -> None:
    made = new_id()
    await desk.connection.execute(
        "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, reason, made_at, plan, settled_at, next_at, useful_until)"
        " VALUES ($1, $2, 1, $2, 'ready', 'sms', 'fr', 'x', 'x', $4, CASE WHEN $4 = 'failed' THEN 'unknown_outcome' END, $3, '{sms}',"
        " CASE WHEN $4 = 'failed' THEN $3::timestamptz END, CASE WHEN $4 = 'due' THEN $3::timestamptz END, $3)",
        made, order, MIDDAY, status,
    )  # fmt: skip
    await desk.connection.execute(
        "INSERT INTO message_try (message, n, medium, provider, begun_at, ended_at, outcome) VALUES ($1, 1, 'sms', $3, $2, $2, $4)",
        made, MIDDAY - AGO, provider, outcome,
    )  # fmt: skip


async def untold(desk: Desk, place: str, n: int) -> None:
    for _ in range(n):
        await message(desk, place, "failed", "unknown", "test")


async def unanswered(desk: Desk, place: str, n: int) -> None:
    for _ in range(n):
        await message(desk, place, "due", "busy", "ovh")


async def stuck(desk: Desk, place: str, n: int) -> None:
    for _ in range(n):
        order, work = await desk.order("staged", place)
        await desk.case("money_stuck", order, work, place)


async def unlabeled(desk: Desk, place: str, n: int) -> None:
    order, work = await desk.order("picked", place, kind="ship")
    await desk.connection.execute(
        "INSERT INTO parcel (id, work, location, order_id, number, state, weight_grams, packed_at, opened_at, opened_by)"
        " VALUES ($1, $2, $3, $4, 1, 'packed', 100, $5, $5, 'test')",
        new_id(), work, place, order, MIDDAY - timedelta(minutes=20 * n),
    )  # fmt: skip


async def unsent(desk: Desk, place: str, n: int) -> None:
    for _ in range(n):
        made = new_id()
        await desk.connection.execute(
            "INSERT INTO report_subscription (id, staff, report, rhythm, time_zone, language, made_at) VALUES ($1, $2, 'fill', 'daily', 'UTC', 'fr', $3)",
            made, ODILE.id, MIDDAY,
        )  # fmt: skip
        await desk.connection.execute(
            "INSERT INTO report_mail (id, subscription, period, state, made_at, settled_at) VALUES ($1, $1, $2, 'failed', $3, $3)",
            made, MIDDAY.date(), MIDDAY,
        )  # fmt: skip


async def behind(desk: Desk, place: str, n: int) -> None:
    await desk.connection.execute(
        "INSERT INTO channel (id, kind, name) VALUES ('boutique', 'shopify', 'Orme en ligne') ON CONFLICT DO NOTHING"
    )
    await desk.connection.execute(
        "INSERT INTO webhook_inbox (channel, delivery_id, topic, body, received_at, attempts, next_at) VALUES ('boutique', $1, 'orders', '', $2, 1, $2)",
        str(n), MIDDAY - timedelta(minutes=20 * n),
    )  # fmt: skip


async def label_refused(desk: Desk, place: str, n: int) -> None:
    await desk.connection.execute(
        "INSERT INTO carrier_account (id, carrier, name, refused_at) VALUES ('c', 'colissimo', 'Colissimo', $1) ON CONFLICT DO NOTHING", MIDDAY
    )  # fmt: skip
    for _ in range(n - 1):
        order, work = await desk.order("picked", place, kind="ship")
        parcel = new_id()
        await desk.connection.execute(
            "INSERT INTO parcel (id, work, location, order_id, number, state, weight_grams, packed_at, opened_at, opened_by)"
            " VALUES ($1, $2, $3, $4, 1, 'packed', 100, $5, $5, 'test')",
            parcel, work, place, order, MIDDAY,
        )  # fmt: skip
        await desk.connection.execute(
            "INSERT INTO label_attempt (id, parcel, n, work, location, order_id, account, carrier, service, state, reference, tries, next_at, intended_at, intended_by)"
            " VALUES ($1, $2, 1, $3, $4, $5, 'c', 'colissimo', 'home', 'intended', $6, 2, $7, $7, 'test')",
            new_id(), parcel, work, place, order, str(parcel), MIDDAY,
        )  # fmt: skip


async def payment_refused(desk: Desk, place: str, n: int) -> None:
    await desk.connection.execute(
        "INSERT INTO payment_account (id, kind, name, since, refused_at) VALUES ('p', 'stripe', 'Stripe', $1, $1) ON CONFLICT DO NOTHING", MIDDAY
    )  # fmt: skip
    for _ in range(n - 1):
        order, _ = await desk.order("staged", place)
        made = new_id()
        await desk.connection.execute(
            "INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who)"
            " VALUES ($1, $2, 'refund', 1, 'test', 'comptoir', $3, $3, 'test')",
            made, order, MIDDAY,
        )  # fmt: skip
        await desk.connection.execute(
            "INSERT INTO payment_part (id, intention, n, order_id, reference, kind, amount_minor, account, state, key, tries, next_at, made_at)"
            " VALUES ($1, $1, 1, $2, 'r', 'refund', 1, 'p', 'due', $1, 2, $3, $3)",
            made, order, MIDDAY,
        )  # fmt: skip


TABLE: Final[dict[str, tuple[Plant, int | None, int | None, str]]] = {
    "late": (late, 2, 6, "UPDATE work SET status = 'canceled' WHERE location = $1"),
    "slipping": (slowly, None, None, "UPDATE work SET status = 'canceled' WHERE location = $1"),
    "load": (crowded, None, None, "UPDATE work SET status = 'canceled' WHERE location = $1"),
    "pickup": (collected, None, None, "UPDATE work SET status = 'canceled' WHERE location = $1"),
    "silent": (silent, 40, 80, "UPDATE device SET revoked_at = enrolled_at WHERE location = $1"),
    "shorts": (missing, 600, 1800, "DELETE FROM short_pick WHERE location = $1"),
    "stock": (promised_twice, 2, 6, "DELETE FROM stock_movement WHERE location = $1"),
    "ledger": (unlike_ledger, 2, 2, "UPDATE stock_level l SET on_hand = on_hand - 2 WHERE location = $1"),
    "messages": (
        untold,
        2,
        6,
        "UPDATE message m SET settled_by = 'test', status = 'seen' FROM work w WHERE w.order_id = m.order_id AND w.location = $1",
    ),
    "money": (stuck, 2, 6, "UPDATE exception SET resolved_at = made_at WHERE location = $1"),
    "label": (unlabeled, 40, 80, "UPDATE parcel SET state = 'canceled', canceled_at = opened_at WHERE location = $1"),
    "channel": (behind, 40, 80, "UPDATE webhook_inbox SET state = 'done' WHERE $1 <> ''"),
    "carrier": (label_refused, 2, 5, "UPDATE carrier_account SET active = false WHERE $1 <> ''"),
    "account": (payment_refused, 2, 5, "UPDATE payment_account SET active = false WHERE $1 <> ''"),
    "provider": (
        unanswered,
        2,
        6,
        "UPDATE message m SET next_at = NULL, status = 'suppressed', settled_at = m.made_at WHERE $1 <> '' AND EXISTS (SELECT FROM message_try t WHERE t.message = m.id AND t.provider = 'ovh')",
    ),
    "reports": (unsent, 2, 6, "UPDATE report_mail SET state = 'sent' WHERE $1 <> ''"),
}
"""Kind: what goes wrong, first twice as much and then four times more; the figures of it (None: the forecast's own), and what mends it."""


def place_of(kind: str) -> str:
    return f"store-{kind}"


async def store(desk: Desk, kind: str) -> None:
    """A store for each kind, so that nothing of one is read in another."""
    await desk.connection.execute(
        "INSERT INTO location (id, name, kind, region, legal_entity, street, postcode, city, latitude, longitude, time_zone, services,"
        " capacity_per_hour, pick_lead_minutes, hold_days) VALUES ($1, $2, 'store', 'sud', 'orme', '1 rue', '69003', 'Lyon', 45, 4, 'Europe/Paris',"
        " '{pickup,ship}', 60, 30, 7)",
        place_of(kind), f"Lyon {kind}",
    )  # fmt: skip
    await desk.connection.execute(
        "INSERT INTO opening_hours SELECT $1, day, 540, 1170 FROM generate_series(0, 6) day", place_of(kind)
    )


async def readings(desk: Desk) -> dict[str, int]:
    """By kind, of the store of that kind or of the house."""
    found, kinds = await measure(desk.connection, desk.app.clock())
    assert kinds == set(KINDS)
    return {one.kind: one.value for one in found if one.location in (None, place_of(one.kind))}


async def open_ones(desk: Desk) -> dict[str, Any]:
    rows = await desk.connection.fetch(
        "SELECT * FROM alert WHERE ended_at IS NULL AND (location IS NULL OR location = 'store-' || kind)"
    )
    assert len(rows) == len({row["kind"] for row in rows}), "one thing is one alert"
    return {row["kind"]: row for row in rows}


async def threshold(desk: Desk, values: dict[str, int], more: int) -> None:
    """Head office writes the rules that come along anew, with these thresholds and one more or not."""
    for kind, value in values.items():
        await desk.connection.execute(
            "INSERT INTO alert_rule (id, kind, threshold, tells, changed_at, changed_by) VALUES ($1, $2, $3, 'nobody', $4, 'test')"
            " ON CONFLICT (id) DO UPDATE SET threshold = $3",
            built_in(kind).id, kind, value + more, MIDDAY,
        )  # fmt: skip


async def test_every_kind_is_read_raised_at_its_threshold_kept_while_it_lasts_and_ended(database: Database) -> None:
    assert set(TABLE) == set(KINDS)
    async with opened(database) as desk:
        house, clock = desk.app.house, desk.app.clock
        office = await desk.browser(ODILE)
        for kind in KINDS:
            await store(desk, kind)

        async def plant(n: int) -> dict[str, int]:
            for kind, (act, *_) in TABLE.items():
                await act(desk, place_of(kind), n)
            await look_through_stock(house)
            return await readings(desk)

        first = await plant(2)
        assert first.keys() == set(KINDS), "each kind has a figure"
        expected = {kind: row[1] for kind, row in TABLE.items() if row[1] is not None}
        assert {kind: first[kind] for kind in expected} == expected
        await threshold(desk, first, 1)
        await judge_alerts(house)
        assert await open_ones(desk) == {}, "one below the threshold is no alert"
        await threshold(desk, first, 0)
        for _ in range(2):
            await judge_alerts(house)
        raised = await open_ones(desk)
        assert {kind: row["value"] for kind, row in raised.items()} == first
        page = words(await office.get("/manager/alerts"))
        for kind, row in raised.items():
            said = sentence(kind, f"Lyon {kind}" if row["location"] else "", row["name"], row["value"], "fr")
            said = " ".join(said.split())
            assert said in page and not {"{", "}", "_"} & set(said), said
        # More of it: the same alerts, with the figures of now.
        more = await plant(4)
        expected = {kind: row[2] for kind, row in TABLE.items() if row[2] is not None}
        assert {kind: more[kind] for kind in expected} == expected
        await judge_alerts(house)
        lasting = await open_ones(desk)
        assert {kind: (row["id"], row["value"]) for kind, row in lasting.items()} == {
            kind: (raised[kind]["id"], more[kind]) for kind in KINDS
        }
        # Mended: calm for five minutes, then over by itself.
        for kind, (*_, mend) in TABLE.items():
            await desk.connection.execute(mend, place_of(kind))
        await desk.connection.execute("DELETE FROM stock_level WHERE location = $1", place_of("stock"))
        clock.advance(minutes=1)
        await look_through_stock(house)
        calm = await readings(desk)
        assert all(is_calm(calm.get(kind, 0), first[kind]) for kind in KINDS), calm
        await judge_alerts(house)
        clock.advance(minutes=4)
        await judge_alerts(house)
        assert (await open_ones(desk)).keys() == set(KINDS), "for less than five minutes it is not over"
        clock.advance(minutes=2)
        await judge_alerts(house)
        assert await open_ones(desk) == {}
        steps = await desk.connection.fetch(
            "SELECT a.kind, array_agg(s.what ORDER BY s.n) AS steps FROM alert a JOIN alert_step s ON s.alert = a.id"
            " WHERE a.location IS NULL OR a.location = 'store-' || a.kind GROUP BY 1"
        )
        assert {row["kind"]: row["steps"] for row in steps} == {kind: ["raised", "ended"] for kind in KINDS}


def test_every_kind_has_a_rule_that_comes_along_and_words_with_its_figure() -> None:
    assert [rule.kind for rule in BUILT_IN] == list(KINDS)
    for kind in KINDS.values():
        rule = built_in(kind.name)
        assert (rule.threshold, rule.region, rule.location, rule.active) == (kind.default, None, None, True)
        assert (rule.tells == "head_office") or kind.of == "store"
        assert (rule.quiet_from is not None) == bool(rule.media), "nobody is woken by a rule that nobody wrote"
        assert msgspec.convert(msgspec.to_builtins(rule), type(rule)) == rule
        for lang in ("fr", "en"):
            said = figure(kind.name, kind.default, lang)
            assert str(kind.default) in said and "{" not in said, said


async def test_a_look_reads_a_slice_comes_round_to_every_row_and_finds_at_once_what_just_moved(
    database: Database,
) -> None:
    async with opened(database) as desk:
        pool, clock = desk.app.house.pool, desk.app.clock

        async def looks(n: int) -> list[bool]:
            ended = []
            for _ in range(n):
                clock.advance(minutes=1)
                ended.append(await in_transaction(pool, "test", clock(), lambda tx: look(tx, levels=1, lines=100)))
            return ended

        async def faults() -> set[tuple[Any, ...]]:
            return {
                tuple(row) for row in await desk.connection.fetch("SELECT kind, location, sku, units FROM stock_fault")
            }

        # Four levels of two stores, two in a slice: the edge belongs to it; then nothing is left, and it begins again.
        assert await looks(3) == [False, False, True]
        assert await faults() == set()
        await desk.connection.execute(
            "UPDATE stock_level SET set_aside = 1, reserved = 3 WHERE sku = 'LISON-38' AND location = $1", PART_DIEU
        )
        await desk.connection.execute("DELETE FROM stock_level WHERE sku = 'AMPHORE-24' AND location = $1", VIEUX_LILLE)
        wrong = {("ledger", PART_DIEU, "LISON-38", 3), ("ledger", VIEUX_LILLE, "AMPHORE-24", 10)}
        await looks(3)
        assert await faults() == wrong
        # What moves is seen before its slice comes round; what was mended is known at the next look.
        await desk.move("LISON-38", VIEUX_LILLE, "reserve", 0, reserved=14)
        await looks(1)
        assert await faults() == wrong | {("stock", VIEUX_LILLE, "LISON-38", 4)}
        await desk.move("LISON-38", VIEUX_LILLE, "receipt", 4)
        await desk.connection.execute(
            "UPDATE stock_level SET set_aside = 0, reserved = 0 WHERE sku = 'LISON-38' AND location = $1", PART_DIEU
        )
        await looks(1)
        assert await faults() == {("ledger", VIEUX_LILLE, "AMPHORE-24", 10)}
        # As many ledger lines as a slice takes end it too.
        assert await looks(1) == [True]
        assert not await in_transaction(pool, "test", clock(), lambda tx: look(tx, levels=100, lines=1))


async def test_the_act_of_each_kind_leads_straight_to_what_it_is_about_in_its_store_alone(database: Database) -> None:
    async with opened(database) as desk:
        office, other = await desk.browser(ODILE), await desk.browser(HUGO)
        here, _ = await desk.order(location=PART_DIEU)
        there, _ = await desk.order(location=VIEUX_LILLE)
        for order, place in ((here, PART_DIEU), (there, VIEUX_LILLE)):
            work = await desk.connection.fetchval("SELECT id FROM work WHERE order_id = $1", order)
            await desk.case("money_stuck", order, work, place)
            await message_of(desk, order)
        for kind in KINDS.values():
            page = kind.page.format(place=PART_DIEU)
            answer = await office.get(page)
            assert answer.status_code == 200, (kind.name, page, answer.status_code)
            others = re.findall(r'href="(/manager/works\?which=[^"]*)"', answer.text)
            assert all(f"store={PART_DIEU}" in other_list for other_list in others), (
                "the lists beside it are its store's too"
            )
            if kind.of == "store":
                assert "{place}" in kind.page, "of this store and not of all"
                foreign = await other.get(page)
                assert foreign.status_code == 404 or "Lyon" not in foreign.text, (kind.name, page)
        await unlabeled(desk, PART_DIEU, 3)
        await desk.connection.execute("UPDATE work SET created_at = created_at - interval '2 days'")
        for kind_, link in (
            ("messages", "/manager/orders/"), ("money", "/manager/exceptions/"), ("label", "/manager/orders/")
        ):  # fmt: skip
            shown = (await office.get(KINDS[kind_].page.format(place=PART_DIEU))).text
            found = set(re.findall(f'href="{link}([0-9a-f-]{{36}})"', shown))
            assert len(found) == 1 and "Lyon" in shown, kind_
