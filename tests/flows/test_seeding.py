"""The loaded worlds: every invariant holds in them, and the demo's orders stand where their scripts say."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import date, timedelta

import asyncpg
import pytest

from comptoir import seeding
from comptoir.kit import postgres
from comptoir.kit.check import find_breaches
from comptoir.kit.db import Connection
from comptoir.seeding import volume
from comptoir.seeding.reference import staff_id
from comptoir.staff.secrets import check_password, check_pin
from comptoir.world.cast import CAMILLE, MANAGERS
from comptoir.world.history import demo
from comptoir.world.scripts import local
from comptoir.world.shelves import SHELVES
from tests.conftest import Database

pytestmark = pytest.mark.anyio

_numbers = itertools.count(1)

DAY = date(2026, 11, 21)
NOON = local(DAY, "12:30")
SECRET = b"a secret of thirty-two bytes long"

LEVELS_OFF_THE_LEDGER = """
    SELECT count(*) FROM stock_level l FULL JOIN (
      SELECT sku, location, sum(on_hand) AS a, sum(reserved) AS b, sum(set_aside) AS c, sum(unsellable) AS d
      FROM stock_movement GROUP BY sku, location
    ) AS m USING (sku, location)
    WHERE (l.on_hand, l.reserved, l.set_aside, l.unsellable)
      IS DISTINCT FROM (coalesce(a, 0), coalesce(b, 0), coalesce(c, 0), coalesce(d, 0))
"""
UNITS_IN_NO_WORK = """
    SELECT count(*) FROM requirement r FULL JOIN (
      SELECT order_id, order_line AS line, part, sum(quantity - shorted - canceled) AS units
      FROM work_line GROUP BY order_id, order_line, part
    ) AS w USING (order_id, line, part)
    WHERE coalesce(r.at_work, 0) <> coalesce(w.units, 0)
"""
RESERVED_BY_NO_LINE = """
    SELECT count(*) FROM stock_level l JOIN (
      SELECT sku, location, sum(reserved + picked + staged) AS units FROM work_line GROUP BY sku, location
    ) AS w USING (sku, location)
    WHERE l.reserved < w.units
"""


@pytest.fixture(scope="module")
def demo_template(postgres_server: postgres.Server, template: str) -> str:
    """The name of a database with the demo world as it stands at noon, to be cloned."""

    async def make() -> None:
        await seeding.seed_demo(await postgres_server.create_database("demo_at_noon", template), NOON, SECRET)

    asyncio.run(make())
    return "demo_at_noon"


@pytest.fixture
async def world(postgres_server: postgres.Server, demo_template: str) -> AsyncIterator[Connection]:
    """A connection to a demo world of one test's own."""
    name = f"world_{next(_numbers)}"
    connection = await asyncpg.connect(await postgres_server.create_database(name, demo_template))
    yield connection
    await connection.close()
    await postgres_server.drop_database(name)


async def test_the_demo_world_stands_where_its_scripts_say(world: Connection) -> None:
    rows = await world.fetch(
        "SELECT o.id, o.progress, (SELECT status FROM work w WHERE w.order_id = o.id AND w.ended_because IS DISTINCT FROM 'moved'"
        " ORDER BY kind LIMIT 1) AS status,"
        " ARRAY(SELECT h.reason FROM order_hold h WHERE h.order_id = o.id AND released_at IS NULL) AS held"
        " FROM sales_order o"
    )
    found = {row["id"]: row for row in rows}
    scripts = demo(NOON, DAY)
    assert len(found) == len(scripts)
    told = {script.key: script.ends for script in scripts}
    stands = {}
    for script in scripts:
        row = found[script.id]
        held = row["progress"] == "held" and (not script.holds or set(row["held"]) == set(script.holds))
        stands[script.key] = "held" if held else row["status"] or row["progress"]
    # A few parcels went on to the packing table of a store.
    table = {key: state for key, state in stands.items() if key.startswith("ship-") and state != told[key]}
    at_lyon = await world.fetch(
        "SELECT status FROM work WHERE kind = 'ship' AND location = 'lyon-part-dieu' AND status <> 'open' ORDER BY status"
    )
    assert [row["status"] for row in at_lyon] == ["packed", "picked", "picked", "picked"]
    assert {key: state for key, state in stands.items() if key not in table} == {
        key: state for key, state in told.items() if key not in table
    }


async def test_the_demo_world_keeps_every_figure(world: Connection) -> None:
    assert await world.fetchval(LEVELS_OFF_THE_LEDGER) == 0
    assert await world.fetchval(UNITS_IN_NO_WORK) == 0
    assert await world.fetchval("SELECT count(*) FROM stock_level") == len(SHELVES)
    assert await world.fetchval("SELECT min(on_hand - reserved) FROM stock_level") >= 0


async def test_forty_orders_wait_to_be_picked_and_six_customers_to_be_served(world: Connection) -> None:
    waiting = await world.fetch(
        "SELECT o.collector, a.taken_by, c.first_name FROM arrival a JOIN sales_order o ON o.id = a.order_id"
        " JOIN customer c ON c.id = o.customer WHERE a.done_at IS NULL AND a.location = 'lyon-part-dieu'"
    )
    assert len(waiting) == 6
    assert {row["first_name"] for row in waiting} >= {"Inès", "Emma", "Louis", "Paul", "Yanis"}
    assert {row["collector"] for row in waiting} == {None, "Sophie Legrand", "Jules Leclerc"}
    assert [row["taken_by"] for row in waiting if row["taken_by"]] == [staff_id(CAMILLE.key)]
    # The forty of the morning, and those of yesterday that nobody has started.
    started = await world.fetchval(
        "SELECT count(*) FROM work WHERE location = 'lyon-part-dieu' AND status = 'open' AND created_at > $1",
        NOON - timedelta(hours=12, minutes=1),
    )
    assert started == 41


