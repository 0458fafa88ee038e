"""The demo world holds together: numbers are valid and nobody's, pictures exist, scripts can be kept."""

import itertools
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from comptoir.kit.codes import gtin14, parse
from comptoir.world import pictures
from comptoir.world.articles import ARTICLE, ARTICLES
from comptoir.world.cast import ASSOCIATES, CUSTOMER, CUSTOMERS, INTEGRATORS, LYON_TEAM, MANAGERS
from comptoir.world.history import demo, two_days
from comptoir.world.numbers import luhn_check_digit
from comptoir.world.scripts import Act, Script, local, until
from comptoir.world.shelves import OF_LYON_ALONE, SHELF, SHELVES
from comptoir.world.stores import (
    LOCATIONS,
    LYON,
    ORME,
    REGIONS,
    STORES,
    WAREHOUSE,
    bag_tags,
    closings,
    staging_places,
)
from comptoir.world.story import saturday
from comptoir.world.telling import Teller
from comptoir.world.walkins import rate_per_hour, sales, walk

SATURDAY = date(2026, 11, 21)
FICTION = re.compile(r"\+33(639980|63998|19900|26191|35301|46571|53649)\d{3,4}")


def test_the_company_number_passes_luhn_and_the_vat_number_follows_from_it() -> None:
    assert len(ORME.siren) == 9
    assert luhn_check_digit(ORME.siren[:-1]) == ORME.siren[-1]
    assert ORME.vat_number == f"FR{(12 + 3 * (int(ORME.siren) % 97)) % 97:02d}{ORME.siren}"
    for place in LOCATIONS:
        assert place.siret.startswith(ORME.siren)
        assert luhn_check_digit(place.siret[:-1]) == place.siret[-1]


def test_twelve_stores_in_three_regions_and_a_warehouse_lie_in_france() -> None:
    assert (len(STORES), len(LOCATIONS)) == (12, 13)
    assert {store.region for store in STORES} == {region.id for region in REGIONS}
    assert STORES[0].id == "lyon-part-dieu"
    assert WAREHOUSE.services == ("ship",)
    assert len({place.id for place in LOCATIONS}) == 13
    for place in LOCATIONS:
        assert 42 < place.latitude < 51
        assert -5 < place.longitude < 8.5
        assert re.fullmatch(r"[a-z-]+", place.id)
        assert ZoneInfo(place.time_zone)


def test_hours_are_in_order_and_one_store_closes_for_lunch() -> None:
    for place in LOCATIONS:
        assert len(place.hours) == 7
        for spans in place.hours:
            edges = [edge for span in spans for edge in span]
            assert edges == sorted(set(edges))
    assert [place.city for place in LOCATIONS if any(len(spans) == 2 for spans in place.hours)] == ["Pau"]


def test_everybody_is_closed_at_christmas_and_one_store_on_a_sunday() -> None:
    found = closings(SATURDAY)
    assert len({(closing.location, closing.day) for closing in found}) == len(found)
    christmas = {closing.location for closing in found if closing.day == date(2026, 12, 25) and not closing.spans}
    assert christmas == {place.id for place in LOCATIONS}
    assert ("paris-bercy-village", date(2026, 11, 22)) in {
        (closing.location, closing.day) for closing in found if not closing.spans
    }


def test_every_store_has_a_pickup_shelf_and_sixty_bags_whose_codes_scan() -> None:
    for store in STORES:
        assert len(staging_places(store)) >= 12
        assert staging_places(store)[3].code == "L:R4"
        assert len(bag_tags(store)) == 60
        assert all(parse(place.code).kind == "place" for place in staging_places(store))
        assert all(parse(tag.code).kind == "bag" for tag in bag_tags(store))


def test_three_hundred_skus_have_codes_of_their_own_that_scan() -> None:
    assert len(ARTICLES) == len(ARTICLE) == 300
    codes = [barcode for article in ARTICLES for barcode in article.barcodes]
    keys = [gtin14(code.code) or code.code for code in codes]
    assert len(set(keys)) == len(keys)
    assert {code.kind for code in codes} == {"gtin13", "gtin14", "gtin12", "gtin8", "internal"}
    for code in codes:
        assert code.kind == "internal" or gtin14(code.code)
        assert code.kind == "internal" or len(code.code) == int(code.kind.removeprefix("gtin"))
    assert all(article.ean.startswith("3799") for article in ARTICLES)
    assert ARTICLE["DERBY-HELENE-NOIR-39"].ean == "3799000904018"


