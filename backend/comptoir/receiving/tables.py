"""Tables of receiving. Made by the migrations, compared by a test."""

from piccolo.columns import UUID, Boolean, Bytea, Date, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table


class Purchase(Table, tablename="purchase"):
    """What a supplier is to bring to one location."""

    id = UUID(primary_key=True, required=True)
    number = Text(required=True)
    location = Text(required=True)
    supplier = Text(required=True)
    expected_on = Date(null=True, default=None)
    delivery_note = Text(default="")
    note = Text(default="")
    status = Text(required=True)
    created_at = Timestamptz(required=True)
    created_by = Text(required=True)
    received_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = Text(null=True, default=None)


class PurchaseLine(Table, tablename="purchase_line"):
    """Units ordered of one article, and what was counted of it."""

    purchase = UUID(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    sku = Text(required=True)
    ordered = Integer(required=True)
    good = Integer(default=0)
    damaged = Integer(default=0)


class Asn(Table, tablename="asn"):
    """What a supplier says is on its way."""

    id = UUID(primary_key=True, required=True)
    purchase = UUID(required=True)
    location = Text(required=True)
    number = Text(required=True)
    expected_on = Date(null=True, default=None)
    created_at = Timestamptz(required=True)
    created_by = Text(required=True)


class AsnCarton(Table, tablename="asn_carton"):
    """One article in one carton."""

    asn = UUID(primary_key=True, required=True)
    sscc = Text(primary_key=True, required=True)
    sku = Text(primary_key=True, required=True)
    quantity = Integer(required=True)


class GoodsReceipt(Table, tablename="goods_receipt"):
    """One delivery."""

    id = UUID(primary_key=True, required=True)
    number = Text(required=True)
    purchase = UUID(required=True)
    location = Text(required=True)
    status = Text(required=True)
    last = Boolean(default=False)
    opened_at = Timestamptz(required=True)
    opened_by = Text(required=True)
    closed_at = Timestamptz(null=True, default=None)
    closed_by = Text(null=True, default=None)


class GoodsReceiptEntry(Table, tablename="goods_receipt_entry"):
    """One count of hands; its id is the ledger line's."""

    id = UUID(primary_key=True, required=True)
    receipt = UUID(required=True)
    purchase = UUID(required=True)
    location = Text(required=True)
    sku = Text(required=True)
    units = Integer(required=True)
    damaged = Boolean(default=False)
    sscc = Text(default="")
    at = Timestamptz(required=True)
    who = Text(required=True)


class ReceivingDifference(Table, tablename="receiving_difference"):
    """What did not fit, and what was decided about it."""

    id = UUID(primary_key=True, required=True)
    purchase = UUID(required=True)
    receipt = UUID(required=True)
    location = Text(required=True)
    kind = Text(required=True)
    sku = Text(null=True, default=None)
    code = Text(null=True, default=None)
    units = Integer(required=True)
    status = Text(required=True)
    made_at = Timestamptz(required=True)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Text(null=True, default=None)
    note = Text(default="")


class GoodsPhoto(Table, tablename="goods_photo"):
    """A picture of what came damaged."""

    id = UUID(primary_key=True, required=True)
    purchase = UUID(required=True)
    location = Text(required=True)
    sku = Text(required=True)
    bytes = Bytea(required=True)
    width = Integer(required=True)
    height = Integer(required=True)
    made_at = Timestamptz(required=True)


class ReceivingRule(Table, tablename="receiving_rule"):
    """How a location counts."""

    location = Text(primary_key=True, required=True)
    blind = Boolean(required=True)
    changed_at = Timestamptz(required=True)
    changed_by = Text(required=True)
