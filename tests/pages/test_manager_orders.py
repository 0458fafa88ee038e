"""The order page tells in words, does one thing per form, shows the effect before, and does it once."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import UUID_TEXT, Desk, hidden, opened, words
from tests.people import HELENE, INES, LEA, MARC, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def hold(desk: Desk, reason: str, detail: str = "") -> UUID:
    """Inès Aubry's order, held, its units unreserved."""
    order, _ = await desk.order(None, progress="held")
    await desk.connection.execute(
        "INSERT INTO order_hold (order_id, reason, detail, placed_at, placed_by) VALUES ($1, $2, $3, $4, $5)",
        order, reason, detail, MIDDAY, str(HELENE.id),
    )  # fmt: skip
    return order


async def number(desk: Desk, order: UUID) -> str:
    return str(await desk.connection.fetchval("SELECT number FROM sales_order WHERE id = $1", order))


async def progress(desk: Desk, order: UUID) -> str:
    return str(await desk.connection.fetchval("SELECT progress FROM sales_order WHERE id = $1", order))


async def short(desk: Desk) -> UUID:
    """An order of which the pair was not on its shelf, the vases are picked, and a person must choose."""
    order, work = await desk.order("picked")
    await desk.move("LISON-38", PART_DIEU, "short_not_found", -1, -1, -1)
    await desk.connection.execute(
        "UPDATE work_line SET picked = 0, shorted = 1 WHERE work = $1 AND sku = 'LISON-38'", work
    )
    await desk.connection.execute(
        "UPDATE requirement SET unsourced = 1, at_work = 0 WHERE order_id = $1 AND line = 1", order
    )
    await desk.connection.execute("UPDATE reservation SET released = 1 WHERE order_id = $1 AND line = 1", order)
    await desk.case("short_choice", order, work, body='{"line": 1, "reason": "not_found"}')
    return order


def rows_of(answer: httpx.Response) -> list[str]:
    return re.findall(r'href="/manager/orders/([0-9a-f-]{36})"', answer.text)


async def test_orders_come_newest_first_and_only_ones_own(desk: Desk) -> None:
    first, _ = await desk.order()
    await desk.order(location=VIEUX_LILLE)
    desk.app.clock.advance(minutes=1)
    second, _ = await desk.order()
    async with await desk.browser(INES) as browser:
        assert rows_of(await browser.get("/manager/orders")) == [str(second), str(first)]


@pytest.mark.parametrize("asked", ["aubry", "AUB", "inès a", "Inès Aubry"])
async def test_an_order_is_found_by_the_beginning_of_a_name(desk: Desk, asked: str) -> None:
    order, _ = await desk.order()
    async with await desk.browser(ODILE) as browser:
        assert rows_of(await browser.get("/manager/orders", params={"q": asked})) == [str(order)]


async def test_an_order_is_found_by_its_number_with_or_without_its_letter(desk: Desk) -> None:
    order, _ = await desk.order()
    await desk.order()
    told = await number(desk, order)
    async with await desk.browser(ODILE) as browser:
        for asked in (told, told.lower(), told.removeprefix("W-")):
            assert rows_of(await browser.get("/manager/orders", params={"q": asked})) == [str(order)]


async def test_signs_of_a_search_are_not_wildcards(desk: Desk) -> None:
    await desk.order()
    async with await desk.browser(ODILE) as browser:
        for asked in ("%", "_", "\\", "' OR 1=1 --"):
            answer = await browser.get("/manager/orders", params={"q": asked})
            assert (answer.status_code, rows_of(answer)) == (200, [])


