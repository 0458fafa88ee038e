"""Every page of the route table, in its states, in both themes, small, large and enlarged: axe finds nothing and people can read it.

A page without a row in `STATES` fails: whoever adds a page says here in which states it is looked at.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid5

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize

from comptoir.app import create_app, every_route
from comptoir.fulfillment.collecting import collector_token
from comptoir.kit import postgres
from comptoir.kit.ids import Seal, new_id
from comptoir.returns.policy import DEFAULT as RETURNS
from comptoir.returns.policy import DeliveryRate, Goodwill, Uninformed
from comptoir.returns.policy import When as ReturnsWhen
from comptoir.sourcing.policy import DEFAULT, Rule, When
from comptoir.sourcing.replay import Example, Load, Result, Sums
from comptoir.sourcing.routing import Cost
from comptoir.sourcing.why import Shadow, Weighed, WeighedParcel, Why
from comptoir.staff.secrets import badge_digest
from comptoir.stock.safety import Line, Rules
from comptoir.world.cast import ASSOCIATES, CAMILLE, HELENE, PASSWORD, SAM
from tests.browser.devices import ASSETS
from tests.browser.looking import CONTRAST_ONLY, assert_targets_are_large_enough, axe
from tests.browser.page_rules import fits, frame, kinds_of, spoken, words, words_of
from tests.browser.shop import LYON, SCAN, SECRET, Shop, open_shop

QUIET_STORE: Final = "annecy-carnot"
NORA_EMAIL: Final = "nora.blake@example.com"
RUTH_BADGE: Final = "U:ORME-9005"
PICTURES: Final = os.environ.get("COMPTOIR_PICTURES")
"""A folder that gets pictures of every page that is looked at, when it is named: on a phone and a desk, light and dark, in French and English."""
PHONE: Final[ViewportSize] = {"width": 360, "height": 640}
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}
LONG: Final = bool(os.environ.get("COMPTOIR_LONG"))
"""English is the shorter language: its pages are read in every run, and put on a small screen in the long one."""

NOT_PAGES: Final = (
    "/api/",
    "/static/",
    "/desks/",
    "/sync/",
    "/receipts/",
    "/health",
    "/openapi.json",
    "/sw.js",
    "/o/sw.js",
    "/manager/sw.js",
    "/manager/alerts/count",
    "/adjust/article",
    "/manifest.webmanifest",
)
FILES: Final = (
    "/stream", "/documents/{number:str}", "/paper", "/csv", "/packing/{work:uuid}/parcels", "/packing/kept", "/policy.json", "/rates.csv", "/photos/{photo:uuid}",
    "/return/{rma:uuid}/label", "/returns/{rma:uuid}/paying", "/piece/{name:str}",
)  # fmt: skip
"""What machines read; streams, files and the redirect at the root are no pages either."""


def pages() -> list[str]:
    """The paths of the route table that answer GET with a page."""
    return [
        path
        for method, path, _ in every_route(create_app())
        if method == "GET" and path != "/" and not path.startswith(NOT_PAGES) and not path.endswith(FILES)
    ]


def size_name(who: str) -> str:
    return who if who in ("office", "nobody") else "handheld"


def size_of(who: str) -> ViewportSize:
    """The window that somebody looks through."""
    if who == "office":
        return DESK
    return {"width": 390, "height": 844} if who == "nobody" else PHONE


class World:
    """Who looks, and where the things are that there is a page of."""

    def __init__(self, browser: Browser, shop: Shop) -> None:
        self.browser, self.shop = browser, shop
        self.contexts: dict[tuple[str, str], BrowserContext] = {}
        self.pages: dict[tuple[str, str], Page] = {}
        self.seen: dict[str, set[str]] = {}  # by window: what the pages that were looked at are made of
        self.said: list[str] = []  # by the page that is looked at: its console, its errors, whom else it asked
        self.pack = ""

    def find(self, sql: str, *args: Any) -> str:
        found = self.shop.one(sql, *args)
        assert found is not None, sql
        return str(found)

    def work(self, status: str) -> str:
        return self.find(
            "SELECT id FROM work WHERE status = $1 AND location = $2 AND kind = 'pickup' AND (taken_by IS NULL OR $1 <> 'open') ORDER BY id LIMIT 1",
            status,
            LYON,
        )

    def order(self, status: str) -> str:
        return self.find(
            "SELECT order_id FROM work WHERE status = $1 AND location = $2 AND kind = 'pickup' ORDER BY id LIMIT 1",
            status,
            LYON,
        )

    def link(self, status: str, lang: str = "fr") -> str:
        order = self.shop.one(
            "SELECT w.order_id FROM work w JOIN sales_order o ON o.id = w.order_id WHERE w.status = $1 AND kind = 'pickup' AND o.language = $2 ORDER BY w.id LIMIT 1",
            status,
            lang,
        )
        return Seal(SECRET.encode()).token("order", order.bytes, 0)

    def context(self, who: str, lang: str) -> BrowserContext:
        if (who, lang) not in self.contexts:
            self.contexts[who, lang] = self.begin(who, lang)
        return self.contexts[who, lang]

    def page(self, who: str, lang: str) -> Page:
        """The page of somebody who is signed in already, as if it were fresh."""
        page = self.pages.get((who, lang))
        if page is None:
            # A page that is kept holds its programs compiled: axe costs half on it.
            page = self.pages[who, lang] = self.context(who, lang).new_page()
            page.on("console", lambda line: self.said.append(line.text) if line.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: self.said.append(str(error)))
            page.on("request", self.note_stranger)
        page.set_viewport_size(size_of(who))
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.said.clear()
        return page

    def note_stranger(self, request: Request) -> None:
        if not request.url.startswith((self.shop.url, "data:", "about:")):
            self.said.append(f"asks {request.url}")

    def shows_more(self, who: str, html: str) -> bool:
        """Whether a page holds an element that none in such a window had before: of another kind, class, role or place."""
        seen = self.seen.setdefault(size_name(who), set())
        found = kinds_of(html)
        more = not found <= seen
        seen |= found
        return more

    def leave(self, page: Page) -> None:
        """Nothing of this state is there when the page is looked at again."""
        page.context.set_offline(False)
        page.unroute_all(behavior="ignoreErrors")
        page.evaluate("sessionStorage.clear()")
        page.goto("about:blank")

    def begin(self, who: str, lang: str) -> BrowserContext:
        context = self.browser.new_context(viewport=size_of(who), locale="fr-FR" if lang == "fr" else "en-GB")
        context.set_default_timeout(15_000)
        url = self.shop.url
        quiet = next(person for person in ASSOCIATES if person.location == QUIET_STORE)
        badges = {
            "associate": (CAMILLE if lang == "fr" else SAM).badge,
            "lead": HELENE.badge if lang == "fr" else RUTH_BADGE,
            "quiet": quiet.badge,
        }
        if who in badges or who == "device":
            self.shop.enrolled(context, QUIET_STORE if who == "quiet" else LYON)
        if who in badges:
            page = context.new_page()
            page.goto(f"{url}/sign-in")
            page.evaluate(SCAN, badges[who])
            page.wait_for_url("**/work")
            page.close()
        if who == "office":
            page = context.new_page()
            page.goto(f"{url}/sign-in/manager")
            page.fill("#f-email", "odile.ferrand@example.com" if lang == "fr" else NORA_EMAIL)
            page.fill("#f-password", PASSWORD)
            page.click("button.main")
            page.wait_for_url("**/manager")
            page.close()
        return context


Go = Callable[[Page, World], Any]


class State(msgspec.Struct, frozen=True):
    """One state of one page: who looks, where (given the world), and what they do there first."""

    name: str
    who: str
    where: Callable[[World], str]
    act: Go | None = None
    quotes: bool = False  # the page shows codes and English by its nature
    both: bool = True  # looked at in English too
    lang: str = "fr"
    allowed: tuple[str, ...] = ()  # words of the program that are meant for the reader
    refused: bool = False  # what is looked at is the page of a refusal


def at(path: str) -> Callable[[World], str]:
    return lambda world: path


def submit(field: str, text: str, button: str = "form button.main") -> Go:
    """Type into one field and send the form."""

    def go(page: Page, world: World) -> None:
        page.fill(field, text)
        page.click(button)
        page.wait_for_load_state()

    return go


def none_left(page: Page, world: World) -> None:
    for box in page.locator("input[name^=ready]").all():
        box.uncheck()
    page.click("form button.main")
    page.locator(".error").wait_for()


def not_good(page: Page, world: World) -> None:
    page.click("button[name=score][value='1']")
    page.locator("#f-comment").wait_for()


def wrong_pin(page: Page, world: World) -> None:
    with page.expect_navigation():
        for digit in "000001":
            page.click(f"[data-digit='{digit}']")


def refuse(page: Page, world: World) -> None:
    """With no network what stays is said on the page itself."""
    offline(page, world)
    page.locator("details.refuse summary").first.click()


def try_on(*then: str) -> Go:
    """Every bag is scanned, the identity is looked at, and what follows is tapped for every unit."""

    def go(page: Page, world: World) -> None:
        page.locator("#now > *").first.wait_for()
        for bag in page.locator("[data-bag]").all():
            page.evaluate(SCAN, bag.get_attribute("data-bag"))
        page.locator("label[data-check=identity]").click()
        if page.locator("label[data-check=age]:visible").count():
            page.locator("label[data-check=age]").click()
        while then and page.locator("#now [data-condition]").count():
            page.locator("#now [data-condition]").first.click()
        for tapped in then:
            page.locator(tapped).first.click()
        if then:
            page.locator("[data-act=settle], [data-act=ask], #said:not([hidden])").first.wait_for()

    return go


def awaited(more: str, *, link: bool = True) -> Callable[[World], str]:
    """What other goods cost more is still to be paid: by a link, or at the till alone."""

    def where(world: World) -> str:
        rma = UUID(returned("settled")(world)[-36:])
        order = world.shop.one(
            "SELECT order_id FROM work WHERE status = 'handed_over' AND kind = 'pickup' ORDER BY id LIMIT 1"
        )
        number, now = world.find("SELECT number FROM rma WHERE id = $1", rma), datetime.now(UTC)
        for provider, reference, state in (("exchange", number, "captured"), ("pay_link", f"{number}-DUE", "pending")):
            world.shop.ask(
                "INSERT INTO payment (order_id, reference, provider, state, amount_minor) VALUES ($1, $2, $3, $4, 2300) ON CONFLICT DO NOTHING",
                order, reference, provider, state,
            )  # fmt: skip
        world.shop.ask(
            "INSERT INTO order_hold (order_id, reason, note, placed_at, placed_by, until) VALUES ($1, 'payment', '', $2, 'system', $3) ON CONFLICT DO NOTHING",
            order, now, now + timedelta(days=2),
        )  # fmt: skip
        world.shop.ask("DELETE FROM pay_link")
        if link:
            world.shop.ask(
                "INSERT INTO pay_link (id, order_id, reference, account, amount_minor, state, url, provider_ref, made_at, expires_at)"
                " VALUES ($1, $2, $3, 'x', 2300, 'open', 'https://checkout.stripe.com/c/pay/cs_test_a1B2c3D4', 'cs_test_1', $4, $5)",
                new_id(), order, f"{number}-DUE", now, now + timedelta(hours=23),
            )  # fmt: skip
        token = Seal(SECRET.encode()).token("order", order.bytes, 0)
        return more.format(rma=rma, token=token)

    return where


def no_such_credit(page: Page, world: World) -> None:
    page.fill("#f-code", "0" * 26)
    page.locator("form button").first.click()
    page.locator(".error").wait_for()


def wrong_article(page: Page, world: World) -> None:
    other = world.find(
        "SELECT sku FROM barcode WHERE code LIKE '0379%' AND sku NOT IN (SELECT l.sku FROM work_line l JOIN work w ON w.id = l.work WHERE w.pack::text = $1) ORDER BY sku LIMIT 1",
        world.pack[-36:],
    )
    page.locator("body[data-step]").wait_for()
    page.evaluate(SCAN, world.shop.code_of(other))
    # An article that looks like one of the pack is shown beside it; any other is named in the band.
    page.locator("#band.bad, #band.again, .versus").first.wait_for()


def sheet(button: str) -> Go:
    def go(page: Page, world: World) -> None:
        page.click(f"[data-act={button}]")
        page.locator("dialog[open]").wait_for()

    return go


def tap(what: str) -> Go:
    def go(page: Page, world: World) -> None:
        page.click(what)

    return go


def scanned(code: str) -> Go:
    """A scanner types a code into the page."""

    def go(page: Page, world: World) -> None:
        page.locator("#band").wait_for()
        page.evaluate(SCAN, code)
        page.locator("#band.ok, #band.again, #band.bad").wait_for()

    return go


def offline(page: Page, world: World) -> None:
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")


def keep_two(page: Page, world: World) -> None:
    """Two facts that do not reach the server while this page is open."""
    page.route("**/sync/**", lambda route: route.abort())
    page.evaluate(
        "async (url) => { const { journal } = await import(url); for (const code of ['A', 'B']) await journal.append('unknown_code', { code }); }",
        ASSETS.url("js/device.js"),
    )
    page.locator("#kept .list").wait_for()


def keep_refused(page: Page, world: World) -> None:
    """A fact that the server refused, as the device keeps it."""
    page.evaluate(
        """async (url) => {
          const { write } = await import(url);
          const fact = { id: "01900000-0000-7000-8000-000000000009", seq: 9, type: "pick", body: { quantity: 1 }, at_wall: new Date().toISOString(), sign_in_id: "x" };
          const problem = document.documentElement.lang === "fr" ? { title: "Ce lot n’est plus à vous", detail: "Un collègue l’a repris." } : { title: "This pack is not yours any more", detail: "A colleague took it on." };
          await write(["dead"], ({ dead }) => void dead.put({ ...fact, problem }));
        }""",
        ASSETS.url("js/store.js"),
    )
    page.reload()
    page.locator("#refused section").wait_for()


def kept(page: Page, world: World) -> None:
    page.locator("body[data-kept]").wait_for()


def by_the_worker(page: Page, world: World) -> None:
    """What the server has in one language the worker gives in the device's own, once it is in charge."""
    there = page.url
    page.goto(f"{world.shop.url}/sign-in")
    page.evaluate("() => navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.goto(there)


def ask_for_code(page: Page, world: World) -> None:
    page.locator("form[action='/manager/devices'] button").first.click()
    page.wait_for_load_state()


def new_badge(page: Page, world: World) -> None:
    page.click("form[action$='/badge'] button")
    page.wait_for_load_state()


def write_text(page: Page, world: World) -> None:
    """A version that is saved, and then a text that cannot leave."""
    page.fill("#f-subject", "Your order {order}, soon")
    page.click("#write details summary")
    page.fill("#f-sms", "Your order {order}: {link}")
    page.click("#write button.main")
    page.wait_for_url("**saved=true")
    page.fill("#f-body", "{nothing}")
    page.fill("#f-sms", "Your order {order}")
    page.click("#write button.main")
    page.locator("#faults .note").wait_for()


def notice(page: Page, world: World) -> None:
    """The first article is given back, the others are kept."""
    for _ in range(2):
        page.click("form button.main")
        page.wait_for_load_state()
    page.locator("section.card").first.wait_for()


def printers(world: World) -> None:
    """Two printers of a store; one has no paper, and a label did not come out of it."""
    for n, (name, failure) in enumerate((("Réserve", ""), ("Quai", "paper_out"))):
        world.shop.ask(
            "INSERT INTO printer (id, location, name, host, port, language, media, made_at, last_failed_at, failure)"
            " VALUES ($1::text::uuid, $2, $3, $4, 9100, 'zpl', '10x15', now(), now(), $5) ON CONFLICT DO NOTHING",
            f"01900000-0000-7000-8000-00000000ab0{n}", LYON, name, f"192.168.10.4{n}", failure,
        )  # fmt: skip
        world.shop.ask(
            "INSERT INTO print_job (id, location, printer, kind, source, title, key, state, code, made_at, made_by, settled_at)"
            " VALUES ($1::text::uuid, $2, $1::text::uuid, $3, $1::text::uuid, $4, $1, $5, $6, now(), 'system', now()) ON CONFLICT DO NOTHING",
            f"01900000-0000-7000-8000-00000000ab0{n}", LYON, "test", "W-104233", "failed" if failure else "printed", failure,
        )  # fmt: skip


MANIFESTS: Final = "01900000-0000-7000-8000-00000000ac0"
_PARCELS: Final = """
WITH one AS (SELECT w.id, w.order_id FROM work w WHERE w.location = $1 ORDER BY w.id LIMIT 1)
INSERT INTO parcel (id, work, location, order_id, number, state, weight_grams, label, opened_at, opened_by, packed_at, packed_by, labeled_at, handed_at)
SELECT ('01900000-0000-7000-8000-00000000ad0' || n)::uuid, one.id, $1, one.order_id, 20 + n, CASE WHEN n = 4 THEN 'handed_to_carrier' ELSE 'labeled' END, 900,
  ('01900000-0000-7000-8000-00000000ae0' || n)::uuid, now(), 'system', now(), 'system', now(), CASE WHEN n = 4 THEN now() END
FROM one, generate_series(1, 4) AS n ON CONFLICT DO NOTHING
"""
_LABELS: Final = """
INSERT INTO label_attempt (id, parcel, n, work, location, order_id, account, carrier, service, state, reference, tracking_number, intended_at, intended_by, settled_at)
SELECT p.label, p.id, 1, p.work, p.location, p.order_id, CASE WHEN p.number = 23 THEN 'ups-orme' ELSE 'colissimo-orme' END,
  CASE WHEN p.number = 23 THEN 'ups' ELSE 'colissimo' END, 'DOM', 'bought', p.id::text,
  CASE WHEN p.number = 23 THEN '1Z999AA10000000017' ELSE '6A1000000000' || p.number END, now(), 'system', now()
FROM parcel p WHERE p.number BETWEEN 21 AND 24 ON CONFLICT DO NOTHING
"""


def parcels(world: World) -> None:
    """Labeled parcels of two carriers, one on the pile of its driver, one that left; and when the drivers come."""
    ask = world.shop.ask
    for lane, carrier, name in (("colissimo-orme", "colissimo", "Colissimo"), ("ups-orme", "ups", "UPS")):
        ask(
            "INSERT INTO carrier_account (id, carrier, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            lane,
            carrier,
            name,
        )
        ask(
            "INSERT INTO collection SELECT $1, $2, d, 1050 FROM generate_series(0, 6) AS d ON CONFLICT DO NOTHING",
            LYON,
            carrier,
        )
    ask(
        "INSERT INTO collection_exception VALUES ($1, 'colissimo', '2030-12-24', NULL, 'Réveillon') ON CONFLICT DO NOTHING",
        LYON,
    )
    ask(_PARCELS, LYON)
    ask(_LABELS)
    for n, parcel, state in ((1, 21, "open"), (2, 24, "closed")):
        ask(
            "INSERT INTO manifest (id, location, carrier, lane, account, number, state, opened_at, opened_by, closed_at, closed_by, stayed)"
            " VALUES (($1 || $2)::uuid, $3, 'colissimo', 'colissimo-orme', 'colissimo-orme', 'D-' || $2, $4, now(), 'system',"
            " CASE WHEN $4 = 'closed' THEN now() END, CASE WHEN $4 = 'closed' THEN 'system' END, 1) ON CONFLICT DO NOTHING",
            MANIFESTS, str(n), LYON, state,
        )  # fmt: skip
        ask(
            "INSERT INTO manifest_parcel SELECT ($1 || $2)::uuid, p.id, p.location, p.label, a.tracking_number, 900, now(), 'system', NULL"
            " FROM parcel p JOIN label_attempt a ON a.id = p.label WHERE p.number = $3 ON CONFLICT DO NOTHING",
            MANIFESTS, str(n), parcel,
        )  # fmt: skip


def with_parcels(world: World) -> str:
    """A customer's page: one parcel is late, one waits at its relay, one is delivered."""
    parcels(world)
    for n, status in ((1, "in_transit"), (2, "ready_for_pickup"), (4, "delivered")):
        world.shop.ask(
            "INSERT INTO tracking (parcel, location, order_id, work, carrier, account, number, handed_at, due_on, status, moved_at, delivered_at)"
            " SELECT p.id, p.location, p.order_id, p.work, a.carrier, a.account, a.tracking_number, now() - interval '6 days', current_date - 2, $2, now(),"
            " CASE WHEN $2 = 'delivered' THEN now() END FROM parcel p JOIN label_attempt a ON a.id = p.label WHERE p.number = $1 ON CONFLICT DO NOTHING",
            20 + n, status,
        )  # fmt: skip
    order = world.shop.one("SELECT order_id FROM parcel WHERE number = 21")
    return "/o/" + Seal(SECRET.encode()).token("order", order.bytes, 0)


def to_be_sent_to_relay(path: str, lang: str = "fr") -> Callable[[World], str]:
    """Where a parcel is to go, of an order that no label has been bought for."""

    def where(world: World) -> str:
        parcels(world)
        world.shop.ask("UPDATE carrier_account SET services = '{\"relay\": \"HD\"}' WHERE id = 'colissimo-orme'")
        order = world.shop.one(
            "SELECT o.id FROM sales_order o JOIN order_line l ON l.order_id = o.id AND l.method = 'ship' AND l.canceled = 0 WHERE o.language = $1"
            " AND o.progress IN ('accepted', 'in_progress') AND NOT EXISTS (SELECT FROM label_attempt a WHERE a.order_id = o.id) ORDER BY o.id LIMIT 1",
            lang,
        )
        return "/o/" + Seal(SECRET.encode()).token("order", order.bytes, 0) + "/relay" + path

    return where


def left_with_driver(world: World) -> str:
    parcels(world)
    world.shop.ask("UPDATE manifest SET closed_at = now() WHERE id = ($1 || '2')::uuid", MANIFESTS)
    return f"/departures/left/{MANIFESTS}2"


def load_offline(page: Page, world: World) -> None:
    """A scan while the network is away: the pile grows, and the device keeps it."""
    page.route("**/sync/**", lambda route: route.abort())
    page.locator("#band").wait_for()
    page.evaluate(SCAN, "6A100000000022")
    page.locator("#band.ok, #band.again").wait_for()
    assert page.locator("[data-loaded]").inner_text() == "2"


def table(label: str = "") -> Callable[["World"], str]:
    """An order at the packing table: one that nobody has packed, or the packed one with its label as wanted."""

    def path(world: World) -> str:
        if not label:
            return "/packing/" + world.find(_AT_TABLE, "picked", LYON)
        work = world.find("SELECT work FROM label_attempt WHERE location = $1 AND carrier = 'demo' LIMIT 1", LYON)
        bought = label == "bought"
        world.shop.ask(
            "UPDATE label_attempt SET state = $2, tracking_number = '6D00000012345', problem = $3, mend = $4, words = $5, next_at = NULL,"
            " settled_at = CASE WHEN $2 = 'unknown' THEN NULL ELSE intended_at END WHERE work = $1::text::uuid",
            work, label, None if bought else "carrier_refused" if label == "refused" else "label_unknown",
            None if bought else "address", None if bought else "Code postal inconnu",
        )  # fmt: skip
        world.shop.ask(
            "UPDATE parcel SET state = $2, label = CASE WHEN $2 = 'labeled' THEN (SELECT id FROM label_attempt a WHERE a.parcel = parcel.id) END"
            " WHERE work = $1::text::uuid",
            work, "labeled" if bought else "packed",
        )  # fmt: skip
        world.shop.ask("UPDATE label_attempt SET chosen_because = 'cheapest' WHERE work = $1::text::uuid", work)
        world.shop.ask(
            "INSERT INTO carrier_account (id, carrier, name, services, locations)"
            " VALUES ('coursier', 'coursier', 'Coursier', '{\"home\": \"VELO\"}', $1) ON CONFLICT DO NOTHING", [LYON],
        )  # fmt: skip
        return f"/packing/{work}"

    return path


def one_in(page: Page, world: World) -> None:
    """Something lies in the open parcel; what an earlier look put in is enough."""
    page.locator("body[data-step]").wait_for()
    if page.locator("body[data-step=empty]").count():
        page.locator("[data-all]:visible").first.click()
    page.locator("#close").wait_for()


_AT_TABLE: Final = (
    "SELECT id FROM work WHERE kind = 'ship' AND status = $1 AND location = $2 ORDER BY units DESC, id LIMIT 1"
)


def name_printer(page: Page, world: World) -> None:
    page.locator("form input[name=name]").last.fill("Quai")
    page.locator("form input[name=host]").last.fill("8.8.8.8")
    page.locator("form button.ink").click()
    page.locator(".note.bad").wait_for()


def another_way(page: Page, world: World) -> None:
    """The other carriers of a label that was refused."""
    page.locator("details.more summary").first.click()
    page.locator("select[name=way]").wait_for()


def refused_account(world: World) -> None:
    world.shop.ask(
        "UPDATE carrier_account SET refused_at = now(), refused_words = 'Mot de passe refusé' WHERE id = 'ups-orme'"
    )
    world.shop.ask(
        "UPDATE carrier_account SET refused_at = now(), refused_words = 'no_connector' WHERE id = 'colissimo-orme'"
    )


def waiting_money(world: World) -> None:
    """Three refunds that have not gone: refused, in doubt, nobody's; and two differences with the provider."""
    world.shop.ask(
        "INSERT INTO payment_account (id, kind, name, since) VALUES ('stripe-orme', 'stripe', 'Stripe Orme', now() - interval '1 day') ON CONFLICT DO NOTHING"
    )
    world.shop.ask(
        "WITH chosen AS (SELECT p.order_id, p.reference, row_number() OVER (ORDER BY p.order_id) AS n FROM payment p"
        "   WHERE p.state = 'captured' AND NOT EXISTS (SELECT FROM payment_intention i WHERE i.order_id = p.order_id) ORDER BY p.order_id LIMIT 3),"
        " made AS (INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who, state, begun_at)"
        "   SELECT gen_random_uuid(), order_id, 'refund', 100 * n, 'canceled', 'shopify-orme', now() - interval '8 hours', now() - interval '8 hours', 'system',"
        "     CASE n WHEN 1 THEN 'failed' ELSE 'intended' END, CASE WHEN n < 3 THEN now() - interval '8 hours' END FROM chosen RETURNING id, order_id, amount_minor, state)"
        " INSERT INTO payment_part (id, intention, n, order_id, reference, kind, amount_minor, account, state, key, tries, next_at, made_at, problem, words)"
        " SELECT gen_random_uuid(), m.id, 1, m.order_id, c.reference, 'refund', m.amount_minor, 'stripe-orme', CASE c.n WHEN 1 THEN 'failed' ELSE 'unknown' END,"
        "   gen_random_uuid(), 4, now(), now(), CASE c.n WHEN 1 THEN 'insufficient_funds' ELSE 'timed_out' END, CASE c.n WHEN 1 THEN 'Solde insuffisant' END"
        " FROM made m JOIN chosen c USING (order_id) WHERE c.n < 3"
    )
    world.shop.ask(
        "INSERT INTO payment_mismatch (id, account, day, kind, provider_ref, ours_minor, theirs_minor, found_at) SELECT gen_random_uuid(), 'stripe-orme', current_date - 1,"
        " k, 'RE-77' || length(k), CASE k WHEN 'amount' THEN 2000 END, 2500, now() FROM unnest(ARRAY['amount', 'missing_here']) AS k ON CONFLICT DO NOTHING"
    )


def send_table(text: str) -> Go:
    """A file of stores is chosen and its preview asked for."""

    def go(page: Page, world: World) -> None:
        page.locator("summary").first.click()
        page.set_input_files("#f-file-stores", {"name": "stores.csv", "mimeType": "text/csv", "buffer": text.encode()})
        page.locator("form[action='/manager/files/stores'] button").click()
        page.locator("table").wait_for()

    return go


def noted(world: World) -> None:
    """Changes of a store and of a person, and one by Comptoir itself."""
    world.shop.ask(
        "INSERT INTO audit (id, at, who, role, action, subject, location, reason, body) SELECT gen_random_uuid(), now() - interval '1 hour', who, 'head_office', action, subject,"
        " location, reason, changes::jsonb FROM (VALUES"
        " ($1, 'store.saved', $2, $2, '', '{\"changes\": [[\"capacity_per_hour\", 30, 40], [\"services\", [\"pickup\"], [\"pickup\", \"ship\"]], [\"scan_totes\", false, true]]}'),"
        " ($1, 'store.hours_saved', $2, $2, '', '{\"changes\": [[\"hours_0\", \"9:00-19:00\", \"9:00-12:30, 14:00-19:30\"], [\"hours_6\", \"10:00-18:00\", null]]}'),"
        " ($1, 'person.saved', $1, NULL, 'Prend la région', '{\"changes\": [[\"role\", \"store_manager\", \"regional_manager\"], [\"locations\", [], [\"lyon-part-dieu\"]]]}'),"
        " ('system', 'webhook.paused', '01900000-0000-7000-8000-0000000000e2', NULL, '', '{\"changes\": [[\"state\", \"active\", \"failing\"]]}'))"
        " AS a (who, action, subject, location, reason, changes)",
        str(world.find("SELECT id FROM staff WHERE role = 'head_office' LIMIT 1")), LYON,
    )  # fmt: skip


HOOK: Final = "01900000-0000-7000-8000-0000000000e1"


def hooks(world: World) -> None:
    """Two endpoints: one that takes what it is sent, one that is failing; a delivery in each state."""
    world.shop.ask(
        "INSERT INTO webhook_endpoint (id, name, url, kinds, locations, made_at, made_by, last_success_at, last_failure_at, last_error, failures, failing_since, state,"
        " paused_because, paused_at) SELECT h.id::uuid, h.name, h.url, ARRAY['order.placed', 'fulfillment.staged'], NULL, now() - interval '9 days', 'system',"
        " now() - h.ago, now() - h.ago, h.error, CASE h.error WHEN '' THEN 0 ELSE 9 END, CASE h.error WHEN '' THEN NULL ELSE now() - h.ago END, h.state,"
        " CASE h.state WHEN 'paused' THEN 'failing' END, CASE h.state WHEN 'paused' THEN now() - interval '1 hour' END"
        " FROM (VALUES ($1, 'ERP', 'https://erp.example.com/comptoir?key=x', interval '1 minute', 'http_503', 'active'),"
        " ('01900000-0000-7000-8000-0000000000e2', 'CRM', 'https://crm.example.com/', interval '2 days', 'slow', 'paused'))"
        " AS h (id, name, url, ago, error, state) ON CONFLICT DO NOTHING",
        HOOK,
    )
    world.shop.ask(
        "INSERT INTO webhook_delivery (id, endpoint, stream, seq, kind, body, state, made_at, due_at, tries_from, attempts, done_at, last_error, took_ms)"
        " SELECT gen_random_uuid(), $1::text::uuid, (SELECT id FROM sales_order ORDER BY id LIMIT 1), n, 'order.placed', '{\"type\":\"order.placed\"}', s, now() - n * interval '1 minute',"
        " now() + interval '5 minutes', now(), n - 1, CASE WHEN s <> 'open' THEN now() END, CASE WHEN n > 2 THEN 'http_503' ELSE '' END, 38"
        " FROM unnest(ARRAY['open', 'done', 'open', 'failed']) WITH ORDINALITY AS d (s, n) ON CONFLICT DO NOTHING",
        HOOK,
    )


def untold_box(page: Page, world: World) -> None:
    form = page.locator("form").filter(has=page.locator("button.ink"))
    for name in ("name_fr", "name_en", "length_mm", "width_mm", "height_mm", "tare_grams", "max_grams"):
        form.locator(f"[name={name}]").fill("grand")
    form.locator("button.ink").click()
    page.locator(".note.bad").wait_for()


def bad_prices(page: Page, world: World) -> None:
    for name, text in (
        ("name", "Coursier"),
        ("account", "coursier-lyon"),
        ("prices", "VELO;home;Lyon;FR;69;2000;six euros;1"),
    ):
        page.fill(f"#f-{name}", text)
    page.click("form button.main")
    page.locator(".note.bad").first.wait_for()


def untold(world: World) -> None:
    """Somebody whose order lies ready was not reached; the worker writes the message that fails soon after the world begins."""
    sql = (
        "UPDATE message SET status = 'failed', reason = 'mailbox_full', next_at = NULL, claimed_until = NULL, settled_at = now()"
        " WHERE id = (SELECT m.id FROM message m JOIN work w ON w.order_id = m.order_id WHERE m.template = 'ready' AND w.status = 'staged'"
        " AND w.location = $1 AND w.kind = 'pickup' ORDER BY w.id LIMIT 1) RETURNING id"
    )
    deadline = time.monotonic() + 30
    while not world.shop.ask(sql, LYON):
        assert time.monotonic() < deadline, "nobody was told that an order is ready"
        time.sleep(0.1)


def untold_order(world: World) -> str:
    untold(world)
    return "/manager/orders/" + world.find(
        "SELECT m.order_id FROM message m JOIN work w ON w.order_id = m.order_id WHERE m.status = 'failed' AND w.location = $1 ORDER BY m.id LIMIT 1",
        LYON,
    )


def open_untold(page: Page, world: World) -> None:
    page.locator(".untold summary").first.click()
    page.locator(".untold details details summary").first.click()


def sam(world: World) -> str:
    return "/manager/people/" + world.find("SELECT id FROM staff WHERE first_name = 'Sam' AND last_name = 'Diallo'")


def pack(world: World) -> str:
    """A cart that Camille has begun: the first pack is the one customer's who waits."""
    if not world.pack:
        page = world.page("associate", "fr")
        for _ in range(2):
            page.goto(f"{world.shop.url}/work")
            page.click("#acts form[action='/packs'] button")
            page.wait_for_url("**/packs/*")
        world.pack = page.url.removeprefix(world.shop.url)
    return world.pack


def silent(world: World) -> str:
    """A work that a colleague has on a device that nobody has heard of."""
    work = world.work("open")
    device, made, now = new_id(), new_id(), datetime.now(UTC)
    who = world.find("SELECT id FROM staff WHERE first_name = 'Sam' AND last_name = 'Diallo'")
    world.shop.ask(
        "INSERT INTO device (id, location, name, credential_hash, enrolled_at, last_seen_at, clock_off_seconds) VALUES ($1, $2, $3, $4, $5, $5, 600)",
        device, LYON, f"TC-{str(device)[-4:]}", device.bytes, now - timedelta(minutes=35),
    )  # fmt: skip
    world.shop.ask(
        "INSERT INTO pack (id, location, device, staff, made_at, lease_until) VALUES ($1, $2, $3, $4::text::uuid, $5, $6)",
        made, LYON, device, who, now - timedelta(minutes=35), now + timedelta(minutes=25),
    )  # fmt: skip
    world.shop.ask(
        "UPDATE work SET pack = $1, taken_by = $2::text::uuid, status = 'picking', started_at = $3 WHERE id = $4::text::uuid",
        made, who, now, work,
    )  # fmt: skip
    return f"/work/{work}"


def to_decline(world: World) -> str:
    """A parcel of this store that nobody has begun."""
    work = world.find(
        "UPDATE work SET kind = 'ship', status = 'open', pack = NULL, taken_by = NULL WHERE id = (SELECT id FROM work WHERE location = $1"
        " AND status IN ('open', 'accepted') ORDER BY status <> 'open', pack IS NOT NULL, promise_at DESC, id LIMIT 1)"
        " RETURNING id", LYON,
    )  # fmt: skip
    return f"/work/{work}/decline"


def to_pack(world: World) -> str:
    """A parcel of this store that is picked and waits for packing in its tote."""
    return "/work/" + world.find(
        "UPDATE work SET status = 'picked', tote = 3 WHERE kind = 'ship' AND id = (SELECT id FROM work WHERE location = $1 AND kind = 'ship'"
        " AND status IN ('open', 'picked') AND pack IS NULL ORDER BY tote IS NULL, promise_at DESC, id LIMIT 1) RETURNING id", LYON,
    )  # fmt: skip


def gone(world: World) -> str:
    """A parcel of this store that its carrier has."""
    work = world.find(
        "UPDATE work SET kind = 'ship', status = 'handed_to_carrier' WHERE id = (SELECT id FROM work WHERE location = $1 AND status = 'handed_over' ORDER BY id LIMIT 1)"
        " RETURNING id", LYON,
    )  # fmt: skip
    world.shop.ask(
        "INSERT INTO tracking (parcel, location, order_id, work, carrier, number, handed_at, due_on, status, moved_at)"
        " SELECT id, location, order_id, id, 'colissimo', '6A10000000012', now(), now()::date, 'in_transit', now() FROM work WHERE id = $1::text::uuid", work,
    )  # fmt: skip
    return f"/work/{work}"


def to_be_sent(world: World) -> str:
    """An order with a parcel that another store could send."""
    return "/manager/orders/" + world.find(
        "SELECT order_id FROM work WHERE kind = 'ship' AND status IN ('open', 'accepted', 'picking') ORDER BY id LIMIT 1"
    )


def held(world: World) -> str:
    return "/manager/orders/" + world.find("SELECT id FROM sales_order WHERE progress = 'held' ORDER BY number LIMIT 1")


def chosen(queue: str, act: str) -> Callable[[World], str]:
    """The confirmation of an act on a queue's first orders."""
    sql = "SELECT string_agg('order=' || order_id, '&') FROM (SELECT order_id FROM order_hold WHERE released_at IS NULL AND reason = $1 ORDER BY order_id LIMIT 3) h"
    return lambda world: f"/manager/holds/{queue}/confirm?act={act}&{world.find(sql, queue)}"


def code_nobody_knows(world: World) -> str:
    row = world.shop.ask(
        "SELECT o.channel, l.external_sku FROM order_hold h JOIN sales_order o ON o.id = h.order_id JOIN order_line l ON l.order_id = o.id"
        " WHERE h.reason = 'unknown_item' AND h.released_at IS NULL AND l.sku IS NULL AND l.external_sku IS NOT NULL LIMIT 1"
    )[0]
    return "/manager/holds/unknown_item/article?" + urlencode({"channel": row["channel"], "code": row["external_sku"]})


def unknown_line(world: World) -> str:
    row = world.shop.ask("SELECT order_id, line FROM order_line WHERE sku IS NULL ORDER BY order_id LIMIT 1")[0]
    return f"/manager/orders/{row['order_id']}/lines/{row['line']}/article"


def case(prefix: str) -> Callable[[World], str]:
    return lambda world: (
        prefix
        + world.find("SELECT id FROM exception WHERE resolved_at IS NULL AND location = $1 ORDER BY id LIMIT 1", LYON)
    )


COUNTED: Final = "SELECT code FROM barcode b JOIN requirement r ON r.sku = b.sku WHERE r.order_id = $1::uuid AND code LIKE '0379%' ORDER BY r.line LIMIT 1"
"""A code of the first article of an order."""


def on_its_way(kind: str, path: str = "/manager/exceptions/") -> Callable[[World], str]:
    """A return whose parcel its carrier has, and a case about it: nothing was heard of it for days, or it is brought back."""

    def made(world: World) -> str:
        rma = returned("requested")(world).rpartition("/")[2]
        world.shop.ask(
            "INSERT INTO carrier_account (id, carrier, name) VALUES ('colissimo-orme', 'colissimo', 'Colissimo') ON CONFLICT DO NOTHING"
        )
        world.shop.ask(
            "INSERT INTO return_label (id, rma, order_id, n, method, location, account, carrier, service, weight_grams, state, reference, tracking_number,"
            " intended_at, settled_at, status, status_at, sent_at) SELECT id, id, order_id, 1, 'postal', location, 'colissimo-orme', 'colissimo', 'CORE', 800,"
            " 'bought', number || '-1', '8R00000004711', opened_at, opened_at, 'in_transit', opened_at, opened_at FROM rma WHERE id = $1::uuid ON CONFLICT DO NOTHING",
            rma,
        )  # fmt: skip
        body = {
            "rma": rma, "return": "R-BCDFGH", "carrier": "colissimo", "name": "Colissimo", "number": "8R00000004711", "day": "2026-11-14", "right": "law",
            "goods_minor": 12900, "delivery_minor": 490,
        }  # fmt: skip
        case = uuid5(UUID(rma), kind)
        world.shop.ask(
            "INSERT INTO exception (id, location, kind, role, order_id, body, made_at) SELECT $1::uuid, location, $2::text, 'store_manager', order_id, $3::text::jsonb, opened_at"
            " FROM rma WHERE id = $4::uuid ON CONFLICT DO NOTHING",
            case, kind, json.dumps(body), rma,
        )  # fmt: skip
        return f"{path}{case}" if path.endswith("/") else path

    return made


def take_one(*then: str) -> Go:
    """An article of the order is scanned, and what follows is tapped."""

    def go(page: Page, world: World) -> None:
        page.locator("body[data-step=empty]").wait_for()
        page.evaluate(SCAN, world.find(COUNTED, page.url.partition("?")[0][-36:]).removeprefix("0"))
        for tapped in then:
            page.locator(tapped).first.click()
        page.wait_for_timeout(50)

    return go


def alone_with_it(page: Page, world: World) -> None:
    """The network goes while the goods are on the counter; they are kept."""
    take_one("[data-condition=damaged]", "[data-reason]")(page, world)
    offline(page, world)
    page.click("[data-act=keep]")
    page.locator("body[data-step=kept]").wait_for()


def looked_back(world: World) -> None:
    """Eight weeks of figures of two stores, as events would have made them; once for all states."""
    if world.shop.one("SELECT 1 FROM report_figure WHERE measure = 'travelled' LIMIT 1") is not None:
        return
    world.shop.ask(
        "INSERT INTO report_figure AS f (build, grain, measure, location, day, key, a, b, c)"
        " SELECT 0, g.grain, m.measure, p.place, date_trunc(g.word, $1::date - n)::date, m.key, sum(m.a * p.size), sum(m.b * p.size), 0"
        " FROM generate_series(0, 56) n, unnest(ARRAY['lyon-part-dieu', 'lyon-confluence'], ARRAY[3, 2]) AS p (place, size),"
        " (VALUES ('d', 'day'), ('w', 'week'), ('m', 'month')) AS g (grain, word),"
        " (VALUES ('received', '14', 9, 17), ('ready', 'pickup', 7, 6), ('ready', 'ship', 2, 2), ('prepared', '13', 9, 30000), ('accepted', '09', 9, 7000),"
        "   ('waited', '05', 7, 1500), ('sold', 'api|EUR', 17, 214300), ('sold', 'api|CHF', 1, 9000), ('captured', 'api|EUR', 9, 219000), ('found', '', 16, 0),"
        "   ('short', 'damaged', 1, 0), ('short_sku', 'DERBY-HELENE-NOIR-39', 1, 0), ('found_sku', 'DERBY-HELENE-NOIR-39', 6, 0), ('shipped', 'colissimo', 2, 2), ('travelled', 'colissimo|02', 2, 4)) AS m (measure, key, a, b)"
        " GROUP BY 1, 2, 3, 4, 5, 6 ON CONFLICT (build, grain, measure, location, day, key) DO UPDATE SET a = f.a + excluded.a, b = f.b + excluded.b",
        datetime.now(UTC).date(),
    )  # fmt: skip


def announced(world: World) -> str:
    """An urgent announcement to two stores that one device has read, an ordinary one, one that is over. The first."""
    now = datetime.now(UTC)
    ids = [uuid5(UUID(int=n), "announcement") for n in (31, 32, 33)]
    said = (
        "Rappel : lampe Brume, lot 12.\nPosez-les à part, derrière le comptoir.",
        "Inventaire lundi à 8 h.",
        "Le quai ferme à 16 h.",
    )
    for id, text in zip(ids, said, strict=True):
        world.shop.ask(
            "INSERT INTO announcement (id, text, urgent, until_at, made_at, made_by, changed_at, version, edition, ended_at, ended_by)"
            " SELECT $1, $2, $3, $4::timestamptz + interval '5 hours', $4, s.id::text, $4, $5, $5, CASE WHEN $6 THEN $4::timestamptz END, CASE WHEN $6 THEN 'system' END"
            " FROM staff s WHERE s.role = 'head_office' ORDER BY s.id LIMIT 1 ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, ended_by = excluded.ended_by",
            id, text, text == said[0], now, 2 if text == said[0] else 1, text == said[2],
        )  # fmt: skip
        world.shop.ask(
            "INSERT INTO announcement_store SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
            id,
            [LYON, QUIET_STORE],
        )
    for n, store in enumerate((LYON, QUIET_STORE, QUIET_STORE)):
        world.shop.ask(
            "INSERT INTO device (id, location, name, credential_hash, enrolled_at, last_seen_at, app_version, app_version_at) VALUES ($1, $2, $3, $4, $5, $5, 'abc', $5)"
            " ON CONFLICT DO NOTHING", uuid5(UUID(int=n), "reader"), store, f"TC-{40 + n}", bytes([n]) * 32, now,
        )  # fmt: skip
    world.shop.ask(
        "INSERT INTO announcement_receipt SELECT $1, 2, d.id, d.location, $2::timestamptz - interval '20 minutes', $2 FROM device d WHERE d.location = $3"
        " ORDER BY d.name LIMIT 1 ON CONFLICT DO NOTHING",
        ids[0], now, QUIET_STORE,
    )  # fmt: skip
    return str(ids[0])


def both_announced(page: Page, world: World) -> None:
    """The urgent one stands on top, the other behind whoever waits."""
    page.locator("#announced .announcement").wait_for()
    page.locator("#board .announcement").first.wait_for()


def plain_day() -> date:
    """A Tuesday, Wednesday or Thursday of the next days: no store is closed then."""
    days = (datetime.now(UTC).date() + timedelta(days=n) for n in range(1, 7))
    return next(day for day in days if day.weekday() in (1, 2, 3))


def planned_day(page: Page, world: World) -> None:
    """Somebody types people for the first hour that is shown, and looks at what that changes."""
    page.locator("table.plan input").first.fill("1")
    page.click("form[aria-labelledby=hours-head] button.tall")
    page.locator("#effect").wait_for()


def alarmed(world: World) -> str:
    """A rule, an alert that went further up, one that somebody is at, one that is over; messages that arrived and that did not. The first."""
    now, rule = datetime.now(UTC), uuid5(UUID(int=9), "rule")
    world.shop.ask(
        "INSERT INTO alert_rule (id, kind, threshold, tells, media, quiet_from, quiet_until, escalate_after, escalate_to, changed_at, changed_by)"
        " VALUES ($1, 'late', 5, 'store_manager', '{email,push}', 1260, 480, 20, 'head_office', $2, 'system') ON CONFLICT DO NOTHING",
        rule, now,
    )  # fmt: skip
    world.shop.ask(
        "INSERT INTO alert_reading (kind, subject, hour, location, high) VALUES ('late', $1, date_trunc('hour', $2::timestamptz), $1, 9) ON CONFLICT DO NOTHING",
        LYON, now,
    )  # fmt: skip
    ids = [uuid5(UUID(int=n), "alert") for n in (11, 12, 13)]
    for id, subject, at_it, over in zip(ids, (LYON, "x", "y"), (None, now, None), (None, None, now), strict=True):
        world.shop.ask(
            "INSERT INTO alert (id, rule, kind, subject, location, threshold, value, highest, raised_at, value_at, acknowledged_at, acknowledged_by, word,"
            " escalated_at, ended_at, ended_because) SELECT $1, $2, 'late', $3, $4, 5, 8, 9, $5::timestamptz - interval '40 minutes', $5, $6,"
            " CASE WHEN $6::timestamptz IS NOT NULL THEN s.id::text END, 'Léon appelle', CASE WHEN $3 = $4 THEN $5::timestamptz END, $7, 'calm'"
            " FROM staff s WHERE s.role = 'store_manager' ORDER BY s.id LIMIT 1 ON CONFLICT DO NOTHING",
            id, rule, subject, LYON, now, at_it, over,
        )  # fmt: skip
        for n, what in enumerate(("raised", "escalated") if subject == LYON else ("raised",), 1):
            world.shop.ask(
                "INSERT INTO alert_step (alert, n, what, at, who, value) VALUES ($1, $2, $3, $4, 'system', 7) ON CONFLICT DO NOTHING",
                id, n, what, now,
            )  # fmt: skip
    for medium, state, code in (("email", "sent", ""), ("push", "suppressed", "no_push")):
        world.shop.ask(
            "INSERT INTO alert_notice (id, alert, n, staff, medium, state, code, made_at, settled_at) SELECT $1, $2, 1, id, $3, $4, $5, $6, $6"
            " FROM staff WHERE role = 'store_manager' ORDER BY id LIMIT 1 ON CONFLICT DO NOTHING",
            new_id(), ids[0], medium, state, code, now,
        )  # fmt: skip
    return str(ids[0])


def wrong_quiet(page: Page, world: World) -> None:
    page.check("input[name=quiet]")
    page.fill("#f-quiet_from", "25 heures")
    page.click("form button.main")
    page.locator(".error").wait_for()


def gets_reports(world: World) -> str:
    """Both at head office get two reports, one of which could not be sent; the link that ends the French reader's first."""
    readers = world.shop.ask("SELECT id, language FROM staff WHERE role = 'head_office' ORDER BY language = 'fr'")
    for reader in readers:
        first = uuid5(reader["id"], "on-time")
        for id, report, state in ((first, "on-time", "sent"), (uuid5(reader["id"], "sales"), "sales", "failed")):
            world.shop.ask(
                "INSERT INTO report_subscription (id, staff, report, rhythm, time_zone, language, made_at, next_at)"
                " VALUES ($1, $2, $3, 'weekly', 'Europe/Paris', $4, $5, $5) ON CONFLICT DO NOTHING",
                id, reader["id"], report, reader["language"], datetime.now(UTC) + timedelta(days=3),
            )  # fmt: skip
            world.shop.ask(
                "INSERT INTO report_mail (id, subscription, period, state, made_at, settled_at) VALUES ($1, $1, $2, $3, $4, $4) ON CONFLICT DO NOTHING",
                id, date(2026, 11, 16), state, datetime.now(UTC),
            )  # fmt: skip
    return f"/reports/stop/{first}/{Seal(SECRET.encode()).token('report mail', first.bytes)}"


def returned(status: str) -> Callable[[World], str]:
    """A return of one article that was handed over here: announced, or settled with one unit to be put away."""

    def made(world: World) -> str:
        known = world.shop.one("SELECT id FROM rma WHERE status = $1 AND location = $2 LIMIT 1", status, LYON)
        if known is not None:
            return f"/returns/{known}"
        last = "SELECT order_id FROM work WHERE status = 'handed_over' AND location = $1 AND kind = 'pickup' ORDER BY id DESC LIMIT 1"
        rma, order, now = new_id(), UUID(world.find(last, LYON)), datetime.now(UTC)
        here = status == "settled"
        world.shop.ask(
            "INSERT INTO rma (id, number, order_id, origin, status, location, opened_at, opened_who, settled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'system', $8)",
            rma, "R-KLMNPQ" if here else "R-BCDFGH", order, "counter" if here else "home", status, LYON, now, now if here else None,
        )  # fmt: skip
        world.shop.ask(
            "INSERT INTO rma_unit (rma, n, order_id, line, part, nth, sku, state, reason, condition, disposition, location, here_at, paid_minor)"
            " SELECT $1, 1, order_id, line, part, $3, sku, $4, 'too_small', $5, $6, $7, $8, share_minor / quantity FROM requirement"
            " WHERE order_id = $2 ORDER BY line, part LIMIT 1",
            rma, order, 900 + here, "here" if here else "expected", "as_new" if here else None, "shelf" if here else None, LYON if here else None,
            now if here else None,
        )  # fmt: skip
        if here:
            world.shop.ask(
                "INSERT INTO payment_intention (id, order_id, kind, amount_minor, reason, made_by, due_at, intended_at, intended_who, cause)"
                " VALUES ($1, $2, 'refund', 100, 'returned', 'channel', $3, $3, 'system', $4)",
                new_id(), order, now, rma,
            )  # fmt: skip
        return f"/returns/{rma}"

    return made


def on(path: str, status: str) -> Callable[[World], str]:
    return lambda world: path.format(order=world.order(status))


def link(status: str, more: str = "", lang: str = "fr") -> Callable[[World], str]:
    return lambda world: f"/o/{world.link(status, lang)}{more}"


def changing(more: str, *, missing: bool = False, missed: bool = False, lang: str = "fr") -> Callable[[World], str]:
    """The page of a customer who can ask for anything; with a unit missing, or with the last day gone by."""

    def where(world: World) -> str:
        shop = world.shop
        shop.ask("UPDATE channel SET delivery_minor = 490")
        token = world.link("staged", lang)
        order = shop.one(
            "SELECT w.order_id FROM work w JOIN sales_order o ON o.id = w.order_id WHERE w.status = 'staged' AND kind = 'pickup' AND o.language = $1 ORDER BY w.id LIMIT 1",
            lang,
        )
        shop.ask(
            "UPDATE work SET rescue_until = CASE WHEN $2::bool THEN collect_until + interval '1 day' END WHERE order_id = $1", order, missed
        )  # fmt: skip
        if missing:
            shop.ask("UPDATE requirement SET unsourced = 1, at_work = at_work - 1 WHERE order_id = $1 AND line = 1 AND part = 1 AND unsourced = 0", order)  # fmt: skip
            shop.ask(
                "INSERT INTO exception (id, location, kind, role, order_id, sku, quantity, body, made_at) SELECT gen_random_uuid(), $2, 'short_choice', 'store_manager', $1,"
                " r.sku, 1, jsonb_build_object('line', 1, 'until', clock_timestamp() + interval '1 day'), clock_timestamp() FROM requirement r WHERE r.order_id = $1 AND r.line = 1"
                " AND NOT EXISTS (SELECT FROM exception e WHERE e.order_id = $1 AND e.kind = 'short_choice')", order, LYON,
            )  # fmt: skip
        return f"/o/{token}{more}"

    return where


def collecting(page: Page, world: World) -> None:
    """Somebody else is named, and opens the page that was sent to them."""
    page.fill("#f-name", "Karim Benali")
    page.fill("#f-contact", "06 12 34 56 78")
    page.click("button.main")
    page.wait_for_load_state()
    row = world.shop.ask("SELECT order_id, generation FROM collector ORDER BY named_at DESC LIMIT 1")[0]
    page.goto(f"{world.shop.url}/o/{collector_token(Seal(SECRET.encode()), row['order_id'], row['generation'])}")


def asked(page: Page, world: World) -> None:
    page.locator("input[value^='store:'], input[value=delivery]").first.check()
    page.fill("#f-street", "12 rue des Lilas")
    page.fill("#f-postcode", "69003")
    page.fill("#f-city", "Lyon")
    page.click("button.main")
    page.wait_for_load_state()


def finished(more: str, lang: str = "fr") -> Callable[[World], str]:
    """The page of a customer with whom nothing is open."""

    def where(world: World) -> str:
        order = world.shop.one(
            "SELECT o.id FROM sales_order o WHERE o.language = $1 AND NOT EXISTS (SELECT FROM sales_order q WHERE q.customer = o.customer"
            " AND (q.progress NOT IN ('fulfilled', 'closed', 'canceled') OR EXISTS (SELECT FROM payment_intention i WHERE i.order_id = q.id AND i.kind <> 'capture')))"
            " ORDER BY o.number LIMIT 1",
            lang,
        )
        return f"/o/{Seal(SECRET.encode()).token('order', order.bytes, 0)}{more}"

    return where


def going_back(
    more: str, *, reason: str = "", way: str = "", sent: str = "", lang: str = "fr", origin: str = "home"
) -> Callable[[World], str]:
    """The page of a customer who sends the first article of an order back: a draft so far, or (`sent`) a return in that state, with its label."""

    def where(world: World) -> str:
        shop = world.shop
        row = shop.ask(
            "SELECT n.order_id, n.order_line, n.sku FROM work_line n JOIN work w ON w.id = n.work JOIN sales_order o ON o.id = n.order_id"
            " WHERE n.handed_over > 0 AND EXISTS (SELECT FROM hand_over v WHERE w.id = ANY(v.works)) AND o.language = $1 AND w.location <> $2 ORDER BY n.order_id, n.order_line LIMIT 1", lang, LYON,
        )[0]  # fmt: skip
        order, line = row["order_id"], row["order_line"]
        made = uuid5(order, f"{more} {reason} {way} {sent}{origin}")
        if not more.startswith("?") and not sent:
            lines = json.dumps([{"line": line, "quantity": 1} | ({"reason": reason} if reason else {})])
            chosen = json.dumps(
                {"method": way, "sender": {"name": "A", "street": "B", "postcode": "69001", "city": "C"}}
                if way
                else None
            )
            shop.ask(
                "INSERT INTO return_draft (id, order_id, lines, way, changed_at) VALUES ($1, $2, $3::jsonb, nullif($4, 'null')::jsonb, clock_timestamp())"
                " ON CONFLICT DO NOTHING", made, order, lines, chosen,
            )  # fmt: skip
        if sent:
            shop.ask(
                "INSERT INTO rma (id, number, order_id, origin, status, method, location, opened_at, opened_who, received_at) VALUES ($1, $2, $3, $6, $4, 'postal', $5,"
                " clock_timestamp(), 'x', CASE WHEN $4 <> 'requested' THEN clock_timestamp() END) ON CONFLICT DO NOTHING",
                made, "R-" + made.hex[:6].upper(), order, sent, QUIET_STORE, origin,
            )  # fmt: skip
            # Of no unit that counts: every state is looked at on the same order.
            shop.ask(
                "INSERT INTO rma_unit (rma, n, order_id, line, part, nth, sku, state, reason) VALUES ($1, 1, $2, $3, 1, 0, $4, 'missing', 'too_small') ON CONFLICT DO NOTHING",
                made, order, line, row["sku"],
            )  # fmt: skip
        if sent and origin == "home":
            shop.ask(
                "INSERT INTO return_label (id, rma, order_id, n, method, location, account, carrier, service, weight_grams, fee_minor, state, reference, tracking_number,"
                " intended_at, media_type, content, status) VALUES ($1, $1, $2, 1, 'postal', $3, 'demo', 'demo', 'RET', 500, 590, 'bought', $4, '6D1', clock_timestamp(),"
                " 'application/pdf', '%PDF', 'pending') ON CONFLICT DO NOTHING", made, order, LYON, made.hex,
            )  # fmt: skip
        token = Seal(SECRET.encode()).token("order", order.bytes, 0)
        return (
            f"/o/{token}/return{more}"
            if more.startswith("?") or not (reason or way or sent or more)
            else f"/o/{token}/return/{made}{more}"
        )

    return where


def came(world: World) -> str:
    """A return that came by parcel and waits to be looked at."""
    path = going_back("", sent="received")(world)
    world.shop.ask("UPDATE rma SET location = $2 WHERE id = $1", UUID(path.rpartition("/")[2]), LYON)
    return path.rpartition("/")[2]


def unknown_parcel(page: Page, world: World) -> None:
    page.fill("#code", "8R9999")
    page.locator("form.search button").click()
    page.locator("[role=alert]").wait_for()


def nothing_open(world: World) -> str:
    """The data of a customer with whom nothing is open, as head office sees it."""
    return "/manager/orders/{}/customer".format(
        world.find(
            "SELECT o.id FROM sales_order o JOIN customer c ON c.id = o.customer WHERE c.erased_at IS NULL AND EXISTS (SELECT FROM document d WHERE d.order_id = o.id)"
            " AND NOT EXISTS (SELECT FROM sales_order q WHERE q.customer = o.customer AND (q.progress NOT IN ('fulfilled', 'closed', 'canceled')"
            " OR EXISTS (SELECT FROM payment_intention i WHERE i.order_id = q.id AND i.kind <> 'capture'))) ORDER BY o.number DESC LIMIT 1"
        )
    )


def erased(page: Page, world: World) -> None:
    """Asked by letter, called back, erased: the order's page comes."""
    page.check("input[value=letter]", force=True)
    page.check("input[value=called_back]", force=True)
    page.click("button.main")
    page.wait_for_url(re.compile("/manager/orders/[0-9a-f-]{36}$"))


def policies(world: World) -> None:
    """Two versions of the sourcing policy, one in force and one tried, and what the tried one would have done with an order."""
    other = msgspec.structs.replace(
        DEFAULT,
        preferences={LYON: -150},
        rules=(Rule("Soldes", When(weekdays=(5,)), never=(LYON,), fallbacks=(("warehouse",), ("store",)), hold=True),),
    )
    for number, policy in enumerate((DEFAULT, other), 1):
        world.shop.ask(
            "INSERT INTO policy (kind, number, body, note, made_by, made_at, active_from, tried_from) SELECT 'sourcing', $1::int, $2::text::jsonb, 'Essai',"
            " 'system', now() - interval '1 day', CASE $1::int WHEN 1 THEN now() - interval '1 day' END, CASE $1::int WHEN 2 THEN now() - interval '1 day' END"
            " ON CONFLICT DO NOTHING", number, msgspec.json.encode(policy).decode(),
        )  # fmt: skip
    cost, now = Cost(520, 0, 250), datetime.now(UTC)
    here, there = (
        Weighed((WeighedParcel(place, ((1, 1, "X", 2, 3),), "home", 20, now.date(), cost),), (), 0, 770)
        for place in (LYON, QUIET_STORE)
    )
    why = Why(now, "placed", 1, "cost", "FR-69", now.date(), (here,), shadow=Shadow(2, there, 940))
    world.shop.ask(
        "INSERT INTO sourcing_decision (order_id, number, at, occasion, policy, parcels, cost_minor, tried_policy, tried_parcels, tried_minor, tried_differs, body)"
        " SELECT id, 1, now(), 'placed', 1, 1, 770, 2, 1, 940, true, $1 FROM sales_order ORDER BY number LIMIT 1 ON CONFLICT DO NOTHING", msgspec.json.encode(why),
    )  # fmt: skip


def draft(part: str) -> Callable[[World], str]:
    """A page of the draft that both readers are writing."""

    def where(world: World) -> str:
        policies(world)
        world.shop.ask(
            "INSERT INTO policy_draft (kind, who, base, after, body, version, changed_at)"
            " SELECT 'sourcing', s.id::text, 2, 2, p.body, 1, now() FROM policy p, staff s WHERE p.kind = 'sourcing' AND p.number = 2 AND s.role = 'head_office' ON CONFLICT DO NOTHING"
        )
        return f"/manager/sourcing/draft{part}"

    return where


def accessories(part: str) -> Callable[[World], str]:
    """A category with two accessories, and an article that has one of them otherwise."""

    def where(world: World) -> str:
        world.shop.ask(
            "INSERT INTO accessory (kind, key, code, fr, en, keep_minor, place, used, changed_at, changed_who) VALUES"
            " ('category', 'audio', 'cable', 'câble', 'cable', 1500, 0, true, now(), 'test'), ('category', 'audio', 'manual', 'notice', 'manual', 0, 1, true, now(), 'test'),"
            " ('sku', 'AMPHORE-24', 'cable', 'cordon', 'cord', 0, 0, true, now(), 'test') ON CONFLICT DO NOTHING"
        )
        return f"/manager/return-rules/accessories{part}"

    return where


def return_rules(part: str, write: bool = False) -> Callable[[World], str]:
    """Two versions of the return rules, one in force and one to come; with `write` the draft that both readers are writing."""

    def where(world: World) -> str:
        final = Goodwill("Soldes", ReturnsWhen(categories=("bags",), bought_since=date(2026, 6, 1)), final=True)
        gap = Uninformed("web", date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 20))
        other = msgspec.structs.replace(
            RETURNS,
            goodwill=(final, *RETURNS.goodwill),
            contracts={"web": "reserved"},
            sealed=("bags",),
            uninformed=(gap,),
            delivery_rates=(
                DeliveryRate(490, up_to_minor=6_000, services=("standard",), channels=("web",)),
                DeliveryRate(0),
            ),
        )
        for number, policy in enumerate((RETURNS, other), 1):
            world.shop.ask(
                "INSERT INTO policy (kind, number, body, note, made_by, made_at, active_from) SELECT 'returns', $1::int, $2::text::jsonb, 'Essai',"
                " 'system', now() - interval '1 day', now() + CASE $1::int WHEN 1 THEN interval '-1 day' ELSE interval '9 days' END ON CONFLICT DO NOTHING",
                number, msgspec.json.encode(policy).decode(),
            )  # fmt: skip
        if write:
            world.shop.ask(
                "INSERT INTO policy_draft (kind, who, base, after, body, version, changed_at)"
                " SELECT 'returns', s.id::text, 2, 2, p.body, 1, now() FROM policy p, staff s WHERE p.kind = 'returns' AND p.number = 2 AND s.role = 'head_office' ON CONFLICT DO NOTHING"
            )
        return f"/manager/return-rules{part}"

    return where


