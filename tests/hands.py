"""Hands at work in the tests' world: a shop that takes orders, handhelds that tell, and a look at all the figures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from comptoir.flows import lapse
from comptoir.flows.keep_packs import KeepPacks, Kept, keep_packs
from comptoir.flows.order_grouper import OrderGrouper, OutlookKeeper
from comptoir.flows.place_orders import Done as Placed
from comptoir.flows.take_reports import TakeReports
from comptoir.fulfillment.journal import Batch, DeviceEvent, Follows, Taken, Told
from comptoir.fulfillment.model import PackStarted, StartPack
from comptoir.fulfillment.passes import PREFIX, pass_letters, pass_token
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.check import find_breaches
from comptoir.kit.clock import SetClock
from comptoir.kit.db import Connection, Pool, in_transaction, open_pool
from comptoir.kit.ids import Seal, new_id
from comptoir.kit.runner import Command, Runner
from comptoir.orders.model import OrderPlaced, PlaceOrder
from comptoir.sourcing.outlook import Outlook
from comptoir.stock.feed import PostMovements, ReportedFact, ReportedMovement
from comptoir.wiring import flows
from tests.world import DERBY, FRIDAY, LYON, SAM, device_id, sign_in

SECRET: Final = b"a secret for tests, 32 bytes long"
WEBSHOP: Final = Actor("key:webshop", "integrator", None, via="api", scopes=frozenset({"orders:write"}))

Figures = tuple[int, int, int, int]
"""On hand, reserved, set aside, unsellable."""


class Shop:
    """One process of the retailer on a test's database, with a clock that is set by hand."""

    def __init__(self, pool: Pool, clock: SetClock, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.pool, self.clock, self.connection = pool, clock, connection
        self.seal, self.outlook = Seal(SECRET), Outlook()
        self.keeper = OutlookKeeper(pool, clock, self.outlook)
        self.orders = OrderGrouper(pool, clock, self.seal, self.outlook)
        self.runner = Runner(pool, clock, flows(self.seal, self.outlook))
        self.reports = TakeReports(self.seal, self.outlook)

    @property
    def now(self) -> datetime:
        return self.clock()

    # ------------------------------------------------------------ doing

    async def perform(self, command: Command, actor: Actor = SYSTEM, kind: Any = Any) -> Any:
        """Carry out a command; its answer."""
        return (await self.runner.perform(command, actor)).read(kind)

    async def place(self, order: PlaceOrder, actor: Actor = WEBSHOP) -> OrderPlaced:
        """Place an order; the answer as its sender reads it."""
        return msgspec.json.decode((await self.submit(order, actor)).answer, type=OrderPlaced)

    async def submit(self, order: PlaceOrder, actor: Actor = WEBSHOP) -> Placed:
        return await self.orders.submit(order, actor)

    async def receive(self, quantity: int, sku: str = DERBY, at: str = LYON) -> None:
        """Goods come in."""
        await self.till(quantity, sku, at, "receipt")

    async def till(self, quantity: int, sku: str = DERBY, at: str = LYON, fact: ReportedFact = "till_sale") -> None:
        """The till tells what it has seen."""
        line = ReportedMovement(new_id(), at, fact, quantity, self.now, sku=sku)
        await self.perform(PostMovements(new_id(), (line,)))

    async def nobody_comes(self, days: int) -> int:
        """So many days later the time to collect is over, and two days after that the day more is too. Works that ended."""
        self.clock.advance(hours=24 * days)
        await lapse.expire_pickups(self)  # type: ignore[arg-type]
        self.clock.advance(hours=48)
        return await lapse.expire_pickups(self)  # type: ignore[arg-type]

    async def handheld(self, place: str = LYON, who: UUID = SAM, number: int = 1) -> "Handheld":
        """A device of the store with somebody signed in, and an empty journal."""
        device = device_id(place, number)
        return Handheld(self, place, who, device, await sign_in(self.connection, who, device, FRIDAY))

    # ------------------------------------------------------------ looking

    async def figures(self, sku: str = DERBY, at: str = LYON) -> Figures:
        """What the level says."""
        row = await self.connection.fetchrow(
            "SELECT on_hand, reserved, set_aside, unsellable FROM stock_level WHERE sku = $1 AND location = $2", sku, at
        )
        return tuple(row) if row else (0, 0, 0, 0)

    async def status(self, work: UUID) -> str:
        return str(await self.connection.fetchval("SELECT status FROM work WHERE id = $1", work))

    async def progress(self, order: UUID) -> str:
        return str(await self.connection.fetchval("SELECT progress FROM sales_order WHERE id = $1", order))

    async def told(self, order: UUID) -> list[str]:
        """The kinds of the order's events that stand, in order."""
        rows = await self.connection.fetch(
            "SELECT kind FROM event WHERE stream = $1 AND withdrawn_at IS NULL ORDER BY seq", order
        )
        return [row[0] for row in rows]

    async def intended(self, order: UUID) -> list[tuple[str, int, str]]:
        """(kind, amount, reason) of the payment intentions that stand."""
        rows = await self.connection.fetch(
            "SELECT kind, amount_minor, reason FROM payment_intention WHERE order_id = $1 AND state <> 'withdrawn'"
            " ORDER BY intended_at, id", order,
        )  # fmt: skip
        return [tuple(row) for row in rows]

    async def put_backs(self, order: UUID) -> list[UUID]:
        """Put-back work of the order that is still to do."""
        rows = await self.connection.fetch(
            "SELECT id FROM put_back WHERE order_id = $1 AND done < quantity AND withdrawn_at IS NULL ORDER BY id",
            order,
        )
        return [row[0] for row in rows]

    async def exceptions(self) -> list[str]:
        """The kinds of all open exceptions."""
        rows = await self.connection.fetch("SELECT kind FROM exception WHERE resolved_at IS NULL ORDER BY made_at, id")
        return [row[0] for row in rows]

    async def count(self, table: str) -> int:
        return int(await self.connection.fetchval(f"SELECT count(*) FROM {table}"))

    async def breaches(self) -> list[str]:
        """Invariants that do not hold, with their first rows."""
        return [f"{breach.name}: {breach.first}" for breach in await find_breaches(self.connection)]

    def pass_of(self, order: UUID, at: str = LYON) -> str:
        """What the QR of the customer's pass says."""
        return PREFIX + pass_token(self.seal, order, at, 0)

    def letters_of(self, order: UUID, at: str = LYON) -> str:
        return pass_letters(self.seal, order, at, 0)


class Handheld:
    """A store's device and its journal; each method tells one fact and gives what came of it."""

    def __init__(self, shop: Shop, place: str, who: UUID, device: UUID, signed_in: UUID) -> None:
        self.shop, self.place, self.who, self.signed_in = shop, place, who, signed_in
        self.journal, self.seq = new_id(), 0
        self.follows: Follows | None = None
        self.actor = Actor(f"device:{device}", "associate", (place,), device, "sync")
        self.person = Actor(str(who), "associate", (place,), device, "page", sign_in=signed_in)
        self.last: Batch | None = None

    def event(self, type: str, /, **body: Any) -> DeviceEvent:
        """The next line of the journal."""
        self.seq += 1
        plain = msgspec.json.decode(msgspec.json.encode(body))
        return DeviceEvent(self.seq, new_id(), self.shop.now, self.signed_in, type, plain)

    async def send(self, *events: DeviceEvent) -> Taken:
        """Send lines as one batch."""
        self.last = Batch(self.journal, events, follows=self.follows)
        return await self.resend()

    def begin_anew(self, follows: Follows | None = None) -> None:
        """Another journal on the same device: it was lost, or another device had the same one (then it says which)."""
        self.journal, self.seq, self.follows = new_id(), 0, follows

    async def resend(self) -> Taken:
        """Send the last batch as it was: the answer had been lost."""
        batch, shop = self.last, self.shop
        assert batch is not None
        return await in_transaction(
            shop.pool, self.actor.who, shop.now, lambda tx: shop.reports(tx, batch, self.actor, shop.now)
        )

    async def tell(self, type: str, /, **body: Any) -> Told:
        return (await self.send(self.event(type, **body))).outcomes[0]

    async def start(self, *works: UUID) -> PackStarted:
        """Take these works on."""
        command = StartPack(new_id(), self.place, works)
        started: PackStarted = await self.shop.perform(command, self.person, PackStarted)
        return started

    async def keep(self, ahead: int = 2, *packs: UUID) -> Kept:
        """Ask for what may be needed with no network."""
        asked, shop = KeepPacks(self.journal, ahead, packs=packs), self.shop
        return await in_transaction(
            shop.pool, self.actor.who, shop.now, lambda tx: keep_packs(tx, asked, self.actor, shop.now)
        )

    async def pick(self, work: UUID, quantity: int = 1, line: int = 1) -> Told:
        return await self.tell("pick", work=work, line=line, quantity=quantity)

    async def short(self, work: UUID, quantity: int = 1, line: int = 1, reason: str = "not_found") -> Told:
        return await self.tell("short", work=work, line=line, quantity=quantity, reason=reason)

    async def stage(self, work: UUID, bag: str = "B:101", place: str = "L:R1") -> Told:
        return await self.tell("stage", work=work, bag=bag, place=place)

    async def hand_over(self, order: UUID, work: UUID, *bags: str, **more: Any) -> Told:
        """Against the pass, the bag `B:101`, unless told otherwise."""
        proof = (
            {} if "letters" in more or "identity_checked" in more else {"pass": self.shop.pass_of(order, self.place)}
        )
        return await self.tell("hand_over", order=order, works=[work], bags=list(bags or ("B:101",)), **(proof | more))

    async def put_back(self, put_back: UUID, quantity: int = 1) -> Told:
        return await self.tell("put_back", put_back=put_back, quantity=quantity)

    async def undo(self, told: Told) -> Told:
        return await self.tell("undo", event=told.id)


async def staged(shop: Shop, hand: Handheld, order: PlaceOrder, bag: str = "B:101") -> tuple[UUID, UUID]:
    """Place an order, pick everything of its first work and put it on the shelf; (order, work)."""
    placed = await shop.place(order)
    work = placed.works[0]
    await hand.start(work.id)
    for number, line in enumerate(work.lines, 1):
        await hand.pick(work.id, line.quantity, number)
    await hand.stage(work.id, bag)
    return order.id, work.id


@asynccontextmanager
async def opened(dsn: str, *, pool_size: int = 6) -> AsyncIterator[Shop]:
    """A shop on a settled database at noon, nothing on hand; every invariant holds when it closes."""
    connection = await asyncpg.connect(dsn)
    pool = await open_pool(dsn, pool_size)
    try:
        async with shop_on(pool, connection) as shop:
            yield shop
    finally:
        await pool.close()
        await connection.close()


@asynccontextmanager
async def shop_on(pool: Pool, connection: Connection) -> AsyncIterator[Shop]:
    """The same on connections that are open already, and stay so."""
    shop = Shop(pool, SetClock(FRIDAY), connection)
    try:
        await shop.keeper.load()
        yield shop
        assert await shop.breaches() == []
    finally:
        await shop.orders.close()
