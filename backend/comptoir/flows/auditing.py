"""What people set up is kept as it was and as it became: who, when, what, from what to what; never a secret, never a customer.

`standing` reads a thing before a change, `keep` reads it again and writes the difference into the audit.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.differences import changes
from comptoir.staff.sql import insert_audit as note

__all__ = ["STANDING", "Thing", "keep", "note", "standing"]

Thing = Literal[
    "store", "region", "entity", "person", "device", "key", "webhook", "box", "carrier_account", "payment_account", "printer",
    "printer_network", "collections", "channel", "sku", "reason", "message_text", "policy", "alert_rule", "accessories",
    "announcement", "day_plan", "stock_rules",
]  # fmt: skip

STANDING: Final[Mapping[Thing, str]] = {
    "store": """
SELECT jsonb_build_object('name', l.name, 'kind', l.kind, 'region', l.region, 'legal_entity', l.legal_entity, 'street', l.street, 'postcode', l.postcode,
  'city', l.city, 'country', l.country, 'time_zone', l.time_zone, 'phone', l.phone, 'directions', l.directions, 'services', l.services,
  'capacity_per_hour', l.capacity_per_hour, 'pick_lead_minutes', l.pick_lead_minutes, 'hold_days', l.hold_days, 'cart_orders', l.cart_orders,
  'scan_totes', l.scan_totes, 'takes_returns', l.takes_returns, 'promises_learned', l.promises_learned, 'paused_until', l.paused_until, 'closed_at', l.closed_at,
  'desk_picture', (SELECT d.says_fr || ' / ' || d.says_en || ' (' || left(d.name, 8) || ')' FROM desk_picture d WHERE d.location = l.id))
  || coalesce((SELECT jsonb_object_agg('hours_' || w.weekday, w.spans) FROM (
       SELECT h.weekday, string_agg(h.opens / 60 || ':' || lpad((h.opens % 60)::text, 2, '0') || '-' || h.closes / 60 || ':' || lpad((h.closes % 60)::text, 2, '0'),
         ', ' ORDER BY h.opens) AS spans FROM opening_hours h WHERE h.location = l.id GROUP BY h.weekday) w), '{}')
  || coalesce((SELECT jsonb_object_agg('day_' || x.day, coalesce(x.opens / 60 || ':' || lpad((x.opens % 60)::text, 2, '0') || '-' || x.closes / 60 || ':'
       || lpad((x.closes % 60)::text, 2, '0'), 'closed')) FROM opening_exception x WHERE x.location = l.id), '{}')
FROM location l WHERE l.id = $1""",
    "region": "SELECT jsonb_build_object('name', name) FROM region WHERE id = $1",
    "entity": """
SELECT jsonb_build_object('name', name, 'siren', siren, 'vat_number', vat_number, 'address', address, 'document_prefix', document_prefix,
  'country', country, 'rcs', rcs, 'capital_minor', capital_minor, 'time_zone', time_zone) FROM legal_entity WHERE id = $1""",
    "person": """
SELECT jsonb_build_object('_name', s.first_name || ' ' || s.last_name, 'role', s.role, 'region', s.region, 'language', s.language,
  '_email', s.email, 'disabled', s.disabled_at IS NOT NULL,
  'locations', coalesce((SELECT jsonb_agg(w.location ORDER BY w.location) FROM staff_location w WHERE w.staff = s.id), '[]'))
FROM staff s WHERE s.id = $1::text::uuid""",
    "device": """
SELECT jsonb_build_object('name', name, 'location', location, 'revoked', revoked_at IS NOT NULL) FROM device WHERE id = $1::text::uuid""",
    "key": """
SELECT jsonb_build_object('name', name, 'scopes', scopes, 'locations', locations, 'revoked', revoked_at IS NOT NULL) FROM api_key WHERE id = $1::text::uuid""",
    "webhook": """
SELECT jsonb_build_object('name', name, 'url', split_part(url, '?', 1), 'kinds', kinds, 'locations', locations, 'state', state, 'secret_number', secret_number)
FROM webhook_endpoint WHERE id = $1::text::uuid""",
    "box": "SELECT to_jsonb(b) - 'id' - 'version' FROM box_type b WHERE id = $1",
    "carrier_account": """
SELECT to_jsonb(a) - 'id' - 'version' - 'refused_at' - 'refused_words' - 'settings' || jsonb_build_object('settings', coalesce((SELECT jsonb_agg(k ORDER BY k)
  FROM jsonb_object_keys(a.settings) k), '[]'), '_prices', md5(a.settings::text)) FROM carrier_account a WHERE id = $1""",
    "payment_account": "SELECT to_jsonb(a) - 'id' - 'version' - 'refused_at' - 'refused_words' FROM payment_account a WHERE id = $1",
    "printer": """
SELECT jsonb_build_object('name', name, 'host', host, 'port', port, 'language', language, 'media', media, 'active', active)
FROM printer WHERE id = $1::text::uuid""",
    "printer_network": "SELECT jsonb_build_object('networks', networks) FROM printer_network WHERE location = $1",
    "collections": """
