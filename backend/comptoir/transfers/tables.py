"""Tables of transfers. Made by the migrations, compared by a test."""

from piccolo.columns import UUID, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table


class Transfer(Table, tablename="transfer"):
    """Goods that go from one place to another."""

    id = UUID(primary_key=True, required=True)
    number = Text(required=True)
    from_location = Text(required=True)
    to_location = Text(required=True)
    status = Text(required=True)
    reason = Text(required=True)
    note = Text(default="")
    order_id = UUID(null=True, default=None)
    work = UUID(null=True, default=None)
    promise_at = Timestamptz(null=True, default=None)
    arrived_work = UUID(null=True, default=None)
    created_at = Timestamptz(required=True)
    created_by = Text(required=True)
    shipped_at = Timestamptz(null=True, default=None)
    shipped_by = Text(null=True, default=None)
    received_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = Text(null=True, default=None)


class TransferLine(Table, tablename="transfer_line"):
    """Where the units of one article are."""

    transfer = UUID(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    sku = Text(required=True)
    quantity = Integer(required=True)
    available_when_promised = Integer(null=True, default=None)
    reserved = Integer(default=0)
    picked = Integer(default=0)
    in_transit = Integer(default=0)
    received = Integer(default=0)
    missing = Integer(default=0)
    released = Integer(default=0)
    over = Integer(default=0)
    work_line = SmallInt(null=True, default=None)
    lost = Integer(default=0)
    damaged = Integer(default=0)


class TransferSettlement(Table, tablename="transfer_settlement"):
    """How missing units of a transfer were accounted for."""

    id = UUID(primary_key=True, required=True)
    transfer = UUID(required=True)
    sku = Text(required=True)
    kind = Text(required=True)
    units = Integer(required=True)
    note = Text(default="")
    at = Timestamptz(required=True)
    who = Text(required=True)


class TransferCarton(Table, tablename="transfer_carton"):
    """One article in one carton of a transfer."""

    transfer = UUID(primary_key=True, required=True)
    carton = Text(primary_key=True, required=True)
    sku = Text(primary_key=True, required=True)
    packed = Integer(default=0)
    received = Integer(default=0)


class TransferRequest(Table, tablename="transfer_request"):
    """A store asks for goods."""

    id = UUID(primary_key=True, required=True)
    number = Text(required=True)
    to_location = Text(required=True)
    from_location = Text(null=True, default=None)
    note = Text(default="")
    status = Text(required=True)
    answer = Text(default="")
    transfer = UUID(null=True, default=None)
    created_at = Timestamptz(required=True)
    created_by = Text(required=True)
    answered_at = Timestamptz(null=True, default=None)
    answered_by = Text(null=True, default=None)


class TransferRequestLine(Table, tablename="transfer_request_line"):
    """Units of one article, asked for and granted."""

    request = UUID(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    sku = Text(required=True)
    asked = Integer(required=True)
    granted = Integer(null=True, default=None)
