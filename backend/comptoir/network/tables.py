"""Tables of where: legal entities, regions, locations, hours, staging places, bag tags. Made by the migrations, compared by a test."""

from piccolo.columns import (
    Array,
    BigInt,
    Boolean,
    Bytea,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.columns.base import OnDelete
from piccolo.columns.column_types import Char
from piccolo.table import Table


class LegalEntity(Table, tablename="legal_entity"):
    """Who sells: name, VAT number, address, the prefix of its documents, the zone whose days date them."""

    id = Text(primary_key=True, required=True)
    name = Text(required=True)
    siren = Text(required=True)
    vat_number = Text(required=True)
    address = Text(required=True)
    document_prefix = Text(required=True, unique=True)
    country = Char(length=2, default="FR")
    rcs = Text(default="")
    capital_minor = BigInt(null=True, default=None)
    time_zone = Text(default="Europe/Paris")
    version = Integer(default=1)


class Region(Table, tablename="region"):
    """Stores that one manager watches."""

    id = Text(primary_key=True, required=True)
    name = Text(required=True)
    version = Integer(default=1)


class Location(Table, tablename="location"):
    """Any place with stock: a store or a warehouse, with what it offers and how fast."""

    id = Text(primary_key=True, required=True)
    name = Text(required=True)
    kind = Text(required=True)
    region = ForeignKey(Region, on_delete=OnDelete.restrict, null=True, default=None)
    legal_entity = ForeignKey(LegalEntity, on_delete=OnDelete.restrict, null=False)
    street = Text(required=True)
    postcode = Text(required=True)
    city = Text(required=True)
    country = Text(default="FR")
    directions = Text(default="")
    phone = Text(default="")
    latitude = DoublePrecision(required=True)
    longitude = DoublePrecision(required=True)
    time_zone = Text(required=True)
    services = Array(base_column=Text(), required=True)
    capacity_per_hour = Integer(required=True)
    pick_lead_minutes = Integer(required=True)
    hold_days = Integer(required=True)
    parcel_cost_minor = Integer(default=0)
    paused_until = Timestamptz(null=True, default=None)
    paused_reason = Text(null=True, default=None)
    version = Integer(default=1)
    cart_orders = SmallInt(default=8)
    scan_totes = Boolean(default=False)
    closed_at = Timestamptz(null=True, default=None)
    takes_returns = Boolean(default=True)
    promises_learned = Boolean(default=False)


class OpeningHours(Table, tablename="opening_hours"):
    """Minutes after midnight, store time; two rows on a day with a lunch break."""

    location = ForeignKey(Location, on_delete=OnDelete.cascade, primary_key=True, null=False)
    weekday = SmallInt(primary_key=True, required=True)
    opens = SmallInt(primary_key=True, required=True)
    closes = SmallInt(required=True)


class OpeningException(Table, tablename="opening_exception"):
    """Replaces the weekday's hours; without times the place is closed all day."""

    location = ForeignKey(Location, on_delete=OnDelete.cascade, primary_key=True, null=False)
    day = Date(primary_key=True, required=True)
    opens = SmallInt(null=True, default=None)
    closes = SmallInt(null=True, default=None)
    reason = Text(required=True)


class DeskPicture(Table, tablename="desk_picture"):
    """Where a store's pickup desk is: a WebP of at most 60 kB and a sentence in each language. `name` is the digest it is asked for by."""

    location = ForeignKey(Location, on_delete=OnDelete.cascade, primary_key=True, null=False)
    name = Text(required=True)
    bytes = Bytea(required=True)
    width = SmallInt(required=True)
    height = SmallInt(required=True)
    says_fr = Text(required=True)
    says_en = Text(required=True)


class StagingPlace(Table, tablename="staging_place"):
    """A shelf for bags that wait for their customer."""

    location = ForeignKey(Location, on_delete=OnDelete.cascade, primary_key=True, null=False)
    code = Text(primary_key=True, required=True)
    name = Text(required=True)


class BagTag(Table, tablename="bag_tag"):
    """A reusable numbered tag of one store."""

    location = ForeignKey(Location, on_delete=OnDelete.cascade, primary_key=True, null=False)
    code = Text(primary_key=True, required=True)
