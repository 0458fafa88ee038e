"""Tables of store work, bags, hand-overs, put-backs, exceptions, devices' journals. Made by the migrations, compared by a test."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Bytea, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table


class Work(Table, tablename="work"):
    """A fulfillment order: what one location must do for one order."""

    id = UUID(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    order_id = UUID(required=True)
    order_number = Text(required=True)
    kind = Text(required=True)
    status = Text(required=True)
    promise_at = Timestamptz(required=True)
    units = Integer(required=True)
    created_at = Timestamptz(required=True)
    started_at = Timestamptz(null=True, default=None)
    picked_at = Timestamptz(null=True, default=None)
    staged_at = Timestamptz(null=True, default=None)
    handed_over_at = Timestamptz(null=True, default=None)
    collect_until = Timestamptz(null=True, default=None)
    taken_by = UUID(null=True, default=None)
    pack = UUID(null=True, default=None)
    flagged = Text(null=True, default=None)
    version = Integer(default=1)
    ended_because = Text(null=True, default=None)
    looked_at = Timestamptz(null=True, default=None)
    told_at = Timestamptz(null=True, default=None)
    told_until = Timestamptz(null=True, default=None)
    rescue_until = Timestamptz(null=True, default=None)
    kept_longer = SmallInt(default=0)
    tote = SmallInt(null=True, default=None)


class WorkLine(Table, tablename="work_line"):
    """Where the units of one requirement are, at one location."""

    work = UUID(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    order_id = UUID(required=True)
    order_line = SmallInt(required=True)
    part = SmallInt(required=True)
    sku = Text(required=True)
    quantity = Integer(required=True)
    reserved = Integer(required=True)
    picked = Integer(default=0)
    staged = Integer(default=0)
    in_transit = Integer(default=0)
    handed_over = Integer(default=0)
    delivered = Integer(default=0)
    shorted = Integer(default=0)
    canceled = Integer(default=0)
    parked_until = Timestamptz(null=True, default=None)


class PickupPass(Table, tablename="pickup_pass"):
    """Proves who may collect: one per order and store, digests only."""

    order_id = UUID(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    generation = Integer(default=0)
    qr_hash = Bytea(required=True, unique=True)
    letters_hash = Bytea(required=True)
    made_at = Timestamptz(required=True)


class Collector(Table, tablename="collector"):
    """Somebody else who collects an order."""

    order_id = UUID(primary_key=True, required=True)
    name = Text(required=True)
    phone = Text(null=True, default=None)
    email = Text(null=True, default=None)
    link_hash = Bytea(required=True, unique=True)
    generation = BigInt(required=True)
    named_at = Timestamptz(required=True)


class ChangeRequest(Table, tablename="change_request"):
    """What a customer asks for and a person decides about."""

    id = UUID(primary_key=True, required=True)
    order_id = UUID(required=True)
    location = Text(required=True)
    kind = Text(required=True)
    line = SmallInt(null=True, default=None)
    body = JSONB(default="{}")
    price_minor = BigInt(default=0)
    exception = UUID(null=True, default=None)
    state = Text(default="open")
    asked_at = Timestamptz(required=True)
    settled_at = Timestamptz(null=True, default=None)
    settled_by = Text(null=True, default=None)


class CounterLease(Table, tablename="counter_lease"):
    """The one device of a store that may hand over with no network."""

    location = Text(primary_key=True, required=True)
    device = UUID(required=True)
    given_at = Timestamptz(required=True)
    lease_until = Timestamptz(required=True)


class OfflineLetters(Table, tablename="offline_letters"):
    """What a device checks a pass's six letters against: PBKDF2 with a work's id as salt."""

    order_id = UUID(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    generation = Integer(required=True)
    salt = UUID(required=True)
    hash = Bytea(required=True)


class Pack(Table, tablename="pack"):
    """What one associate takes on at once, leased. One that lies ready (`ahead`) has nobody yet; `works`: what it was made of."""

    id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    device = UUID(null=True, default=None)
    staff = UUID(null=True, default=None)
    made_at = Timestamptz(required=True)
    lease_until = Timestamptz(required=True)
    closed_at = Timestamptz(null=True, default=None)
    ahead = Boolean(default=False)
    works = Array(base_column=UUID(), default=list)
    walk = JSONB(default="{}")


class Bag(Table, tablename="bag"):
    """A tag tied to a work, on its place."""

    id = UUID(primary_key=True, required=True)
    work = UUID(required=True)
    location = Text(required=True)
    tag = Text(required=True)
    place = Text(null=True, default=None)
    staged_at = Timestamptz(required=True)
    staged_by = Text(required=True)
    gone_at = Timestamptz(null=True, default=None)


class ShortPick(Table, tablename="short_pick"):
    """The shelf had fewer than promised. `reason` is what rules go by; `said` the code that was chosen, where head office added it."""

    id = UUID(primary_key=True, required=True)
    work = UUID(required=True)
    line = SmallInt(required=True)
    location = Text(required=True)
    sku = Text(required=True)
    quantity = Integer(required=True)
    reason = Text(required=True)
    who = Text(required=True)
    at = Timestamptz(required=True)
    undone_at = Timestamptz(null=True, default=None)
    said = Text(null=True, default=None)


class Arrival(Table, tablename="arrival"):
    """The customer is here."""

    id = UUID(primary_key=True, required=True)
    order_id = UUID(required=True)
    location = Text(required=True)
    at = Timestamptz(required=True)
    place = Text(default="")
    taken_by = UUID(null=True, default=None)
    taken_at = Timestamptz(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)


class HandOver(Table, tablename="hand_over"):
    """Evidence that goods left the store, and against which proof."""

    id = UUID(primary_key=True, required=True)
    order_id = UUID(required=True)
    location = Text(required=True)
    works = Array(base_column=UUID(), required=True)
    event_seq = Integer(null=True, default=None)
    who = Text(required=True)
    device = UUID(null=True, default=None)
    at = Timestamptz(required=True)
    recorded_at = Timestamptz(required=True)
    proof = Text(required=True)
    collector = Text(null=True, default=None)
    identity_checked = Boolean(default=False)
    age_checked = Boolean(default=False)
    override_reason = Text(null=True, default=None)
    offline = Boolean(default=False)
    undone_at = Timestamptz(null=True, default=None)
    undone_by = Text(null=True, default=None)
    undo_reason = Text(null=True, default=None)


class HandOverLine(Table, tablename="hand_over_line"):
    """Units of one line on a hand-over: given, and refused."""

    hand_over = UUID(primary_key=True, required=True)
    work = UUID(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    location = Text(required=True)
    sku = Text(required=True)
    quantity = Integer(required=True)
    refused = Integer(default=0)
    refuse_reason = Text(null=True, default=None)


class PutBack(Table, tablename="put_back"):
    """Goods to carry back to their shelf."""

    id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    sku = Text(required=True)
    quantity = Integer(required=True)
    done = Integer(default=0)
    reason = Text(required=True)
    promised = Boolean(default=True)
    order_id = UUID(null=True, default=None)
    work = UUID(null=True, default=None)
    line = SmallInt(null=True, default=None)
    bag = Text(null=True, default=None)
    cause = UUID(null=True, default=None)
    made_at = Timestamptz(required=True)
    done_at = Timestamptz(null=True, default=None)
    done_by = Text(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)


class Case(Table, tablename="exception"):
    """An exception: visible work for a named role."""

    id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    kind = Text(required=True)
    role = Text(required=True)
    order_id = UUID(null=True, default=None)
    work = UUID(null=True, default=None)
    sku = Text(null=True, default=None)
    quantity = Integer(null=True, default=None)
    body = JSONB(default="{}")
    made_at = Timestamptz(required=True)
    resolved_at = Timestamptz(null=True, default=None)
    resolved_by = Text(null=True, default=None)
    resolution = Text(null=True, default=None)


class Journal(Table, tablename="journal"):
    """Where a device's journal stands."""

    id = UUID(primary_key=True, required=True)
    device = UUID(required=True)
    expected_seq = BigInt(default=1)
    started_at = Timestamptz(required=True)
    last_at = Timestamptz(required=True)
    follows = UUID(null=True, default=None)
    follows_acked = BigInt(null=True, default=None)


class DeviceEvent(Table, tablename="device_event"):
    """One line of a journal, and what came of it."""

    journal = UUID(primary_key=True, required=True)
    seq = BigInt(primary_key=True, required=True)
    id = UUID(required=True, unique=True)
    kind = Text(required=True)
    body = JSONB(required=True)
    pack = UUID(null=True, default=None)
    sign_in = UUID(null=True, default=None)
    happened_at = Timestamptz(required=True)
    received_at = Timestamptz(required=True)
    outcome = Text(required=True)
    answer = JSONB(required=True)
    effect = JSONB(null=True, default=None)
    undone = Boolean(default=False)
