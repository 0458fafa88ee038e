"""Tables of what: articles, their codes, kits, shelf places. Made by the migrations, compared by a test."""

from piccolo.columns import Boolean, ForeignKey, Integer, SmallInt, Text
from piccolo.columns.base import OnDelete
from piccolo.columns.column_types import Char
from piccolo.table import Table


class SkuRow(Table, tablename="sku"):
    """An article as head office keeps it."""

    sku = Text(primary_key=True, required=True)
    name = Text(required=True)
    variant = Text(default="")
    deciding = Text(default="")
    style = Text(required=True)
    picture = Text(default="")
    price_minor = Integer(required=True)
    currency = Char(length=3, default="EUR")
    vat_rate_bp = Integer(required=True)
    weight_grams = Integer(required=True)
    minimum_age = SmallInt(null=True, default=None)
    returnable = Boolean(default=True)
    blocked_reason = Text(null=True, default=None)
    is_kit = Boolean(default=False)
    version = Integer(default=1)
    withdrawal_excluded = Text(null=True, default=None)
    length_mm = Integer(null=True, default=None)
    width_mm = Integer(null=True, default=None)
    height_mm = Integer(null=True, default=None)
    dangerous = Text(null=True, default=None)
    dangerous_amount = Integer(null=True, default=None)
    fragile = Boolean(default=False)
    ships_alone = Boolean(default=False)
    category = Text(default="")


class Barcode(Table, tablename="barcode"):
    """What scanners read: a GTIN-14, or a code of our own as printed."""

    code = Text(primary_key=True, required=True)
    sku = ForeignKey(SkuRow, on_delete=OnDelete.cascade, null=False)
    kind = Text(required=True)


class KitComponent(Table, tablename="kit_component"):
    """What one kit needs of one SKU, and its share of the price."""

    kit = ForeignKey(SkuRow, on_delete=OnDelete.cascade, primary_key=True, null=False)
    component = ForeignKey(SkuRow, on_delete=OnDelete.restrict, primary_key=True, null=False)
    quantity = Integer(required=True)
    price_share_bp = Integer(required=True)


class ShelfPlace(Table, tablename="shelf_place"):
    """Where a SKU lives in a building."""

    location = Text(primary_key=True, required=True)
    sku = Text(primary_key=True, required=True)
    aisle = Text(required=True)
    bay = Text(required=True)
    level = Text(required=True)
