"""The other side of the webhooks: shops that write and sign bodies as Shopify and WooCommerce do."""

import base64
import hashlib
import hmac
import itertools
import json
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

BODIES = Path(__file__).parent / "bodies"
Body = dict[str, Any]
_deliveries = itertools.count(1)


class Shop(ABC):
    """One shop with a secret; the same verbs for both kinds, so that one suite judges both."""

    kind: str
    channel: str
    create_topic: str
    update_topic: str
    cancel_topic: str
    signature_header: str
    topic_header: str
    delivery_header: str

    def __init__(self, secret: str = "the shop's own secret") -> None:
        self.secret = secret

    def body(self, name: str) -> Body:
        """A body of `bodies/`: `straight` or `held`."""
        found: Body = json.loads((BODIES / f"{self.kind}_{name}.json").read_text(encoding="utf-8"))
        return found

    def written(self, body: Body) -> bytes:
        return json.dumps(body, ensure_ascii=False).encode()

    def signature(self, raw: bytes) -> str:
        return base64.b64encode(hmac.new(self.secret.encode(), raw, hashlib.sha256).digest()).decode()

    async def send(
        self,
        client: httpx.AsyncClient,
        raw: bytes,
        topic: str,
        *,
        delivery: str | None = None,
        signature: str | None = None,
    ) -> httpx.Response:
        """Deliver bytes; a fresh delivery id and the right signature unless given."""
        headers = {
            "content-type": "application/json",
            self.topic_header: topic,
            self.delivery_header: delivery or f"delivery-{next(_deliveries)}",
            self.signature_header: self.signature(raw) if signature is None else signature,
        }
        return await client.post(f"/webhooks/{self.channel}", content=raw, headers=headers)

    def renamed(self, body: Body, external_id: int) -> Body:
        return body | {"id": external_id}

    @abstractmethod
    def at(self, body: Body, minutes: int) -> Body:
        """The same order, written so many minutes later."""

    @abstractmethod
    def unpaid(self, body: Body) -> Body:
        """The order while the shop still waits for the money."""

    @abstractmethod
    def canceled(self, body: Body) -> Body:
        """The order as the shop writes it after canceling it."""


class ShopifyShop(Shop):
    kind = "shopify"
    channel = "shopify-orme"
    create_topic, update_topic, cancel_topic = "orders/create", "orders/updated", "orders/cancelled"
    signature_header, topic_header, delivery_header = "X-Shopify-Hmac-Sha256", "X-Shopify-Topic", "X-Shopify-Webhook-Id"

    def at(self, body: Body, minutes: int) -> Body:
        later = datetime.fromisoformat(body["updated_at"]) + timedelta(minutes=minutes)
        return body | {"updated_at": later.isoformat()}

    def unpaid(self, body: Body) -> Body:
        return body | {"financial_status": "pending"}

    def canceled(self, body: Body) -> Body:
        return body | {"cancelled_at": body["updated_at"], "cancel_reason": "customer", "financial_status": "refunded"}


class WooShop(Shop):
    kind = "woocommerce"
    channel = "woo-orme"
    create_topic, update_topic, cancel_topic = "order.created", "order.updated", "order.updated"
    signature_header, topic_header = "X-WC-Webhook-Signature", "X-WC-Webhook-Topic"
    delivery_header = "X-WC-Webhook-Delivery-ID"

    def at(self, body: Body, minutes: int) -> Body:
        later = datetime.fromisoformat(body["date_modified_gmt"]) + timedelta(minutes=minutes)
        return body | {"date_modified_gmt": later.isoformat()}

    def unpaid(self, body: Body) -> Body:
        return body | {"status": "on-hold", "date_paid_gmt": None, "transaction_id": ""}

    def canceled(self, body: Body) -> Body:
        return body | {"status": "cancelled"}


SHOPS: tuple[type[Shop], ...] = (ShopifyShop, WooShop)
