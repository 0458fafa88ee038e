"""Tables of webhooks out: endpoints, and what each is or was sent. Made by the migrations, compared by a test."""

from piccolo.columns import UUID, Array, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table


class WebhookEndpoint(Table, tablename="webhook_endpoint"):
    """Where events go: which kinds, of which locations; how it takes them. Its secret is derived from its number and kept nowhere."""

    id = UUID(primary_key=True, required=True)
    name = Text(required=True)
    url = Text(required=True)
    kinds = Array(base_column=Text(), required=True)
    locations = Array(base_column=Text(), null=True, default=None)
    state = Text(default="active")
    paused_because = Text(null=True, default=None)
    paused_at = Timestamptz(null=True, default=None)
    secret_number = Integer(default=1)
    old_secret_until = Timestamptz(null=True, default=None)
    failures = Integer(default=0)
    failing_since = Timestamptz(null=True, default=None)
    rests_until = Timestamptz(null=True, default=None)
    last_success_at = Timestamptz(null=True, default=None)
    last_failure_at = Timestamptz(null=True, default=None)
    last_error = Text(default="")
    version = Integer(default=1)
    made_at = Timestamptz(required=True)
    made_by = Text(required=True)


class WebhookDelivery(Table, tablename="webhook_delivery"):
    """One event for one endpoint, or a trial: the bytes that are signed, and how far it is."""

    id = UUID(primary_key=True, required=True)
    endpoint = ForeignKey(WebhookEndpoint, on_delete=OnDelete.cascade, null=False)
    stream = UUID(required=True)
    seq = Integer(required=True)
    kind = Text(required=True)
    body = Text(required=True)
    test = Boolean(default=False)
    state = Text(default="open")
    made_at = Timestamptz(required=True)
    due_at = Timestamptz(required=True)
    tries_from = Timestamptz(required=True)
    attempts = Integer(default=0)
    claimed_until = Timestamptz(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)
    last_try_at = Timestamptz(null=True, default=None)
    last_status = Integer(null=True, default=None)
    last_error = Text(default="")
    took_ms = Integer(null=True, default=None)
