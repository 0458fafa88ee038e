"""The customer's pages in a real browser: without a script, in both themes, on small and large screens."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import asyncpg
import pytest
from playwright.sync_api import Browser, Page, expect

from comptoir.kit import postgres
from comptoir.kit.ids import digest, new_id
from tests.browser.customer_served import NOW, Served, serving
from tests.browser.looking import CONTRAST_ONLY, assert_nothing_to_say, assert_targets_are_large_enough, axe

SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
PICTURES: Final = os.environ.get("COMPTOIR_PICTURES", "")
"""A folder that gets a picture of every page that is looked at, when it is named."""


@pytest.fixture(scope="module")
def served(postgres_server: postgres.Server) -> Iterator[Served]:
    with serving(postgres_server) as running:
        yield running


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A phone whose browser runs no script."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def arrive(served: Served, address: str, staff: str | None = None) -> None:
    """The customer waits outside; `staff` is the first name of who takes them."""
    token = address.rpartition("/")[2]

    async def add(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        order = await connection.fetchval("SELECT id FROM sales_order WHERE link_hash = $1", digest(token))
        who = None
        if staff:
            who = new_id()
            await connection.execute(
                "INSERT INTO staff (id, first_name, last_name, role) VALUES ($1, $2, 'B', 'associate')", who, staff
            )
        await connection.execute(
            "INSERT INTO arrival (id, order_id, location, at, place, taken_by) VALUES ($1, $2, 'lyon', $3, 'Devant"
            " la boutique', $4)",
            new_id(),
            order,
            NOW,
            who,
        )

    served.do(add)


STATES = ("open", "picking", "staged", "expired", "held", "here", "coming", "ship", "cancel")
"""The others are in tests/browser/test_every_page.py."""


def address_of(served: Served, state: str) -> str:
    if state == "held":
        return served.order(None, progress="held")
    if state == "ship":
        return served.order(kind="ship")
    if state == "cancel":
        return served.order() + "/cancel"
    if state in ("here", "coming"):
        address = served.order("staged")
        arrive(served, address, "Sam" if state == "coming" else None)
        return address
    ended = {"handed_over": "fulfilled", "expired": "canceled", "canceled": "canceled"}
    return served.order(state, progress=ended.get(state, "accepted"))


class Phone:
    """One page for all states, as what it runs is compiled once; `errors` and `asked` are of the state that is looked at."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda told: self.errors.append(told.text) if told.type == "error" else None)
        page.on("request", lambda request: self.asked.append(request.url))

    def go(self, address: str) -> Page:
        self.page.goto("about:blank")
        self.errors.clear()
        self.asked.clear()
        self.page.set_viewport_size({"width": 390, "height": 844})
        self.page.emulate_media(color_scheme="light")
        self.page.goto(address)
        return self.page


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Phone]:
    context = browser.new_context()
    yield Phone(context.new_page())
    context.close()


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_clean_in_both_themes_and_fits_every_screen(phone: Phone, served: Served, state: str) -> None:
    page = phone.go(address_of(served, state))
    assert_nothing_to_say(page)
    assert_targets_are_large_enough(page)
    page.emulate_media(color_scheme="dark")
    assert axe(page, CONTRAST_ONLY) == []
    for width, height in ((390, 844), (360, 640), (1280, 800), (320, 568)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for scheme in SCHEMES if PICTURES else ():
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=str(Path(PICTURES) / f"cu-{state}-{scheme}-{width}.png"), full_page=True)
    assert [told for told in phone.errors if "404" not in told] == []
    assert [url for url in phone.asked if not url.startswith((served.url, "data:"))] == []


def test_without_a_script_one_says_here_and_back_and_again_changes_nothing(plain: Page, served: Served) -> None:
    plain.goto(served.order("staged"))
    before = served.do(lambda connection: connection.fetchval("SELECT count(*) FROM arrival"))
    plain.get_by_label("Où êtes-vous ?").fill("Devant la boutique")
    plain.get_by_role("button", name="Je suis au magasin").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Le magasin sait que vous êtes là.")
    plain.go_back()
    plain.get_by_role("button", name=re.compile("Je suis au magasin|J’ai changé")).click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Le magasin sait que vous êtes là.")
    assert served.do(lambda connection: connection.fetchval("SELECT count(*) FROM arrival")) == before + 1


def test_without_a_script_one_cancels_with_the_phone_of_the_order(plain: Page, served: Served) -> None:
    address = served.order("staged")
    plain.goto(address)
    plain.get_by_role("link", name="Annuler la commande").click()
    plain.get_by_label("L’e-mail ou le téléphone").fill("0600000000")
    plain.get_by_role("button", name="Annuler ce que j’ai choisi").click()
    expect(plain.get_by_role("alert")).to_contain_text("Rien n’a été annulé.")
    plain.get_by_label("L’e-mail ou le téléphone").fill("+33 6 12 34 56 78")
    plain.get_by_role("button", name="Annuler ce que j’ai choisi").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Votre commande est annulée.")


def test_the_page_tells_by_itself_that_somebody_comes(page: Page, served: Served) -> None:
    address = served.order("staged")
    page.clock.install()
    page.goto(address)
    arrive(served, address, "Léa")
    page.clock.fast_forward(11_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Léa vous l’apporte.")


def test_what_is_being_typed_is_never_lost_to_news(page: Page, served: Served) -> None:
    address = served.order("staged")
    page.clock.install()
    page.goto(address)
    page.get_by_label("Où êtes-vous ?").fill("Parking, place 12")
    arrive(served, address, "Noé")
    page.clock.fast_forward(30_000)
    expect(page.get_by_label("Où êtes-vous ?")).to_have_value("Parking, place 12")


def test_the_code_of_the_pass_is_large_and_on_white_paper_in_the_dark(browser: Browser, served: Served) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(served.order("staged"))
    box = page.locator(".pass .qr").bounding_box()
    assert box is not None
    assert box["width"] >= 184
    assert (
        page.locator(".pass .code").evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"
    )
    context.close()
