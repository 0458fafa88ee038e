"""Tables of printers and of what waits for them. Made by the migrations, compared by a test."""

from piccolo.columns import UUID, Array, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table


class Printer(Table, tablename="printer"):
    """One printer of a store, reached by raw TCP."""

    id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    name = Text(required=True)
    host = Text(required=True)
    port = Integer(required=True)
    language = Text(required=True)
    media = Text(required=True)
    active = Boolean(default=True)
    version = Integer(default=1)
    made_at = Timestamptz(required=True)
    last_ok_at = Timestamptz(null=True, default=None)
    last_failed_at = Timestamptz(null=True, default=None)
    failure = Text(default="")


class PrinterNetwork(Table, tablename="printer_network"):
    """The networks in which a store's printers may be."""

    location = Text(primary_key=True, required=True)
    networks = Array(base_column=Text(), required=True)
    declared_by = Text(required=True)
    declared_at = Timestamptz(required=True)


class PrintJob(Table, tablename="print_job"):
    """One document for one printer."""

    id = UUID(primary_key=True, required=True)
    location = Text(required=True)
    printer = UUID(required=True)
    kind = Text(required=True)
    source = UUID(required=True)
    title = Text(required=True)
    key = Text(required=True, unique=True)
    state = Text(default="queued")
    tries = Integer(default=0)
    code = Text(default="")
    made_at = Timestamptz(required=True)
    made_by = Text(required=True)
    next_at = Timestamptz(null=True, default=None)
    claimed_until = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
