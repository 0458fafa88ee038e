"""Tables of the ledger of rendered messages. Made by the migrations, compared by a test."""

from piccolo.columns import UUID, Integer, Text, Timestamptz
from piccolo.table import Table


class Message(Table, tablename="message"):
    """A message to a customer, rendered: marks instead of names and codes."""

    id = UUID(primary_key=True, required=True)
    stream = UUID(required=True)
    seq = Integer(required=True)
    order_id = UUID(required=True)
    template = Text(required=True)
    medium = Text(required=True)
    language = Text(required=True)
    subject = Text(required=True)
    body = Text(required=True)
    status = Text(required=True)
    reason = Text(null=True, default=None)
    made_at = Timestamptz(required=True)
