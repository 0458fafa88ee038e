"""Plays the demo world's deliveries and requests through their own flows, each step at its time."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from comptoir.flows.order_goods import announce_goods, order_goods
from comptoir.flows.post_movements import post_movements
from comptoir.flows.receive_goods import decide_difference, take_in_goods
from comptoir.flows.request_transfer import ask_transfer, decline_request
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Pool, Tx, in_transaction
from comptoir.kit.ids import new_id
from comptoir.receiving.model import AnnounceGoods, Came, Carton, DecideDifference, OrderGoods, TakeInGoods, Wish
from comptoir.seeding.reference import staff_id
from comptoir.stock.feed import PostMovements, ReportedMovement
from comptoir.transfers.model import Wish as TransferWish
from comptoir.transfers.requesting import AskTransfer, DeclineRequest
from comptoir.world.deliveries import CONFLUENCE, SOLD, Asked, Brought, asked, brought
from comptoir.world.scripts import NAMESPACE


async def deliver(pool: Pool, now: datetime, day: date) -> None:
    """Order, announce, count and ask; a refusal is a fault of the description and is raised."""
    for each in brought(now, day):
        await _bring(pool, each)
    for wish in asked(now):
        await _ask(pool, wish)
    sold = now - timedelta(days=6)
    lines = tuple(
        ReportedMovement(new_id(), CONFLUENCE, fact, units, sold, sku=sku)
        for sku, units in SOLD.items() for fact in ("receipt", "till_sale")
    )  # fmt: skip
    await _at(pool, now, "odile-ferrand", lambda tx: post_movements(tx, PostMovements(new_id(), lines), SYSTEM, now))


async def _bring(pool: Pool, each: Brought) -> None:
    made = uuid5(NAMESPACE, f"purchase|{each.key}")
    lines = tuple(Wish(sku, units) for sku, units in each.units.items())
    order = OrderGoods(
        made, each.location, each.supplier, lines, each.number, each.expected_on, each.delivery_note, each.note
    )
    await _at(pool, each.ordered_at, each.by, lambda tx: order_goods(tx, order, SYSTEM, each.ordered_at))
    if each.cartons:
        cartons = tuple(
            Carton(sscc, tuple(Wish(sku, units) for sku, units in inside.items()))
            for sscc, inside in each.cartons.items()
        )
        told = AnnounceGoods(new_id(), made, f"AV-{each.number[-4:]}", cartons, each.expected_on)
        await _at(pool, each.ordered_at, each.by, lambda tx: announce_goods(tx, told, SYSTEM, each.ordered_at))
    if each.came_at is not None:
        came = tuple(Came(sku, good, damaged) for sku, (good, damaged) in each.came.items())
        counted, at = TakeInGoods(new_id(), made, came, close=each.ended, last=each.ended), each.came_at
        await _at(pool, at, "sam-diallo", lambda tx: take_in_goods(tx, counted, SYSTEM, at))
        if each.claimed:
            await _at(pool, at, each.by, lambda tx: _claim(tx, made, each.claimed, at))


async def _claim(tx: Tx, purchase: UUID, sku: str, at: datetime) -> None:
    found = await tx.value(
        "SELECT id FROM receiving_difference WHERE purchase = $1 AND sku = $2 AND kind = 'damaged'", purchase, sku
    )
    await decide_difference(tx, DecideDifference(new_id(), found, "claim", "Avoir demandé par e-mail"), SYSTEM, at)


async def _ask(pool: Pool, wish: Asked) -> None:
    made = uuid5(NAMESPACE, f"request|{wish.key}")
    lines = tuple(TransferWish(sku, units) for sku, units in wish.units.items())
    command = AskTransfer(made, wish.to, lines, wish.source, wish.note)
    await _at(pool, wish.at, wish.by, lambda tx: ask_transfer(tx, command, SYSTEM, wish.at))
    if wish.answered_at is not None:
        no, at = DeclineRequest(new_id(), made, wish.answer), wish.answered_at
        await _at(pool, at, "odile-ferrand", lambda tx: decline_request(tx, no, SYSTEM, at))


async def _at(pool: Pool, at: datetime, who: str, work: Callable[[Tx], Awaitable[object]]) -> None:
    await in_transaction(pool, str(staff_id(who)), at, work)
