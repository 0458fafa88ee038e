"""Nobody reaches a route outside their role and places: every route of the app is called as everybody.

`route_table.txt` is the review: a route that is not in it, or that declares something else, fails. Regenerating it is
`comptoir routes`; reading the difference is the point.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from litestar.handlers import BaseRouteHandler

from comptoir.app import every_route
from comptoir.web.api.examples import example_of
from comptoir.web.api.openapi import body_of, parameters_of
from comptoir.web.guards import SCOPES, Who, who_may
from tests import people
from tests.conftest import Database
from tests.doors import MIDDAY, Served, new_browser, served

pytestmark = pytest.mark.anyio

TABLE = Path(__file__).with_name("route_table.txt")
VALUES = {"location": people.PART_DIEU, "store": people.PART_DIEU, "token": "0" * 26, "channel": "shopify-orme", "occasion": "ready", "language": "fr", "queue": "manual"}  # fmt: skip
SAMPLE_QUERY = {"sku": "DERBY-HELENE-NOIR-39", "code": "B:0412", "quantity": "1"}
SIGN_IN_DOORS = ("/sign-in", "/sign-in/manager", "/enroll")
REFUSED = {
    "/problems/role_lacks_right", "/problems/scope_missing", "/problems/key_needed", "/problems/key_unknown",
    "/problems/device_needed", "/problems/sign_in_needed",
}  # fmt: skip


IN_ANY_STORE = ("/returns/orders/{order:uuid}",)
"""What was bought in another store, or on the web, comes back over any counter."""


class Caller(msgspec.Struct, frozen=True):
    """Somebody who calls: as whom, on which device, with which key."""

    name: str
    person: people.Person | None = None
    device: str | None = None
    key: str | None = None
    scopes: tuple[str, ...] = ()


CALLERS = (
    Caller("nobody"),
    Caller("a device of Part-Dieu", device=people.PART_DIEU),
    Caller("Léa on her device", people.LEA, people.PART_DIEU),
    Caller("Zoé on a device of Lille", people.ZOE, people.VIEUX_LILLE),
    Caller("Hélène on a device", people.HELENE, people.PART_DIEU),
    Caller("Hélène in a browser", people.HELENE),
    Caller("Hugo of Lille", people.HUGO),
    Caller("Inès of the south", people.INES),
    Caller("Marc of the north", people.MARC),
    Caller("Odile of head office", people.ODILE),
    Caller("a key that may everything", key="all", scopes=SCOPES),
    Caller("a key that may nothing here", key="none", scopes=()),
    Caller("a key of nobody", key="unknown"),
)


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Served]:
    await people.settle(database.connection, MIDDAY)
    for caller in CALLERS:
        if caller.key in ("all", "none"):
            await people.make_key(database.connection, MIDDAY, f"key-{caller.key}", *caller.scopes)
    async with served(database.dsn) as running:
        # Streams end at once instead of waiting for a change: what is asked here is who may open them.
        running.app.state.live.closing = True
        yield running


def address(path: str, values: dict[str, str] | None = None) -> str:
    """A route's pattern with something in every place."""
    parts = []
    for part in path.split("/"):
        if part.startswith("{"):
            name, _, kind = part.strip("{}").partition(":")
            parts.append(
                (values or {}).get(name)
                or VALUES.get(name)
                or (str(uuid4()) if kind == "uuid" else "1" if kind == "int" else "nothing")
            )
        else:
            parts.append(part)
    return "/".join(parts) or "/"


def may(who: Who, caller: Caller) -> bool:
    """What the declaration says about a caller; written apart from the guard that enforces it."""
    if who.door in ("public", "link", "signature"):
        return True
    if who.door == "device":
        return caller.device is not None
    if who.door == "key":
        return caller.key == "all" and who.scope in caller.scopes
    return caller.person is not None and caller.person.role in who.roles


def was_refused(answer: httpx.Response) -> bool:
    """Whether the guard sent the caller away (to a sign-in, or with a problem that says so)."""
    if answer.status_code in (303, 401):
        where = answer.headers.get("location", answer.headers.get("hx-redirect", ""))
        if where in SIGN_IN_DOORS:
            return True
    told = answer.json().get("type", "") if "json" in answer.headers.get("content-type", "") else ""
    return told in REFUSED


