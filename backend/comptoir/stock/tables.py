"""Tables of levels, the ledger, promises, counts, recalls, corrections. Made by the migrations, compared by a test."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Bytea, Integer, SmallInt, Text, Timestamptz
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


class Recall(Table, tablename="recall"):
    """An article, or some of its lots, is dangerous and leaves every shelf."""

    id = UUID(primary_key=True, required=True)
    number = Text(required=True, unique=True)
    sku = Text(required=True)
    lots = Array(base_column=Text(), default=list)
    hazard_fr = Text(required=True)
    hazard_en = Text(required=True)
    remedies = Array(base_column=Text(), required=True)
    contact = Text(required=True)
    since = Timestamptz(required=True)
    effect = JSONB(required=True)
    note = Text(default="")
    status = Text(required=True)
    opened_at = Timestamptz(required=True)
    opened_by = Text(required=True)
    closed_at = Timestamptz(null=True, default=None)
    closed_by = Text(null=True, default=None)
    sell_again = Boolean(null=True, default=None)
    looked_at = Timestamptz(required=True)


class RecallPlace(Table, tablename="recall_place"):
    """What the books had at one place when it began, and whether hands have looked."""

    recall = UUID(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    on_hand = Integer(required=True)
    apart = Integer(required=True)
    status = Text(required=True)
    missing = Integer(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)
    done_by = Text(null=True, default=None)
    asked_at = Timestamptz(null=True, default=None)


class RecallUnit(Table, tablename="recall_unit"):
    """Units that hands took out of sale; append-only."""

    id = UUID(primary_key=True, required=True)
    recall = UUID(required=True)
    location = Text(required=True)
    units = Integer(required=True)
    source = Text(required=True)
    lot = Text(default="")
    at = Timestamptz(required=True)
    who = Text(required=True)


class RecallOutcome(Table, tablename="recall_outcome"):
    """What became of units that were found, and what proves it."""

    id = UUID(primary_key=True, required=True)
    recall = UUID(required=True)
    location = Text(required=True)
    outcome = Text(required=True)
    units = Integer(required=True)
    proof = Text(required=True)
    at = Timestamptz(required=True)
    who = Text(required=True)


class RecallOrder(Table, tablename="recall_order"):
    """An order whose customer has the article, and the order by which they were told."""

    recall = UUID(primary_key=True, required=True)
    order_id = UUID(primary_key=True, required=True)
    units = Integer(required=True)
    told_at = Timestamptz(null=True, default=None)
    told_with = UUID(null=True, default=None)


class StockAdjustment(Table, tablename="stock_adjustment"):
    """A correction by hand; one that is beyond its person waits for a manager."""

    id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    sku = Text(required=True)
    quantity = Integer(required=True)
    reason = Text(required=True)
    note = Text(default="")
    on_hand = Integer(required=True)
    unsellable = Integer(required=True)
    value_minor = BigInt(required=True)
    status = Text(required=True)
    at = Timestamptz(required=True)
    who = Text(required=True)
    recorded_at = Timestamptz(required=True)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Text(null=True, default=None)
    undone_by = UUID(null=True, unique=True, default=None)
    photo = UUID(null=True, default=None)


class AdjustPhoto(Table, tablename="adjust_photo"):
    """A picture of why a figure was corrected, drawn anew and small."""

    id = UUID(primary_key=True, required=True)
    adjustment = UUID(required=True)
    location = Text(required=True)
    bytes = Bytea(required=True)
    width = Integer(required=True)
    height = Integer(required=True)
    made_at = Timestamptz(required=True)


class StockRule(Table, tablename="stock_rule"):
    """What head office lets whom do to figures; a name without a row holds as it comes along."""

    name = Text(primary_key=True, required=True)
    value = BigInt(required=True)
    changed_at = Timestamptz(required=True)
    changed_by = Text(required=True)