def simulated(world: World, state: str = "done") -> str:
    """A simulation with an order that the two versions send otherwise, or one that waits."""
    policies(world)
    order, now = UUID(world.find("SELECT id FROM sales_order ORDER BY number LIMIT 1")), datetime.now(UTC)
    sums = Sums(
        12_000,
        9_000,
        9_900,
        700,
        320,
        21_000,
        410,
        90,
        3,
        6_500_000,
        120_000,
        3_100_000,
        missing_minor=700_000,
        preference=5_000,
    )
    example = Example(order, now, ((LYON, 2),), ((QUIET_STORE, 1), ("", 1)), 770, 1_940)
    result = Result(sums, sums, 900, (Load(LYON, 9_000, 15_000, 8_000, 14_000),), (example,), 20_000)
    made = f"01900000-0000-7000-8000-0000000051{'01' if state == 'done' else '02'}"
    world.shop.ask(
        "INSERT INTO simulation (id, policy_a, policy_b, since, until, state, done, total, result, made_by, made_at)"
        " VALUES ($1::text::uuid, 1, 2, now() - interval '7 days', now(), $2, 0, 12000, $3::text::jsonb, 'system', now()) ON CONFLICT DO NOTHING",
        made, state, msgspec.json.encode(result).decode() if state == "done" else None,
    )  # fmt: skip
    return made


