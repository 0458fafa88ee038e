"""Tables of reports: shares, figures, readings of stock, who gets which report. Made by the migrations, compared by a test."""

from typing import Any

from piccolo.columns import JSONB, UUID, BigInt, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.column_types import Char
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class ReportBuild(Table, tablename="report_build"):
    """One counting of history, by one meaning of the measures. Pages read the newest that was swapped in; 0 was made by events alone.

    Of one that is being counted: `subjects` so far, `of_all`, and where it goes on (`part`, after `last`).
    """

    number = Integer(primary_key=True, required=True)
    begun_at = Timestamptz(required=True)
    swapped_at = Timestamptz(null=True, default=None)
    subjects = BigInt(default=0)
    meaning = Integer(default=1)
    of_all = BigInt(default=0)
    part = Text(default="sales_order")
    last = UUID(null=True, default=None)


class ReportShare(Table, tablename="report_share"):
    """What one order, or one return without an order, has added to one place and day."""

    build = Integer(primary_key=True, required=True)
    subject = UUID(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    day = Date(primary_key=True, required=True)
    parts = JSONB(required=True)


class ReportFigure(Table, tablename="report_figure"):
    """What all shares of a place and a period come to; `grain`: day, week or month, `day` its first."""

    build = Integer(primary_key=True, required=True)
    grain = Char(length=1, primary_key=True, required=True)
    measure = Text(primary_key=True, required=True)
    location = Text(primary_key=True, required=True)
    day = Date(primary_key=True, required=True)
    key = Text(primary_key=True, required=True)
    a = BigInt(required=True)
    b = BigInt(required=True)
    c = BigInt(required=True)


class ReportStock(Table, tablename="report_stock"):
    """A reading of the levels of one place on one day, by how long ago one was sold."""

    location = Text(primary_key=True, required=True)
    day = Date(primary_key=True, required=True)
    band = Text(primary_key=True, required=True)
    currency = Char(length=3, primary_key=True, required=True)
    units = BigInt(required=True)
    value_minor = BigInt(required=True)
    taken_at = Timestamptz(required=True)


class ReportSubscription(Table, tablename="report_subscription"):
    """A report that somebody gets by mail, for all their stores or one."""

    id = UUID(primary_key=True, required=True)
    staff: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Person", app_name="comptoir"), on_delete=OnDelete.cascade, null=False
    )
    report = Text(required=True)
    rhythm = Text(required=True)
    location: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Location", app_name="comptoir"), on_delete=OnDelete.cascade, null=True, default=None
    )
    time_zone = Text(required=True)
    language = Text(required=True)
    made_at = Timestamptz(required=True)
    next_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_because = Text(default="")


class ReportMail(Table, tablename="report_mail"):
    """One mail of one period: the row is there before anybody is called."""

    id = UUID(primary_key=True, required=True)
    subscription = ForeignKey(ReportSubscription, on_delete=OnDelete.cascade, null=False)
    period = Date(required=True)
    state = Text(required=True)
    tries = Integer(default=0)
    code = Text(default="")
    made_at = Timestamptz(required=True)
    next_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