async def browser_of(door: Served, database: Database, caller: Caller) -> httpx.AsyncClient:
    browser = new_browser(door)
    if caller.device:
        people.hold_device(browser, caller.device)
    if caller.person:
        await people.sign_in(browser, database.connection, caller.person, MIDDAY, caller.device)
    if caller.key:
        browser.headers["authorization"] = f"Bearer key-{caller.key}"
    return browser


def body_for(handler: BaseRouteHandler) -> dict[str, Any]:
    """A body that this route understands, new id included, as httpx takes it."""
    kind = body_of(handler)
    if kind is None:
        return {}
    made = example_of(kind)
    if isinstance(made, dict) and "id" in made:
        made["id"] = str(uuid4())
    media = str(getattr(getattr(handler.parsed_data_field, "kwarg_definition", None), "media_type", "")).lower()
    if "multi" in media:  # a form with a file in it
        return {"files": {"id": (None, str(uuid4())), "version": (None, "1")}}
    form = "url" in media
    return {"data": {key: value for key, value in made.items() if value is not None}} if form else {"json": made}


def routes(door: Served) -> list[tuple[str, str, BaseRouteHandler]]:
    return [row for row in every_route(door.app) if not row[1].startswith("/static/") and row[1] != "/"]


async def test_every_route_stands_in_the_reviewed_table(door: Served) -> None:
    reviewed = {" ".join(line.split()) for line in TABLE.read_text(encoding="utf-8").splitlines() if line.strip()}
    served_now = {f"{method} {path} {who_may(handler)}" for method, path, handler in every_route(door.app)}
    assert served_now - reviewed == set(), "not reviewed"
    assert reviewed - served_now == set(), "gone"


async def test_every_route_lets_in_whom_it_declares_and_nobody_else(door: Served, database: Database) -> None:
    wrong = []
    for caller in CALLERS:
        async with await browser_of(door, database, caller) as browser:
            for method, path, handler in routes(door):
                if path == "/sign-out" and caller.person:
                    continue
                answer = await browser.request(method, address(path), headers={"accept": "application/json"})
                if answer.status_code >= 500:
                    wrong.append(f"{method} {path} as {caller.name}: {answer.status_code}")
                    continue
                who = who_may(handler)
                # Whoever goes on guessing keys is told to wait.
                guesses = caller.key == "unknown" and who.door == "key" and answer.status_code == 429
                if (guesses or was_refused(answer)) == may(who, caller):
                    said = "was refused" if was_refused(answer) else f"was let in ({answer.status_code})"
                    wrong.append(f"{method} {path} as {caller.name} {said}")
    assert not wrong, "\n".join(wrong)


async def test_no_unsafe_page_or_device_route_follows_another_site(door: Served, database: Database) -> None:
    caller = Caller("Hélène on a device", people.HELENE, people.PART_DIEU)
    wrong = []
    async with await browser_of(door, database, caller) as browser:
        for method, path, handler in routes(door):
            if method in ("GET", "HEAD") or who_may(handler).door in ("key", "signature"):
                continue
            headers = {"sec-fetch-site": "cross-site", "accept": "application/json"}
            answer = await browser.request(method, address(path), headers=headers)
            if answer.status_code != 403 or answer.json()["type"] != "/problems/foreign_origin":
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


async def test_every_answer_carries_the_strict_headers(door: Served, database: Database) -> None:
    wrong = []
    async with await browser_of(door, database, Caller("Hélène", people.HELENE)) as browser:
        for method, path, _handler in [*routes(door), ("GET", "/nowhere", None), ("GET", "/api/v1/nowhere", None)]:
            if path == "/sign-out":
                continue
            headers = (await browser.request(method, address(path))).headers
            policy = headers.get("content-security-policy", "")
            if "default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy:
                wrong.append(f"{method} {path}: {policy}")
            if "unsafe-inline" in policy or "unsafe-eval" in policy:
                wrong.append(f"{method} {path}: {policy}")
            if headers.get("x-content-type-options") != "nosniff" or headers.get("referrer-policy") != "no-referrer":
                wrong.append(f"{method} {path}: nosniff, referrer")
            if headers.get("content-type", "").startswith("text/html") and "HX-Request-Type" not in headers.get(
                "vary", ""
            ):
                wrong.append(f"{method} {path}: vary")
    assert not wrong, "\n".join(wrong)


