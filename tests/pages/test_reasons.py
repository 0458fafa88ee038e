"""Head office words why parcels are declined and orders canceled; an added reason acts as the one that it names."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from comptoir.flows.word_reasons import BOOKS
from comptoir.kit.errors import Refusal
from comptoir.kit.reasons import Reason, check, overlaid
from tests.conftest import Database
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.pages.test_policies import send
from tests.people import HELENE, INES, LEA, ODILE, PART_DIEU

pytestmark = pytest.mark.anyio
HERE = "/manager/reasons"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def test_a_reason_that_head_office_added_is_offered_and_has_the_effects_of_another(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    added = {"code": "broken_shelf", "fr": "Rayon effondré", "en": "Broken shelf", "acts_as": "damaged", "used": "1"}
    assert (await send(office, f"{HERE}/decline/new", **added | {"acts_as": "not_collected"})).status_code == 422
    assert (await send(office, f"{HERE}/decline/new", **added | {"fr": ""})).status_code == 422
    assert (await send(office, f"{HERE}/decline/new", **added)).status_code == 303
    assert (await send(office, f"{HERE}/decline/new", **added)).status_code == 409
    assert (await send(office, f"{HERE}/decline/no_time", fr="On ferme", en="We close", used="1")).status_code == 303
    assert (await send(office, f"{HERE}/decline/not_found", used="")).status_code == 303
    page = await office.get(HERE)
    assert "Rayon effondré" in words(page) and "On ferme" in words(page)
    form = {"id": hidden(page, "id", "/decline/broken_shelf/move"), "act": "up"}
    assert (await office.post(f"{HERE}/decline/broken_shelf/move", data=form)).status_code == 303
    assert "Motif enregistré" in words(await office.get("/manager/audit?kind=rules"))
    _, work = await desk.order("open", kind="ship")
    lea = await desk.browser(LEA, PART_DIEU)
    asked = await lea.get(f"/work/{work}/decline")
    assert asked.status_code == 200 and "Rayon effondré Les articles sortent du stock vendable" in words(asked)
    assert "On ferme" in words(asked) and "Pas trouvé" not in words(asked)
    no = {"id": hidden(asked, "id"), "reason": "nothing_like_it"}
    assert (await lea.post(f"/work/{work}/decline", data=no)).status_code == 422
    done = await lea.post(f"/work/{work}/decline", data=no | {"reason": "broken_shelf"})
    assert done.status_code < 400
    told = await desk.connection.fetchval("SELECT body ->> 'reason' FROM event WHERE kind = 'fulfillment.declined'")
    stock = await desk.connection.fetchval("SELECT sum(unsellable) FROM stock_level WHERE location = $1", PART_DIEU)
    assert (told, stock) == ("broken_shelf", 3)


async def test_an_order_is_canceled_for_a_reason_in_the_words_of_head_office(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    words_of = {"code": "store_flooded", "fr": "Magasin inondé", "en": "Store flooded", "used": "1"}
    assert (await send(office, f"{HERE}/cancel/new", **words_of)).status_code == 303
    assert (await send(office, f"{HERE}/cancel/customer", used="")).status_code == 409
    order, _ = await desk.order("open")
    asked = await office.get(f"/manager/orders/{order}/cancel?reason=store_flooded&line=1&units=1&line=2&units=2")
    assert "Magasin inondé" in words(asked)
    form = {name: hidden(asked, name, "/cancel") for name in ("id", "version", "reason", "lines")}
    assert (
        await office.post(f"/manager/orders/{order}/cancel", data=form | {"reason": "no_such_reason"})
    ).status_code == 422
    assert (await office.post(f"/manager/orders/{order}/cancel", data=form)).status_code == 303
    assert "Magasin inondé" in words(await office.get(f"/manager/orders/{order}"))
    for person in (HELENE, INES):
        browser = await desk.browser(person)
        for path in (HERE, f"{HERE}/decline/other"):
            assert (await browser.get(path)).status_code == 403
    assert (await office.get(f"{HERE}/return/too_small")).status_code == 404
    assert (await office.get(f"{HERE}/decline/{uuid4().hex}")).status_code == 404


def test_what_must_stay_stays_and_what_is_added_acts_as_something_that_comes_along() -> None:
    book = BOOKS["decline"]
    known = overlaid(book.built_in, [])
    for wanted, new in (
        (Reason("other", "Autre", "Other", 1, used=False), False), (Reason("mine", "A", "B", 1), True), (Reason("mine", "A", "B", 1, acts_as="mine"), True),
        (Reason("new", "A", "B", 1, acts_as="other"), True), (Reason("damaged", "A", "B", 1, acts_as="other"), False), (Reason("unknown", "A", "B", 1), False),
    ):  # fmt: skip
        with pytest.raises(Refusal):
            check(book, known, wanted, new=new)
    check(book, known, Reason("mine", "A", "B", 1, acts_as="no_time"), new=True)
