"""From cookie or key to actor: who calls, what their role is, and which places it reaches."""

import asyncio
import contextlib
import re
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from litestar.connection import ASGIConnection

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, borrowed
from comptoir.kit.errors import Forbidden, Refusal, Unknown
from comptoir.kit.i18n import choose_language
from comptoir.kit.ids import digest
from comptoir.kit.throttle import Allowance
from comptoir.staff import queries, sql
from comptoir.staff.model import EnrolledDevice, Key, Session
from comptoir.web import limits
from comptoir.web.guards import Who

if TYPE_CHECKING:
    from comptoir.house import House

IDLE: Final = timedelta(minutes=90)
"""A sign-in that nobody uses ends after this long; offline work goes on under the device's own credential."""

TOUCH: Final = timedelta(minutes=1)
"""How often "last seen" and "last used" are written, at most."""

KEY_MEMORY: Final = timedelta(seconds=2)
"""How long a process may go on believing in a key without asking; revoking one takes effect within this time."""

DEVICE_COOKIE: Final = "device"
SIGN_IN_COOKIE: Final = "sign_in"


APP_HEADER: Final = "service-worker-navigation-preload"
"""With every page that a kept app asks for, its worker names its version in here; browsers say "true" for one that names none."""
_VERSION: Final = re.compile(r"[0-9a-z]{1,16}\Z")


def cookie_name(name: str, secure: bool) -> str:
    """Served over https the cookie is pinned to this host by its prefix."""
    return f"__Host-{name}" if secure else name


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The signed-in person's language, else the browser's first wish that we speak."""
    actor = connection.state.get("actor")
    if isinstance(actor, Actor) and actor.sign_in is not None:
        return actor.language
    return choose_language(connection.headers.get("accept-language"))


async def actor_of(connection: ASGIConnection[Any, Any, Any, Any], who: Who) -> Actor:
    """The actor a door asks for. Unknown when nobody is there, Forbidden when it is the wrong person."""
    if who.door == "key":
        return await by_key(connection, who.scope or "")
    if who.door == "device":
        return await by_device(connection)
    if who.door == "person":
        return await by_person(connection, who)
    language = choose_language(connection.headers.get("accept-language"))
    return Actor(who="anonymous", role="customer", locations=(), via=who.door, language=language)


async def by_person(connection: ASGIConnection[Any, Any, Any, Any], who: Who) -> Actor:
    """The person signed in. Unknown `sign_in_needed`; Forbidden `role_lacks_right` when the door is not for that role."""
    session = await session_of(connection)
    if session is None:
        raise Unknown("sign_in_needed")
    actor = Actor(
        who=str(session.staff), role=session.role, locations=session.locations, device=session.device, via="page",
        language=session.language, sign_in=session.sign_in,
    )  # fmt: skip
    connection.state.actor = actor
    actor.needs(*who.roles)
    return actor


async def session_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Session | None:
    """The live sign-in behind this browser's cookie, noted as seen."""
    house: House = connection.app.state.house
    secure: bool = connection.app.state.secure
    token = connection.cookies.get(cookie_name(SIGN_IN_COOKIE, secure))
    if not token:
        return None
    credential = connection.cookies.get(cookie_name(DEVICE_COOKIE, secure))
    now = house.clock()
    async with borrowed(house.pool) as database:
        session = await queries.find_session(
            database, digest(token[:200]), digest(credential[:200]) if credential else None, now, now - IDLE
        )
        if session is not None and now - session.seen_at > TOUCH:
            await sql.touch_sign_in(database, session.sign_in, session.device, now)
        if session is not None and session.device is not None:
            await _note_version(connection, database, session.device, session.app_version, now)
    connection.state.session = session
    return session


async def device_of(connection: ASGIConnection[Any, Any, Any, Any]) -> EnrolledDevice | None:
    """The store device this browser is, if it is one."""
    house: House = connection.app.state.house
    credential = connection.cookies.get(cookie_name(DEVICE_COOKIE, connection.app.state.secure))
    if not credential:
        return None
    now = house.clock()
    async with borrowed(house.pool) as database:
        device = await queries.find_device(database, digest(credential[:200]))
        if device is not None and (device.last_seen_at is None or now - device.last_seen_at > TOUCH):
            await sql.touch_device(database, device.id, now)
        if device is not None:
            await _note_version(connection, database, device.id, device.app_version, now)
    connection.state.device = device
    return device


