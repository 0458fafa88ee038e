"""Tables of the tower: hours as they went, paces, forecasts and their errors, readings; what managers did. Made by the migrations, compared by a test."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Boolean,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from comptoir.network.tables import Location


class StoreHour(Table, tablename="store_hour"):
    """One clock hour of one store: what came in and was picked; `pressing` waited when it began, None where nobody looked."""

    location = ForeignKey(Location, on_delete=OnDelete.cascade, primary_key=True, null=False)
    hour = Timestamptz(primary_key=True, required=True)
    part = SmallInt(required=True)
    received = Integer(default=0)
    works = Integer(default=0)
    lines = Integer(default=0)
    open_minutes = SmallInt(default=0)
    pressing = Integer(null=True, default=None)


class StorePace(Table, tablename="store_pace"):
    """Works and lines in an open hour of one part of a store's day."""

    location = ForeignKey(Location, on_delete=OnDelete.cascade, primary_key=True, null=False)
    part = SmallInt(primary_key=True, required=True)
    works_per_hour = DoublePrecision(required=True)
    lines_per_hour = DoublePrecision(required=True)
    hours = DoublePrecision(required=True)
    learned_at = Timestamptz(required=True)


class ForecastKept(Table, tablename="forecast_kept"):
    """What was said about a scope (a store, region:<id>, or * for all), and what came."""

    scope = Text(primary_key=True, required=True)
    made_at = Timestamptz(primary_key=True, required=True)
    hours = SmallInt(primary_key=True, required=True)
    due_at = Timestamptz(required=True)
    late = DoublePrecision(required=True)
    low = DoublePrecision(required=True)
    high = DoublePrecision(required=True)
    scale = DoublePrecision(required=True)
    came = Integer(null=True, default=None)


class ForecastError(Table, tablename="forecast_error"):
    """What forecasts of a scope were off by: a store, '' for any store, + for sums of stores."""

    scope = Text(primary_key=True, required=True)
    hours = SmallInt(primary_key=True, required=True)
    low = DoublePrecision(required=True)
    high = DoublePrecision(required=True)
    calm = DoublePrecision(required=True)
    usual = DoublePrecision(null=True, default=None)
    seen = Integer(required=True)
    learned_at = Timestamptz(required=True)


class TowerReading(Table, tablename="tower_reading"):
    """What the readings of one store were at a quarter of an hour; two days of it are kept."""

    at = Timestamptz(primary_key=True, required=True)
    location = ForeignKey(Location, on_delete=OnDelete.cascade, primary_key=True, null=False)
    due = Integer(required=True)
    at_risk = Integer(required=True)
    late = Integer(required=True)
    waiting = Integer(required=True)
    untold = Integer(required=True)
    silent = Integer(required=True)
    pickups = Integer(required=True)


class TowerAction(Table, tablename="tower_action"):
    """One act of a manager: asked, said to come of it, what an undo writes back, what came."""

    id = UUID(primary_key=True, required=True)
    location = ForeignKey(Location, on_delete=OnDelete.cascade, null=False)
    kind = Text(required=True)
    who = Text(required=True)
    why = Text()
    at = Timestamptz(required=True)
    undo_until = Timestamptz(required=True)
    asked = JSONB(required=True)
    said = JSONB(required=True)
    before = JSONB(default="{}")
    stores = Array(base_column=Text(), required=True)
    judge_at = Timestamptz(required=True)
    came = Integer(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
    undone_by = Text(null=True, default=None)
    stayed = JSONB(default="[]")


class TowerPart(Table, tablename="tower_part"):
    """One work of an act, and what it was before."""

    action = ForeignKey(TowerAction, on_delete=OnDelete.cascade, primary_key=True, null=False)
    work = UUID(primary_key=True, required=True)
    order_id = UUID(required=True)
    made = UUID(null=True, default=None)
    to_location = Text(null=True, default=None)
    before = JSONB(required=True)


class StorePlan(Table, tablename="store_plan"):
    """For some time a store does so many works in an hour instead, or on top."""

    id = UUID(primary_key=True, required=True)
    location = ForeignKey(Location, on_delete=OnDelete.cascade, null=False)
    kind = Text(required=True)
    from_at = Timestamptz(required=True)
    until_at = Timestamptz(required=True)
    per_hour = DoublePrecision(required=True)
    action = UUID(required=True)
    of_day = Boolean(default=False)


class DayPlan(Table, tablename="day_plan"):
    """One version of a day's plan: what one person does in an hour, and people by hour of the store's clock; -1 where nothing is planned."""

    location = ForeignKey(Location, on_delete=OnDelete.cascade, primary_key=True, null=False)
    day = Date(primary_key=True, required=True)
    number = Integer(primary_key=True, required=True)
    each_per_hour = DoublePrecision(required=True)
    people = Array(base_column=SmallInt(), required=True)
    how = Text(required=True)
    made_at = Timestamptz(required=True)
    made_by = Text(required=True)
