"""Tables of what comes back. Made by the migrations, compared by a test."""

from piccolo.columns import JSONB, UUID, Date, Text, Timestamptz
from piccolo.table import Table


class ReturnRequest(Table, tablename="return_request"):
    """A notice of withdrawal; `reply_to` is personal and erased with the customer."""

    id = UUID(primary_key=True, required=True)
    order_id = UUID(required=True)
    kind = Text(required=True)
    state = Text(default="noticed")
    lines = JSONB(required=True)
    noticed_at = Timestamptz(required=True)
    legal_until = Date(null=True, default=None)
    who = Text(required=True)
    reply_to = Text(null=True, default=None)
