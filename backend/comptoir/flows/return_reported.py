"""Goods that a device took in by itself are on file, whatever the rules say of them: what can be settled is, the rest is a manager's to decide.

Three tries, each under a savepoint: as the counter would have taken it, money included; as goods that came and wait for a decision;
as goods of nobody. What is none of our articles is in the case alone. A serial number that does not agree is told to the manager,
as it would have been at the desk, and nothing is settled before; nor where something would be kept for what was missing, which the
customer has not been told.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.inspect_return import inspect
from comptoir.flows.open_return import lock_return, open_units
from comptoir.flows.put_away_return import put_away_unit
from comptoir.flows.receive_parcel import take_parcel
from comptoir.flows.receive_return import receive
from comptoir.flows.serial_numbers import serials_that_differ
from comptoir.flows.settle_return import SettleReturnFlow
from comptoir.flows.take_return import TakeReturnFlow
from comptoir.flows.tell_misfit import article_of
from comptoir.fulfillment import passes
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Outcome
from comptoir.kit import codes
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Refusal
from comptoir.kit.ids import Seal, new_id
from comptoir.returns.accessories import OTHER
from comptoir.returns.arriving import ParcelTaken, TakeParcel, number_of, spellings
from comptoir.returns.model import (
    Coming,
    FinishReturn,
    Looked,
    OpenReturn,
    Origin,
    PutAwayUnit,
    ReturnSettled,
    Taken,
    TakeReturn,
)
from comptoir.returns.queries import list_asked
from comptoir.returns.reporting import ToldParcel, ToldPlaced, ToldReturn, ToldUnit
from comptoir.returns.signals import Brought, Signal
from comptoir.sourcing.outlook import Outlook

# What a receipt may be: a number of ours or of the shop, an invoice, a label, a pass, a work's label.
_RECEIPT = """
SELECT id FROM (
  SELECT o.id, 1 AS rank FROM sales_order o WHERE o.number = ANY($1::text[])
  UNION ALL SELECT o.id, 2 FROM sales_order o WHERE o.external_number = ANY($1::text[])
  UNION ALL SELECT d.order_id, 3 FROM document d WHERE d.number = ANY($1::text[])
  UNION ALL SELECT a.order_id, 4 FROM label_attempt a WHERE a.tracking_number = ANY($1::text[]) OR a.reference = ANY($1::text[])
  UNION ALL SELECT p.order_id, 5 FROM pickup_pass p WHERE p.qr_hash = $2
) found ORDER BY rank LIMIT 1
"""


# A return that is still to come, by its number or its label's.
_RETURN = """
SELECT r.id FROM rma r WHERE r.status IN ('requested', 'received') AND (r.number = $1 OR EXISTS (SELECT FROM return_label l WHERE l.rma = r.id
  AND (l.tracking_number = ANY($2::text[]) OR l.reference = ANY($2::text[])))) ORDER BY r.opened_at DESC LIMIT 1
