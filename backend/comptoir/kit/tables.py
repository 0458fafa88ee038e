"""Tables of the tools' own rows: attempts, commands, events, deliveries. Made by the migrations, compared by a test."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table


class Throttle(Table, tablename="throttle"):
    """Attempts in a window of time, counted for all processes."""

    key = Text(primary_key=True, required=True)
    window_start = Timestamptz(primary_key=True, required=True)
    number = Integer(db_column_name="count", required=True)


class Command(Table, tablename="command"):
    """A command seen twice has one effect and one answer."""

    id = UUID(primary_key=True, required=True)
    fingerprint = Bytea(required=True)
    answer = Bytea(null=True, default=None)
    who = Text(required=True)
    at = Timestamptz(required=True)


class Event(Table, tablename="event"):
    """A fact, written with its cause; numbered per stream."""

    stream = UUID(primary_key=True, required=True)
    seq = Integer(primary_key=True, required=True)
    kind = Text(required=True)
    location = Text(null=True, default=None)
    work = UUID(null=True, default=None)
    who = Text(required=True)
    at = Timestamptz(required=True)
    due_at = Timestamptz(required=True)
    body = JSONB(required=True)
    fanned_out = Boolean(default=False)
    withdrawn_at = Timestamptz(null=True, default=None)


class Delivery(Table, tablename="delivery"):
    """One event for one listener."""

    listener = Text(primary_key=True, required=True)
    stream = UUID(primary_key=True, required=True)
    seq = Integer(primary_key=True, required=True)
    due_at = Timestamptz(required=True)
    state = Text(default="open")
    attempts = Integer(default=0)
    claimed_until = Timestamptz(null=True, default=None)
    last_error = Text(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)


class Policy(Table, tablename="policy"):
    """What head office decides, as a numbered document that never changes; the dates say when it holds or is tried."""

    kind = Text(primary_key=True, required=True)
    number = Integer(primary_key=True, required=True)
    body = JSONB(required=True)
    note = Text(default="")
    made_by = Text(required=True)
    made_at = Timestamptz(required=True)
    active_from = Timestamptz(null=True, default=None)
    tried_from = Timestamptz(null=True, default=None)
    tried_until = Timestamptz(null=True, default=None)


class PolicyDraft(Table, tablename="policy_draft"):
    """What a person is writing: begun from version `base`, over the newest version `after`."""

    kind = Text(primary_key=True, required=True)
    who = Text(primary_key=True, required=True)
    base = Integer(required=True)
    after = Integer(required=True)
    body = JSONB(required=True)
    version = Integer(required=True)
    changed_at = Timestamptz(required=True)


class Reason(Table, tablename="reason"):
    """A reason that people choose, in both languages, for one subject (a return, a no to a work). `acts_as`: whose consequences it has."""

    subject = Text(primary_key=True, default="return")
    code = Text(primary_key=True, required=True)
    fr = Text(required=True)
    en = Text(required=True)
    place = SmallInt(default=100)
    faulty = Boolean(default=False)
    photo = Boolean(default=False)
    used = Boolean(default=True)
    changed_at = Timestamptz(required=True)
    changed_who = Text(required=True)
    acts_as = Text(null=True, default=None)
