"""Tables of alerts: rules, readings, what was raised, its changes, its messages; what is wrong with stock. Made by the migrations, compared by a test."""

from typing import Any

from piccolo.columns import UUID, Array, Boolean, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class AlertRuleRow(Table, tablename="alert_rule"):
    """What somebody has to be told of, from how much on, and who."""

    id = UUID(primary_key=True, required=True)
    kind = Text(required=True)
    threshold = Integer(required=True)
    region: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Region", app_name="comptoir"), on_delete=OnDelete.cascade, null=True, default=None
    )
    location: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Location", app_name="comptoir"), on_delete=OnDelete.cascade, null=True, default=None
    )
    tells = Text(required=True)
    person: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Person", app_name="comptoir"), on_delete=OnDelete.restrict, null=True, default=None
    )
    media = Array(base_column=Text(), default=list)
    quiet_from = SmallInt(null=True, default=None)
    quiet_until = SmallInt(null=True, default=None)
    escalate_after = SmallInt(null=True, default=None)
    escalate_to = Text(null=True, default=None)
    active = Boolean(default=True)
    version = Integer(default=1)
    changed_at = Timestamptz(required=True)
    changed_by = Text(required=True)


class AlertReading(Table, tablename="alert_reading"):
    """The highest figure of one thing in one hour."""

    kind = Text(primary_key=True, required=True)
    subject = Text(primary_key=True, required=True)
    hour = Timestamptz(primary_key=True, required=True)
    location = Text(null=True, default=None)
    high = Integer(required=True)


class AlertRow(Table, tablename="alert"):
    """One thing that went above a rule's threshold, from then until it was calm again."""

    id = UUID(primary_key=True, required=True)
    rule = UUID(required=True)
    kind = Text(required=True)
    subject = Text(required=True)
    location = Text(null=True, default=None)
    name = Text(default="")
    threshold = Integer(required=True)
    value = Integer(required=True)
    highest = Integer(required=True)
    raised_at = Timestamptz(required=True)
    value_at = Timestamptz(required=True)
    calm_since = Timestamptz(null=True, default=None)
    acknowledged_at = Timestamptz(null=True, default=None)
    acknowledged_by = Text(null=True, default=None)
    word = Text(default="")
    snoozed_until = Timestamptz(null=True, default=None)
    escalated_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_because = Text(default="")


class AlertStep(Table, tablename="alert_step"):
    """One change of an alert, and by whom."""

    alert = ForeignKey(AlertRow, on_delete=OnDelete.cascade, primary_key=True, null=False)
    n = Integer(primary_key=True, required=True)
    what = Text(required=True)
    at = Timestamptz(required=True)
    who = Text(required=True)
    value = Integer(required=True)
    word = Text(default="")


class AlertNotice(Table, tablename="alert_notice"):
    """One message about an alert to one person by one way."""

    id = UUID(primary_key=True, required=True)
    alert = ForeignKey(AlertRow, on_delete=OnDelete.cascade, null=False)
    n = Integer(required=True)
    staff: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Person", app_name="comptoir"), on_delete=OnDelete.cascade, null=False
    )
    medium = Text(required=True)
    state = Text(required=True)
    code = Text(default="")
    tries = Integer(default=0)
    made_at = Timestamptz(required=True)
    next_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
    shown_at = Timestamptz(null=True, default=None)


class StockLook(Table, tablename="stock_look"):
    """How far a look through all levels has come."""

    name = Text(primary_key=True, required=True)
    sku = Text(required=True)
    location = Text(required=True)
    looked_at = Timestamptz(required=True)
    round_at = Timestamptz(null=True, default=None)


class StockFault(Table, tablename="stock_fault"):
    """A row of stock whose figures cannot be right: unlike its ledger, or promised beyond what is there."""

    kind = Text(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    sku = Text(primary_key=True, required=True)
    units = Integer(required=True)
    found_at = Timestamptz(required=True)
    seen_at = Timestamptz(required=True)