"""


class Told(msgspec.Struct, frozen=True):
    """What was told, read against what we know: the order, the units that are ours, the codes that are not."""

    order: UUID | None
    units: tuple[Taken, ...]
    strange: tuple[str, ...]


class ReturnReported:
    """Needs what settles a return."""

    def __init__(self, seal: Seal, outlook: Outlook) -> None:
        self.settle = SettleReturnFlow(seal, outlook)
        self.counter = TakeReturnFlow(self.settle)

    async def __call__(
        self,
        tx: Tx,
        told: ToldReturn,
        actor: Actor,
        at: datetime,
        *,
        origin: Origin = "counter",
        due: datetime | None = None,
    ) -> Outcome:
        """Total: applied, or applied with an exception of the store's manager. The same return told twice is one."""
        location = (actor.locations or ("",))[0]
        effect = {"kind": "return", "return": str(told.return_)}
        told = await self._by_its_number(tx, told)
        if await tx.value("SELECT true FROM rma WHERE id = $1", told.return_):
            return Outcome("applied", None, None, await self._stands(tx, told.return_), effect)
        if told.rma is not None and await tx.value("SELECT true FROM command WHERE id = $1", told.return_):
            # It was asked for before the network went, and the answer was lost.
            return Outcome("applied", None, None, await self._stands(tx, told.rma), effect)
        if told.rma is not None:
            return await self._announced(tx, told, actor, at, location, effect)
        read = await self._read(tx, told)
        why = ""
        differ = await self._differ(tx, told, read)
        if read.units and read.order is not None and differ:
            why = differ[0].kind
            await self._wait(tx, told, read, read.order, actor, at, location)
        elif read.units and read.order is not None:
            command = TakeReturn(id=told.return_, location=location, units=read.units, order=read.order, origin=origin)
            why = await attempt(tx, lambda: whole(self.counter.take(tx, command, actor, at, due=due)))
            if why:
                await self._wait(tx, told, read, read.order, actor, at, location)
        elif read.units:
            why = "no_order"
        if read.units and not await tx.value("SELECT true FROM rma WHERE id = $1", told.return_):
            await self._wait(tx, told, read, None, actor, at, location)
        if not why and not read.strange:
            return Outcome("applied", None, None, await self._stands(tx, told.return_), effect)
        await self._ask(tx, told, read, actor, at, location, why or "unknown_code", differ)
        facts = await self._stands(tx, told.return_)
        return Outcome("applied_with_exception", "return_to_decide", None, facts, effect)

    async def _by_its_number(self, tx: Tx, told: ToldReturn) -> ToldReturn:
        """What was scanned for a receipt is a return that was announced, or its label: the articles are its units, and what is not among them
        did not come. What does not fit it stays as it was told."""
        if told.order is not None or told.rma is not None or not told.receipt:
            return told
        rma = await tx.value(_RETURN, number_of(told.receipt), spellings(told.receipt))
        if rma is None:
            return told
        coming = await tx.rows("SELECT n, sku FROM rma_unit WHERE rma = $1 AND state = 'expected' ORDER BY n", rma)
        waiting = [(row["n"], row["sku"]) for row in coming]
        units = []
        for unit in told.units:
            sku = await article_of(tx, unit.sku) if unit.sku else None
            n = next((n for n, of in waiting if of == sku), None)
            if n is None:
                return told
            waiting = [one for one in waiting if one[0] != n]
            units.append(msgspec.structs.replace(unit, n=n, sku=None))
        return msgspec.structs.replace(told, rma=rma, units=tuple(units), missing=tuple(n for n, _ in waiting))

    async def _announced(
        self, tx: Tx, told: ToldReturn, actor: Actor, at: datetime, location: str, effect: dict[str, str]
    ) -> Outcome:
        """A return that was announced: its units were looked at; settled as the counter would have, else left to the manager."""
        assert told.rma is not None
        rma = told.rma
        rows = await tx.rows("SELECT n, sku FROM rma_unit WHERE rma = $1", rma)
        of = {row["n"]: row["sku"] for row in rows}
        looks = tuple([
            Looked(
                unit.n, unit.condition, None, unit.reason, serial=serial_of(unit),
                absent=await absent_told(tx, of.get(unit.n, ""), unit.absent),
            )
            for unit in told.units
            if unit.n is not None
        ])  # fmt: skip
        order = await tx.value("SELECT order_id FROM rma WHERE id = $1", rma)
        read = Told(order, (), ())
        differ = await self._differ(tx, told, read)

        async def take_in() -> None:
            found = await receive(tx, await lock_return(tx, rma, actor, location), location, told.missing, at)
            if looks:
                await inspect(tx, found, location, looks, at)

        why: str = differ[0].kind if differ else ""
        if not differ:
            command = FinishReturn(id=told.return_, rma=rma, location=location, units=looks, missing=told.missing)
            why = await attempt(tx, lambda: whole(self.counter.finish(tx, command, actor, at)))
        if not why:
            return Outcome("applied", None, None, await self._stands(tx, told.rma), effect)
        # The goods are here, whatever is decided about the money.
        why = await attempt(tx, take_in) or why
        await self._ask(tx, told, read, actor, at, location, why, differ)
        return Outcome("applied_with_exception", "return_to_decide", None, await self._stands(tx, told.rma), effect)

    async def _read(self, tx: Tx, told: ToldReturn) -> Told:
        order = told.order
        if order is None and told.receipt:
            order = await tx.value(_RECEIPT, numbers_of(told.receipt), pass_of(told.receipt))
        units, strange = [], []
        for unit in told.units:
            sku = await article_of(tx, unit.sku) if unit.sku else None
            if unit.line is None and sku is None:
                strange.append(unit.sku or "")
            else:
                of = sku or await tx.value(
                    "SELECT sku FROM requirement WHERE order_id = $1 AND line = $2 AND ($3::smallint IS NULL OR part = $3) ORDER BY part LIMIT 1",
                    order, unit.line, unit.part,
                )  # fmt: skip
                absent = await absent_told(tx, of or "", unit.absent)
                units.append(
                    Taken(
                        reason=unit.reason, line=unit.line, part=unit.part, sku=sku, condition=unit.condition,
                        serial=serial_of(unit), absent=absent,
                    )
                )  # fmt: skip
        return Told(order, tuple(units), tuple(strange))

    async def _differ(self, tx: Tx, told: ToldReturn, read: Told) -> tuple[Signal, ...]:
        """Serial numbers that do not agree with what was picked, or came back before."""
        numbers = [one.n for one in told.units if one.n is not None]
        rows = await tx.rows(
            "SELECT n, line, sku FROM rma_unit WHERE rma = $1 AND n = ANY($2::smallint[])", told.rma, numbers
        )
        announced = {row["n"]: row for row in rows}
        of_line = {
            (row["line"], row["part"]): row["sku"]
            for row in await tx.rows(
                "SELECT line, part, sku FROM requirement WHERE order_id = $1 ORDER BY line, part DESC", read.order
            )
        }
        brought = [
            Brought(announced[one.n]["sku"], announced[one.n]["line"], serial_of(one))
            for one in told.units
            if one.n in announced
        ]
        for unit in read.units:
            sku = unit.sku or of_line.get((unit.line or 0, unit.part or 1), "")
            brought.append(Brought(sku, unit.line, unit.serial))
        return await serials_that_differ(tx, read.order, told.rma, brought)

    async def _wait(
        self, tx: Tx, told: ToldReturn, read: Told, order: UUID | None, actor: Actor, at: datetime, location: str
    ) -> str:
        """Goods that came without anybody's leave: here, looked at, and nothing given for them yet. Why not even that, else empty."""
        units = read.units if order is not None else await self._bare(tx, told, read)
        if not units:
            return "nothing_ours"
        origin: Origin = "unannounced"
        opened = OpenReturn(
            id=told.return_, order=order, origin=origin, location=location,
            units=tuple(Coming(unit.reason, 1, unit.line, unit.part, unit.sku) for unit in units),
        )  # fmt: skip

        async def do() -> None:
            found, placed = await open_units(tx, opened, actor, at)
            found = await receive(tx, found, location, (), at)
            looks = [
                Looked(n, unit.condition, serial=unit.serial, absent=unit.absent)
                for n, unit in ((n, units[one.asked]) for n, one in enumerate(placed, 1))
            ]
            await inspect(tx, found, location, looks, at)

        return await attempt(tx, do)

    async def _bare(self, tx: Tx, told: ToldReturn, read: Told) -> tuple[Taken, ...]:
        """The units by their article alone, where the order does not take them."""
        found = []
        for unit in read.units:
            sku = unit.sku
            if sku is None and read.order is not None:
                sku = await tx.value(
                    "SELECT sku FROM requirement WHERE order_id = $1 AND line = $2 AND ($3::smallint IS NULL OR part = $3) ORDER BY part LIMIT 1",
                    read.order, unit.line, unit.part,
                )  # fmt: skip
            if sku is not None:
                found.append(msgspec.structs.replace(unit, sku=sku, line=None, part=None))
        return tuple(found)

    async def _ask(
        self,
        tx: Tx,
        told: ToldReturn,
        read: Told,
        actor: Actor,
        at: datetime,
        location: str,
        why: str,
        differ: tuple[Signal, ...] = (),
    ) -> None:
        body = {
            "return": told.rma or told.return_, "why": why, "receipt": told.receipt, "codes": list(read.strange), "who": actor.who, "at": at,
            "serials": [{"kind": one.kind, **one.facts} for one in differ],
        }  # fmt: skip
        await work_sql.insert_exception(
            tx, location, "return_to_decide", "store_manager", order=read.order, quantity=len(told.units), body=body
        )

    async def _stands(self, tx: Tx, rma: UUID) -> dict[str, str]:
        """What the device shows of it: number and state."""
        row = await tx.row("SELECT number, status FROM rma WHERE id = $1", rma)
        return {"number": row["number"], "status": row["status"]} if row else {}


