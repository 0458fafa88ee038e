"""How a webhook proves whom it is from: HMAC-SHA-256 over `id.timestamp.body`, in the headers of Standard Webhooks. Pure.

A secret is derived from the installation's own and is written down nowhere; raising its number makes another one.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from comptoir.kit.ids import Seal, same

PREFIX: Final = "whsec_"
TOLERANCE: Final = timedelta(minutes=5)
"""A signature whose time is further from the receiver's clock than this is refused."""
BOTH_FOR: Final = timedelta(hours=24)
"""How long the secret before the present one goes on signing beside it."""


def secret_of(seal: Seal, endpoint: UUID, number: int) -> str:
    """The secret as its receiver is given it: `whsec_` and 32 bytes in base64."""
    return PREFIX + b64encode(seal.keyed_digest("webhook", endpoint.bytes, number)).decode()


def message_id(delivery: UUID) -> str:
    """`webhook-id`: the same however often this delivery is tried or replayed."""
    return f"msg_{delivery.hex}"


def sign(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """One signature: `v1,` and base64."""
    key = b64decode(secret.removeprefix(PREFIX))
    return "v1," + b64encode(hmac.digest(key, f"{message}.{timestamp}.".encode() + body, "sha256")).decode()


def headers(secrets: Sequence[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What goes with a delivery, signed with every secret that is valid, the newest first."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, message, timestamp, body) for secret in secrets),
    }


def verifies(secret: str, given: Mapping[str, str], body: bytes, now: int) -> bool:
    """What a receiver does: the time is near, and one of the signatures is right. Compared in constant time."""
    stamp = given.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or abs(now - int(stamp)) > TOLERANCE.total_seconds():
        return False
    wanted = sign(secret, given.get("webhook-id", ""), int(stamp), body)
    return any(same(one, wanted) for one in given.get("webhook-signature", "").split(" "))
