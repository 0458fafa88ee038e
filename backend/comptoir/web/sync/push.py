"""A device's notifications, under its own credential: whether they are on, where they go, a test that comes back."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.i18n import t
from comptoir.kit.ids import new_id
from comptoir.kit.throttle import Limit, take
from comptoir.notifications import push_sql
from comptoir.notifications.model import Subscription
from comptoir.notifications.providers.push_hosts import LONGEST, NotAllowed
from comptoir.web.guards import on_device

NOT_KEPT: Final = {"cache-control": "no-store"}
TESTS: Final = Limit("push-test", 12, timedelta(minutes=5))
TEST_USEFUL: Final = timedelta(minutes=2)

Address = Annotated[str, msgspec.Meta(min_length=10, max_length=LONGEST)]


class Browser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `PushSubscription` says: 65 bytes of a public key and 16 of a secret in base64url; `old` is the address before."""

    endpoint: Address
    p256dh: Annotated[str, msgspec.Meta(pattern=r"^B[A-Za-z0-9_-]{86}=?\Z")]
    auth: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22}={0,2}\Z")]
    old: Address | None = None
    language: Literal["fr", "en"] = "fr"

    def keys(self, house: House) -> push_sql.Keys:
        """For the ledger. Invalid `push_not_allowed` when no push may ever go there, `push_bad_keys` when nothing can be encrypted for it."""
        try:
            house.push.hosts.check(self.endpoint)
        except NotAllowed as why:
            raise Invalid("push_not_allowed", why=str(why)) from None
        try:
            house.push.encrypt(Subscription(UUID(int=0), self.endpoint, self.p256dh, self.auth), b"")
        except ValueError:
            raise Invalid("push_bad_keys") from None
        return push_sql.Keys(self.endpoint, self.p256dh, self.auth, self.old)


class Test(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A test that the device asks for; the id is made by the page, so that asking again sends nothing new."""

    id: UUID


@get("/push", opt=on_device())
async def state(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """The key that browsers want before they give an address, and what is known of this device."""
    assert actor.device is not None
    return answer(house, await push_sql.state_of(house.pool, actor.device))


@post("/push", opt=on_device(), status_code=200)
async def switch_on(
    data: JSONBody[Browser], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """This device is told at this address from now on; saying it again changes nothing."""
    device, keys, now = actor.device, data.keys(house), house.clock()
    assert device is not None
    await in_transaction(
        house.pool, actor.who, now, lambda tx: push_sql.keep_device(tx, new_id(), device, keys, data.language)
    )
    return answer(house, await push_sql.state_of(house.pool, device))


@post("/push/off", opt=on_device(), status_code=200)
async def switch_off(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """This device is told nothing any more."""
    assert actor.device is not None
    await push_sql.stop_device(house.pool, actor.device)
    return answer(house, None)


@post("/push/tests", opt=on_device(), status_code=200)
async def ask_test(data: JSONBody[Test], house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[Any]:
    """A real push to this device, by way of its push service. Conflict `push_off`; TooMany."""
    device, now = actor.device, house.clock()
    assert device is not None
    await take(house.pool, TESTS, device.hex, now)
    known = await push_sql.state_of(house.pool, device)
    if known is None:
        raise Conflict("push_off")
    title, body = t("push.test", known.language), t("push.test_more", known.language)
    note = push_sql.Note(
        data.id, device, f"test:{data.id}", "test", "test", title, body, "/settings", now + TEST_USEFUL
    )

    async def write(tx: Tx) -> None:
        await push_sql.write(tx, note)

    await in_transaction(house.pool, actor.who, now, write)
    return Response({"id": str(data.id)}, headers=NOT_KEPT)


@get("/push/tests/{note:uuid}", opt=on_device())
async def see_test(house: NamedDependency[House], actor: NamedDependency[Actor], note: FromPath[UUID]) -> Response[Any]:
    """How far a test of this device is: due, sent, shown (when), failed (why)."""
    assert actor.device is not None
    found = await push_sql.note_of(house.pool, note, actor.device)
    if found is None:
        raise NotFound("push_unknown")
    return Response(msgspec.to_builtins(found), headers=NOT_KEPT)


def answer(house: House, known: push_sql.OwnState | None) -> Response[Any]:
    told = {
        "key": house.push.vapid.public_key,
        "on": known is not None,
        **(msgspec.to_builtins(known) if known else {}),
    }
    return Response(told, headers=NOT_KEPT)


ROUTES: list[BaseRouteHandler] = [state, switch_on, switch_off, ask_test, see_test]
