"""Is this message from the shop? base64(HMAC-SHA256(body, secret)), compared in constant time over bytes.

Both platforms sign the raw body this way, Shopify in `X-Shopify-Hmac-Sha256`, WooCommerce in `X-WC-Webhook-Signature`.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from comptoir.channels.model import Kind

SIGNATURE: Mapping[Kind, str] = {"shopify": "x-shopify-hmac-sha256", "woocommerce": "x-wc-webhook-signature"}
TOPIC: Mapping[Kind, str] = {"shopify": "x-shopify-topic", "woocommerce": "x-wc-webhook-topic"}
DELIVERY: Mapping[Kind, str] = {"shopify": "x-shopify-webhook-id", "woocommerce": "x-wc-webhook-delivery-id"}

_DELIVERY = re.compile(r"[A-Za-z0-9._:-]{1,120}")
_TOPIC = re.compile(r"[a-z_]{1,40}[./][a-z_]{1,40}")
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")


def sign(body: bytes, secret: str) -> str:
    """The signature a shop would send."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def signed_by_one_of(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets made this signature; several are valid while a shop changes its secret.

    Every secret is tried, whatever the first ones say, so that time tells nothing.
    """
    given = signature.encode("utf-8", "surrogatepass")
    fits = False
    for secret in secrets:
        fits |= hmac.compare_digest(sign(body, secret).encode(), given)
    return fits


def delivery_of(kind: Kind, headers: Mapping[str, str], body: bytes) -> str:
    """The shop's id of this delivery, or the body's digest when it sends none that could be one."""
    given = headers.get(DELIVERY[kind], "")
    return given if _DELIVERY.fullmatch(given) else hashlib.sha256(body).hexdigest()


def topic_of(kind: Kind, headers: Mapping[str, str]) -> str:
    """What the message says it is about, or nothing when that is no topic."""
    given = headers.get(TOPIC[kind], "").lower()
    return given if _TOPIC.fullmatch(given) else ""


def is_ping(kind: Kind, body: bytes) -> bool:
    """WooCommerce greets a new webhook address with an unsigned form of one field."""
    return kind == "woocommerce" and _PING.fullmatch(body) is not None
