"""Tables of boxes, carriers' accounts, parcels and their labels. Made by the migrations, compared by a test."""

from typing import Any

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.columns.base import OnDelete
from piccolo.columns.column_types import Char
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class BoxType(Table, tablename="box_type"):
    """What a store packs in; the measures are the inside's. Without a location: every store has it."""

    id = Text(primary_key=True, required=True)
    location: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Location", app_name="comptoir"), on_delete=OnDelete.cascade, null=True, default=None
    )
    name_fr = Text(required=True)
    name_en = Text(required=True)
    kind = Text(default="box")
    length_mm = Integer(required=True)
    width_mm = Integer(required=True)
    height_mm = Integer(required=True)
    tare_grams = Integer(required=True)
    max_grams = Integer(required=True)
    active = Boolean(default=True)
    version = Integer(default=1)


class CarrierAccount(Table, tablename="carrier_account"):
    """A contract with a carrier. Its secrets are in the environment, by this id."""

    id = Text(primary_key=True, required=True)
    carrier = Text(required=True)
    name = Text(required=True)
    locations = Array(base_column=Text(), null=True, default=None)
    services = JSONB(default="{}")
    settings = JSONB(default="{}")
    label_format = Text(default="pdf_10x15")
    active = Boolean(default=True)
    refused_at = Timestamptz(null=True, default=None)
    refused_words = Text(null=True, default=None)
    version = Integer(default=1)


class OrderDelivery(Table, tablename="order_delivery"):
    """How the customer wants it sent; without a row to the door, by whoever is chosen."""

    order_id = UUID(primary_key=True, required=True)
    kind = Text(required=True)
    carrier = Text(null=True, default=None)
    service = Text(null=True, default=None)
    relay_id = Text(null=True, default=None)
    relay_name = Text(null=True, default=None)
    relay_street = Text(null=True, default=None)
    relay_postcode = Text(null=True, default=None)
    relay_city = Text(null=True, default=None)
    relay_country = Char(length=2, null=True, default=None)
    gift = Boolean(default=False)
    gift_note = Text(null=True, default=None)
    chosen_at = Timestamptz(required=True)
    chosen_by = Text(required=True)


class Parcel(Table, tablename="parcel"):
    """One box, bag or piece that travels on its own."""

    id = UUID(primary_key=True, required=True)
    work = UUID(required=True)
    location = Text(required=True)
    order_id = UUID(required=True)
    number = SmallInt(required=True)
    state = Text(default="open")
    box = ForeignKey(BoxType, on_delete=OnDelete.restrict, null=True, default=None)
    length_mm = Integer(null=True, default=None)
    width_mm = Integer(null=True, default=None)
    height_mm = Integer(null=True, default=None)
    weight_grams = Integer(null=True, default=None)
    label = UUID(null=True, default=None)
    opened_at = Timestamptz(required=True)
    opened_by = Text(required=True)
    packed_at = Timestamptz(null=True, default=None)
    packed_by = Text(null=True, default=None)
    labeled_at = Timestamptz(null=True, default=None)
    handed_at = Timestamptz(null=True, default=None)
    canceled_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)


class ParcelLine(Table, tablename="parcel_line"):
    """Units of one work line in one parcel."""

    parcel = ForeignKey(Parcel, on_delete=OnDelete.restrict, primary_key=True, null=False)
    line = SmallInt(primary_key=True, required=True)
    work = UUID(required=True)
    location = Text(required=True)
    sku = Text(required=True)
    quantity = Integer(required=True)


class LabelAttempt(Table, tablename="label_attempt"):
    """A label that was asked for: the row is there before the carrier hears of it."""

    id = UUID(primary_key=True, required=True)
    parcel = ForeignKey(Parcel, on_delete=OnDelete.restrict, null=False)
    n = SmallInt(required=True)
    work = UUID(required=True)
    location = Text(required=True)
    order_id = UUID(required=True)
    account = ForeignKey(CarrierAccount, on_delete=OnDelete.restrict, null=True, default=None)
    carrier = Text(required=True)
    service = Text(required=True)
    relay_id = Text(null=True, default=None)
    chosen_because = Text(default="")
    state = Text(required=True)
    reference = Text(required=True, unique=True)
    tracking_number = Text(null=True, default=None)
    numbers = Array(base_column=Text(), default=list)
    shipment_ref = Text(null=True, default=None)
    cost_minor = Integer(null=True, default=None)
    currency = Char(length=3, default="EUR")
    problem = Text(null=True, default=None)
    mend = Text(null=True, default=None)
    words = Text(null=True, default=None)
    tries = SmallInt(default=0)
    next_at = Timestamptz(null=True, default=None)
    called_at = Timestamptz(null=True, default=None)
    intended_at = Timestamptz(required=True)
    intended_by = Text(required=True)
    settled_at = Timestamptz(null=True, default=None)
    settled_by = Text(null=True, default=None)
    reason = Text(default="")
    void_state = Text(null=True, default=None)
    void_tries = SmallInt(default=0)
    void_next_at = Timestamptz(null=True, default=None)
    voided_at = Timestamptz(null=True, default=None)
    voided_by = Text(null=True, default=None)
    void_words = Text(null=True, default=None)


class LabelFile(Table, tablename="label_file"):
    """A label as the carrier gave it, stored once."""

    attempt = ForeignKey(LabelAttempt, on_delete=OnDelete.restrict, primary_key=True, null=False)
    media_type = Text(primary_key=True, required=True)
    sha256 = Bytea(required=True)
    content = Bytea(required=True)
    made_at = Timestamptz(required=True)


