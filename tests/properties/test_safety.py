"""Whatever the rules, articles and places: what may be promised by the levels is what a direct computation says."""

from random import Random

import pytest

from comptoir.kit.db import Tx, in_transaction
from comptoir.stock import queries, safety_sql
from comptoir.stock.safety import Article, Line, Place, Rules, kept_back, put
from tests.conftest import Database
from tests.stock_room import NOON, opened

pytestmark = pytest.mark.anyio
CATEGORIES, REGIONS = ("", "shoes", "cups"), ("", "sud", "nord")


def drawn(random: Random, skus: list[str], places: list[str]) -> Rules:
    rules = Rules()
    for _ in range(random.randrange(12)):
        sku = random.choice(["", "", *skus])
        location = random.choice(["", "", "", *places])
        line = Line(
            random.randrange(6),
            sku,
            "" if sku else random.choice(CATEGORIES),
            location,
            "" if location else random.choice(REGIONS),
            "" if location else random.choice(("", "store", "warehouse")),  # type: ignore[arg-type]
        )
        rules = put(rules, line)
    return rules


async def test_what_may_be_promised_by_the_levels_is_what_a_direct_computation_says(database: Database) -> None:
    random = Random(20261123)
    skus, places = [f"S-{n}" for n in range(6)], [f"p-{n}" for n in range(6)]
    async with opened(database) as room:
        ask = room.connection.execute
        await ask("INSERT INTO region VALUES ('sud', 'Sud'), ('nord', 'Nord')")
        articles = {sku: Article(sku, random.choice(CATEGORIES)) for sku in skus}
        sites = {id: Place(id, random.choice(("store", "warehouse")), random.choice(REGIONS)) for id in places}
        for one in articles.values():
            await ask("INSERT INTO sku (sku, name, style, price_minor, vat_rate_bp, weight_grams, category) VALUES ($1, 'n', 's', 1, 0, 1, $2)", one.sku, one.category)  # fmt: skip
        for site in sites.values():
            await ask(
                "INSERT INTO location (id, name, kind, region, legal_entity, street, postcode, city, latitude, longitude, time_zone, services,"
                " capacity_per_hour, pick_lead_minutes, hold_days) VALUES ($1, $1, $2, nullif($3, ''), 'orme', '1 rue', '69003', 'Lyon', 45, 4,"
                " 'Europe/Paris', '{pickup}', 12, 60, 7)",
                site.id, site.kind, site.region,
            )  # fmt: skip
        for number in range(1, 41):
            rules = drawn(random, skus, places)
            await ask("DELETE FROM stock_level")
            held = {}
            for sku in skus:
                for id in places:
                    own = random.choice((None, None, None, 0, 3))
                    held[sku, id] = (random.randrange(9), random.randrange(4), own)
                    await ask("INSERT INTO stock_level (sku, location, on_hand, reserved, safety_own) VALUES ($1, $2, $3, $4, $5)", sku, id, *held[sku, id])  # fmt: skip

            async def follow(tx: Tx, rules: Rules = rules, number: int = number) -> None:
                await safety_sql.put_lines(tx, number, rules)
                after: safety_sql.Key | None = safety_sql.FIRST
                while after is not None:
                    after = await safety_sql.align(tx, number, after, limit=7)

            await in_transaction(room.runner.pool, "x", NOON, follow)
            free = await queries.find_free(room.connection, skus, NOON)
            for (sku, id), (on_hand, reserved, own) in held.items():
                units = kept_back(rules, articles[sku], sites[id], own)
                assert free[sku][id] == max(0, on_hand - reserved - units), (number, sku, id)
