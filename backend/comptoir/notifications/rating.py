"""How the hand-over was, in one tap behind the order's link: kept, changed as often as they like, and a case for the store when it was not good."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from comptoir.fulfillment import sql as fulfillment_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.words import Maybe
from comptoir.orders import sql as orders_sql

Score = Literal[1, 2, 3]
"""3 good, 2 so so, 1 not good."""
NOT_GOOD: Final = 1
CASE: Final = "unhappy"
FOR: Final = timedelta(days=30)
"""After the hand-over; what is said later the store can no longer put right."""


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tap."""

    id: UUID
    order: UUID
    score: Score


class SayMore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of words to the tap; an empty one takes it back."""

    id: UUID
    order: UUID
    comment: Annotated[Maybe, msgspec.Meta(max_length=120)]


class Rated(msgspec.Struct, frozen=True):
    """It is kept."""


async def rate(tx: Tx, command: Rate, actor: Actor, now: datetime) -> Rated:
    """Conflict `nothing_to_rate` when nothing was handed over in the last 30 days; the same again changes nothing."""
    _only_theirs(command.order, actor)
    await orders_sql.lock(tx, command.order)
    row = await tx.row(
        "SELECT v.location, v.works[1] AS work FROM hand_over v WHERE v.order_id = $1 AND v.undone_at IS NULL AND v.at >= $2"
        " ORDER BY v.at DESC, v.id DESC LIMIT 1",
        command.order, now - FOR,
    )  # fmt: skip
    if row is None:
        raise Conflict("nothing_to_rate")
    changed = await tx.row(
        "INSERT INTO rating (order_id, location, score, at) VALUES ($1, $2, $3, $4) ON CONFLICT (order_id)"
        " DO UPDATE SET score = excluded.score, location = excluded.location, at = excluded.at WHERE rating.score <> excluded.score RETURNING score",
        command.order, row["location"], command.score, now,
    )  # fmt: skip
    if changed is None:
        return Rated()
    tx.tell(Event("customer.rated", command.order, {"score": command.score}, row["location"], row["work"]))
    open_case = await tx.row(
        "SELECT id FROM exception WHERE order_id = $1 AND kind = $2 AND resolved_at IS NULL", command.order, CASE
    )
    if command.score == NOT_GOOD and open_case is None:
        await fulfillment_sql.insert_exception(
            tx, row["location"], CASE, "store_manager", order=command.order, work=row["work"]
        )
    elif command.score != NOT_GOOD and open_case is not None:
        # A wrong tap, put right by the customer: nobody needs to call them.
        await fulfillment_sql.close_exception(tx, open_case["id"], "all_right")
    return Rated()


async def say_more(tx: Tx, command: SayMore, actor: Actor, now: datetime) -> Rated:
    """The words stay in their row and go into no event. Conflict `nothing_to_rate` before the tap."""
    _only_theirs(command.order, actor)
    done = await tx.run("UPDATE rating SET comment = $2 WHERE order_id = $1", command.order, command.comment)
    if done != "UPDATE 1":
        raise Conflict("nothing_to_rate")
    return Rated()


def _only_theirs(order: UUID, actor: Actor) -> None:
    if actor.who != f"customer:{order}":
        raise NotFound("order_not_found")


FLOWS: Final[dict[type, Any]] = {Rate: rate, SayMore: say_more}