async def test_filters_show_what_waits_for_somebody(desk: Desk) -> None:
    held, missing = await hold(desk, "manual", "Rappeler"), await short(desk)
    ready, _ = await desk.order("staged")
    async with await desk.browser(ODILE) as browser:
        for which, order in (("held", held), ("short", missing), ("ready", ready)):
            assert rows_of(await browser.get("/manager/orders", params={"which": which})) == [str(order)]
        # On a phone they are behind one button, which says how many are on.
        for asked, said in (
            ({}, "Filtrer"),
            ({"which": "held"}, "1 filtre actif"),
            ({"which": "held", "store": PART_DIEU}, "2 filtres actifs"),
        ):
            button = re.search(
                r"<summary[^>]*>(.*?)</summary>", (await browser.get("/manager/orders", params=asked)).text, re.S
            )
            assert button and button[1].endswith(said)


async def test_the_next_page_begins_where_this_one_ended(desk: Desk) -> None:
    for _ in range(51):
        await desk.order(None)
        desk.app.clock.advance(seconds=1)
    async with await desk.browser(ODILE) as browser:
        first = await browser.get("/manager/orders")
        link = re.search(r"<([^>]+)>; rel=\"next\"", first.headers["link"])
        assert link
        second = await browser.get(link[1])
    assert (len(rows_of(first)), len(rows_of(second))) == (50, 1)
    assert set(rows_of(first)).isdisjoint(rows_of(second))
    assert "link" not in second.headers


async def test_a_made_up_page_mark_is_malformed(desk: Desk) -> None:
    async with await desk.browser(ODILE) as browser:
        assert (await browser.get("/manager/orders", params={"after": "x"})).status_code == 400


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_page_shows_no_id_and_no_inner_word(desk: Desk, language: str) -> None:
    await desk.connection.execute("UPDATE staff SET language = $2 WHERE id = $1", ODILE.id, language)
    pages = [await short(desk), await hold(desk, "totals", "expected_minor 22800, sent_minor 16300")]
    pages += [(await desk.order(status))[0] for status in ("staged", "handed_over", "expired")]
    async with await desk.browser(ODILE) as browser:
        for order in pages:
            page = words(await browser.get(f"/manager/orders/{order}"))
            assert not UUID_TEXT.search(page)
            assert not re.search(r"\b[a-z]+_[a-z_]+\b", page), page


async def test_a_withdrawal_a_later_hour_and_an_erased_name_are_told_in_words(desk: Desk) -> None:
    order, work = await desk.order()
    await desk.connection.execute(
        "INSERT INTO return_request (id, order_id, kind, lines, noticed_at, who)"
        """ VALUES ($1, $2, 'withdrawal', '[{"line": 2, "quantity": 1}]', $3, 'customer')""",
        new_id(), order, MIDDAY,
    )  # fmt: skip
    await desk.connection.execute("UPDATE work SET told_at = $1, told_until = $1 WHERE id = $2", MIDDAY, work)
    await desk.connection.execute("UPDATE customer SET first_name = '', last_name = '', erased_at = $1", MIDDAY)
    async with await desk.browser(ODILE) as browser:
        page = words(await browser.get(f"/manager/orders/{order}"))
        assert "Client effacé" in words(await browser.get("/manager/orders"))
    assert re.search(r"Rétractation reçue le [a-z]+ \d+ novembre, \d\d:\d\d : 1 × Vase Amphore", page)
    assert "annoncé pour" in page
    assert "Client effacé" in page


async def test_another_regions_order_is_not_found_to_read_or_to_change(desk: Desk) -> None:
    order, _ = await desk.order()
    form = {"id": str(new_id()), "version": "1", "reason": "customer", "lines": ""}
    async with await desk.browser(MARC) as browser:
        assert (await browser.get(f"/manager/orders/{order}")).status_code == 404
        assert (await browser.get(f"/manager/orders/{order}/cancel")).status_code == 404
        assert (await browser.post(f"/manager/orders/{order}/cancel", data=form)).status_code == 404
    assert await progress(desk, order) == "accepted"


async def test_an_associate_may_not_change_an_order(desk: Desk) -> None:
    order, _ = await desk.order()
    form = {"id": str(new_id()), "version": "1", "reason": "customer", "lines": ""}
    async with await desk.browser(LEA, PART_DIEU) as browser:
        assert (await browser.post(f"/manager/orders/{order}/cancel", data=form)).status_code == 403


