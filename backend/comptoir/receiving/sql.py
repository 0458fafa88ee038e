"""The writes and locks of receiving. A purchase order is locked before stock levels, several in id order."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.receiving.counting import Differs
from comptoir.receiving.lifecycle import ENDED, Status
from comptoir.receiving.model import Difference, Kind, Line, OrderGoods, Purchase, Receipt, TakeGoodsPhoto

LINES = Bulk("purchase_line", purchase="uuid", line="smallint", sku="text", ordered="int")
CARTONS = Bulk("asn_carton", asn="uuid", sscc="text", sku="text", quantity="int")


def places(actor: Actor) -> list[str] | None:
    """The actor's places as SQL takes them."""
    return None if actor.locations is None else list(actor.locations)


async def insert(tx: Tx, command: OrderGoods, asked: dict[str, int]) -> None:
    """A new purchase order with its lines; without a number of the sender's it gets one of ours."""
    await tx.run(
        "INSERT INTO purchase (id, number, location, supplier, expected_on, delivery_note, note, status, created_at, created_by)"
        " VALUES ($1, coalesce($2, 'C-' || nextval('purchase_number')), $3, $4, $5, $6, $7, 'open', $8, $9)",
        command.id, command.number, command.location, command.supplier, command.expected_on, command.delivery_note, command.note, tx.now, tx.who,
    )  # fmt: skip
    await LINES.insert(tx, [(command.id, line, sku, units) for line, (sku, units) in enumerate(asked.items(), 1)])


async def known_numbers(tx: Tx, numbers: Iterable[str]) -> set[str]:
    """Those of these numbers that a purchase order has."""
    rows = await tx.rows("SELECT number FROM purchase WHERE number = ANY($1::text[])", sorted(set(numbers)))
    return {row[0] for row in rows}


async def lock(tx: Tx, purchase: UUID, actor: Actor) -> Purchase:
    """Lock a purchase order with its lines. NotFound `purchase_not_found` when it is none of the actor's."""
    row = await tx.row(
        "SELECT id, number, location, supplier, status FROM purchase WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        purchase, places(actor),
    )  # fmt: skip
    if row is None:
        raise NotFound("purchase_not_found")
    lines = await tx.rows(
        "SELECT line, sku, ordered, good, damaged FROM purchase_line WHERE purchase = $1 ORDER BY line", purchase
    )
    return msgspec.convert({**dict(row), "lines": tuple(Line(*line) for line in lines)}, Purchase)


async def lock_many(tx: Tx, purchases: Iterable[UUID], locations: Sequence[str] | None) -> None:
    """Lock these, in id order; what does not exist or is another place's is passed over."""
    await tx.rows(
        "SELECT 1 FROM purchase WHERE id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR location = ANY($2)) ORDER BY id FOR NO KEY UPDATE",
        sorted(set(purchases)), None if locations is None else list(locations),
    )  # fmt: skip


async def advance(tx: Tx, purchase: Purchase, status: Status) -> None:
    """Set the status, with its time and person; tell the screens of the place."""
    tx.touched.add(purchase.location)
    if status is purchase.status:
        return
    ended = status in ENDED
    await tx.run(
        "UPDATE purchase SET status = $2, received_at = CASE WHEN $2 = 'receiving' THEN coalesce(received_at, $3) ELSE received_at END,"
        " ended_at = CASE WHEN $4 THEN $3 END, ended_by = CASE WHEN $4 THEN $5 END WHERE id = $1",
        purchase.id, status.value, tx.now, ended, tx.who,
    )  # fmt: skip


async def receipt_of(tx: Tx, purchase: Purchase) -> Receipt:
    """The delivery that is being counted; a new one when none is. The purchase order is locked."""
    row = await tx.row(
        "SELECT id, number, purchase, location FROM goods_receipt WHERE purchase = $1 AND status = 'counting'",
        purchase.id,
    )
    row = row or await tx.row(
        "INSERT INTO goods_receipt (id, number, purchase, location, status, opened_at, opened_by)"
        " VALUES ($1, 'A-' || nextval('goods_receipt_number'), $2, $3, 'counting', $4, $5) RETURNING id, number, purchase, location",
        new_id(), purchase.id, purchase.location, tx.now, tx.who,
    )  # fmt: skip
    assert row is not None
    return Receipt(*row)


async def close_receipt(tx: Tx, receipt: Receipt, last: bool) -> None:
    """Nothing more is counted into this delivery."""
    await tx.run(
        "UPDATE goods_receipt SET status = 'closed', last = $2, closed_at = $3, closed_by = $4 WHERE id = $1",
        receipt.id, last, tx.now, tx.who,
    )  # fmt: skip


async def counted_in(tx: Tx, purchase: UUID, sku: str, damaged: bool) -> int:
    """Units of an article, in one state, that the delivery has which is being counted; none when none is."""
    return int(
        await tx.value(
            "SELECT coalesce(sum(e.units), 0) FROM goods_receipt g JOIN goods_receipt_entry e ON e.receipt = g.id"
            " WHERE g.purchase = $1 AND g.status = 'counting' AND e.sku = $2 AND e.damaged = $3",
            purchase, sku, damaged,
        )
    )  # fmt: skip


async def counted_of_carton(tx: Tx, purchase: UUID, sscc: str, sku: str) -> int:
    """Units of an article that were counted out of a carton, over all deliveries."""
    return int(
        await tx.value(
            "SELECT coalesce(sum(units), 0) FROM goods_receipt_entry WHERE purchase = $1 AND sku = $3 AND sscc = $2", purchase, sscc, sku
        )
    )  # fmt: skip