SELECT coalesce((SELECT jsonb_object_agg('pickup_' || w.weekday, w.at) FROM (SELECT weekday, string_agg(minute / 60 || ':' || lpad((minute % 60)::text, 2, '0'), ', '
    ORDER BY minute) AS at FROM collection WHERE location || '/' || carrier = $1 GROUP BY weekday) w), '{}')
  || coalesce((SELECT jsonb_object_agg('day_' || day, coalesce(minute / 60 || ':' || lpad((minute % 60)::text, 2, '0'), 'closed'))
    FROM collection_exception WHERE location || '/' || carrier = $1), '{}')""",
    "channel": "SELECT to_jsonb(c) - 'id' - 'version' FROM channel c WHERE id = $1",
    "sku": """
SELECT to_jsonb(s) - 'sku' - 'version' || jsonb_build_object('barcodes', coalesce((SELECT jsonb_agg(b.code ORDER BY b.code) FROM barcode b WHERE b.sku = s.sku), '[]'))
FROM sku s WHERE s.sku = $1""",
    "reason": "SELECT to_jsonb(r) - 'changed_at' - 'changed_who' FROM reason r WHERE subject || '.' || code = $1",
    "accessories": "SELECT jsonb_object_agg(a.code, to_jsonb(a) - 'kind' - 'key' - 'code' - 'changed_at' - 'changed_who') FROM accessory a WHERE kind || '.' || key = $1",
    "stock_rules": "SELECT jsonb_object_agg(name, value) FROM stock_rule WHERE $1::text <> ''",
    "alert_rule": "SELECT to_jsonb(r) - 'id' - 'version' - 'changed_at' - 'changed_by' FROM alert_rule r WHERE r.id = $1::text::uuid",
    "announcement": """
SELECT jsonb_build_object('text', a.text, 'urgent', a.urgent, 'until', a.until_at, 'ended', a.ended_at IS NOT NULL,
  'locations', (SELECT jsonb_agg(s.location ORDER BY s.location) FROM announcement_store s WHERE s.announcement = a.id))
FROM announcement a WHERE a.id = $1::text::uuid""",
    "day_plan": """
SELECT jsonb_build_object('number', p.number, 'each_per_hour', p.each_per_hour) || coalesce((SELECT jsonb_object_agg('hour_' || lpad((n - 1)::text, 2, '0'), people)
  FROM unnest(p.people) WITH ORDINALITY u (people, n) WHERE people >= 0), '{}')
FROM day_plan p WHERE p.location || '/' || p.day = $1 ORDER BY p.number DESC LIMIT 1""",
    "message_text": """
SELECT jsonb_build_object('subject', subject, 'body', body, 'sms', sms, 'push', push, 'how', how) FROM message_text_version
WHERE occasion || '.' || language = $1 ORDER BY version DESC LIMIT 1""",
    "policy": """
SELECT jsonb_build_object('newest', max(number), 'in_force', (SELECT p.number FROM policy p WHERE p.kind = $1 AND p.active_from <= $2
    ORDER BY p.active_from DESC, p.number DESC LIMIT 1), 'tried', (SELECT p.number FROM policy p WHERE p.kind = $1 AND p.tried_from <= $2
    AND (p.tried_until IS NULL OR p.tried_until > $2) ORDER BY p.tried_from DESC, p.number DESC LIMIT 1),
  'planned', (SELECT p.number FROM policy p WHERE p.kind = $1 AND p.active_from > $2 ORDER BY p.active_from LIMIT 1))
FROM policy WHERE kind = $1""",
}
"""How a thing is read, as plain fields: secrets, their digests and counters left out. $1 is its key as text.

Of a field that begins with `_` the audit says that it changed, and never what it was or is: names and addresses of people are
erased one day, and the audit is kept.
"""


async def standing(tx: Tx, thing: Thing, key: str | UUID) -> dict[str, Any] | None:
    """A thing as it is now; None when there is none."""
    asked = STANDING[thing]
    found = await tx.value(asked, str(key), *((tx.now,) if "$2" in asked else ()))
    if found is None:
        return None
    document: dict[str, Any] = msgspec.json.decode(found)
    return document


async def keep(
    tx: Tx,
    actor: Actor,
    action: str,
    thing: Thing,
    key: str | UUID,
    before: Mapping[str, Any] | None,
    location: str | None = None,
    reason: str = "",
    **body: Any,
) -> None:
    """The change that was made since `before` was read; written even where no field differs, for somebody did it."""
    after = await standing(tx, thing, key)
    told = [
        (field.removeprefix("_"), None, "changed") if field.startswith("_") else (field, was, now)
        for field, was, now in changes(before, after)
        if before is not None or not field.startswith("_")
    ]
    await note(tx, actor, action, str(key), location, reason, **body, changes=told)