async def stock_lille(database: Database) -> dict[str, UUID]:
    """One of each thing that belongs to the store in Lille."""
    lille, made = (
        people.VIEUX_LILLE,
        {name: uuid4() for name in ("order", "work_id", "count", "arrival", "hand_over", "pack", "transfer", "shelf")},
    )
    run: Callable[..., Awaitable[object]] = database.connection.execute
    customer = uuid4()
    await run("INSERT INTO customer (id, first_name, last_name) VALUES ($1, 'Inès', 'Aubry')", customer)
    await run(
        "INSERT INTO sales_order (id, fingerprint, channel, customer, placed_at, received_at, language, currency, goods_minor,"
        " discount_minor, shipping_minor, vat_minor, total_minor, progress, link_hash, answer)"
        " VALUES ($1, '', 'api', $2, $3, $3, 'fr', 'EUR', 0, 0, 0, 0, 0, 'accepted', 'x', '{}')",
        made["order"], customer, MIDDAY,
    )  # fmt: skip
    await run(
        "INSERT INTO work (id, location, order_id, order_number, kind, status, promise_at, units, created_at)"
        " SELECT $1, $2, $3, number, 'pickup', 'staged', $4, 1, $4 FROM sales_order WHERE id = $3",
        made["work_id"], lille, made["order"], MIDDAY,
    )  # fmt: skip
    await run(
        "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by) VALUES ($1, $2, 'X', 'asked', 'short', $3, 'x')",
        made["count"], lille, MIDDAY,
    )  # fmt: skip
    await run(
        "INSERT INTO arrival (id, order_id, location, at) VALUES ($1, $2, $3, $4)",
        made["arrival"],
        made["order"],
        lille,
        MIDDAY,
    )
    await run(
        "INSERT INTO hand_over (id, order_id, location, works, who, at, recorded_at, proof) VALUES ($1, $2, $3, $4, 'x', $5, $5, 'pass')",
        made["hand_over"], made["order"], lille, [made["work_id"]], MIDDAY,
    )  # fmt: skip
    await run(
        "INSERT INTO pack (id, location, staff, made_at, lease_until) VALUES ($1, $2, $3, $4, $4)",
        made["pack"], lille, people.ZOE.id, MIDDAY,
    )  # fmt: skip
    await run(
        "INSERT INTO transfer (id, number, from_location, to_location, status, reason, created_at, created_by)"
        " VALUES ($1, 'T-1', $2, 'roubaix', 'created', 'other', $3, 'x')", made["transfer"], lille, MIDDAY,
    )  # fmt: skip
    await run(
        "INSERT INTO shelf_count (id, location, aisle, status, opened_at, opened_by) VALUES ($1, $2, 'K', 'open', $3, 'x')",
        made["shelf"], lille, MIDDAY,
    )  # fmt: skip
    return made | {"staff": people.ZOE.id, "device": people.DEVICE_IDS[lille]}


async def test_what_belongs_to_another_store_does_not_exist(door: Served, database: Database) -> None:
    theirs = {name: str(value) for name, value in (await stock_lille(database)).items()}
    theirs |= {"location": people.VIEUX_LILLE, "store": people.VIEUX_LILLE}
    await people.make_key(database.connection, MIDDAY, "key-lyon", *SCOPES, locations=[people.PART_DIEU])
    wrong = []
    for caller in (
        Caller("Léa", people.LEA, people.PART_DIEU), Caller("Hélène", people.HELENE), Caller("Inès", people.INES),
        Caller("a key for Lyon", key="lyon", scopes=SCOPES),
    ):  # fmt: skip
        async with await browser_of(door, database, caller) as browser:
            for method, path, handler in routes(door):
                named = [part.strip("{}").partition(":")[0] for part in path.split("/") if part.startswith("{")]
                who = who_may(handler)
                lets_in = who.door == "key" if caller.key else may(who, caller) and who.door == "person"
                if not lets_in or path in IN_ANY_STORE or not any(name in theirs for name in named):
                    continue
                needed = {
                    name: SAMPLE_QUERY.get(name, "1")
                    for name, where, _, must in parameters_of(handler)
                    if must and where == "query"
                }
                sent = body_for(handler) | ({"params": needed} if needed else {})
                answer = await browser.request(
                    method, address(path, theirs), headers={"accept": "application/json"}, **sent
                )
                if answer.status_code != 404:
                    wrong.append(f"{method} {path} as {caller.name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