async def insert_entry(tx: Tx, receipt: Receipt, sku: str, units: int, damaged: bool, sscc: str, at: datetime) -> UUID:
    """One count, and its units on the order's line; the id is that of its ledger line."""
    made = new_id()
    await tx.run(
        "INSERT INTO goods_receipt_entry (id, receipt, purchase, location, sku, units, damaged, sscc, at, who) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        made, receipt.id, receipt.purchase, receipt.location, sku, units, damaged, sscc, at, tx.who,
    )  # fmt: skip
    await tx.run(
        "INSERT INTO purchase_line (purchase, line, sku, ordered) SELECT $1, coalesce(max(line), 0) + 1, $2, 0 FROM purchase_line WHERE purchase = $1"
        " ON CONFLICT (purchase, sku) DO NOTHING",
        receipt.purchase, sku,
    )  # fmt: skip
    await tx.run(
        "UPDATE purchase_line SET good = good + CASE WHEN $4 THEN 0 ELSE $3 END, damaged = damaged + CASE WHEN $4 THEN $3 ELSE 0 END"
        " WHERE purchase = $1 AND sku = $2",
        receipt.purchase, sku, units, damaged,
    )  # fmt: skip
    return made


async def insert_asn(tx: Tx, id: UUID, purchase: Purchase, number: str, expected_on: Any) -> bool:
    """False when this purchase order has an announcement under that number."""
    made = await tx.value(
        "INSERT INTO asn (id, purchase, location, number, expected_on, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (purchase, number) DO NOTHING RETURNING true",
        id, purchase.id, purchase.location, number, expected_on, tx.now, tx.who,
    )  # fmt: skip
    return bool(made)


async def told_before(tx: Tx, purchase: UUID) -> dict[tuple[Kind, str], int]:
    """Units that lie in the list of differences, by (kind, article); what was overtaken does not count."""
    rows = await tx.rows(
        "SELECT kind, sku, sum(units)::int FROM receiving_difference WHERE purchase = $1 AND kind IN ('short', 'over', 'unexpected', 'damaged')"
        " AND status <> 'gone' GROUP BY kind, sku",
        purchase,
    )  # fmt: skip
    return {(row[0], row[1]): row[2] for row in rows}


async def insert_difference(tx: Tx, receipt: Receipt, kind: str, sku: str | None, units: int, code: str | None) -> None:
    """Somebody is to decide about it; more of the same goes into what is open."""
    if await tx.value(
        "UPDATE receiving_difference SET units = units + $5 WHERE id = (SELECT id FROM receiving_difference WHERE purchase = $1 AND kind = $2"
        " AND sku IS NOT DISTINCT FROM $3 AND code IS NOT DISTINCT FROM $4 AND status = 'open' ORDER BY made_at LIMIT 1) RETURNING true",
        receipt.purchase, kind, sku, code, units,
    ):  # fmt: skip
        return
    await tx.run(
        "INSERT INTO receiving_difference (id, purchase, receipt, location, kind, sku, code, units, status, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9)",
        new_id(), receipt.purchase, receipt.id, receipt.location, kind, sku, code, units, tx.now,
    )  # fmt: skip


async def lower_differences(tx: Tx, purchase: UUID, gone: Differs) -> None:
    """What was told has been overtaken by `-gone.units` units: the newest open ones shrink, and end when nothing is left of them.

    A decision that was made stands; its units are not told again.
    """
    left = -gone.units
    for row in await tx.rows(
        "SELECT id, units FROM receiving_difference WHERE purchase = $1 AND kind = $2 AND sku = $3 AND status IN ('open', 'claimed') ORDER BY made_at DESC, id DESC",
        purchase, gone.kind, gone.sku,
    ):  # fmt: skip
        some = min(left, row["units"])
        if some == row["units"]:
            await tx.run("UPDATE receiving_difference SET status = 'gone', decided_at = $2, decided_by = $3 WHERE id = $1", row["id"], tx.now, tx.who)  # fmt: skip
        elif some:
            await tx.run("UPDATE receiving_difference SET units = units - $2 WHERE id = $1", row["id"], some)
        left -= some


async def lock_difference(tx: Tx, difference: UUID, actor: Actor) -> Difference:
    """NotFound `difference_not_found` when it is none of the actor's."""
    row = await tx.row(
        "SELECT id, purchase, location, kind, sku, units, status, made_at FROM receiving_difference"
        " WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        difference, places(actor),
    )  # fmt: skip
    if row is None:
        raise NotFound("difference_not_found")
    return msgspec.convert(dict(row), Difference)


async def decide(tx: Tx, difference: UUID, status: str, note: str) -> None:
    """Keep what was decided, by whom and when."""
    await tx.run(
        "UPDATE receiving_difference SET status = $2, decided_at = $3, decided_by = $4, note = $5 WHERE id = $1",
        difference, status, tx.now, tx.who, note,
    )  # fmt: skip


async def put_photo(tx: Tx, command: TakeGoodsPhoto, location: str) -> None:
    """The picture of an article of this order, in place of the one before."""
    await tx.run(
        "INSERT INTO goods_photo (id, purchase, location, sku, bytes, width, height, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (purchase, sku) DO UPDATE SET id = excluded.id, bytes = excluded.bytes, width = excluded.width, height = excluded.height,"
        " made_at = excluded.made_at",
        command.id, command.purchase, location, command.sku, command.picture, command.width, command.height, tx.now,
    )  # fmt: skip


async def put_rule(tx: Tx, location: str, blind: bool) -> None:
    """How a location counts from now on."""
    await tx.run(
        "INSERT INTO receiving_rule (location, blind, changed_at, changed_by) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (location) DO UPDATE SET blind = excluded.blind, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        location, blind, tx.now, tx.who,
    )  # fmt: skip