def serial_of(unit: ToldUnit) -> str:
    """The serial number that the device read, or that the article's code holds."""
    return unit.serial.strip() or (codes.parse(unit.sku).serial if unit.sku else "")


async def absent_told(tx: Tx, sku: str, codes: Sequence[str]) -> tuple[str, ...]:
    """What a device says is missing, as it is known by now; a name that belongs to the article no longer still says that it is incomplete."""
    if not codes:
        return ()
    category = await tx.value("SELECT category FROM sku WHERE sku = $1", sku)
    asked = (await list_asked(tx.connection, {sku: category or ""})).get(sku, ())
    named = {one.code for one in asked}
    return tuple(dict.fromkeys(code if code in named else OTHER.code for code in codes))


async def whole(settling: Awaitable[ReturnSettled]) -> None:
    """Settle it. Conflict `incomplete` where something would be kept for what was missing: nobody has told the customer yet."""
    if (await settling).kept_minor:
        raise Conflict("incomplete")


async def attempt(tx: Tx, do: Callable[[], Awaitable[object]]) -> str:
    """Do it under a savepoint. The code of the refusal that took it back, empty when it stands."""
    before = len(tx.events)
    try:
        async with tx.connection.transaction():
            await do()
    except Refusal as refusal:
        del tx.events[before:]
        return refusal.code
    return ""


