"""WooCommerce: an order's refunds, made through the shop's own gateway (`api_refund`) and never put back into its stock.

The API knows no key against doubles, so ours stands in the refund's reason and meta data, and the order's refunds are read before
each one is made. It has no capture and no void: a person does those in the shop, and the order says when it was paid (`date_paid_gmt`).
"""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.payments.model import (
    Again,
    Ask,
    AtProvider,
    Done,
    Entry,
    InDoubt,
    Listed,
    Looked,
    MovedPayments,
    NotMine,
    NotThere,
    Outcome,
    Refund,
    Refused,
    Which,
)
from comptoir.payments.providers.http import TOTAL_SECONDS, Line, Said, obj, rows
from comptoir.payments.providers.shopify import decimal_of, minor_of

MARK: Final = "_comptoir_key"
PAGE: Final = 100
PAGES: Final = 10
OVER: Final = ("cancelled", "failed", "trash")


class WooCommerceAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A REST key with its secret; `base` is the shop's address, `https://shop.example.com`."""

    consumer_key: str
    consumer_secret: str
    base: str

    def __repr__(self) -> str:
        return "WooCommerceAccount()"


class WooCommerce:
    """One shop."""

    name = "woocommerce"
    by_order = True

    def __init__(self, account: WooCommerceAccount, seconds: float = TOTAL_SECONDS) -> None:
        pair = b64encode(f"{account.consumer_key}:{account.consumer_secret}".encode()).decode()
        headers = {"authorization": f"Basic {pair}", "content-type": "application/json"}
        self.line = Line(account.base, headers, seconds)

    async def make(self, ask: Ask) -> Outcome:
        if not isinstance(ask, Refund) or not ask.shop_order.isdecimal():
            return NotMine()
        before = await self.look(ask)
        if not isinstance(before, NotThere):
            return before
        sent = {
            "amount": decimal_of(ask.amount_minor), "api_refund": True, "api_restock": False,
            "reason": f"{ask.number} {ask.key}".strip(),
            "meta_data": [{"key": MARK, "value": str(ask.key)}],
        }  # fmt: skip
        said = await self.line.make(
            f"/wp-json/wc/v3/orders/{ask.shop_order}/refunds", content=msgspec.json.encode(sent), headers={}
        )
        if not isinstance(said, Said):
            return said
        if said.status < 300:
            return _of(obj(said.body))
        code = str(obj(said.body).get("code") or f"http_{said.status}")[:60]
        if said.status >= 500 and code != "woocommerce_rest_cannot_create_order_refund":
            # A gateway that stayed silent and a shop that fell over look alike.
            return InDoubt(code)
        return Refused(code, words=str(obj(said.body).get("message") or "")[:300])

    async def look(self, ask: Ask) -> Looked:
        if not isinstance(ask, Refund) or not ask.shop_order.isdecimal():
            return NotMine()
        for page in range(1, PAGES + 1):
            said = await self.line.ask(
                f"/wp-json/wc/v3/orders/{ask.shop_order}/refunds", {"per_page": str(PAGE), "page": str(page)}
            )
            if isinstance(said, Again):
                return said
            if said.status == 404:
                return Refused("no_such_order")
            if said.status >= 400 or not isinstance(said.body, list):
                return Again(f"http_{said.status}")
            for one in rows(said.body):
                if _key(one) == ask.key:
                    found = _of(one)
                    return found if not isinstance(found, InDoubt) else Again(found.why)
            if len(said.body) < PAGE:
                return NotThere()
        return Again("too_many")

    async def listed(self, since: datetime, until: datetime, page: str | None) -> Listed | Again | NotMine:
        params = {
            "after": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "before": f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            "dates_are_gmt": "true", "per_page": str(PAGE), "page": page or "1",
        }  # fmt: skip
        said = await self.line.ask("/wp-json/wc/v3/refunds", params)
        if isinstance(said, Again):
            return said
        if said.status >= 400 or not isinstance(said.body, list):
            return Again(f"http_{said.status}")
        found = [made for one in rows(said.body) if (made := _entry(one)) is not None]
        return Listed(tuple(found), str(int(page or "1") + 1) if len(said.body) >= PAGE else None)

    async def payment(self, which: Which) -> AtProvider | NotThere | NotMine | Again:
        if not which.shop_order.isdecimal():
            return NotMine()
        said = await self.line.ask(f"/wp-json/wc/v3/orders/{which.shop_order}")
        if isinstance(said, Again):
            return said
        if said.status == 404:
            return NotThere()
        found = read_payment(obj(said.body)) if said.status < 400 else None
        return found or Again(f"http_{said.status}")

    async def moved(self, since: datetime, until: datetime, page: str | None) -> MovedPayments | Again | NotMine:
        """Orders that changed since, and that were paid or came to nothing in that time."""
        params = {
            "modified_after": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "dates_are_gmt": "true", "orderby": "modified",
            "order": "asc", "per_page": str(PAGE), "page": page or "1",
        }  # fmt: skip
        said = await self.line.ask("/wp-json/wc/v3/orders", params)
        if isinstance(said, Again):
            return said
        if said.status >= 400 or not isinstance(said.body, list):
            return Again(f"http_{said.status}")
        found = []
        for one in rows(said.body):
            at = _moment(one.get("date_paid_gmt")) or (
                _moment(one.get("date_modified_gmt")) if one.get("status") in OVER else None
            )
            if at is not None and since <= at < until and (made := read_payment(one)) is not None:
                found.append(made)
        return MovedPayments(tuple(found), str(int(page or "1") + 1) if len(said.body) >= PAGE else None)

    async def close(self) -> None:
        await self.line.close()


def read_payment(order: dict[str, Any]) -> AtProvider | None:
    """An order's money: all of it once it was paid; held while its gateway has a transaction. Until when, the shop does not say."""
    total = minor_of(order.get("total"))
    if not isinstance(order.get("id"), int) or total is None:
        return None
    name, paid = str(order["id"]), _moment(order.get("date_paid_gmt")) is not None
    over = order.get("status") in OVER
    held = not paid and not over and bool(order.get("transaction_id"))
    return AtProvider(name, total if paid else 0, total if held else 0, over and not paid)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def _of(one: dict[str, Any]) -> Done | Refused | InDoubt:
    """A refund of the shop; one that its gateway did not pay out is only a note in its books."""
    if not isinstance(one.get("id"), int):
        return InDoubt("nonsense")
    return Done(str(one["id"])) if one.get("refunded_payment") else Refused("not_paid_out")


def _key(one: dict[str, Any]) -> UUID | None:
    # A shop that dies between paying out and saving the meta data has kept the reason: it is there from the beginning.
    said = [str(held.get("value")) for held in rows(one.get("meta_data")) if held.get("key") == MARK]
    for text in (*said, str(one.get("reason") or "").rpartition(" ")[2]):
        try:
            return UUID(text)
        except ValueError:
            continue
    return None


def _entry(one: dict[str, Any]) -> Entry | None:
    if not one.get("refunded_payment"):
        return None
    try:
        at = datetime.fromisoformat(str(one.get("date_created_gmt"))).replace(tzinfo=UTC)
    except ValueError:
        return None
    amount = abs(minor_of(one.get("amount")) or 0)
    return Entry(str(one.get("id")), str(one.get("parent_id") or ""), amount, at, _key(one))