async def _note_version(
    connection: ASGIConnection[Any, Any, Any, Any], database: Connection, device: UUID, known: str, now: datetime
) -> None:
    version = connection.headers.get(APP_HEADER, "")
    if version != known and _VERSION.match(version):
        await sql.tell_version(database, device, version, now)


async def by_device(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """The device itself, whoever holds it. Unknown `device_needed` when this browser is none."""
    device = await device_of(connection)
    if device is None:
        raise Unknown("device_needed")
    return Actor(
        who=f"device:{device.id}", role="associate", locations=(device.location,), device=device.id, via="sync",
        language=choose_language(connection.headers.get("accept-language")),
    )  # fmt: skip


async def by_key(connection: ASGIConnection[Any, Any, Any, Any], scope: str) -> Actor:
    """Another system. Unknown `key_needed` or `key_unknown`; Forbidden `scope_missing`; TooMany."""
    kind, _, secret = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise Unknown("key_needed")
    keys: Keys = connection.app.state.known_keys
    key = await keys.find(digest(secret.strip()[:400]))
    if key is None:
        await keys.count_wrong_one(connection)
        raise Unknown("key_unknown")
    await keys.count(key.id)
    if scope not in key.scopes:
        raise Forbidden("scope_missing", scope=scope)
    language = choose_language(connection.headers.get("accept-language"))
    return Actor(f"key:{key.id}", "integrator", key.locations, via="api", scopes=key.scopes, language=language)


class Keys:
    """The keys this process has seen lately, and how often each was used; at most `SIZE` of them, for two seconds."""

    SIZE: Final = 512

    def __init__(self, house: "House") -> None:
        self.house = house
        self._allowance = Allowance(house.pool, limits.KEY, limits.KEY_BLOCK)
        self._known: OrderedDict[bytes, tuple[datetime, Key | None]] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[None]] = {}

    def forget(self) -> None:
        """Believe nothing any more: a key was made or revoked here."""
        self._known.clear()

    def held(self, key_hash: bytes) -> Key | None:
        """The key of a digest if it was found in the last two seconds; asked again in the background after one."""
        held = self._known.get(key_hash)
        if held is None:
            return None
        age = self.house.clock() - held[0]
        if not timedelta(0) <= age < KEY_MEMORY:
            return None
        if age > KEY_MEMORY / 2 and key_hash not in self._asking:
            self._asking[key_hash] = task = asyncio.get_running_loop().create_task(self._ask_ahead(key_hash))
            task.add_done_callback(lambda _: self._asking.pop(key_hash, None))
        return held[1]

    async def find(self, key_hash: bytes) -> Key | None:
        """The key of a digest, asked again after two seconds."""
        held = self._known.get(key_hash)
        if held is not None and timedelta(0) <= self.house.clock() - held[0] < KEY_MEMORY:
            return held[1]
        return await self._ask(key_hash)

    async def _ask(self, key_hash: bytes) -> Key | None:
        now = self.house.clock()
        async with borrowed(self.house.pool) as database:
            key = await queries.find_key(database, key_hash)
            if key is not None and (key.last_used_at is None or now - key.last_used_at > TOUCH):
                await sql.touch_key(database, key.id, now)
        self._known[key_hash] = (now, key)
        self._known.move_to_end(key_hash)
        while len(self._known) > self.SIZE:
            self._known.popitem(last=False)
        return key

    async def _ask_ahead(self, key_hash: bytes) -> None:
        # A database that is away shows on the next request that has to ask.
        with contextlib.suppress(Refusal):
            await self._ask(key_hash)

    async def count(self, key: UUID) -> None:
        """One more request of a key. TooMany above its limit, which all processes share."""
        await self._allowance.spend(key.hex, self.house.clock())

    def count_held(self, key: UUID) -> bool:
        """The same without asking the database; False when only that can tell, and nothing was counted."""
        return self._allowance.spend_held(key.hex, self.house.clock())

    async def count_wrong_one(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """One more request with a key that nobody made. TooMany when an address goes on guessing."""
        await limits.count_address(connection, limits.WRONG_KEY)
