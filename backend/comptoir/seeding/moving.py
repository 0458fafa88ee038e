"""Plays the demo world's transfers through their own flows, each step at its time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from comptoir.flows.create_transfer import create_transfer
from comptoir.flows.receive_transfer import receive_transfer
from comptoir.flows.ship_transfer import ship_transfer
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Pool, Tx, in_transaction
from comptoir.kit.ids import new_id
from comptoir.seeding.reference import staff_id
from comptoir.transfers.model import Arrived, CreateTransfer, ReceiveTransfer, ShipTransfer, Wish
from comptoir.world.moves import Move
from comptoir.world.scripts import NAMESPACE


async def move_goods(pool: Pool, moves: Sequence[Move]) -> None:
    """Make, send and receive; a refusal is a fault of the description and is raised."""
    for move in moves:
        transfer = uuid5(NAMESPACE, f"transfer|{move.key}")
        for at, who, step in _steps(move, transfer):
            await _at(pool, at, who, step)


Step = CreateTransfer | ShipTransfer | ReceiveTransfer


def _steps(move: Move, transfer: UUID) -> list[tuple[datetime, str, Step]]:
    asked = tuple(Wish(sku, units) for sku, units in move.units.items())
    found: list[tuple[datetime, str, Step]] = [
        (move.made_at, move.by, CreateTransfer(transfer, move.source, move.to, asked, move.reason, move.note))  # type: ignore[arg-type]
    ]
    if move.shipped_at:
        found.append((move.shipped_at, move.by, ShipTransfer(new_id(), transfer, asked)))
    if move.received_at:
        came = tuple(Arrived(sku, units) for sku, units in move.came.items() if units)
        found.append((move.received_at, move.receiver, ReceiveTransfer(new_id(), transfer, came, move.closed)))
    return found


async def _at(pool: Pool, at: datetime, who: str, step: Step) -> None:
    async def work(tx: Tx) -> None:
        match step:
            case CreateTransfer():
                await create_transfer(tx, step, SYSTEM, at)
            case ShipTransfer():
                await ship_transfer(tx, step, SYSTEM, at)
            case ReceiveTransfer():
                await receive_transfer(tx, step, SYSTEM, at)

    await in_transaction(pool, str(staff_id(who)), at, work)
