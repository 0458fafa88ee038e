"""What Stripe sends by itself: is it signed, and which payments and refunds does it speak of? Pure; nothing in it is believed.

Stripe-Signature is `t=<seconds>,v1=<hex>`: HMAC-SHA256 of "t.body" with the endpoint's secret; several `v1` while a secret changes.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

TOLERANCE_SECONDS: Final = 300
KINDS: Final = (
    "charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed",
    "payment_intent.canceled", "payment_intent.succeeded", "checkout.session.completed", "checkout.session.async_payment_succeeded",
    "checkout.session.expired",
    "payment_intent.amount_capturable_updated", "charge.captured", "charge.expired",
)  # fmt: skip
"""The events that change something of ours; others are answered and passed over."""
_NAMED: Final = ("re_", "pyr_", "pi_", "ch_", "py_", "cs_")


def sign(body: bytes, secret: str, at: int) -> str:
    """The header that Stripe would send."""
    return f"t={at},v1={_digest(body, secret, str(at))}"


def signed(body: bytes, header: str, secrets: Sequence[str], now: datetime) -> bool:
    """Whether one of the secrets signed these bytes within the last five minutes. Every signature is tried, so that time tells nothing."""
    fields = [part.partition("=") for part in header[:2000].split(",")]
    at = next((value for name, _, value in fields if name.strip() == "t"), "")
    if not (at.isascii() and at.isdecimal()) or len(at) > 12 or abs(now.timestamp() - int(at)) > TOLERANCE_SECONDS:
        return False
    given = [value.encode("utf-8", "surrogatepass") for name, _, value in fields if name.strip() == "v1"][:8]
    fits = False
    for secret in secrets:
        wanted = _digest(body, secret, at).encode()
        for one in given:
            fits |= hmac.compare_digest(wanted, one)
    return fits


def _digest(body: bytes, secret: str, at: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def references(body: bytes) -> tuple[str, ...]:
    """The refunds and payments that an event speaks of; none for an event that is not ours to hear. DecodeError for nonsense."""
    event = msgspec.json.decode(body, type=dict[str, Any])
    if event.get("type") not in KINDS:
        return ()
    data = event.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if not isinstance(about, dict):
        return ()
    named = [about.get(name) for name in ("id", "payment_intent", "charge")]
    return tuple(one[:255] for one in named if isinstance(one, str) and one.startswith(_NAMED))
