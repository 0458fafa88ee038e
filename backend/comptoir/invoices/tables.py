"""Tables of invoices and credit notes: counters, documents, their units and files. Made by the migrations, compared by a test."""

from typing import Any

from piccolo.columns import JSONB, UUID, BigInt, Bytea, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.column_types import Char
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class DocumentCounter(Table, tablename="document_counter"):
    """The last number drawn of a legal entity's series in a year, and its date."""

    legal_entity: ForeignKey[Any] = ForeignKey(
        LazyTableReference("LegalEntity", app_name="comptoir"),
        on_delete=OnDelete.restrict,
        primary_key=True,
        null=False,
    )
    series = Text(primary_key=True, required=True)
    year = SmallInt(primary_key=True, required=True)
    last = Integer(required=True)
    last_date = Date(required=True)


class Document(Table, tablename="document"):
    """An invoice or a credit note: its number and its frozen content. Never changed."""

    number = Text(primary_key=True, required=True)
    legal_entity: ForeignKey[Any] = ForeignKey(
        LazyTableReference("LegalEntity", app_name="comptoir"), on_delete=OnDelete.restrict, null=False
    )
    series = Text(required=True)
    year = SmallInt(required=True)
    n = Integer(required=True)
    kind = Text(required=True)
    order_id = UUID(required=True)
    cause_seq = Integer(required=True)
    cites: ForeignKey[Any] = ForeignKey(
        LazyTableReference("Document", app_name="comptoir"), on_delete=OnDelete.restrict, null=True, default=None
    )
    issued_on = Date(required=True)
    made_at = Timestamptz(required=True)
    currency = Char(length=3, required=True)
    vat_minor = BigInt(required=True)
    total_minor = BigInt(required=True)
    content = JSONB(required=True)


class DocumentUnit(Table, tablename="document_unit"):
    """Units of one need of the order that a document counts; line 0 is the shipping."""

    number = ForeignKey(Document, on_delete=OnDelete.restrict, primary_key=True, null=False)
    line = SmallInt(primary_key=True, required=True)
    part = SmallInt(primary_key=True, required=True)
    units = Integer(required=True)
    gross_minor = BigInt(required=True)


class DocumentFile(Table, tablename="document_file"):
    """The PDF as it was drawn, once, and its SHA-256."""

    number = ForeignKey(Document, on_delete=OnDelete.restrict, primary_key=True, null=False)
    bytes = Bytea(required=True)
    sha256 = Bytea(required=True)
    drawn_at = Timestamptz(required=True)