def shelf(part: str, more: str = "") -> Callable[[World], str]:
    """A shelf of Lyon that a device counts: one article counted, one not seen, the others still to come."""

    def where(world: World) -> str:
        made = "01900000-0000-7000-8000-0000000061aa"
        aisle, device = (
            world.find("SELECT aisle FROM shelf_place WHERE location = $1 ORDER BY aisle LIMIT 1", LYON),
            new_id(),
        )
        world.shop.ask(
            "INSERT INTO device (id, location, name, credential_hash, enrolled_at) VALUES ($1, $2, $3, $4, now())", device, LYON, f"TC-{str(device)[-4:]}", device.bytes,
        )  # fmt: skip
        world.shop.ask(
            "INSERT INTO shelf_count (id, location, aisle, status, opened_at, opened_by, device, holder, taken_at, until, lease)"
            " SELECT $1::text::uuid, $2, $3, 'open', now(), 'system', d.id, s.id::text, now(), now() + interval '8 hours', 1"
            " FROM device d, staff s WHERE d.id = $4 AND s.first_name = 'Camille' LIMIT 1 ON CONFLICT DO NOTHING", made, LYON, aisle, device,
        )  # fmt: skip
        world.shop.ask(
            "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by, shelf, counted, expected, counted_at, counted_by, unseen)"
            " SELECT gen_random_uuid(), $2, h.sku, CASE n WHEN 1 THEN 'approved' WHEN 2 THEN 'submitted' ELSE 'asked' END, 'shelf', now(), 'system', $1::text::uuid,"
            " CASE n WHEN 1 THEN 4 WHEN 2 THEN 0 END, CASE n WHEN 1 THEN 4 WHEN 2 THEN 3 END, CASE WHEN n < 3 THEN now() END, CASE WHEN n < 3 THEN 'x' END, n = 2"
            " FROM (SELECT sku, row_number() OVER (ORDER BY sku) AS n FROM shelf_place WHERE location = $2 AND aisle = $3 LIMIT 6) h ON CONFLICT DO NOTHING",
            made, LYON, aisle,
        )  # fmt: skip
        return "/manager/stock/shelves" + part.replace("{shelf}", made) + more

    return where


