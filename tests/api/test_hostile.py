"""Every field of every route, with everything the world sends: a clear answer, never a 500, nothing changed by a refusal.

The first tests try the trying itself, on a small app with crashers planted in it.
"""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import product
from typing import Annotated, Any, Final, cast
from uuid import uuid4
from zlib import crc32

import httpx
import msgspec
import pytest
from litestar import Litestar, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.app import every_route
from comptoir.web import problems
from comptoir.web.api.examples import example_of
from comptoir.web.api.openapi import body_of, parameters_of
from comptoir.web.guards import SCOPES, who_may
from comptoir.web.requests import DoorRequest
from tests import people
from tests.api import hostile
from tests.api.plainly import ask, headers_of
from tests.conftest import Database
from tests.doors import MIDDAY, Served, new_browser, served

pytestmark = pytest.mark.anyio

EACH = 1 if os.environ.get("COMPTOIR_LONG") else 12
"""Every field of every route is tried with a twelfth of the corpus, another twelfth for each field, the same on every run; at length with all."""

Sent = tuple[str, dict[str, Any]]
"""What was sent, in words, and as httpx takes it (`url`, `json`, `data`, `content`, `headers`)."""


def is_form(handler: BaseRouteHandler) -> bool:
    """Whether a browser's form is what this route takes."""
    declared = handler.parsed_data_field
    return (
        declared is not None and getattr(declared.kwarg_definition, "media_type", "") == RequestEncodingType.URL_ENCODED
    )


def tries(path: str, handler: BaseRouteHandler) -> Iterator[Sent]:
    """Everything that is tried with one route."""
    plain = filled(path)
    parameters = parameters_of(handler)
    for name, where, _kind, _required in parameters:
        for what, value in hostile.TEXTS.items():
            if where == "query":
                yield f"?{name} = {what}", {"url": plain, "params": {name: value[:4_000]}}
            else:
                yield f"{{{name}}} = {what}", {"url": filled(path, name, value[:2_000])}
    kind = body_of(handler)
    if kind is None:
        return
    own = "application/x-www-form-urlencoded" if is_form(handler) else "application/json"
    for what, raw in hostile.BODIES.items():
        yield f"body {what} as {own}", {"url": plain, "content": raw, "headers": {"content-type": own}}
    for media in (
        "application/json",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/msgpack",
        "x",
    ):
        yield (
            f"body xml as {media}",
            {"url": plain, "content": hostile.BODIES["xml"], "headers": {"content-type": media}},
        )
    body = example_of(kind)
    if is_form(handler):
        form = {name: value for name, value in body.items() if value is not None}
        for what, sent in hostile.strange_forms(form):
            yield what, {"url": plain, "data": sent}
    else:
        for what, sent in hostile.strange_bodies(body):
            yield what, {"url": plain, "content": as_json(sent), "headers": {"content-type": "application/json"}}


def as_json(body: Any) -> bytes:
    """JSON that may also hold what JSON has no business holding."""
    import json

    return json.dumps(body).encode()


NAMED = {"occasion": "ready", "language": "fr"}
"""What stands in an address and is no store: with another word nobody would get as far as the form."""


def filled(path: str, name: str = "", value: str = "") -> str:
    """A route's address; one of its places may be given a hostile value, percent-encoded."""
    from urllib.parse import quote

    parts = []
    for part in path.split("/"):
        label, _, kind = part.strip("{}").partition(":")
        if not part.startswith("{"):
            parts.append(part)
        elif label == name:
            parts.append(quote(value, safe="") or "%20")
        else:
            parts.append(
                str(uuid4()) if kind == "uuid" else "1" if kind == "int" else NAMED.get(label, people.PART_DIEU)
            )
    return "/".join(parts) or "/"


async def footprint(database: Database) -> str:
    """A checksum of every table that a request could change; counts of attempts are meant to change."""
    if database.dsn not in _FOOTPRINTS:
        tables = await database.connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN"
            " ('throttle', 'webhook_refused', 'migration', 'api_key', 'sign_in', 'device') ORDER BY 1"
        )
        marks = " UNION ALL ".join(
            f"SELECT {n} AS n, string_agg(t::text, '|' ORDER BY t::text) AS held FROM {row[0]} t"
            for n, row in enumerate(tables)
        )
        # One statement, planned once: it is asked after every route.
        _FOOTPRINTS[database.dsn] = (
            f"SELECT md5(string_agg(coalesce(held, ''), chr(10) ORDER BY n)) FROM ({marks}) all_of_it"
        )
    return str(await database.connection.fetchval(_FOOTPRINTS[database.dsn]))


_FOOTPRINTS: Final[dict[str, str]] = {}


# ------------------------------------------------------------------ the trying, tried