def numbers_of(receipt: str) -> list[str]:
    """The spellings of a number that somebody scanned."""
    plain = " ".join(receipt.split())
    whole = plain.replace(" ", "")
    scanned = codes.parse(plain)
    bare = scanned.code.partition(":")[2] if scanned.kind == "work" else whole.lstrip("#")
    return list(dict.fromkeys([plain, whole, whole.upper(), bare, bare.upper(), f"W-{bare.upper()}", f"#{bare}"]))


def pass_of(receipt: str) -> bytes | None:
    """The digest of a pass, if that is what was scanned."""
    scanned = codes.parse(receipt)
    return passes.qr_hash(scanned.code) if scanned.kind == "pass" else None


async def placed_reported(tx: Tx, told: ToldPlaced, actor: Actor, at: datetime) -> Outcome:
    """A scan at the shelf: the unit is for sale. What is not to be shelved here is the manager's to look at, and moves no figure."""
    location = (actor.locations or ("",))[0]
    command = PutAwayUnit(id=new_id(), location=location, code=told.code, rma=told.return_)
    why = await attempt(tx, lambda: put_away_unit(tx, command, actor, at))
    if why and told.return_ is not None:
        # Somebody placed it for another return of the same article meanwhile: what lies on the shelf is what counts.
        command = PutAwayUnit(id=new_id(), location=location, code=told.code)
        why = await attempt(tx, lambda: put_away_unit(tx, command, actor, at))
    if not why:
        return Outcome("applied")
    await work_sql.insert_exception(
        tx, location, "return_not_shelved", "store_manager", sku=await article_of(tx, told.code), quantity=1,
        body={"why": why, "code": told.code, "who": actor.who, "at": at},
    )  # fmt: skip
    return Outcome("applied_with_exception", "return_not_shelved")


async def parcel_reported(tx: Tx, told: ToldParcel, actor: Actor, at: datetime) -> Outcome:
    """A parcel that was scanned with no network is here. One that belongs to nothing we know is the manager's to look at."""
    location = (actor.locations or ("",))[0]
    taken: list[ParcelTaken] = []

    async def take() -> None:
        taken.append(await take_parcel(tx, TakeParcel(told.return_, location, told.code), actor, at))

    why = await attempt(tx, take)
    if not why:
        found = taken[0]
        facts = {
            "number": found.number,
            "status": found.status.value,
            "units": found.units,
            "origin": found.origin,
            "again": found.again,
        }
        return Outcome("applied", None, None, facts, {"kind": "return", "return": str(found.rma)})
    await work_sql.insert_exception(
        tx,
        location,
        "parcel_not_taken",
        "store_manager",
        body={"why": why, "number": told.code, "who": actor.who, "at": at},
    )
    return Outcome("applied_with_exception", "parcel_not_taken")
