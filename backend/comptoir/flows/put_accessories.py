"""Head office or its system says what belongs to an article, or to all of a category; each change is kept in the audit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import Invalid, NotFound
from comptoir.kit.runner import Flow
from comptoir.returns import accessory_sql as sql
from comptoir.returns.accessories import AccessoriesStand, Accessory, Of, PutAccessories, check
from comptoir.returns.queries import list_accessories, list_asked


async def put_accessories(tx: Tx, command: PutAccessories, actor: Actor, now: datetime) -> AccessoriesStand:
    """All of them at once, in their order; the same again changes nothing.

    NotFound `unknown_sku`; Invalid `accessory_twice`, `accessory_reserved`, `accessory_wrong` for a category that cannot be one.
    """
    actor.needs("head_office", "integrator", "system")
    check(command.accessories)
    await known(tx, command.kind, command.key)
    await sql.lock(tx, command.kind, command.key)
    await change(tx, command.kind, command.key, command.accessories, actor)
    return await accessories_of(tx.connection, command.kind, command.key)


async def known(tx: Tx, kind: Of, key: str) -> None:
    """NotFound `unknown_sku`; Invalid `accessory_wrong`."""
    if kind == "sku" and not await tx.value("SELECT true FROM sku WHERE sku = $1", key):
        raise NotFound("unknown_sku", sku=key)
    if kind == "category" and not (key.isascii() and key.replace("-", "").isalnum() and key == key.lower()):
        raise Invalid("accessory_wrong", field="key")


async def change(tx: Tx, kind: Of, key: str, accessories: Sequence[Accessory], actor: Actor) -> None:
    """Write what differs, and who did it."""
    if tuple(accessories) == await list_accessories(tx.connection, kind, key):
        return
    named = f"{kind}.{key}"
    before = await auditing.standing(tx, "accessories", named)
    await sql.put(tx, kind, key, accessories, actor.who)
    await auditing.keep(tx, actor, "accessories.saved", "accessories", named, before)


async def accessories_of(connection: Connection, kind: Of, key: str) -> AccessoriesStand:
    """What was said of it itself, and what is asked for: of a SKU also what its category says. NotFound `unknown_sku`."""
    own = await list_accessories(connection, kind, key)
    if kind == "category":
        return AccessoriesStand(kind, key, own, tuple(one for one in own if one.used))
    category = await connection.fetchval("SELECT category FROM sku WHERE sku = $1", key)
    if category is None:
        raise NotFound("unknown_sku", sku=key)
    asked = await list_asked(connection, {key: category})
    return AccessoriesStand(kind, key, own, asked.get(key, ()))


FLOWS: Final[Mapping[type, Flow]] = {PutAccessories: put_accessories}