def written_over(part: str) -> Callable[[World], str]:
    """A level of Lyon that says more than its ledger, as the look through all levels has found it."""

    def where(world: World) -> str:
        sku = world.find("SELECT min(sku) FROM stock_level WHERE location = $1", LYON)
        world.shop.ask(
            "INSERT INTO stock_fault (kind, location, sku, units, found_at, seen_at) VALUES ('ledger', $1, $2, 3, now(), now()) ON CONFLICT DO NOTHING",
            LYON, sku,
        )  # fmt: skip
        world.shop.ask(
            "UPDATE stock_level SET on_hand = 3 + (SELECT sum(m.on_hand) FROM stock_movement m WHERE m.sku = $2 AND m.location = $1) WHERE location = $1 AND sku = $2",
            LYON, sku,
        )  # fmt: skip
        return part.replace("{sku}", sku)

    return where


def safety(part: str, *, write: bool = False) -> Callable[[World], str]:
    """Rules of safety stock: one in force, one to come; where it writes, a draft of the second."""

    def where(world: World) -> str:
        rules = Rules((Line(1), Line(2, kind="warehouse"), Line(3, sku="DERBY-HELENE-NOIR-39"), Line(4, location=LYON)))
        for number, lines in enumerate((rules.lines[:2], rules.lines), 1):
            world.shop.ask(
                "INSERT INTO policy (kind, number, body, note, made_by, made_at, active_from) SELECT 'safety', $1::int, $2::text::jsonb, 'Essai',"
                " 'system', now() - interval '1 day', now() + CASE $1::int WHEN 1 THEN interval '-1 day' ELSE interval '9 days' END ON CONFLICT DO NOTHING",
                number, msgspec.json.encode(Rules(lines)).decode(),
            )  # fmt: skip
        if write:
            world.shop.ask(
                "INSERT INTO policy_draft (kind, who, base, after, body, version, changed_at)"
                " SELECT 'safety', s.id::text, 2, 2, p.body, 1, now() FROM policy p, staff s WHERE p.kind = 'safety' AND p.number = 2 AND s.role = 'head_office' ON CONFLICT DO NOTHING"
            )
        return f"/manager/safety{part}"

    return where


