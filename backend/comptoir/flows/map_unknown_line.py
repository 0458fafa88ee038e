"""A person says what a shop's unknown line is. When the last one is known, the order goes on."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.release_hold import ReleaseHoldFlow
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.money import split
from comptoir.orders import channel_sql, sql
from comptoir.orders.model import MapUnknownLine, ReleaseHold


class LineMapped(msgspec.Struct, frozen=True):
    """How many lines are still unknown, what holds the order, and the works it was given if nothing does."""

    order: UUID
    line: int
    sku: str
    unknown_left: int
    held: tuple[str, ...]
    works: tuple[UUID, ...]


class MapUnknownLineFlow:
    """Mapping the last unknown line releases the hold `unknown_item`."""

    def __init__(self, release: ReleaseHoldFlow) -> None:
        self.release = release

    async def __call__(self, tx: Tx, command: MapUnknownLine, actor: Actor, now: datetime) -> LineMapped:
        """NotFound `order_not_found`, `line_not_found`; Invalid `unknown_sku`; Conflict `line_known`, `line_canceled`.

        A line of which units were canceled stays unknown: which ones are left is for a person to say.
        """
        await sql.lock(tx, command.order, actor.locations)
        line = await channel_sql.find_line(tx, command.order, command.line)
        if line is None:
            raise NotFound("line_not_found", line=command.line)
        if line["known"]:
            raise Conflict("line_known", line=command.line, sku=line["sku"])
        if line["canceled"]:
            raise Conflict("line_canceled", line=command.line)
        parts = await channel_sql.find_article(tx, command.sku)
        if parts is None:
            raise Invalid("unknown_sku", sku=command.sku)
        units, total = line["quantity"], line["total_minor"]
        shares = split(total, [share for _, _, share in parts]) if parts else [total]
        needs = [(at, sku, many * units, share) for at, ((sku, many, _), share) in
                 enumerate(zip(parts or [(command.sku, 1, 0)], shares, strict=True), 1)]  # fmt: skip
        await channel_sql.map_line(tx, command.order, command.line, command.sku, needs)
        if command.remember and line["external_sku"]:
            await channel_sql.remember_sku(tx, line["channel"], line["external_sku"], command.sku)
        tx.tell(Event("order.line_mapped", command.order, {"line": command.line, "sku": command.sku}))
        left = await channel_sql.count_unknown_lines(tx, command.order)
        held = tuple(await sql.open_holds(tx, command.order))
        works: tuple[UUID, ...] = ()
        if not left and "unknown_item" in held:
            released = await self.release(
                tx, ReleaseHold(command.id, command.order, "unknown_item", "every line mapped"), actor, now
            )
            held, works = released.held, released.works
        return LineMapped(command.order, command.line, command.sku, left, held, works)
