"""Tables of orders, their lines and needs; names, phones, e-mails and addresses live here only. Made by the migrations, compared by a test."""

from piccolo.columns import UUID, Array, BigInt, Bytea, Integer, SmallInt, Text, Timestamptz
from piccolo.columns.column_types import Char
from piccolo.table import Table


class Customer(Table, tablename="customer"):
    """Whoever buys."""

    id = UUID(primary_key=True, required=True)
    first_name = Text(required=True)
    last_name = Text(required=True)
    email = Text(null=True, default=None)
    phone = Text(null=True, default=None)
    language = Text(default="fr")
    consents = Array(base_column=Text(), default=list)
    erased_at = Timestamptz(null=True, default=None)


class SalesOrder(Table, tablename="sales_order"):
    """What a customer bought, from one channel."""

    id = UUID(primary_key=True, required=True)
    number = Text(required=True, unique=True)
    fingerprint = Bytea(required=True)
    answer = Bytea(required=True)
    channel = Text(required=True)
    external_id = Text(null=True, default=None)
    external_number = Text(null=True, default=None)
    external_updated_at = Timestamptz(null=True, default=None)
    customer = UUID(required=True)
    placed_at = Timestamptz(required=True)
    received_at = Timestamptz(required=True)
    language = Text(required=True)
    currency = Char(length=3, required=True)
    goods_minor = BigInt(required=True)
    discount_minor = BigInt(required=True)
    shipping_minor = BigInt(required=True)
    vat_minor = BigInt(required=True)
    total_minor = BigInt(required=True)
    progress = Text(required=True)
    link_hash = Bytea(required=True, unique=True)
    link_generation = Integer(default=0)
    collector = Text(null=True, default=None)
    canceled_at = Timestamptz(null=True, default=None)
    cancel_reason = Text(null=True, default=None)
    version = Integer(default=1)
    service = Text(default="standard")


class OrderAddress(Table, tablename="order_address"):
    """Where shipped lines go."""

    order_id = UUID(primary_key=True, required=True)
    name = Text(required=True)
    street = Text(required=True)
    street2 = Text(default="")
    postcode = Text(required=True)
    city = Text(required=True)
    country = Char(length=2, required=True)
    phone = Text(null=True, default=None)


class OrderCompany(Table, tablename="order_company"):
    """The business that buys, where one does."""

    order_id = UUID(primary_key=True, required=True)
    name = Text(required=True)
    siren = Text(null=True, default=None)
    vat_number = Text(null=True, default=None)


class OrderLine(Table, tablename="order_line"):
    """One line of an order as it was sold."""

    order_id = UUID(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    sku = Text(null=True, default=None)
    external_sku = Text(null=True, default=None)
    title = Text(required=True)
    quantity = Integer(required=True)
    unit_price_minor = BigInt(required=True)
    discount_minor = BigInt(required=True)
    vat_rate_bp = Integer(required=True)
    vat_minor = BigInt(required=True)
    total_minor = BigInt(required=True)
    method = Text(required=True)
    location = Text(null=True, default=None)
    canceled = Integer(default=0)


class Requirement(Table, tablename="requirement"):
    """A SKU and quantity that a line needs; each unit is in one of four states."""

    order_id = UUID(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    part = SmallInt(primary_key=True, required=True)
    sku = Text(required=True)
    quantity = Integer(required=True)
    share_minor = BigInt(required=True)
    unsourced = Integer(required=True)
    held = Integer(required=True)
    at_work = Integer(required=True)
    canceled = Integer(required=True)


class OrderHold(Table, tablename="order_hold"):
    """Why an order waits, and who let it go."""

    order_id = UUID(primary_key=True, required=True)
    reason = Text(primary_key=True, required=True)
    detail = Text(default="")
    placed_at = Timestamptz(primary_key=True, required=True)
    placed_by = Text(required=True)
    until = Timestamptz(null=True, default=None)
    released_at = Timestamptz(null=True, default=None)
    released_by = Text(null=True, default=None)
    note = Text(null=True, default=None)
