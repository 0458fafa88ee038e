"""Tables of levels, the ledger, promises, counts. Made by the migrations, compared by a test."""

from piccolo.columns import UUID, Array, Boolean, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table


class StockLevel(Table, tablename="stock_level"):
    """What one location holds of one SKU: the running sum of its movements."""

    sku = Text(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    on_hand = Integer(default=0)
    reserved = Integer(default=0)
    set_aside = Integer(default=0)
    unsellable = Integer(default=0)
    safety_stock = Integer(default=0)
    no_promise_until = Timestamptz(null=True, default=None)
    counted_at = Timestamptz(null=True, default=None)
    sold_at = Timestamptz(null=True, default=None)
    safety_own = Integer(null=True, default=None)


class StockMovement(Table, tablename="stock_movement"):
    """One ledger line with signed deltas, in units; append-only."""

    id = UUID(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    sku = Text(required=True)
    fact = Text(required=True)
    on_hand = Integer(default=0)
    reserved = Integer(default=0)
    set_aside = Integer(default=0)
    unsellable = Integer(default=0)
    reason = Text(null=True, default=None)
    order_id = UUID(null=True, default=None)
    work = UUID(null=True, default=None)
    who = Text(required=True)
    happened_at = Timestamptz(required=True)
    recorded_at = Timestamptz(required=True)


class Reservation(Table, tablename="reservation"):
    """A promise of units, and what was available when it was made."""

    id = UUID(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    sku = Text(required=True)
    order_id = UUID(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    part = SmallInt(primary_key=True, required=True)
    quantity = Integer(required=True)
    available_when_promised = Integer(required=True)
    soft_until = Timestamptz(null=True, default=None)
    made_at = Timestamptz(required=True)
    released = Integer(default=0)


class StockCount(Table, tablename="stock_count"):
    """One article asked to be counted at one place."""

    id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    sku = Text(required=True)
    status = Text(required=True)
    reason = Text(required=True)
    asked_at = Timestamptz(required=True)
    asked_by = Text(required=True)
    counted = Integer(null=True, default=None)
    expected = Integer(null=True, default=None)
    counted_at = Timestamptz(null=True, default=None)
    counted_by = Text(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Text(null=True, default=None)
    urgency = Integer(default=0)
    not_by = Text(null=True, default=None)
    moved = Boolean(default=False)
    decided_because = Text(default="")
    shelf = UUID(null=True, default=None)
    unseen = Boolean(default=False)


class StockCountFigure(Table, tablename="stock_count_figure"):
    """What somebody counted once, as it was told."""

    id = UUID(primary_key=True, required=True)
    count_id = UUID(required=True)
    location = Text(required=True)
    sku = Text(required=True)
    quantity = Integer(required=True)
    expected = Integer(required=True)
    parts = Array(base_column=Integer(), default=list)
    seconds = Integer(default=0)
    counted_at = Timestamptz(required=True)
    counted_by = Text(required=True)
    recorded_at = Timestamptz(required=True)


class SafetyRule(Table, tablename="safety_rule"):
    """One line of a saved version of the rules of safety stock; what is empty matches all."""

    number = Integer(primary_key=True, required=True)
    sku = Text(primary_key=True, default="")
    category = Text(primary_key=True, default="")
    location = Text(primary_key=True, default="")
    region = Text(primary_key=True, default="")
    kind = Text(primary_key=True, default="")
    units = Integer(required=True)
    weight = SmallInt(required=True)


class SafetyWalk(Table, tablename="safety_walk"):
    """How far the levels have been brought in line with a version; one row."""

    one = Boolean(primary_key=True, required=True)
    number = Integer(required=True)
    sku = Text(default="")
    location = Text(default="")
    begun_at = Timestamptz(required=True)
    settled = Boolean(default=False)


class ShelfCount(Table, tablename="shelf_count"):
    """A whole shelf counted at once, by one person on one device at a time."""

    id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    aisle = Text(required=True)
    bay = Text(default="")
    status = Text(required=True)
    opened_at = Timestamptz(required=True)
    opened_by = Text(required=True)
    device = UUID(null=True, default=None)
    holder = Text(null=True, default=None)
    taken_at = Timestamptz(null=True, default=None)
    until = Timestamptz(null=True, default=None)
    lease = Integer(default=0)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = Text(null=True, default=None)
