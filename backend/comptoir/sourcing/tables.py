"""Tables of sourcing: decisions, what units cost, simulations. Made by the migrations, compared by a test."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, DoublePrecision, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table


class SourcingDecision(Table, tablename="sourcing_decision"):
    """Why an order went where it went; `body` is `why.Why` as JSON."""

    order_id = UUID(primary_key=True, required=True)
    number = SmallInt(primary_key=True, required=True)
    at = Timestamptz(required=True)
    occasion = Text(required=True)
    policy = Integer(required=True)
    parcels = SmallInt(required=True)
    cost_minor = Integer(required=True)
    tried_policy = Integer(null=True, default=None)
    tried_parcels = SmallInt(null=True, default=None)
    tried_minor = Integer(null=True, default=None)
    body = Bytea(required=True)
    tried_differs = Boolean(null=True, default=None)


class UnitPrice(Table, tablename="unit_price"):
    """What a unit costs at a location beyond its parcel."""

    sku = Text(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    scarcity_minor = Integer(default=0)
    markdown_minor = Integer(default=0)
    decline_minor = Integer(default=0)
    as_of = Timestamptz(required=True)


class Simulation(Table, tablename="simulation"):
    """Past orders replayed under two policies; `result` is `replay.Result` as JSON."""

    id = UUID(primary_key=True, required=True)
    policy_a = Integer(required=True)
    policy_b = Integer(required=True)
    since = Timestamptz(required=True)
    until = Timestamptz(required=True)
    state = Text(default="waiting")
    begun = Integer(default=0)
    done = Integer(default=0)
    total = Integer(required=True)
    reason = Text(default="")
    result = JSONB(null=True, default=None)
    made_by = Text(required=True)
    made_at = Timestamptz(required=True)
    ended_at = Timestamptz(null=True, default=None)


class SourcingTry(Table, tablename="sourcing_try"):
    """A location that was asked for units and did not give them."""

    order_id = UUID(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    part = SmallInt(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    sku = Text(required=True)
    reason = Text(required=True)
    at = Timestamptz(required=True)


class PricingRun(Table, tablename="pricing_run"):
    """One time that prices of last units were worked out, and whether what find rates predicted was what was seen."""

    at = Timestamptz(primary_key=True, required=True)
    whole = Boolean(required=True)
    skus = Integer(required=True)
    prices = Integer(required=True)
    changed = Integer(required=True)
    refusals_predicted = DoublePrecision(null=True, default=None)
    refusals_seen = DoublePrecision(null=True, default=None)
    refusals_used = Boolean(default=False)


class FindRate(Table, tablename="find_rate"):
    """Of the latest tries to pick an article at a location, how many found it."""

    sku = Text(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    tries = SmallInt(required=True)
    found = SmallInt(required=True)
    as_of = Timestamptz(required=True)