class Planted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body whose fields each break something."""

    name: Annotated[str, msgspec.Meta(max_length=100_000)]
    count: int
    at: str


@post("/planted", status_code=200)
async def crashes_on_nul_and_large_numbers(data: JSONBody[Planted]) -> dict[str, str]:
    """The kinds of crash that a database driver makes of innocent values."""
    if "\u202e" in data.name:
        raise RuntimeError("a text the printer cannot set")
    if data.count >= 2**31:
        raise OverflowError("value out of int32 range")
    if data.at.startswith("9999"):
        raise ValueError("year 10000 is out of range")
    return {"ok": "yes"}


@get("/planted/{code:str}")
async def crashes_on_a_query(code: FromPath[str], page: FromQuery[str] = "1") -> dict[str, str]:
    """A number read from an address without a look at it."""
    return {"page": str(10 // (int(page) - 5 if page.isdigit() else 1)), "code": code.encode("ascii").decode()}


async def planted_findings(*handlers: Any) -> list[str]:
    app = Litestar(
        list(handlers), exception_handlers={Exception: problems.on_exception, 500: problems.on_exception},
        request_class=DoorRequest, openapi_config=None, logging_config=None,
    )  # fmt: skip
    found = []
    async with app.lifespan():
        for route in app.routes:
            for handler in getattr(route, "route_handlers", ()):
                for method, (what, sent) in product(
                    handler.http_methods - {"OPTIONS"}, list(tries(route.path, handler))
                ):
                    if (await ask(app, method, sent, {})).status >= 500:
                        found.append(what)
    return found


async def test_a_crash_on_a_body_is_found_whatever_its_field() -> None:
    found = await planted_findings(crashes_on_nul_and_large_numbers)
    assert "name = text right to left" in found
    assert "count = number two to the 31" in found
    assert "at = text year 9999" in found


async def test_a_crash_on_an_address_is_found() -> None:
    found = await planted_findings(crashes_on_a_query)
    assert any(what.startswith("{code}") for what in found)
    assert "?page = number as text" in found


async def test_the_frameworks_own_two_crashes_are_refused_as_malformed() -> None:
    @post("/plain", status_code=200)
    async def plain(data: JSONBody[dict[str, Any]]) -> dict[str, str]:
        return {"ok": "yes"}

    app = Litestar(
        [plain], exception_handlers={Exception: problems.on_exception}, request_class=DoorRequest, openapi_config=None
    )
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(cast(Any, app)), base_url="http://test.local") as client,
    ):
        for name in ("invalid UTF-8", "200,000 brackets", "200,000 braces", "lone surrogate"):
            headers = {"content-type": "application/json", "accept": "application/json"}
            answer = await client.post("/plain", content=hostile.BODIES[name], headers=headers)
            assert answer.status_code == 400, name
            assert answer.json()["type"] in ("/problems/not_json", "/problems/malformed"), name


async def test_a_change_of_one_row_in_one_table_is_seen(door: Served, database: Database) -> None:
    before = await footprint(database)
    assert await footprint(database) == before
    await database.connection.execute("UPDATE sku SET weight_grams = weight_grams + 1")
    after = await footprint(database)
    assert after != before
    await database.connection.execute("DELETE FROM sku")
    assert await footprint(database) not in (before, after)


# ------------------------------------------------------------------ the app


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Served]:
    await people.settle(database.connection, MIDDAY)
    await people.make_key(database.connection, MIDDAY, "key-all", *SCOPES)
    await database.connection.execute("INSERT INTO channel (id, kind, name) VALUES ('lyon-part-dieu', 'shopify', 'x')")
    await database.connection.execute(
        "INSERT INTO sku (sku, name, style, price_minor, vat_rate_bp, weight_grams) VALUES ('DERBY-HELENE-NOIR-39', 'Derby', 'D', 12900, 2000, 900)"
    )
    async with served(database.dsn) as running:
        running.app.state.live.closing = True
        yield running


async def caller_for(door: Served, database: Database, handler: BaseRouteHandler) -> httpx.AsyncClient:
    """Somebody whom the route lets in, with the least rights that do."""
    browser, who = new_browser(door), who_may(handler)
    if who.door == "key":
        browser.headers["authorization"] = "Bearer key-all"
    elif who.door == "device":
        people.hold_device(browser, people.PART_DIEU)
    elif who.door == "person":
        person = next(one for one in people.EVERYONE if one.role in who.roles)
        await people.sign_in(
            browser, database.connection, person, MIDDAY, people.PART_DIEU if person.role == "associate" else None
        )
    return browser


async def test_whatever_is_sent_gets_a_clear_answer_and_a_refusal_changes_nothing(
    door: Served, database: Database
) -> None:
    wrong: list[str] = []
    before = await footprint(database)
    for method, path, handler in every_route(door.app):
        if path.startswith(("/static/", "/sign-out")):
            continue
        async with await caller_for(door, database, handler) as browser:
            accepted, who = False, headers_of(browser)
            for what, sent in tries(path, handler):
                if crc32(f"{path} {what}".encode()) % EACH:
                    continue
                await forget_counts(door, database)
                answer = await ask(door.app, method, sent, who)
                accepted |= answer.status < 400
                if answer.status >= 500:
                    wrong.append(f"{method} {path}: {what}: {answer.status}")
                elif (
                    answer.status >= 400 and b"json" in answer.media and "type" not in msgspec.json.decode(answer.body)
                ):
                    wrong.append(f"{method} {path}: {what}: a refusal without a problem")
        after = await footprint(database)
        if after != before and not accepted:
            wrong.append(f"{method} {path}: something changed though everything was refused")
        before = after
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:: max(1, len(wrong) // 60)])


async def forget_counts(door: Served, database: Database) -> None:
    """The limits are tried elsewhere; here they would hide what lies behind them."""
    door.clock.advance(milliseconds=1)
    if door.clock().microsecond % 20_000 == 0:
        await database.connection.execute("TRUNCATE throttle")


async def test_a_body_above_the_limit_is_refused_unread(door: Served) -> None:
    headers = {"authorization": "Bearer key-all", "content-type": "application/json"}
    answer = await door.client.post("/api/v1/orders", content=hostile.TOO_LARGE, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/too_large"


async def test_a_header_that_comes_twice_does_not_open_a_door(door: Served) -> None:
    headers = [("authorization", "Bearer nobody"), ("authorization", "Bearer key-all")]
    answer = await door.client.get("/api/v1/orders", headers=headers)
    assert answer.status_code in (200, 401)
    assert answer.headers["content-type"].startswith("application/")