SCANNER_MENUS: Final = ()
CSV_COLUMNS: Final = ("on_hand", "safety_stock")
SECRET_NAMES: Final = ("api_key", "okapi_key")
NOWHERE: Final = "00000000-0000-7000-8000-000000000000"


def transfer(status: str, base: str = "/transfers/") -> Callable[[World], str]:
    """One that leaves Lyon where nothing has left yet, else one that comes there."""
    return lambda world: base + world.find(
        "SELECT id FROM transfer WHERE status = $1 AND $2 IN (from_location, to_location) ORDER BY created_at LIMIT 1", status, LYON
    )  # fmt: skip


def purchase(key: str, base: str = "/receiving/", more: str = "") -> Callable[[World], str]:
    """One of the demo's purchase orders, by its number's end."""
    return lambda world: base + world.find("SELECT id FROM purchase WHERE number LIKE '%' || $1", key) + more


def request(status: str, base: str = "") -> Callable[[World], str]:
    """What one store asked of another."""
    return lambda world: f"{base}/transfers/requests/" + world.find("SELECT id FROM transfer_request WHERE status = $1 ORDER BY number LIMIT 1", status)  # fmt: skip


RECALL: Final = "01900000-0000-7000-8000-00000000800{}"


def recalled(path: str) -> Callable[[World], str]:
    """One recall that goes on, with what was found, what became of it and who was told; one that has ended. The articles stay on sale here."""

    def where(world: World) -> str:
        shop = world.shop
        for n, status in ((1, "open"), (2, "closed")):
            shop.ask(
                "INSERT INTO recall (id, number, sku, lots, hazard_fr, hazard_en, remedies, contact, since, effect, status, opened_at, opened_by, closed_at, closed_by,"
                " sell_again, looked_at) SELECT $1::text::uuid, 'RP-900' || $2::int, s.sku, CASE $2::int WHEN 1 THEN ARRAY['L2409'] ELSE '{}' END, 'La flamme peut briser le verre : risque de coupure et de brûlure.',"
                " 'The flame can break the glass: risk of cuts and burns.', ARRAY['refund', 'replacement'], '0 800 100 200', now() - interval '2 years',"
                " '{\"sold_at_till\": 3}', $3, now() - interval '2 hours', '', CASE $3 WHEN 'closed' THEN now() END, '', CASE $3 WHEN 'closed' THEN false END, now()"
                " FROM sku s WHERE s.sku IN (SELECT sku FROM stock_level WHERE location = $4 AND on_hand > 0) AND NOT s.is_kit ORDER BY s.sku DESC OFFSET $2::int LIMIT 1 ON CONFLICT DO NOTHING",
                RECALL.format(n), n, status, LYON,
            )  # fmt: skip
            shop.ask(
                "INSERT INTO recall_place (recall, location, on_hand, apart, status, missing, done_at) SELECT $1::text::uuid, v.location, v.on_hand, 0,"
                " CASE WHEN $2 OR v.location <> $3 THEN 'done' ELSE 'open' END, CASE WHEN $2 OR v.location <> $3 THEN 1 END, CASE WHEN $2 OR v.location <> $3 THEN now() END"
                " FROM stock_level v WHERE v.sku = (SELECT sku FROM recall WHERE id = $1::text::uuid) ON CONFLICT DO NOTHING",
                RECALL.format(n), status == "closed", LYON,
            )  # fmt: skip
        shop.ask(
            "INSERT INTO recall_unit (id, recall, location, units, source, lot, at, who) VALUES ($1::text::uuid, $1::text::uuid, $2, 2, 'shelf', 'L2409', now(), 'x') ON CONFLICT DO NOTHING",
            RECALL.format(1), LYON,
        )  # fmt: skip
        shop.ask(
            "INSERT INTO recall_outcome (id, recall, location, outcome, units, proof, at, who) VALUES ($1::text::uuid, $1::text::uuid, $2, 'vendor', 1, 'BR-118', now(), 'x') ON CONFLICT DO NOTHING",
            RECALL.format(1), LYON,
        )  # fmt: skip
        shop.ask(
            "INSERT INTO recall_order (recall, order_id, units, told_at) SELECT $1::text::uuid, id, 1, now() FROM sales_order ORDER BY number LIMIT 4 ON CONFLICT DO NOTHING",
            RECALL.format(1),
        )  # fmt: skip
        return path

    return where


def open_the_recall(page: Page, world: World) -> None:
    page.locator("[data-recall]").first.click()
    page.locator("#done").wait_for()


def look_at_the_recall(page: Page, world: World) -> None:
    """Nothing is stopped yet: what would be."""
    page.fill("#f-code", "DERBY-HELENE-NOIR-39")
    page.fill("#f-hazard_fr", "La semelle se décolle : risque de chute.")
    page.fill("#f-hazard_en", "The sole comes off: risk of a fall.")
    page.fill("#f-contact", "0 800 100 200")
    page.click("button[value=look]")
    page.locator("#effect-head").wait_for()


def corrected(path: str) -> Callable[[World], str]:
    """A correction that waits, one that was made, one that was declined."""

    def where(world: World) -> str:
        for n, status, units in ((1, "waiting", 6), (2, "applied", 1), (3, "declined", 2)):
            world.shop.ask(
                "INSERT INTO stock_adjustment (id, location, sku, quantity, reason, note, on_hand, unsellable, value_minor, status, at, who, recorded_at, decided_at, decided_by)"
                " VALUES ($1::text::uuid, $2, 'DERBY-HELENE-NOIR-39', $3, 'damaged', 'Carton mouillé', -$3::int, $3::int, $3::int * 14900, $4, now(), 'x', now(), CASE $4 WHEN 'declined' THEN now() END, CASE $4 WHEN 'declined' THEN 'x' END) ON CONFLICT DO NOTHING",
                f"01900000-0000-7000-8000-00000000810{n}", LYON, units, status,
            )  # fmt: skip
        return path

    return where


def correct_one(page: Page, world: World) -> None:
    """Scanned, and the reason chosen."""
    page.evaluate(SCAN, world.shop.code_of("DERBY-HELENE-NOIR-39"))
    page.locator("#save").wait_for()
    page.locator("label:has([name=reason])").first.click()


def two_scanned(page: Page, world: World) -> None:
    """The same article twice is two of it."""
    for _ in range(2):
        page.evaluate(SCAN, world.shop.code_of("DERBY-HELENE-NOIR-39"))
    page.wait_for_function("document.getElementById('quantity-1').value === '2'")


def open_a_carton(page: Page, world: World) -> None:
    """Its contents are announced; one article is typed, the sheet with damaged ones and a picture stays open."""
    page.locator("[data-act=carton]").first.click()
    page.locator("#carton:not([hidden])").wait_for()
    page.locator("#rows button").first.click()


def ask_for_the_rest(page: Page, world: World) -> None:
    page.click("#act button")
    page.locator("#sheet[open]").wait_for()


def one_too_many(page: Page, world: World) -> None:
    """All that was on its way, and one article that nobody sent."""
    page.locator("#rows button").first.click()
    page.fill("#how-many", "99")
    page.click("#number-form button.main")
    page.evaluate(SCAN, world.shop.code_of("DERBY-HELENE-NOIR-39"))
    page.locator("li.over + li.over, li.over ~ li.over").first.wait_for()


def type_a_number(page: Page, world: World) -> None:
    page.locator("#rows button").first.click()
    page.locator("dialog[open]").wait_for()


def too_many(page: Page, world: World) -> None:
    page.select_option("#f-to", "lyon-confluence")
    page.fill("#quantity-1", "9999")
    page.click("form button.main")
    page.locator("[role=alert]").wait_for()