async def test_managers_of_the_demo_have_announced_planned_and_recalled_something_that_no_order_waits_for(
    world: Connection,
) -> None:
    shown = await world.fetch(
        "SELECT count(s.location)::int, a.edition FROM announcement a JOIN announcement_store s ON s.announcement = a.id"
        " WHERE a.ended_at IS NULL AND a.until_at > $1 GROUP BY a.id, a.edition, a.made_at ORDER BY a.made_at", NOON,
    )  # fmt: skip
    assert tuple(shown[0]) == (12, 1) and [row[1] for row in shown] == [1, 2]
    read = await world.fetch("SELECT count(*)::int FROM announcement_receipt GROUP BY announcement ORDER BY 1")
    assert [row[0] for row in read] == [1, 3]
    plans = await world.fetch("SELECT day - $1::date, number FROM day_plan ORDER BY 1, 2", DAY)
    assert [tuple(row) for row in plans] == [(2, 1), (2, 2), (3, 1)], "the day after is a Sunday"
    recall = await world.fetchrow(
        "SELECT r.id, r.status, s.blocked_reason <> '' AS blocked FROM recall r JOIN sku s ON s.sku = r.sku"
    )
    assert recall is not None and (recall["status"], recall["blocked"]) == ("open", True)
    looked = await world.fetch("SELECT done_at IS NOT NULL AS done, count(*)::int FROM recall_place WHERE recall = $1 GROUP BY 1 ORDER BY 1", recall["id"])  # fmt: skip
    assert looked[0][1] > 3 and tuple(looked[1]) == (True, 1)
    assert await world.fetchval("SELECT count(*) FROM recall_order WHERE recall = $1", recall["id"]) > 0
    assert [breach.name for breach in await find_breaches(world)] == []


async def test_the_printed_secrets_open_the_demo_world(world: Connection) -> None:
    pin = await world.fetchval("SELECT pin_hash FROM staff WHERE id = $1", staff_id(CAMILLE.key))
    assert await check_pin(CAMILLE.pin, pin)
    assert not await check_pin("000000", pin)
    for boss in MANAGERS:
        held = await world.fetchval("SELECT password_hash FROM staff WHERE email = $1", boss.email)
        assert await check_password(boss.password, held)
    lines = "\n".join(seeding.logins())
    assert CAMILLE.pin in lines
    assert MANAGERS[-1].email in lines


async def test_a_database_with_anything_in_it_is_not_empty(database: Database) -> None:
    assert await seeding.is_empty(database.dsn)
    await database.connection.execute(
        "INSERT INTO legal_entity VALUES ('x', 'X', '1', '1', 'x', 'X');"
        " INSERT INTO location (id, name, kind, legal_entity, street, postcode, city, latitude, longitude, time_zone,"
        " services, capacity_per_hour, pick_lead_minutes, hold_days)"
        " VALUES ('x', 'X', 'store', 'x', 'x', 'x', 'x', 0, 0, 'UTC', '{}', 1, 1, 1)"
    )
    assert not await seeding.is_empty(database.dsn)


async def test_a_world_whose_loading_was_cut_short_is_cleared_and_no_other(database: Database) -> None:
    assert not await seeding.clear_unfinished(database.dsn)
    await database.connection.execute("INSERT INTO region VALUES ('r', 'R')")
    assert not await seeding.clear_unfinished(database.dsn)
    await database.connection.execute(seeding.NOTE, seeding.BEGUN, NOON, "demo.begun")
    assert await seeding.clear_unfinished(database.dsn)
    assert await database.connection.fetchval("SELECT count(*) FROM region") == 0
    assert await database.connection.fetchval("SELECT count(*) FROM migration") > 0


async def test_a_loaded_demo_world_is_never_cleared(world: Connection, postgres_server: postgres.Server) -> None:
    dsn = postgres_server.dsn_of(await world.fetchval("SELECT current_database()"))
    assert not await seeding.clear_unfinished(dsn)
    assert await world.fetchval("SELECT count(*) FROM location") == 13


async def test_a_generated_world_has_the_size_asked_for_and_keeps_every_figure(database: Database) -> None:
    connection = database.connection
    await volume.grow(connection, NOON, locations=7, skus=40, orders=500)
    counts = [
        await connection.fetchval(f"SELECT count(*) FROM {table}") for table in ("location", "sku", "sales_order")
    ]
    assert counts == [7, 40, 500]
    assert await connection.fetchval("SELECT count(*) FROM work WHERE status = 'handed_over'") == 450
    assert await connection.fetchval(LEVELS_OFF_THE_LEDGER) == 0
    assert await connection.fetchval(UNITS_IN_NO_WORK) == 0
    assert await connection.fetchval(RESERVED_BY_NO_LINE) == 0
    assert await connection.fetchval("SELECT bool_and(code ~ '^[0-9]{14}$') FROM barcode")


@pytest.mark.parametrize(("locations", "skus", "orders"), [(0, 1, 0), (1, 0, 0), (1, 1, -1), (1, 10**9, 0)])
async def test_a_size_that_is_not_offered_is_refused(
    database: Database, locations: int, skus: int, orders: int
) -> None:
    with pytest.raises(ValueError, match="between"):
        await volume.grow(database.connection, NOON, locations=locations, skus=skus, orders=orders)
    assert await database.connection.fetchval("SELECT count(*) FROM location") == 0