class Collection(Table, tablename="collection"):
    """When a carrier comes to a store, by weekday, in minutes of store time."""

    location = Text(primary_key=True, required=True)
    carrier = Text(primary_key=True, required=True)
    weekday = SmallInt(primary_key=True, required=True)
    minute = Integer(primary_key=True, required=True)


class CollectionException(Table, tablename="collection_exception"):
    """One day that is not like its weekday; without a minute nobody comes."""

    location = Text(primary_key=True, required=True)
    carrier = Text(primary_key=True, required=True)
    day = Date(primary_key=True, required=True)
    minute = Integer(null=True, default=None)
    reason = Text(default="")


class Manifest(Table, tablename="manifest"):
    """What one driver takes from one store."""

    id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    carrier = Text(required=True)
    lane = Text(required=True)
    account = Text(null=True, default=None)
    number = Text(required=True, unique=True)
    state = Text(default="open")
    opened_at = Timestamptz(required=True)
    opened_by = Text(required=True)
    closed_at = Timestamptz(null=True, default=None)
    closed_by = Text(null=True, default=None)
    stayed = Integer(default=0)
    reopened = Integer(default=0)
    slip_state = Text(default="none")
    slip_next_at = Timestamptz(null=True, default=None)
    slip_tries = Integer(default=0)
    slip_number = Text(null=True, default=None)
    slip = Bytea(null=True, default=None)
    slip_code = Text(default="")


class ManifestParcel(Table, tablename="manifest_parcel"):
    """A parcel that was scanned onto a manifest."""

    manifest = ForeignKey(Manifest, on_delete=OnDelete.restrict, primary_key=True, null=False)
    parcel = UUID(primary_key=True, required=True)
    location = Text(required=True)
    label = UUID(required=True)
    tracking_number = Text(required=True)
    weight_grams = Integer(required=True)
    scanned_at = Timestamptz(required=True)
    scanned_by = Text(required=True)
    device = UUID(null=True, default=None)


class Tracking(Table, tablename="tracking"):
    """Where a parcel that left stands, and when its carrier is asked again."""

    parcel = UUID(primary_key=True, required=True)
    location = Text(required=True)
    order_id = UUID(required=True)
    work = UUID(required=True)
    carrier = Text(required=True)
    account = Text(null=True, default=None)
    number = Text(required=True)
    handed_at = Timestamptz(required=True)
    due_on = Date(required=True)
    status = Text(default="pending")
    status_at = Timestamptz(null=True, default=None)
    code = Text(default="")
    place = Text(default="")
    heard_at = Timestamptz(null=True, default=None)
    moved_at = Timestamptz(required=True)
    delivered_at = Timestamptz(null=True, default=None)
    next_at = Timestamptz(null=True, default=None)
    claimed_until = Timestamptz(null=True, default=None)
    tries = Integer(default=0)
    told_late_at = Timestamptz(null=True, default=None)
    told_lost_at = Timestamptz(null=True, default=None)


class TrackingEvent(Table, tablename="tracking_event"):
    """One thing that a carrier told of a parcel."""

    id = UUID(primary_key=True, required=True)
    parcel = UUID(required=True)
    location = Text(required=True)
    number = Text(required=True)
    code = Text(required=True)
    status = Text(required=True)
    at = Timestamptz(null=True, default=None)
    place = Text(default="")
    words = Text(default="")
    source = Text(required=True)
    heard_at = Timestamptz(required=True)


class ReturnLabel(Table, tablename="return_label"):
    """A label of the way back, and where its parcel is. `sender`: an address typed for it, erased with the customer, as the file is.

    `location`: where the goods go. `fee_minor`: what its customer pays for the way. `sent_at`: the carrier has the parcel.
    `ended_why`: why nobody used it; `look_at`: from when on a person has to ask for the parcel.
    """

    id = UUID(primary_key=True, required=True)
    rma = UUID(required=True)
    order_id = UUID(required=True)
    n = SmallInt(required=True)
    method = Text(required=True)
    location: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Location", app_name="comptoir"), on_delete=OnDelete.restrict, null=False
    )
    account = ForeignKey(CarrierAccount, on_delete=OnDelete.restrict, null=False)
    carrier = Text(required=True)
    service = Text(required=True)
    weight_grams = Integer(required=True)
    fee_minor = BigInt(default=0)
    sender = JSONB(null=True, default=None)
    state = Text(required=True)
    reference = Text(required=True, unique=True)
    tracking_number = Text(null=True, default=None)
    shipment_ref = Text(null=True, default=None)
    cost_minor = Integer(null=True, default=None)
    currency = Char(length=3, default="EUR")
    problem = Text(null=True, default=None)
    mend = Text(null=True, default=None)
    words = Text(null=True, default=None)
    tries = SmallInt(default=0)
    next_at = Timestamptz(null=True, default=None)
    called_at = Timestamptz(null=True, default=None)
    intended_at = Timestamptz(required=True)
    settled_at = Timestamptz(null=True, default=None)
    media_type = Text(null=True, default=None)
    content = Bytea(null=True, default=None)
    status = Text(default="pending")
    status_at = Timestamptz(null=True, default=None)
    code = Text(default="")
    sent_at = Timestamptz(null=True, default=None)
    ask_at = Timestamptz(null=True, default=None)
    claimed_until = Timestamptz(null=True, default=None)
    ended_why = Text(null=True, default=None)
    void_state = Text(null=True, default=None)
    void_tries = SmallInt(default=0)
    void_next_at = Timestamptz(null=True, default=None)
    void_words = Text(null=True, default=None)
    look_at = Timestamptz(null=True, default=None)