def test_the_range_has_every_kind_of_article() -> None:
    assert {article.vat_bp for article in ARTICLES} == {2000, 1000, 550}
    assert sum(article.blocked is not None for article in ARTICLES) == 1
    assert sum(bool(article.components) for article in ARTICLES) == 3
    assert [article.sku for article in ARTICLES if article.minimum_age == 18]
    assert [article.sku for article in ARTICLES if not article.returnable]
    assert all(article.price_minor > 0 and article.weight_grams > 0 for article in ARTICLES)


def test_a_kit_is_made_of_known_skus_whose_shares_make_the_whole() -> None:
    for kit in (article for article in ARTICLES if article.components):
        assert sum(component.share_bp for component in kit.components) == 10_000
        parts = [ARTICLE[component.sku] for component in kit.components]
        assert not any(part.components for part in parts)
        assert kit.minimum_age == max(part.minimum_age or 0 for part in parts) or kit.minimum_age is None


def test_every_article_has_its_picture_and_no_picture_is_heavy() -> None:
    keys = {article.picture for article in ARTICLES}
    assert len({key.rsplit("-", 1)[0] for key in keys}) >= 16
    for key in keys:
        text = (pictures.FOLDER / f"{key}.svg").read_text(encoding="utf-8")
        assert text == pictures.draw(key)
        assert len(text.encode()) <= 2048
        assert not re.search(r'"[MDLS]"|style=|script|href', text)


def test_the_pages_folder_holds_no_picture_that_nobody_uses() -> None:
    used = {article.picture for article in ARTICLES}
    drawn = {path.stem for path in Path(pictures.FOLDER).glob("*.svg") if not path.stem.startswith("_")}
    assert drawn == used


def test_people_can_be_reached_by_nobody() -> None:
    phones = [customer.phone for customer in CUSTOMERS] + [place.phone for place in LOCATIONS]
    assert all(FICTION.fullmatch(phone) and len(phone) == 12 for phone in phones)
    mails = [customer.email for customer in CUSTOMERS] + [manager.email for manager in MANAGERS]
    assert all(re.fullmatch(r"[a-z0-9.’-]+@example\.(fr|com)", mail) for mail in mails)
    assert len({customer.email for customer in CUSTOMERS}) == len(CUSTOMERS) >= 208


def test_most_customers_read_french_and_some_english() -> None:
    spoken = Counter(customer.language for customer in CUSTOMERS)
    assert set(spoken) == {"fr", "en"}
    assert 0.8 < spoken["fr"] / len(CUSTOMERS) < 0.9


def test_the_team_of_lyon_part_dieu_is_the_one_of_the_docs() -> None:
    assert [who.name for who in LYON_TEAM[:4]] == ["Camille Perrin", "Léa Martin", "Sam Diallo", "Nour Benali"]
    assert all(re.fullmatch(r"\d{6}", who.pin) for who in ASSOCIATES)
    keys = [who.key for who in ASSOCIATES] + [boss.key for boss in MANAGERS] + [key.key for key in INTEGRATORS]
    assert len(set(keys)) == len(keys)
    assert all(parse(who.badge).kind == "badge" for who in ASSOCIATES)


def test_stock_rows_come_by_sku_with_all_its_locations_together() -> None:
    assert len(SHELF) == len(SHELVES)
    skus = [shelf.sku for shelf in SHELVES]
    assert len([sku for at, sku in enumerate(skus) if at == 0 or skus[at - 1] != sku]) == len(set(skus))
    place = SHELF["lyon-part-dieu", "DERBY-HELENE-NOIR-39"]
    assert (place.aisle, place.bay, place.level) == ("B", "12", "3")


def test_forty_orders_are_open_at_seven_fifty() -> None:
    world = until(saturday(SATURDAY), local(SATURDAY, "07:50"))
    untouched = [script for script in world if not script.steps]
    assert len(untouched) == 40
    assert Counter(script.pickup_location for script in untouched) == {LYON.id: 30, None: 10}


def test_six_customers_wait_at_half_past_twelve() -> None:
    world = until(saturday(SATURDAY), local(SATURDAY, "12:30"))
    waiting = [script for script in world if _waits(script)]
    assert {script.key for script in waiting} == {
        "noon-ines", "noon-emma", "noon-collector", "noon-minor", "noon-early", "noon-taken",
    }  # fmt: skip
    assert next(script for script in waiting if script.key == "noon-early").ends == "open"


