"""What a page may weigh on its way to a phone, counted in transferred bytes: cold, compressed, everything it asks for."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession

from comptoir.kit import postgres
from comptoir.kit.ids import Seal
from comptoir.web.assets import Assets
from tests.browser.shop import SECRET, Hands, Shop, open_shop

FORTY = 40


class Sent(msgspec.Struct):
    """Bytes that one page brought over the wire, by kind; the heads of the answers apart."""

    document: int = 0
    script: int = 0
    sheet: int = 0
    picture: int = 0
    heads: int = 0

    @property
    def all(self) -> int:
        return self.document + self.script + self.sheet + self.picture + self.heads


def weigh(context: BrowserContext, url: str) -> Sent:
    """Open a page with an empty cache and add up what came. Streams are left out: they never end."""
    page = context.new_page()
    cdp: CDPSession = context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
    kinds: dict[str, str] = {}
    heads: dict[str, int] = {}
    sent = Sent()
    fields = {"Document": "document", "Script": "script", "Stylesheet": "sheet"}

    def begin(told: dict[str, Any]) -> None:
        kinds[told["requestId"]] = told["type"]
        heads[told["requestId"]] = int(told["response"]["encodedDataLength"])

    cdp.on("Network.responseReceived", begin)

    def add(told: dict[str, object]) -> None:
        kind = kinds.get(str(told["requestId"]), "")
        if kind in ("Document", "Script", "Stylesheet", "Image", "Other"):
            field = fields.get(kind, "picture")
            whole = int(str(told["encodedDataLength"]).split(".")[0])
            head = heads[str(told["requestId"])]
            sent.heads += head
            setattr(sent, field, getattr(sent, field) + whole - head)

    cdp.on("Network.loadingFinished", add)
    page.goto(url, wait_until="load")
    # The icons and pictures of a page that scripts paint come just after it.
    page.wait_for_timeout(500)
    page.close()
    return sent


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "budgets") as opened:
        opened.many_orders(FORTY, cart=8)
        yield opened


@pytest.fixture
def handheld(browser: Browser, shop: Shop) -> Iterator[BrowserContext]:
    # Cold means cold: without the worker, which fetches everything ahead.
    context = browser.new_context(viewport={"width": 360, "height": 640}, locale="fr-FR", service_workers="block")
    shop.enrolled(context)
    Hands(context.new_page(), shop).sign_in()
    yield context
    context.close()


def test_the_list_of_forty_orders_is_light(handheld: BrowserContext, shop: Shop) -> None:
    sent = weigh(handheld, f"{shop.url}/work")
    assert sent.all <= 60_000
    assert sent.script <= 25_000


def test_a_cart_of_eight_is_light(handheld: BrowserContext, shop: Shop) -> None:
    page = handheld.pages[0]
    page.goto(f"{shop.url}/work")
    page.click("#acts form[action='/packs'] button")
    page.wait_for_url("**/packs/*")
    sent = weigh(handheld, shop.url + urlparse(page.url).path)
    assert sent.all <= 60_000
    assert sent.script <= 25_000


def test_the_counter_is_light(handheld: BrowserContext, shop: Shop) -> None:
    sent = weigh(handheld, f"{shop.url}/counter")
    assert sent.all <= 60_000
    assert sent.script <= 25_000


def test_the_customers_page_is_light(browser: Browser, shop: Shop) -> None:
    order = shop.one("SELECT id FROM sales_order ORDER BY number LIMIT 1")
    context = browser.new_context(viewport={"width": 390, "height": 844})
    sent = weigh(context, f"{shop.url}/o/{Seal(SECRET.encode()).token('order', order.bytes, 0)}")
    context.close()
    assert sent.document + sent.script + sent.sheet <= 15_000
    assert sent.script <= 5_000


def test_the_style_sheet_of_handhelds_and_customers_is_light() -> None:
    found = Assets().find("comptoir.css")
    assert found is not None
    assert len(found[0].gzip) <= 12_000