async def test_a_held_order_is_released_once_with_a_note(desk: Desk) -> None:
    order = await hold(desk, "totals", "expected_minor 22800, sent_minor 16300")
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        assert "Accepter le total de 163,00" in words(page)
        form = {name: hidden(page, name, "/release") for name in ("id", "version", "reason")} | {"note": "Vu avec Paul"}
        for _ in range(2):
            answer = await browser.post(f"/manager/orders/{order}/release", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/manager/orders/{order}")
    row = await desk.connection.fetchrow("SELECT note, released_by FROM order_hold WHERE order_id = $1", order)
    assert row is not None
    assert (row["note"], row["released_by"]) == ("Vu avec Paul", str(ODILE.id))
    assert await desk.connection.fetchval("SELECT count(*) FROM work WHERE order_id = $1", order) == 1


async def test_a_form_from_before_a_change_does_nothing_and_says_so(desk: Desk) -> None:
    order = await hold(desk, "manual", "Rappeler")
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        form = {name: hidden(page, name, "/release") for name in ("id", "version", "reason")} | {"note": "ok"}
        await desk.connection.execute("UPDATE sales_order SET version = version + 1 WHERE id = $1", order)
        answer = await browser.post(f"/manager/orders/{order}/release", data=form)
    assert answer.status_code == 409
    assert "a changé entre-temps" in words(answer)
    assert await progress(desk, order) == "held"


async def test_an_unknown_line_is_found_by_name_and_mapped(desk: Desk) -> None:
    order = await hold(desk, "unknown_item", "VITRINE-77")
    await desk.connection.execute("DELETE FROM requirement WHERE order_id = $1 AND line = 2", order)
    await desk.connection.execute(
        "UPDATE order_line SET sku = NULL, external_sku = 'VITRINE-77', title = 'Vase' WHERE order_id = $1 AND line = 2",
        order,
    )
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        assert "VITRINE-77 dans la boutique" in words(page)
        search = await browser.get(f"/manager/orders/{order}/lines/2/article", params={"q": "amphore"})
        form = {name: hidden(search, name, "/lines/2/article") for name in ("id", "version", "sku", "remember")}
        answer = await browser.post(f"/manager/orders/{order}/lines/2/article", data=form)
    assert (answer.status_code, form["sku"]) == (303, "AMPHORE-24")
    assert await progress(desk, order) == "accepted"


async def test_the_effect_of_a_cancellation_is_shown_and_nothing_is_done(desk: Desk) -> None:
    order, _ = await desk.order("picked")
    before = await desk.connection.fetch("SELECT * FROM stock_level ORDER BY sku, location")
    async with await desk.browser(ODILE) as browser:
        page = words(
            await browser.get(
                f"/manager/orders/{order}/cancel",
                params={"line": [1, 2], "units": [0, 1], "reason": "customer"},
            )
        )
    assert "Si vous annulez 1 article" in page
    assert "1 article à remettre en rayon" in page
    assert "34,00 € à rembourser" in page.replace("\xa0", " ").replace("\u202f", " ")
    assert await desk.connection.fetch("SELECT * FROM stock_level ORDER BY sku, location") == before
    assert await desk.connection.fetchval("SELECT count(*) FROM put_back") == 0
    assert await desk.connection.fetchval("SELECT count(*) FROM command") == 0
    assert await desk.connection.fetchval("SELECT count(*) FROM payment_intention") == 0


async def test_what_was_shown_is_what_is_canceled(desk: Desk) -> None:
    order, _ = await desk.order("picked")
    async with await desk.browser(ODILE) as browser:
        shown = await browser.get(
            f"/manager/orders/{order}/cancel", params={"line": [1, 2], "units": [0, 1], "reason": "customer"}
        )
        form = {name: hidden(shown, name, f"/{order}/cancel") for name in ("id",)}
        form |= {"version": hidden(shown, "version"), "reason": "customer", "lines": hidden(shown, "lines")}
        for _ in range(2):
            assert (await browser.post(f"/manager/orders/{order}/cancel", data=form)).status_code == 303
    canceled = await desk.connection.fetch(
        "SELECT line, canceled FROM order_line WHERE order_id = $1 ORDER BY line", order
    )
    assert [tuple(row) for row in canceled] == [(1, 0), (2, 1)]
    money = await desk.connection.fetch("SELECT kind, amount_minor FROM payment_intention WHERE order_id = $1", order)
    assert [tuple(row) for row in money] == [("refund", 3400)]


async def test_choosing_everything_cancels_the_order_whole(desk: Desk) -> None:
    order, _ = await desk.order()
    async with await desk.browser(HELENE) as browser:
        shown = await browser.get(
            f"/manager/orders/{order}/cancel", params={"line": [1, 2], "units": [1, 2], "reason": "duplicate"}
        )
        form = {"id": hidden(shown, "id"), "version": hidden(shown, "version"), "reason": "duplicate", "lines": ""}
        assert hidden(shown, "lines") == ""
        await browser.post(f"/manager/orders/{order}/cancel", data=form)
    assert await progress(desk, order) == "canceled"


async def test_a_short_is_refunded_by_choice(desk: Desk) -> None:
    order = await short(desk)
    async with await desk.browser(HELENE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        assert "Il manque 1 article" in words(page)
        form = {"id": hidden(page, "id", "/lines/1/short"), "version": hidden(page, "version"), "store": ""}
        assert (await browser.post(f"/manager/orders/{order}/lines/1/short", data=form)).status_code == 303
    money = await desk.connection.fetch("SELECT kind, amount_minor FROM payment_intention WHERE order_id = $1", order)
    assert [tuple(row) for row in money] == [("refund", 9500)]
    assert await desk.connection.fetchval("SELECT resolved_at FROM exception WHERE order_id = $1", order) == MIDDAY


async def test_a_short_is_picked_again_where_there_is_some(desk: Desk) -> None:
    order = await short(desk)
    async with await desk.browser(HELENE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        assert "Lille, 10 libres" in words(page)
        form = {"id": hidden(page, "id", "/lines/1/short"), "version": hidden(page, "version"), "store": VIEUX_LILLE}
        assert (await browser.post(f"/manager/orders/{order}/lines/1/short", data=form)).status_code == 303
    places = await desk.connection.fetch("SELECT location FROM work WHERE order_id = $1 ORDER BY location", order)
    assert [row[0] for row in places] == [VIEUX_LILLE, PART_DIEU]


async def test_an_unknown_field_in_a_form_is_malformed(desk: Desk) -> None:
    order, _ = await desk.order()
    form = {"id": str(new_id()), "version": "1", "reason": "customer", "lines": "", "more": "x"}
    async with await desk.browser(ODILE) as browser:
        assert (await browser.post(f"/manager/orders/{order}/cancel", data=form)).status_code == 400


async def test_the_story_has_every_fact_once_in_either_order_and_is_shortened(desk: Desk) -> None:
    order, work = await desk.order("open")
    for at in range(35):
        await desk.connection.execute(
            "INSERT INTO event (stream, seq, kind, location, work, who, at, due_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, '{}')",
            order, 1 + at, "fulfillment.started" if at else "order.placed", PART_DIEU, work, str(HELENE.id), MIDDAY,
        )  # fmt: skip
    await desk.connection.execute("INSERT INTO order_hold (order_id, reason, detail, placed_at, placed_by, released_at, released_by, note) VALUES ($1, 'fraud', 'deux noms', $2, $3, $2, $3, 'vu')", order, MIDDAY, str(HELENE.id))  # fmt: skip
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        assert page.text.count("Hélène (responsable de magasin)") == 30
        assert "37 faits" in words(page) and "Tout voir (37)" in words(page)
        whole = words(await browser.get(f"/manager/orders/{order}", params={"story": "oldest", "every": "true"}))
    told = (
        "Commande passée",
        "Retenue : fraude soupçonnée « deux noms »",
        "Plus retenue : fraude soupçonnée « vu »",
        "Préparation commencée",
    )
    places = [whole.index(words_told) for words_told in told]
    assert places == sorted(places)
    assert "Tout voir" not in whole


async def test_a_parcel_shows_where_it_is_and_gives_its_label_again(desk: Desk) -> None:
    order, work = await desk.order("labeled", kind="ship")
    parcel, label = new_id(), new_id()
    ask = desk.connection.execute
    await ask(
        "INSERT INTO parcel (id, work, location, order_id, number, state, weight_grams, label, opened_at, opened_by, packed_at, labeled_at)"
        " VALUES ($1, $2, $3, $4, 1, 'labeled', 1240, $5, $6, 'x', $6, $6)", parcel, work, PART_DIEU, order, label, MIDDAY,
    )  # fmt: skip
    await ask("INSERT INTO parcel_line VALUES ($1, 2, $2, $3, 'AMPHORE-24', 2)", parcel, work, PART_DIEU)
    await ask(
        "INSERT INTO label_attempt (id, parcel, n, work, location, order_id, carrier, service, state, reference, tracking_number, intended_at, intended_by, settled_at)"
        " VALUES ($1, $2, 1, $3, $4, $5, 'colissimo', 'DOM', 'manual', 'CMP-77K', '6A12345678901', $6, 'x', $6)", label, parcel, work, PART_DIEU, order, MIDDAY,
    )  # fmt: skip
    await ask("INSERT INTO label_file VALUES ($1, 'application/pdf', $2, '%PDF-1.7', $3)", label, b"x" * 32, MIDDAY)
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        told = words(page)
        assert "Colis 1, Colissimo 6A12345678901 2 × Vase Amphore, 24 cm Lyon, 1,24 kg" in told
        assert 'href="https://www.laposte.fr' in page.text
        # A label settles where it goes and that it goes: neither act is offered, and neither is done.
        assert "Corriger l’adresse" not in told and "Annuler…" not in told and "Mettre en attente" not in told
        form = {"id": str(new_id()), "version": "1", "street": "1 rue", "postcode": "69006", "city": "Lyon"}
        answer = await browser.post(f"/manager/orders/{order}/address", data=form)
        assert answer.status_code == 409 and "a déjà son étiquette" in words(answer)
        paper = await browser.get(f"/manager/orders/{order}/parcels/{parcel}/paper")
        assert (paper.content, paper.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    async with await desk.browser(MARC) as browser:
        assert (await browser.get(f"/manager/orders/{order}/parcels/{parcel}/paper")).status_code == 404


async def test_an_address_is_corrected_on_the_order_and_what_was_typed_stays(desk: Desk) -> None:
    order, _ = await desk.order(None, progress="held", kind="ship")
    ask = desk.connection.execute
    await ask("INSERT INTO order_hold (order_id, reason, detail, placed_at, placed_by) VALUES ($1, 'address', 'postcode', $2, 'system')", order, MIDDAY)  # fmt: skip
    await ask("INSERT INTO order_address (order_id, name, street, postcode, city, country) VALUES ($1, 'Inès Aubry', '12 rue de Sèze', '690', 'Lyon', 'FR')", order)  # fmt: skip
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"/manager/orders/{order}")
        form = {name: hidden(page, name, "/address") for name in ("id", "version")}
        form |= {"street": "14 rue de Sèze", "postcode": "6900", "city": "Lyon", "country": "FR"}
        answer = await browser.post(f"/manager/orders/{order}/address", data=form)
        assert answer.status_code == 422 and 'value="14 rue de Sèze"' in answer.text
        for _ in range(2):
            done = await browser.post(f"/manager/orders/{order}/address", data=form | {"postcode": "69006"})
            assert done.status_code == 303
        assert "Adresse corrigée" in words(await browser.get(f"/manager/orders/{order}"))
    assert await progress(desk, order) == "accepted"