@pytest.mark.parametrize("clock", ["00:20", "07:50", "12:30", "23:59"])
def test_the_demo_has_its_orders_at_whatever_hour_it_starts(clock: str) -> None:
    now = local(SATURDAY, clock)
    world = demo(now, SATURDAY)
    assert sum(script.key.startswith("morning-") and not script.steps for script in world) == 40
    assert sum(_waits(script) for script in world) == 6
    assert all(step.at <= now for script in world for step in script.steps)


def test_the_demo_has_orders_in_every_state_and_held_for_every_reason() -> None:
    world = demo(local(SATURDAY, "12:30"), SATURDAY)
    assert {script.ends for script in world} >= {
        "open", "picking", "picked", "staged", "handed_over", "canceled", "expired", "held",
    }  # fmt: skip
    assert {reason for script in world for reason in script.holds} == {"payment", "address", "totals", "unknown_item"}
    acts = {step.act for script in (*world, *saturday(SATURDAY)) for step in script.steps}
    assert acts == set(Act)
    assert any({line.method for line in script.lines} == {"pickup", "ship"} for script in world)


def test_the_shelves_can_keep_what_the_scripts_promise() -> None:
    for world in (demo(local(SATURDAY, "07:50"), SATURDAY), saturday(SATURDAY)):
        asked: Counter[tuple[str, str]] = Counter()
        for script in world:
            for line in script.lines:
                article = ARTICLE.get(line.sku or "")
                sent_by = LYON if article and article.style in OF_LYON_ALONE else WAREHOUSE
                for sku, each in [(c.sku, c.quantity) for c in article.components] if article and article.components \
                        else [(line.sku, 1)]:  # fmt: skip
                    if sku:
                        asked[line.location or sent_by.id, sku] += line.quantity * each
        assert all(units <= SHELF[key].on_hand - SHELF[key].safety_stock for key, units in asked.items())


def test_steps_follow_one_another_and_no_bag_is_used_twice_at_once() -> None:
    for world in (demo(local(SATURDAY, "07:50"), SATURDAY), saturday(SATURDAY)):
        tags = []
        for script in world:
            assert script.customer in CUSTOMER
            times = [script.placed_at, *(step.at for step in script.steps)]
            assert times == sorted(times)
            tags += [(script.pickup_location, step.tag) for step in script.steps if step.act is Act.STAGE]
        assert len(tags) == len(set(tags))
        assert len({script.id for script in world}) == len(world)


def test_the_same_day_is_told_the_same_way() -> None:
    assert two_days(SATURDAY, Teller()) == two_days(SATURDAY, Teller())


def test_walk_ins_buy_in_open_hours_only_and_the_same_minute_repeats_its_ids() -> None:
    night = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
    noon = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    assert rate_per_hour(LYON, night) == 0
    assert rate_per_hour(LYON, noon) > 0
    hour = [sale for minute in range(60) for sale in sales(LYON, noon + timedelta(minutes=minute))]
    again = [sale for minute in range(60) for sale in sales(LYON, noon + timedelta(minutes=minute))]
    assert hour == again
    assert 0 < len(hour) <= 60
    assert all((sale.location, sale.sku) in SHELF for sale in hour)


def _waits(script: Script) -> bool:
    acts = [step.act for step in script.steps]
    return Act.ARRIVE in acts and Act.HAND_OVER not in acts and Act.REFUSE_AGE not in acts


@pytest.mark.anyio
async def test_walk_in_sales_are_posted_once_though_the_feed_was_away() -> None:
    heard: list[dict[str, Any]] = []
    away = iter([True, False])

    def answer(request: httpx.Request) -> httpx.Response:
        if next(away, False):
            return httpx.Response(503)
        heard.extend(json.loads(request.content)["movements"])
        return httpx.Response(200, json={})

    minutes = itertools.count()

    def clock() -> datetime:
        return datetime(2026, 11, 21, 15, 0, tzinfo=UTC) + timedelta(minutes=next(minutes))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://till") as client:
        posted = await walk(client, clock=clock, lasts=timedelta(minutes=30), tick_seconds=0)
    assert posted == len(heard) == len({sale["id"] for sale in heard}) > 0
    assert {sale["fact"] for sale in heard} == {"till_sale"}
