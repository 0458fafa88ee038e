"""Rows of one level: what it says, what its ledger sums to, what live work says of it."""

from typing import Any, Final

from comptoir.kit.db import Tx
from comptoir.stock.repairing import Accounts, Figures

FIGURES: Final = ("on_hand", "reserved", "set_aside", "unsellable")

LEDGER: Final = (
    "SELECT coalesce(sum(on_hand), 0)::int AS on_hand, coalesce(sum(reserved), 0)::int AS reserved, coalesce(sum(set_aside), 0)::int AS set_aside,"
    " coalesce(sum(unsellable), 0)::int AS unsellable FROM stock_movement WHERE sku = {sku} AND location = {location}"
)
LIVE: Final = """
SELECT coalesce(sum(promised), 0)::int AS promised, coalesce(sum(off_shelf), 0)::int AS off_shelf FROM (
  SELECT sum(reserved + picked + staged) AS promised, sum(picked + staged) AS off_shelf FROM work_line WHERE sku = {sku} AND location = {location}
  UNION ALL SELECT sum(r.quantity - r.released), 0 FROM reservation r
    JOIN requirement q ON q.order_id = r.order_id AND q.line = r.line AND q.part = r.part AND q.held > 0 WHERE r.sku = {sku} AND r.location = {location}
  UNION ALL SELECT sum(quantity - done), sum(quantity - done) FROM put_back
    WHERE sku = {sku} AND location = {location} AND promised AND withdrawn_at IS NULL
  UNION ALL SELECT sum(n.reserved + n.picked), sum(n.picked) FROM transfer_line n JOIN transfer t ON t.id = n.transfer
    WHERE n.sku = {sku} AND t.from_location = {location} AND n.reserved + n.picked + n.in_transit > 0) u
"""
"""What is promised and off the shelf by work, held orders, goods to put back and transfers: the same as `comptoir check` proves."""

ACCOUNTS: Final = (
    "SELECT l.on_hand AS level_on_hand, l.reserved AS level_reserved, l.set_aside AS level_set_aside, l.unsellable AS level_unsellable,"
    " m.on_hand, m.reserved, m.set_aside, m.unsellable, w.promised, w.off_shelf"
    " FROM (SELECT coalesce(max(on_hand), 0) AS on_hand, coalesce(max(reserved), 0) AS reserved, coalesce(max(set_aside), 0) AS set_aside,"
    " coalesce(max(unsellable), 0) AS unsellable FROM stock_level WHERE sku = {sku} AND location = {location}) l,"
    f" ({LEDGER}) m, ({LIVE}) w"
)


def read(row: Any) -> Accounts:
    """A row of `ACCOUNTS` as its struct."""
    level = Figures(*(row[f"level_{name}"] for name in FIGURES))
    return Accounts(level, Figures(*(row[name] for name in FIGURES)), row["promised"], row["off_shelf"])


async def find(tx: Tx, sku: str, location: str) -> Accounts:
    """What is said of a row; whoever decides by it has locked the level, so that no line is added meanwhile."""
    row = await tx.row(ACCOUNTS.format(sku="$1", location="$2"), sku, location)
    assert row is not None
    return read(row)


async def put_right(tx: Tx, sku: str, location: str, right: Figures) -> None:
    """The level says this from now on."""
    await tx.run(
        "UPDATE stock_level SET on_hand = $3, reserved = $4, set_aside = $5, unsellable = $6 WHERE sku = $1 AND location = $2",
        sku, location, right.on_hand, right.reserved, right.set_aside, right.unsellable,
    )  # fmt: skip