STATES: Final[dict[str, list[State]]] = {
    "/counter": [
        State("six wait", "associate", at("/counter")),
        State("found", "associate", at("/counter?q=a")),
        State("none found", "associate", at("/counter?q=zzzz")),
        State("somebody does not know", "associate", lambda world: (untold(world), "/counter")[1], open_untold),
        State("empty", "quiet", at("/counter"), both=False),
    ],
    "/counter/orders/{order:uuid}": [
        State("ready", "associate", on("/counter/orders/{order}", "staged")),
        State("an article stays with no network", "associate", on("/counter/orders/{order}", "staged"), refuse, both=False),
        State("not ready", "associate", on("/counter/orders/{order}", "open")),
        State("gone", "associate", on("/counter/orders/{order}", "handed_over")),
        State("unknown", "associate", at(f"/counter/orders/{NOWHERE}"), refused=True),
    ],
    "/counter/orders/{order:uuid}/try-on": [
        State("what stays", "associate", on("/counter/orders/{order}/try-on", "staged"), try_on()),
        State("to settle", "associate", on("/counter/orders/{order}/try-on", "staged"), try_on("[data-reason]")),
    ],
    "/counter/orders/{order:uuid}/done": [State("just now", "associate", on("/counter/orders/{order}/done", "handed_over"))],
    "/counts": [State("two", "associate", at("/counts")), State("none", "quiet", at("/counts"), both=False)],
    "/counts/{count:uuid}": [
        State("one", "associate", lambda world: "/counts/" + world.find("SELECT id FROM stock_count WHERE location = $1 AND status = 'asked' LIMIT 1", LYON)),
        State("unknown", "associate", at(f"/counts/{NOWHERE}"), both=False, refused=True),
    ],
    "/recalls": [
        State("two places to look", "associate", recalled("/recalls")),
        State("one in hand", "associate", recalled("/recalls"), open_the_recall),
        State("none", "quiet", lambda world: (world.shop.ask("DELETE FROM recall_place WHERE location = $1", QUIET_STORE), "/recalls")[1], both=False),
    ],
    "/adjust": [State("two to follow up", "associate", corrected("/adjust")), State("one in hand", "associate", at("/adjust"), correct_one)],
    "/manager/stock/recalls": [State("one goes on", "office", recalled("/manager/stock/recalls"))],
    "/manager/stock/recalls/new": [
        State("asked", "office", at("/manager/stock/recalls/new"), quotes=True),
        State("what it would stop", "office", at("/manager/stock/recalls/new"), look_at_the_recall, quotes=True, both=False),
    ],
    "/manager/stock/recalls/{recall:uuid}": [
        State("goes on", "office", recalled("/manager/stock/recalls/" + RECALL.format(1))),
        State("ended", "office", recalled("/manager/stock/recalls/" + RECALL.format(2)), both=False),
        State("unknown", "office", at(f"/manager/stock/recalls/{NOWHERE}"), both=False, refused=True),
    ],
    "/manager/stock/adjustments": [State("one waits", "office", corrected("/manager/stock/adjustments"))],
    "/demo/phone": [State("full", "nobody", at("/demo/phone"), quotes=True)],
    "/departures": [State("two drivers", "associate", lambda world: (parcels(world), "/departures")[1]), State("none", "quiet", at("/departures"), both=False)],
    "/departures/{lane:str}": [
        State("one on the pile", "associate", lambda world: (parcels(world), "/departures/colissimo-orme")[1]),
        State("a label of another driver", "associate", lambda world: (parcels(world), "/departures/colissimo-orme")[1], scanned("1Z999AA10000000017"), both=False),
        State("scanned with no network", "associate", lambda world: (parcels(world), "/departures/colissimo-orme")[1], load_offline, both=False),
    ],
    "/departures/{lane:str}/close": [State("one stays", "associate", lambda world: (parcels(world), "/departures/colissimo-orme/close")[1])],
    "/departures/left/{manifest:uuid}": [State("just now", "associate", left_with_driver)],
    "/documentation": [State("full", "office", at("/documentation"), quotes=True, both=False)],
    "/enroll": [State("asked", "nobody", at("/enroll")), State("wrong code", "nobody", at("/enroll"), submit("#f-code", "AAAA BBBB"))],
    "/exceptions": [State("two", "lead", at("/exceptions")), State("not for an associate", "quiet", at("/exceptions"), both=False, refused=True)],
    "/exceptions/{case:uuid}": [State("one", "lead", case("/exceptions/"))],
    "/lost": [State("asked", "nobody", at("/lost")), State("sent", "nobody", at("/lost?sent=true"))],
    "/manager": [State("now", "office", at("/manager"))],
    "/manager/load": [State("all stores", "office", at("/manager/load"))],
    "/manager/works": [State("due", "office", at("/manager/works")), State("late", "office", at("/manager/works?which=late"), both=False)],
    "/manager/boxes": [
        State("three", "office", at("/manager/boxes")),
        State("not measured", "office", at("/manager/boxes"), untold_box, both=False),
    ],
    "/manager/carriers": [State("two", "office", lambda world: (parcels(world), refused_account(world), "/manager/carriers")[2])],
    "/manager/carriers/new": [
        State("Mondial Relay", "office", at("/manager/carriers/new?carrier=mondial_relay")),
        State("a list that is none", "office", at("/manager/carriers/new?carrier=table"), bad_prices, both=False),
    ],
    "/manager/carriers/{account:str}": [State("Colissimo", "office", lambda world: (parcels(world), "/manager/carriers/colissimo-orme")[1], allowed=SECRET_NAMES)],
    "/manager/channels": [State("list", "office", at("/manager/channels"))],
    "/manager/channels/{channel:str}": [
        State("as it stands", "office", at("/manager/channels/shopify-orme")),
        State("a price that is none", "office", at("/manager/channels/woo-orme"), submit("#f-delivery", "gratuit"), both=False),
    ],
    "/manager/devices": [State("list", "office", at("/manager/devices")), State("code", "office", at("/manager/devices"), ask_for_code)],
    "/manager/exceptions": [State("list", "office", at("/manager/exceptions"))],
    "/manager/exceptions/{case:uuid}": [State("one", "office", case("/manager/exceptions/")), State("a return not heard of", "office", on_its_way("return_late"), both=False), State("a parcel brought back", "office", on_its_way("parcel_returned"), both=False)],
    "/manager/holds": [State("some", "office", at("/manager/holds"))],
    "/manager/holds/{queue:str}": [
        State("to be said", "office", at("/manager/holds/unknown_item")),
        State("nothing", "office", at("/manager/holds/fraud"), both=False),
        State("done", "office", chosen("totals", "release"), lambda page, world: (page.fill("#f-note", "Vu"), page.click("button.main"), page.locator("section.list").wait_for()), both=False),
    ],
    "/manager/holds/{queue:str}/article": [State("asked", "office", code_nobody_knows)],
    "/manager/holds/{queue:str}/confirm": [State("cancel", "office", chosen("unknown_item", "cancel")), State("none ticked", "office", at("/manager/holds/unknown_item/confirm"), both=False)],
    "/manager/money": [State("three", "office", lambda world: (waiting_money(world), "/manager/money")[1])],
    "/manager/money/accounts/new": [State("Stripe", "office", at("/manager/money/accounts/new?kind=stripe"), allowed=("key",))],
    "/manager/money/accounts/{account:str}": [State("Stripe", "office", lambda world: (waiting_money(world), "/manager/money/accounts/stripe-orme")[1], allowed=("key",))],
    "/manager/webhooks": [State("one failing, one paused", "office", lambda world: (hooks(world), "/manager/webhooks")[1])],
    "/manager/webhooks/new": [State("nothing chosen", "office", at("/manager/webhooks/new"), lambda page, world: (page.fill("#f-name", "X"), page.fill("#f-url", "https://[::1]/"), page.click("button.main"), page.wait_for_load_state()), quotes=True)],
    "/manager/webhooks/{endpoint:uuid}": [State("failing", "office", lambda world: (hooks(world), f"/manager/webhooks/{HOOK}")[1], quotes=True), State("unknown", "office", at(f"/manager/webhooks/{NOWHERE}"), both=False, refused=True)],
    "/manager/webhooks/{endpoint:uuid}/change": [State("form", "office", lambda world: (hooks(world), f"/manager/webhooks/{HOOK}/change")[1], quotes=True)],
    "/manager/audit": [State("some", "office", lambda world: (noted(world), "/manager/audit")[1], quotes=True), State("none", "office", at("/manager/audit?until=2020-01-01"), both=False)],
    "/manager/companies": [State("list", "office", at("/manager/companies"))],
    "/manager/companies/{entity:str}": [State("one", "office", lambda world: "/manager/companies/" + world.find("SELECT id FROM legal_entity LIMIT 1"), both=False), State("new", "office", at("/manager/companies/new"))],
    "/manager/stores/new": [State("refused", "office", at("/manager/stores/new"), lambda page, world: ([page.fill(f"#f-{name}", text) for name, text in (("location", "new"), ("name", "Angers"), ("street", "Rue"), ("postcode", "49100"), ("city", "Angers"))], page.click("button.main"), page.wait_for_load_state()))],
    "/manager/stores/{location:str}/about": [State("Lyon", "office", at(f"/manager/stores/{LYON}/about"))],
    "/manager/reasons": [State("two lists", "office", at("/manager/reasons"), quotes=True)],
    "/manager/reasons/{subject:str}/{code:str}": [State("one of ours", "office", at("/manager/reasons/decline/new"), submit("#f-fr", "Chariot plein", "button.main"), allowed=("trop_court", "too_short")), State("that comes along", "office", at("/manager/reasons/cancel/customer"), both=False)],
    "/manager/files": [
        State("what would change", "office", at("/manager/files"), send_table("location;capacity_per_hour;services\nlyon-part-dieu;33;ship\nannecy-carnot;21;pickup ship\n"), quotes=True, allowed=("pickup", "ship")),
        State("refused", "office", at("/manager/files"), send_table("location;capacity_per_hour\nlyon-part-dieu;beaucoup\nannecy-carnot;0\n"), quotes=True, both=False),
    ],
    "/manager/keys": [State("list", "office", at("/manager/keys"), quotes=True)],
    "/manager/orders": [
        State("all", "office", at("/manager/orders")),
        State("held", "office", at("/manager/orders?which=held")),
        State("none", "office", at("/manager/orders?q=zzzzzz")),
    ],
    "/manager/orders/{order:uuid}": [
        State("held", "office", held, both=False),
        State("done", "office", on("/manager/orders/{order}", "handed_over"), both=False),
        State("may move", "office", to_be_sent),
        State("somebody does not know", "office", untold_order),
        State("unknown", "office", at(f"/manager/orders/{NOWHERE}"), refused=True),
    ],
    "/manager/orders/{order:uuid}/cancel": [State("asked", "office", on("/manager/orders/{order}/cancel", "staged"))],
    "/manager/orders/{order:uuid}/customer": [
        State("asked", "office", nothing_open),
        State("under way", "office", on("/manager/orders/{order}/customer", "staged"), both=False),
        State("not said how", "office", nothing_open, lambda page, world: (page.click("button.main"), page.locator("[role=alert]").wait_for()), both=False),
        State("the order without a name", "office", nothing_open, erased, both=False),
        State("erased", "office", lambda world: "/manager/orders/" + world.find("SELECT o.id FROM sales_order o JOIN customer c ON c.id = o.customer WHERE c.erased_at IS NOT NULL ORDER BY o.number LIMIT 1") + "/customer", both=False),
    ],
    "/manager/orders/{order:uuid}/lines/{line:int}/article": [State("asked", "office", unknown_line)],
    "/manager/people": [State("list", "office", at("/manager/people"))],
    "/manager/people/new": [State("new", "office", at("/manager/people/new"))],
    "/manager/people/{staff:uuid}": [State("Sam", "office", sam), State("new badge", "office", sam, new_badge, both=False)],
    "/manager/printers": [State("one fails", "office", lambda world: (printers(world), "/manager/printers")[1])],
    "/manager/printers/{location:str}": [
        State("two, one fails", "office", lambda world: (printers(world), f"/manager/printers/{LYON}")[1]),
        State("an address that is none", "office", at(f"/manager/printers/{QUIET_STORE}"), name_printer, both=False),
    ],
    "/manager/returns": [
        State("two", "office", lambda world: (returned("requested")(world), returned("settled")(world), "/manager/returns")[2]),
        State("on its way", "office", on_its_way("return_late", "/manager/returns?which=on_its_way"), both=False),
        State("none", "office", at("/manager/returns?which=stuck"), both=False),
    ],
    "/manager/returns/report": [State("thirty days", "office", lambda world: (returned("settled")(world), "/manager/returns/report")[1])],
    "/manager/stock": [State("desk", "office", at("/manager/stock"), allowed=CSV_COLUMNS), State("found", "office", at("/manager/stock?q=derby"), allowed=CSV_COLUMNS)],
    "/manager/stock/article": [State("one", "office", at("/manager/stock/article?sku=DERBY-HELENE-NOIR-39"))],
    "/manager/stock/control": [State("lying", "office", at("/manager/stock/control?what=lying")), State("empty", "office", at("/manager/stock/control?what=over&store=none"), both=False)],
    "/manager/stores": [State("list", "office", at("/manager/stores"))],
    "/manager/stores/{location:str}/settings": [
        State("Lyon", "office", at(f"/manager/stores/{LYON}/settings")),
        State("no picture", "office", at("/manager/stores/paris-haussmann/settings"), lambda page, world: (page.set_input_files("#f-file", files=[{"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"x"}]), page.fill("#f-says_fr", "Au premier"), submit("#f-says_en", "Up", "#desk button")(page, world)), both=False),
    ],
    "/manager/stores/{location:str}/collections": [State("two carriers", "office", lambda world: (parcels(world), f"/manager/stores/{LYON}/collections")[1])],
    "/manager/stores/{store:str}/act": [State("parcels", "office", at(f"/manager/stores/{LYON}/act")), State("a new hour", "office", at(f"/manager/stores/{LYON}/act?do=extend&works=2&minutes=480"), both=False), State("just done", "office", at(f"/manager/stores/{LYON}/act?do=capacity&per_hour=30"), lambda page, world: (page.click("form[method=post] button.main"), page.wait_for_load_state()), both=False)],
    "/manager/stores/{store:str}/plan": [
        State("tomorrow", "office", at(f"/manager/stores/{LYON}/plan?day={plain_day()}")),
        State("what it changes", "office", at(f"/manager/stores/{LYON}/plan?day={plain_day()}"), planned_day, both=False),
        State("a wrong number", "office", at(f"/manager/stores/{LYON}/plan?day={plain_day()}"), lambda page, world: (page.locator("table.plan input").first.fill("x"), page.click("form[aria-labelledby=hours-head] button.tall"), page.locator(".error").wait_for()), both=False),
    ],
    "/manager/stock/ledger": [State("one is off", "office", written_over("/manager/stock/ledger"))],
    "/manager/stock/ledger/row": [State("to put right", "office", written_over("/manager/stock/ledger/row?sku={sku}&store=" + LYON))],
    "/manager/pace": [State("all stores", "office", at("/manager/pace"))],
    "/manager/stock/shelves": [State("one goes on", "office", shelf("", "?store=" + LYON)), State("none chosen", "office", at("/manager/stock/shelves"), both=False)],
    "/manager/stock/shelves/{shelf:uuid}": [State("counted by somebody", "office", shelf("/{shelf}"))],
    "/manager/count-rules": [State("as they came", "office", at("/manager/count-rules")), State("a wrong one", "office", at("/manager/count-rules"), submit("#f-b_days", "1"), both=False)],
    "/manager/safety": [State("one in force, one to come", "office", safety(""))],
    "/manager/safety/draft": [State("what it changes", "office", safety("/draft", write=True), allowed=("units",)), State("a wrong one", "office", safety("/draft", write=True), submit("#f-units", "x", "form[action$='/add'] button"), both=False, allowed=("units",))],
    "/manager/safety/versions/{number:int}": [State("to come", "office", safety("/versions/2"))],
    "/manager/stores/{location:str}": [State("Lyon", "office", at(f"/manager/stores/{LYON}")), State("quiet", "office", at(f"/manager/stores/{QUIET_STORE}"), both=False)],
    "/manager/stores/{location:str}/live": [State("where it once was", "office", at(f"/manager/stores/{QUIET_STORE}/live"))],
    "/manager/stores/{location:str}/list": [State("all to do", "office", at(f"/manager/stores/{LYON}/list?what=open")), State("to put back", "office", at(f"/manager/stores/{LYON}/list?what=put_back"), both=False), State("none", "office", at(f"/manager/stores/{QUIET_STORE}/list?what=bags_old"), both=False)],
    "/manager/more": [State("all", "office", at("/manager/more"))],
    "/manager/acts": [State("one", "office", at(f"/manager/stores/{LYON}/act?do=capacity&per_hour=31"), lambda page, world: (page.locator("form[method=post] button.main").count() and (page.click("form[method=post] button.main"), page.wait_for_load_state()), page.goto(world.shop.url + "/manager/acts"))), State("none", "office", at("/manager/acts?day=2020-01-01"), both=False)],
    "/manager/return-rules": [State("one in force, one to come", "office", return_rules(""))],
    "/manager/return-rules/draft": [State("what it changes", "office", return_rules("/draft", write=True))],
    "/manager/return-rules/draft/goods": [State("the rows", "office", return_rules("/draft/goods", write=True))],
    "/manager/return-rules/draft/rules/{at:int}": [State("a wrong one", "office", return_rules("/draft/rules/1", write=True), submit("#f-days", "toujours"))],
    "/manager/return-rules/draft/terms": [State("a wrong one", "office", return_rules("/draft/terms", write=True), submit("#f-associate", "cher"))],
    "/manager/return-rules/accessories": [State("said of two", "office", accessories(""))],
    "/manager/return-rules/accessories/{kind:str}/{key:str}": [State("of one, a code twice", "office", accessories("/category/audio"), submit("#f-code2", "cable"))],
    "/manager/return-rules/reasons": [State("in order", "office", at("/manager/return-rules/reasons"), quotes=True)],
    "/manager/return-rules/reasons/{code:str}": [State("a new one", "office", at("/manager/return-rules/reasons/new"), allowed=("trop_court", "too_short")), State("unknown", "office", at("/manager/return-rules/reasons/nobody"), both=False, refused=True)],
    "/manager/return-rules/versions/{number:int}": [State("to come", "office", return_rules("/versions/2"))],
    "/manager/sourcing": [State("two versions", "office", lambda world: (policies(world), "/manager/sourcing")[1])],
    "/manager/sourcing/draft": [
        State("with changes", "office", draft("")),
        State("a file that is none", "office", draft(""), lambda page, world: (page.set_input_files("#f-file", files=[{"name": "x.csv", "mimeType": "text/csv", "buffer": b"x"}]), page.click("form[action$='/import'] button"), page.locator(".note.bad").first.wait_for()), both=False),
    ],
    "/manager/sourcing/draft/figures": [State("a wrong one", "office", draft("/figures"), submit("#f-pick_store", "cher", "form.form button.main"))],
    "/manager/sourcing/draft/lists/{at:int}": [State("a new one", "office", draft("/lists/0"))],
    "/manager/sourcing/draft/preferences": [State("asked", "office", draft("/preferences"))],
    "/manager/sourcing/draft/rates": [State("the table", "office", draft("/rates"))],
    "/manager/sourcing/draft/rules/{at:int}": [State("one", "office", draft("/rules/0")), State("gone", "office", draft("/rules/9"), both=False, refused=True)],
    "/manager/sourcing/simulations": [State("one is done", "office", lambda world: (simulated(world), "/manager/sourcing/simulations")[1])],
    "/manager/sourcing/simulations/{simulation:uuid}": [
        State("done", "office", lambda world: f"/manager/sourcing/simulations/{simulated(world)}"),
        State("waits", "office", lambda world: f"/manager/sourcing/simulations/{simulated(world, 'waiting')}", both=False),
    ],
    "/manager/sourcing/trial": [State("differences", "office", lambda world: (policies(world), "/manager/sourcing/trial")[1])],
    "/manager/sourcing/versions/{number:int}": [State("to come", "office", lambda world: (policies(world), "/manager/sourcing/versions/2")[1]), State("unknown", "office", at("/manager/sourcing/versions/9"), both=False, refused=True)],
    "/manager/texts": [State("list", "office", at("/manager/texts"))],
    "/manager/texts/{occasion:str}/{language:str}": [
        State("as it comes", "office", at("/manager/texts/ready/fr"), quotes=True),
        State("a fault and a version", "office", at("/manager/texts/confirmed/en"), write_text, quotes=True, both=False),
    ],
    "/more": [State("more", "associate", at("/more"))],
    "/o/{token:str}": [
        State("preparing", "nobody", link("open"), both=False),
        State("ready", "nobody", link("staged"), both=False),
        State("ready, in English", "nobody", link("staged", lang="en"), lang="en"),
        State("handed over", "nobody", link("handed_over"), both=False),
        State("not good", "nobody", link("handed_over"), not_good, both=False),
        State("canceled", "nobody", link("canceled"), both=False),
        State("the last day is over", "nobody", changing("", missed=True), both=False),
        State("three parcels", "nobody", with_parcels, both=False),
        State("lost", "nobody", at("/o/" + "0" * 26)),
    ],
    "/o/{token:str}/pay": [
        State("by a link", "nobody", awaited("/o/{token}/pay")),
        State("by no link", "nobody", awaited("/o/{token}/pay", link=False), no_such_credit, both=False),
    ],
    "/paid": [State("back", "nobody", at("/paid"), both=False), State("thanks", "nobody", at("/paid?done=true"))],
    "/o/{token:str}/relay": [
        State("asked", "nobody", to_be_sent_to_relay(""), both=False),
        State("in English", "nobody", to_be_sent_to_relay("", "en"), lang="en"),
        State("three near, one carrier away", "nobody", to_be_sent_to_relay("?postcode=69006"), both=False),
        State("none near", "nobody", to_be_sent_to_relay("?postcode=zzz"), both=False),
    ],
    "/o/{token:str}/collector": [
        State("asked", "nobody", changing("/collector"), both=False),
        State("in English", "nobody", changing("/collector", lang="en"), lang="en"),
        State("no such contact", "nobody", changing("/collector"), lambda page, world: (page.fill("#f-name", "K"), submit("#f-contact", "12")(page, world)), both=False),
        State("their own page", "nobody", changing("/collector"), collecting, both=False),
    ],
    "/o/{token:str}/elsewhere": [
        State("asked", "nobody", changing("/elsewhere"), both=False),
        State("in English", "nobody", changing("/elsewhere", lang="en"), lang="en"),
        State("nothing chosen", "nobody", changing("/elsewhere"), lambda page, world: (page.click("button.main"), page.wait_for_load_state()), both=False),
        State("waits for an answer", "nobody", changing("/elsewhere"), asked, both=False),
    ],
    "/o/{token:str}/missing/{line:int}": [
        State("the order", "nobody", changing("", missing=True), both=False),
        State("a choice", "nobody", changing("/missing/1", missing=True), both=False),
        State("in English", "nobody", changing("/missing/1", missing=True, lang="en"), lang="en"),
    ],
    "/o/{token:str}/cancel": [
        State("asked", "nobody", link("open", "/cancel"), both=False),
        State("in English", "nobody", link("staged", "/cancel", "en"), lang="en"),
        State("refused", "nobody", link("open", "/cancel"), submit("#f-contact", "0600000000"), both=False),
    ],
    "/o/{token:str}/messages": [
        State("all on", "nobody", link("open", "/messages"), both=False),
        State("in English", "nobody", link("staged", "/messages", "en"), lang="en"),
        State("none left", "nobody", link("open", "/messages"), none_left, both=False),
        State("saved", "nobody", link("open", "/messages?kept=true"), both=False),
    ],
    "/o/{token:str}/unsubscribe": [
        State("asked", "nobody", link("handed_over", "/unsubscribe"), both=False),
        State("in English", "nobody", link("staged", "/unsubscribe", "en"), lang="en"),
    ],
    "/o/{token:str}/data": [
        State("told", "nobody", link("open", "/data"), both=False),
        State("in English", "nobody", link("staged", "/data", "en"), lang="en"),
        State("refused", "nobody", link("open", "/data"), submit("#f-contact", "0600000000"), both=False),
    ],
    "/o/{token:str}/data/erase": [
        State("asked", "nobody", finished("/data/erase"), both=False),
        State("in English", "nobody", finished("/data/erase", "en"), lang="en"),
        State("an order is open", "nobody", link("open", "/data/erase"), both=False),
    ],
    "/o/{token:str}/withdraw": [
        State("before it is ready", "nobody", link("open", "/withdraw"), both=False),
        State("in English", "nobody", link("staged", "/withdraw", "en"), lang="en"),
        State("noticed", "nobody", link("staged", "/withdraw"), notice, both=False),
    ],
    "/o/{token:str}/withdraw/confirm": [
        State("asked", "nobody", link("handed_over", "/withdraw/confirm?line=1&units=1"), both=False),
        State("in English", "nobody", link("staged", "/withdraw/confirm?line=1&units=1", "en"), lang="en"),
    ],
    "/o/{token:str}/return": [
        State("nothing reached", "nobody", link("open", "/return"), both=False),
        State("to choose", "nobody", going_back(""), both=False),
        State("in English", "nobody", going_back("", lang="en"), lang="en"),
    ],
    "/o/{token:str}/return/{rma:uuid}": [
        State("sent, with its label", "nobody", going_back("", sent="requested"), both=False),
        State("here", "nobody", going_back("", sent="received"), both=False),
        State("brought back", "nobody", going_back("", sent="requested", origin="to_sender"), both=False),
        State("in English", "nobody", going_back("", sent="requested", lang="en"), lang="en"),
    ],
    "/o/{token:str}/return/{rma:uuid}/why": [
        State("asked", "nobody", going_back("/why"), both=False),
        State("in English", "nobody", going_back("/why", lang="en"), lang="en"),
    ],
    "/o/{token:str}/return/{rma:uuid}/photos": [
        State("asked", "nobody", going_back("/photos", reason="defective"), both=False),
        State("in English", "nobody", going_back("/photos", reason="defective", lang="en"), lang="en"),
    ],
    "/o/{token:str}/return/{rma:uuid}/way": [
        State("three ways", "nobody", going_back("/way", reason="too_small"), both=False),
        State("in English", "nobody", going_back("/way", reason="too_small", lang="en"), lang="en"),
    ],
    "/o/{token:str}/return/{rma:uuid}/other-way": [
        State("three ways", "nobody", going_back("/other-way", sent="requested"), both=False),
        State("in English", "nobody", going_back("/other-way", sent="requested", lang="en"), lang="en"),
    ],
    "/o/{token:str}/return/{rma:uuid}/confirm": [
        State("by parcel", "nobody", going_back("/confirm", reason="too_small", way="postal"), both=False),
        State("in English", "nobody", going_back("/confirm", reason="too_small", way="store", lang="en"), lang="en"),
    ],
    "/outbox": [
        State("all sent", "associate", at("/outbox")),
        State("two kept", "associate", at("/outbox"), keep_two),
        State("one refused", "associate", at("/outbox"), keep_refused),
        State("by another device", "associate", at("/outbox"), lambda page, world: (keep_two(page, world), page.click("[data-act=share]"), page.locator("canvas.qr").wait_for())),
        State("from another device", "device", at("/outbox"), lambda page, world: (page.click("[data-act=receive]"), page.locator("dialog[open]").wait_for())),
    ],
    "/packing": [State("four", "associate", at("/packing")), State("none", "quiet", at("/packing"), both=False)],
    "/packing/{work:uuid}": [
        State("to pack", "associate", table()),
        State("one in", "associate", table(), one_in, both=False),
        State("box and weight", "associate", table(), lambda page, world: (one_in(page, world), page.click("[data-act=change]"), page.locator("dialog[open]").wait_for()), both=False),
        State("labeled", "associate", table("bought")),
        State("refused", "associate", table("refused"), another_way, both=False),
        State("to check", "associate", table("unknown"), both=False),
        State("unknown", "associate", at(f"/packing/{NOWHERE}"), both=False, refused=True),
    ],
    "/packs/{pack:uuid}": [
        State("a line", "associate", pack, both=False),
        State("wrong article", "associate", pack, wrong_article, both=False),
        State("not found", "associate", pack, sheet("find"), both=False),
        State("list", "associate", pack, sheet("list"), both=False),
        State("offline", "associate", pack, offline, both=False),
        State("unknown", "associate", at(f"/packs/{NOWHERE}"), refused=True),
    ],
    "/printing": [State("one failed", "associate", lambda world: (printers(world), "/printing")[1]), State("none", "quiet", at("/printing"), both=False)],
    "/problems": [State("list", "nobody", at("/problems"), quotes=True)],
    "/problems/{code:str}": [State("one", "nobody", at("/problems/pass_not_found"), quotes=True), State("unknown", "nobody", at("/problems/none-such"), refused=True)],
    "/put-backs": [State("three", "associate", at("/put-backs")), State("none", "quiet", at("/put-backs"), both=False)],
    "/returns": [
        State("two announced", "associate", lambda world: (returned("requested")(world), returned("settled")(world), "/returns")[2]),
        State("found", "associate", at("/returns?q=ma"), both=False),
    ],
    "/returns/alone": [State("a receipt is asked for", "associate", at("/returns/alone"))],
    "/returns/away": [State("one", "associate", lambda world: (returned("settled")(world), "/returns/away")[1]), State("none", "quiet", at("/returns/away"), both=False)],
    "/returns/blind": [State("asked", "associate", at("/returns/blind"))],
    "/returns/parcels": [
        State("nothing waits", "quiet", at("/returns/parcels"), both=False),
        State("one just came", "associate", lambda world: "/returns/parcels?taken=" + came(world)),
        State("nobody knows it", "associate", at("/returns/parcels"), unknown_parcel, both=False),
    ],
    "/returns/credits": [
        State("asked", "associate", at("/returns/credits"), both=False),
        State("nobody knows it", "associate", at("/returns/credits"), no_such_credit),
    ],
    "/returns/orders/{order:uuid}": [
        State("by the law", "associate", on("/returns/orders/{order}", "handed_over")),
        State("how is it", "associate", on("/returns/orders/{order}", "handed_over"), take_one()),
        State("why", "associate", on("/returns/orders/{order}", "handed_over"), take_one("[data-condition=as_new]"), both=False),
        State("to refund", "associate", on("/returns/orders/{order}", "handed_over"), take_one("[data-condition=as_new]", "[data-reason]", "#acts .due")),
        State("another size", "associate", on("/returns/orders/{order}", "handed_over"), take_one("[data-condition=as_new]", "[data-reason]", ".otherwise > summary", "[data-act=exchange]"), both=False),
        State("kept with no network", "associate", on("/returns/orders/{order}", "handed_over"), alone_with_it, both=False),
    ],
    "/returns/{rma:uuid}": [State("announced", "associate", returned("requested")), State("settled", "associate", returned("settled")), State("to pay", "associate", awaited("/returns/{rma}")), State("to pay at the till", "associate", awaited("/returns/{rma}", link=False), both=False)],
    "/scan": [
        State("asked", "associate", at("/scan")),
        State("an article", "associate", at("/scan"), submit("#f-code", "DERBY-HELENE-NOIR-39", "main form button"), both=False),
        State("nothing", "associate", at("/scan"), submit("#f-code", "ZZZ", "main form button")),
    ],
    "/shell/{name:str}": [
        State("parcels that come back, no network", "associate", at("/shell/return-parcels"), both=False),
        State("no network", "associate", at("/shell/offline"), both=False),
        State("locked", "associate", at("/shell/unlock"), by_the_worker),
        State("nobody can open", "device", at("/shell/unlock"), by_the_worker),
        State("what is kept", "associate", at("/shell/work"), lambda page, world: (by_the_worker(page, world), kept(page, world))),
        State("nothing kept", "quiet", at("/shell/work"), kept, both=False),
        State("no parcel kept", "quiet", at("/shell/packing-table"), kept, both=False),
    ],
    "/scan/sheet": [State("printed", "device", at("/scan/sheet"), allowed=SCANNER_MENUS)],
    "/scan/test": [State("asked", "device", at("/scan/test")), State("a scan", "device", at("/scan/test"), scanned("~]C0MT-0042"), allowed=("MT",)), State("not understood", "device", at("/scan/test"), scanned("4006381333932"))],
    "/settings": [State("as they come", "associate", at("/settings")), State("a sound", "associate", at("/settings"), tap("[data-try=arrived]"), both=False)],
    "/sign-in": [
        State("who", "device", at("/sign-in")),
        State("PIN", "device", lambda world: "/sign-in?who=" + world.find("SELECT id FROM staff WHERE first_name = 'Nour'")),
        State("wrong PIN", "device", lambda world: "/sign-in?who=" + world.find("SELECT id FROM staff WHERE first_name = 'Nour'"), wrong_pin),
    ],
    "/sign-in/forgotten": [State("told", "device", at("/sign-in/forgotten"))],
    "/sign-in/manager": [
        State("asked", "nobody", at("/sign-in/manager")),
        State("refused", "nobody", at("/sign-in/manager"), lambda page, world: (page.fill("#f-email", "a@example.fr"), page.fill("#f-password", "x" * 14), page.click("button.main"), page.locator("[role=alert]").wait_for())),
    ],
    "/manager/trends": [State("eight weeks", "office", lambda world: (looked_back(world), "/manager/trends")[1])],
    "/manager/announcements": [
        State("none", "office", lambda world: (world.shop.ask("DELETE FROM announcement"), "/manager/announcements")[1], both=False),
        State("two", "office", lambda world: (announced(world), "/manager/announcements")[1]),
        State("past", "office", lambda world: (announced(world), "/manager/announcements?which=past")[1], both=False),
    ],
    "/manager/announcements/new": [
        State("asked", "office", at(f"/manager/announcements/new?store={LYON}")),
        State("no end", "office", at("/manager/announcements/new"), lambda page, world: (page.fill("#f-text", "Inventaire"), page.fill("#f-until_day", "2031-01-01"), page.click("button.main"), page.locator(".error").first.wait_for()), both=False),
    ],
    "/manager/announcements/{announcement:uuid}": [State("read by one", "office", lambda world: f"/manager/announcements/{announced(world)}", lambda page, world: page.click("details summary"))],
    "/manager/alerts": [
        State("none", "office", lambda world: (world.shop.ask("DELETE FROM alert"), "/manager/alerts")[1]),
        State("three", "office", lambda world: (alarmed(world), "/manager/alerts")[1]),
        State("past", "office", lambda world: (alarmed(world), "/manager/alerts?which=past")[1], both=False),
    ],
    "/manager/alerts/{alert:uuid}": [State("escalated", "office", lambda world: f"/manager/alerts/{alarmed(world)}")],
    "/manager/alerts/rules": [State("three", "office", lambda world: (alarmed(world), "/manager/alerts/rules")[1])],
    "/manager/alerts/rules/new/{kind:str}": [
        State("asked", "office", at("/manager/alerts/rules/new/late")),
        State("a wrong clock", "office", at("/manager/alerts/rules/new/channel"), wrong_quiet, both=False),
    ],
    "/manager/alerts/rules/{rule:uuid}": [State("as it stands", "office", lambda world: (alarmed(world), f"/manager/alerts/rules/{uuid5(UUID(int=9), 'rule')}")[1])],
    "/manager/trends/mails": [State("two", "office", lambda world: (gets_reports(world), "/manager/trends/mails")[1])],
    "/reports/stop/{subscription:uuid}/{token:str}": [
        State("asked", "nobody", lambda world: gets_reports(world)),
        State("unknown", "nobody", at(f"/reports/stop/{NOWHERE}/0000"), both=False),
    ],
    "/manager/trends/{report:str}": [
        State("stores by day", "office", lambda world: (looked_back(world), "/manager/trends/on-time")[1]),
        State("one store by week", "office", lambda world: (looked_back(world), f"/manager/trends/prepare?by=week&of=s:{LYON}")[1], both=False),
        State("money by month", "office", lambda world: (looked_back(world), "/manager/trends/sales?by=month")[1], both=False),
    ],
    "/manager/trends/{report:str}/articles": [State("one", "office", lambda world: (looked_back(world), "/manager/trends/fill/articles")[1]), State("none", "office", at("/manager/trends/fill/articles?until=2020-01-01"), both=False)],
    "/manager/trends/{report:str}/article": [State("two stores", "office", lambda world: (looked_back(world), "/manager/trends/fill/article?sku=DERBY-HELENE-NOIR-39")[1])],
    "/manager/trends/{report:str}/orders": [State("none", "office", at(f"/manager/trends/sales/orders?store={LYON}&first=2020-01-01&last=2020-01-01"))],
    "/manager/receiving": [State("differences", "office", at("/manager/receiving"), quotes=True)],
    "/manager/receiving/new": [State("asked", "office", at("/manager/receiving/new"))],
    "/manager/receiving/{purchase:uuid}": [
        State("differed", "office", purchase("0398", "/manager/receiving/")),
        State("cartons", "office", purchase("0417", "/manager/receiving/"), both=False),
        State("unknown", "office", at(f"/manager/receiving/{NOWHERE}"), both=False, refused=True),
    ],
    "/manager/transfers/requests": [State("some", "office", at("/manager/transfers/requests"))],
    "/manager/transfers/requests/new": [State("asked", "office", at("/manager/transfers/requests/new"))],
    "/manager/transfers/requests/{request_id:uuid}": [
        State("to answer", "office", request("asked", "/manager")),
        State("declined", "office", request("declined", "/manager"), both=False),
        State("unknown", "office", at(f"/manager/transfers/requests/{NOWHERE}"), both=False, refused=True),
    ],
    "/manager/transfers/suggestions": [State("some", "office", at("/manager/transfers/suggestions"))],
    "/transfers/requests": [State("some", "associate", at("/transfers/requests")), State("none", "quiet", at("/transfers/requests"), both=False)],
    "/transfers/requests/new": [State("two scanned", "associate", at("/transfers/requests/new"), two_scanned)],
    "/transfers/requests/{request_id:uuid}": [
        State("to answer", "lead", request("asked")),
        State("declined", "associate", request("declined"), both=False),
        State("unknown", "associate", at(f"/transfers/requests/{NOWHERE}"), both=False, refused=True),
    ],
    "/manager/transfers": [State("some", "office", at("/manager/transfers"))],
    "/manager/transfers/new": [
        State("asked", "office", at("/manager/transfers/new?sku=DERBY-HELENE-NOIR-39&store=lyon-part-dieu")),
        State("too many", "office", at("/manager/transfers/new?sku=DERBY-HELENE-NOIR-39&store=lyon-part-dieu"), too_many, both=False),
    ],
    "/manager/transfers/{transfer:uuid}": [
        State("a difference", "office", transfer("closed", "/manager/transfers/")),
        State("to leave", "office", transfer("created", "/manager/transfers/"), both=False),
        State("unknown", "office", at(f"/manager/transfers/{NOWHERE}"), both=False, refused=True),
    ],
    "/receiving": [State("some", "associate", at("/receiving")), State("none", "quiet", at("/receiving"), both=False)],
    "/receiving/{purchase:uuid}": [
        State("to count", "associate", purchase("0417")),
        State("a carton", "associate", purchase("0417"), open_a_carton, both=False),
        State("the rest", "associate", purchase("0409"), ask_for_the_rest, both=False),
        State("a difference", "associate", purchase("0398")),
        State("unknown", "associate", at(f"/receiving/{NOWHERE}"), both=False, refused=True),
    ],
    "/transfers": [State("some", "associate", at("/transfers")), State("none", "quiet", at("/transfers"), both=False)],
    "/transfers/{transfer:uuid}": [
        State("to leave", "associate", transfer("created")),
        State("a number", "associate", transfer("created"), type_a_number, both=False),
        State("being received", "associate", transfer("receiving")),
        State("one too many", "associate", transfer("receiving"), one_too_many, both=False),
        State("a difference", "associate", transfer("closed")),
        State("unknown", "associate", at(f"/transfers/{NOWHERE}"), both=False, refused=True),
    ],
    "/work": [State("a Saturday", "associate", at("/work")), State("empty", "quiet", at("/work"), both=False), State("a store manager", "lead", at("/work"), both=False), State("announced", "associate", lambda world: (announced(world), "/work")[1], both_announced)],
    "/work/{work_id:uuid}": [
        State("free", "associate", lambda world: "/work/" + world.work("open")),
        State("silent", "associate", silent),
        State("to pack", "associate", to_pack, both=False),
        State("left", "associate", gone, both=False),
        State("unknown", "associate", at(f"/work/{NOWHERE}"), refused=True),
    ],
    "/work/{work_id:uuid}/decline": [
        State("why", "associate", to_decline),
    ],
}  # fmt: skip
BY_SCRIPT: Final = ("/outbox", "/shell/{name:str}")
"""Pages that come to the device in one language and are put into its own there."""
HANDHELD: Final = frozenset({"associate", "lead", "quiet", "device"})
SHOWN: Final = [(path, state) for path, states in STATES.items() for state in states]


def english_readers(shop: Shop) -> None:
    """Whoever reads English sees what the French reader of the same role sees: Sam, and colleagues of Hélène's and Odile's."""
    shop.ask("UPDATE staff SET language = 'en' WHERE first_name = 'Sam'")
    for like, first, last, email, badge in (
        ("odile.ferrand@example.com", "Nora", "Blake", NORA_EMAIL, None),
        ("helene.vasseur@example.com", "Ruth", "Hall", "ruth.hall@example.com", badge_digest(RUTH_BADGE)),
    ):
        made = new_id()
        shop.ask(
            "INSERT INTO staff (id, first_name, last_name, email, role, region, language, password_hash, badge_hash)"
            " SELECT $1, $2, $3, $4, role, region, 'en', password_hash, $5 FROM staff WHERE email = $6",
            made, first, last, email, badge, like,
        )  # fmt: skip
        shop.ask(
            "INSERT INTO staff_location SELECT $1, p.location FROM staff_location p JOIN staff s ON s.id = p.staff WHERE s.email = $2",
            made, like,
        )  # fmt: skip


@pytest.fixture(scope="module")
def world(browser: Browser, postgres_server: postgres.Server, template: str) -> Iterator[World]:
    with open_shop(postgres_server, "every_page", with_orders=True) as shop:
        english_readers(shop)
        shop.ask(
            "UPDATE work SET status = 'handed_over', taken_by = NULL, pack = NULL WHERE location = $1", QUIET_STORE
        )
        shop.ask("UPDATE hand_over SET at = $1 WHERE location = $2", datetime.now(UTC), LYON)
        made = World(browser, shop)
        yield made
        for context in made.contexts.values():
            context.close()


def test_every_page_of_the_route_table_is_looked_at() -> None:
    assert sorted(STATES) == sorted(pages())


def test_every_page_is_read_in_english() -> None:
    assert [
        path for path, states in STATES.items() if not any(state.both or state.lang == "en" for state in states)
    ] == [
        "/documentation"  # in English by its nature, for both readers
    ]


def name_of(row: tuple[str, State]) -> str:
    return f"{row[0]} {row[1].name}"


@pytest.mark.parametrize("row", SHOWN, ids=name_of)
def test_a_page_is_accessible_fits_and_speaks_to_people(world: World, row: tuple[str, State]) -> None:
    path, state = row
    by_script = LONG or bool(PICTURES) or state.act is not None or path in BY_SCRIPT
    told = "" if by_script else served(world, state, state.lang)
    # A page that is made of nothing but what earlier ones were made of is read; what it is made of was looked at.
    if by_script or world.shows_more(state.who, told):
        assert look(world, row, state.lang, ("light", "dark")) == []
    else:
        assert read(told, state, state.lang) == []
    if state.both and state.lang == "fr":
        assert (look(world, row, "en", ()) if by_script else read(served(world, state, "en"), state, "en")) == []


def served(world: World, state: State, lang: str) -> str:
    """The page as the server gives it."""
    spoken_there = {"accept-language": "en-GB" if lang == "en" else "fr-FR"}
    return world.context(state.who, lang).request.get(world.shop.url + state.where(world), headers=spoken_there).text()


def not_meant(html: str, state: State) -> list[str]:
    """A refusal where a page was to be looked at, or the other way round."""
    refused = '<main class="problem"' in html
    if refused == state.refused:
        return []
    return [f"a refusal: {spoken(html).text[:90]!r}" if refused else "not refused"]


def read(html: str, state: State, lang: str) -> list[str]:
    """What there is to say against the words of a page as the server gives it."""
    told = spoken(html, state.quotes)
    found = not_meant(html, state)
    found += [] if told.language == lang else [f"the language of the page is {told.language!r}"]
    return found + [word for word in words_of(told.text, lang) if word not in state.allowed]


def look(world: World, row: tuple[str, State], lang: str, themes: tuple[str, ...]) -> list[str]:
    """Everything there is to say against one page in one language."""
    path, state = row
    page, size = world.page(state.who, lang), size_of(state.who)
    try:
        # The quick way in: a live page never goes quiet, so nothing waits for the network.
        page.goto(world.shop.url + state.where(world), wait_until="load")
        if state.act:
            state.act(page, world)
        found = [
            *not_meant(page.content(), state),
            *frame(page, lang),
            *(word for word in words(page, lang, state.quotes) if word not in state.allowed),
        ]
        if state.who in HANDHELD:
            assert_targets_are_large_enough(page)
        if state.act and not world.shows_more(state.who, page.content()) and not (LONG or PICTURES):
            return found + said(world)
        if PICTURES:
            take(page, f"{path} {state.name} {lang}", state.who)
        for theme in themes:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
            # As high as the page: what lies under the dock scrolls out from there, and is not covered for good.
            page.set_viewport_size(
                {
                    "width": size["width"],
                    "height": max(size["height"], page.evaluate("document.documentElement.scrollHeight")),
                }
            )
            found += axe(page, CONTRAST_ONLY if theme == "dark" else None)
        found += fits(page, 320, 568)
        if themes:
            # Enlarged to 200 %: on a desk the window holds half as much, on a handheld the text alone grows. English is the shorter one.
            found += (
                fits(page, 640, 400) + fits(page, 360, 640)
                if state.who == "office"
                else fits(page, size["width"], size["height"], 200)
            )
        return found + said(world)
    finally:
        world.leave(page)


def take(page: Page, name: str, who: str) -> None:
    """Pictures of a page as it stands, from its top to its end."""
    for size in (PHONE,) if who in HANDHELD else (PHONE, DESK):
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
            file = re.sub(r"\W+", "-", f"{name} {size['width']} {theme}").strip("-")
            page.screenshot(path=Path(PICTURES or ".") / f"{file}.png", full_page=True)
    page.set_viewport_size(size_of(who))


def said(world: World) -> list[str]:
    """What the browser complained about, but for the network that a state cut itself."""
    return [line for line in world.said if "Failed to load resource" not in line]
