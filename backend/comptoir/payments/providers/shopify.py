"""Shopify: refundCreate, orderCapture and transactionVoid of the Admin GraphQL API, on the transactions of the shop's own order.

refundCreate takes our key as @idempotent and in its note; captures and voids take none, so the order's transactions are read first:
what has been captured or voided already is not asked for again.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.payments.model import (
    Again,
    Ask,
    AtProvider,
    Capture,
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
    Void,
    Which,
)
from comptoir.payments.providers.http import TOTAL_SECONDS, Line, Said, obj, rows

VERSION: Final = "2026-10"
MARK: Final = "comptoir:"
ORDERS: Final = 50

_TRANSACTIONS: Final = (
    "transactions(first: 250) { id kind status gateway createdAt authorizationExpiresAt amountSet { shopMoney { amount } }"
    " parentTransaction { id } }"
)
_REFUNDS: Final = (
    "refunds(first: 250) { id note createdAt totalRefundedSet { shopMoney { amount } }"
    " transactions(first: 20) { nodes { id kind status } } }"
)
_ORDER: Final = f"query($id: ID!) {{ order(id: $id) {{ id {_TRANSACTIONS} {_REFUNDS} }} }}"
_REFUND: Final = (
    "mutation($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key)"
    " { refund { id note totalRefundedSet { shopMoney { amount } } transactions(first: 20) { nodes { id kind status } } }"
    " userErrors { field message } } }"
)
_CAPTURE: Final = (
    "mutation($input: OrderCaptureInput!) { orderCapture(input: $input)"
    " { transaction { id kind status } userErrors { field message } } }"
)
_VOID: Final = (
    "mutation($id: ID!) { transactionVoid(parentTransactionId: $id)"
    " { transaction { id kind status } userErrors { field message } } }"
)
_CHANGED: Final = (
    "query($query: String!, $first: Int!, $after: String) { orders(first: $first, after: $after, query: $query,"
    f" sortKey: UPDATED_AT) {{ nodes {{ id {_REFUNDS} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
_PAID: Final = (
    "query($query: String!, $first: Int!, $after: String) { orders(first: $first, after: $after, query: $query,"
    f" sortKey: UPDATED_AT) {{ nodes {{ id {_TRANSACTIONS} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
HELD_FOR: Final = timedelta(days=7)
"""How long Shopify Payments keeps an authorization; only shops on Plus are told it with each one (`authorizationExpiresAt`)."""
UNDER_WAY: Final = ("PENDING", "AWAITING_RESPONSE", "UNKNOWN")
TAKEN: Final = ("SALE", "CAPTURE")


class ShopifyAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`token` is the access token of the shop's own app; `base` the shop's address, `https://orme.myshopify.com`."""

    token: str
    base: str

    def __repr__(self) -> str:
        return "ShopifyAccount()"


class Shopify:
    """One shop."""

    name = "shopify"
    by_order = True

    def __init__(self, account: ShopifyAccount, seconds: float = TOTAL_SECONDS) -> None:
        headers = {"x-shopify-access-token": account.token, "content-type": "application/json"}
        self.line = Line(account.base, headers, seconds)

    async def make(self, ask: Ask) -> Outcome:
        order = await self._order(ask)
        if not isinstance(order, dict):
            return order
        before = _find(ask, order)
        if not isinstance(before, NotThere):
            return before
        id = order["id"]
        match ask:
            case Refund():
                given = _give_back(order, ask.amount_minor)
                if not given:
                    return Refused("nothing_captured")
                transactions = [
                    {"parentId": parent["id"], "orderId": id, "kind": "REFUND", "gateway": parent.get("gateway") or "", "amount": decimal_of(minor)}
                    for parent, minor in given
                ]  # fmt: skip
                sent = {"orderId": id, "note": f"{MARK}{ask.key}", "notify": False, "transactions": transactions}
                return await self._mutate("refundCreate", _REFUND, {"input": sent, "key": str(ask.key)})
            case Capture():
                held = next((one for one in _of(order, "AUTHORIZATION") if _good(one)), None)
                if held is None:
                    return Refused("nothing_authorized")
                sent = {"id": id, "parentTransactionId": held["id"], "amount": decimal_of(ask.amount_minor)}
                return await self._mutate("orderCapture", _CAPTURE, {"input": sent | {"currency": ask.currency}})
            case Void():
                held = next((one for one in _of(order, "AUTHORIZATION") if _good(one)), None)
                if held is None:
                    return Refused("nothing_authorized")
                return await self._mutate("transactionVoid", _VOID, {"id": held["id"]})
            case _:
                return NotMine()

    async def look(self, ask: Ask) -> Looked:
        order = await self._order(ask)
        return _find(ask, order) if isinstance(order, dict) else order

    async def _order(self, ask: Ask | Which) -> dict[str, Any] | Again | NotMine | Refused:
        """The order with its transactions and refunds."""
        if not ask.shop_order.isdecimal():
            return NotMine()
        said = await self._query(_ORDER, {"id": f"gid://shopify/Order/{ask.shop_order}"})
        if isinstance(said, Again):
            return said
        found = said.get("order")
        return found if isinstance(found, dict) else Refused("no_such_order")

    async def _query(self, query: str, variables: dict[str, Any]) -> dict[str, Any] | Again:
        content = msgspec.json.encode({"query": query, "variables": variables})
        said = await self.line.ask(f"/admin/api/{VERSION}/graphql.json", method="POST", content=content)
        if isinstance(said, Again):
            return said
        if throttled(said.body):
            return Again("throttled", 2.0)
        data = obj(said.body).get("data")
        return data if said.status == 200 and isinstance(data, dict) else Again(f"http_{said.status}")

    async def _mutate(self, name: str, query: str, variables: dict[str, Any]) -> Outcome:
        content = msgspec.json.encode({"query": query, "variables": variables})
        said = await self.line.make(f"/admin/api/{VERSION}/graphql.json", content=content, headers={})
        if not isinstance(said, Said):
            return said
        if throttled(said.body):
            return Again("throttled", 2.0)
        found = obj(obj(obj(said.body).get("data")).get(name))
        if said.status >= 400 or not found:
            return InDoubt(f"http_{said.status}" if said.status != 200 else "nonsense")
        errors = rows(found.get("userErrors"))
        if errors:
            return Refused("user_error", words=" · ".join(str(one.get("message")) for one in errors)[:300])
        if name == "refundCreate":
            return _of_refund(obj(found.get("refund")))
        return _of_transaction(obj(found.get("transaction")))

    async def listed(self, since: datetime, until: datetime, page: str | None) -> Listed | Again | NotMine:
        """Refunds of orders that changed since; a refund changes its order."""
        query = f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
        said = await self._query(_CHANGED, {"query": query, "first": ORDERS, "after": page})
        if isinstance(said, Again):
            return said
        orders = obj(said.get("orders"))
        info = obj(orders.get("pageInfo"))
        entries = []
        for order in rows(orders.get("nodes")):
            for one in rows(order.get("refunds")):
                made = _entry(str(order.get("id")), one)
                if made is not None and since <= made.at < until:
                    entries.append(made)
        return Listed(tuple(entries), str(info.get("endCursor")) if info.get("hasNextPage") else None)

    async def payment(self, which: Which) -> AtProvider | NotThere | NotMine | Again:
        found = await self._order(which)
        if isinstance(found, dict):
            return read_payment(found)
        return NotThere() if isinstance(found, Refused) else found

    async def moved(self, since: datetime, until: datetime, page: str | None) -> MovedPayments | Again | NotMine:
        """Orders that changed since, and of which something was captured or voided in that time."""
        query = f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
        said = await self._query(_PAID, {"query": query, "first": ORDERS, "after": page})
        if isinstance(said, Again):
            return said
        orders = obj(said.get("orders"))
        info = obj(orders.get("pageInfo"))
        found = [
            read_payment(order) for order in rows(orders.get("nodes"))
            if any(_made(one, since, until) for kind in (*TAKEN, "VOID") for one in _of(order, kind))
        ]  # fmt: skip
        return MovedPayments(tuple(found), str(info.get("endCursor")) if info.get("hasNextPage") else None)

    async def close(self) -> None:
        await self.line.close()


def read_payment(order: dict[str, Any]) -> AtProvider:
    """An order's money: its sales and captures, what is authorized beyond them, whether that was let go."""
    captured = sum(minor_of(_money(one)) or 0 for kind in TAKEN for one in _of(order, kind) if _good(one))
    voided = any(_good(one) for one in _of(order, "VOID"))
    held = [one for one in _of(order, "AUTHORIZATION") if _good(one)]
    taken = sum(minor_of(_money(one)) or 0 for one in _of(order, "CAPTURE") if _good(one))
    left = 0 if voided else max(0, sum(minor_of(_money(one)) or 0 for one in held) - taken)
    ends = [_moment(one.get("authorizationExpiresAt")) or _after(_moment(one.get("createdAt"))) for one in held]
    known = [end for end in ends if end is not None]
    return AtProvider(
        str(order.get("id")).rpartition("/")[2],
        captured,
        left,
        voided and not captured,
        min(known) if known and left else None,
    )


def _made(one: dict[str, Any], since: datetime, until: datetime) -> bool:
    at = _moment(one.get("createdAt"))
    return _good(one) and at is not None and since <= at < until


def _after(made: datetime | None) -> datetime | None:
    return None if made is None else made + HELD_FOR


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _find(ask: Ask, order: dict[str, Any]) -> Done | Refused | NotThere:
    """What the order shows of an ask: a refund by its note, a capture of this amount, a void."""
    if isinstance(ask, Refund):
        for one in rows(order.get("refunds")):
            if str(one.get("note") or "").startswith(f"{MARK}{ask.key}"):
                found = _of_refund(one)
                return found if not isinstance(found, InDoubt) else NotThere()
        return NotThere()
    kind = "CAPTURE" if isinstance(ask, Capture) else "VOID"
    for one in _of(order, kind):
        if kind == "CAPTURE" and one.get("id") in ask.known:
            continue
        same = (
            isinstance(ask, Void)
            or minor_of(obj(obj(one.get("amountSet")).get("shopMoney")).get("amount")) == ask.amount_minor
        )
        if same and one.get("status") in ("SUCCESS", *UNDER_WAY):
            return Done(str(one.get("id")), settled=one.get("status") == "SUCCESS")
    return NotThere()


def _give_back(order: dict[str, Any], amount_minor: int) -> list[tuple[dict[str, Any], int]]:
    """What a refund is given back from: captures with what is left on each, the newest first; the last bears what there is none for."""
    taken = [one for kind in TAKEN for one in _of(order, kind) if _good(one)]
    taken.sort(key=lambda one: str(one.get("createdAt")), reverse=True)
    left = {str(one.get("id")): minor_of(_money(one)) or 0 for one in taken}
    for one in _of(order, "REFUND"):
        parent = str(obj(one.get("parentTransaction")).get("id"))
        if parent in left and one.get("status") in ("SUCCESS", *UNDER_WAY):
            left[parent] -= minor_of(_money(one)) or 0
    given: list[tuple[dict[str, Any], int]] = []
    for one in taken:
        share = min(amount_minor, left[str(one.get("id"))])
        if share > 0:
            given.append((one, share))
            amount_minor -= share
    if amount_minor and taken:
        # More than the shop has: it says so itself.
        first, share = given.pop() if given else (taken[0], 0)
        given.append((first, share + amount_minor))
    return given


def _money(one: dict[str, Any]) -> Any:
    return obj(obj(one.get("amountSet")).get("shopMoney")).get("amount")


def _of(order: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in rows(order.get("transactions")) if one.get("kind") == kind]


def _good(one: dict[str, Any]) -> bool:
    return one.get("status") == "SUCCESS"


def _of_refund(refund: dict[str, Any]) -> Done | Refused | InDoubt:
    reference = str(refund.get("id") or "")
    if not reference:
        return InDoubt("nonsense")
    states = [
        one.get("status") for one in rows(obj(refund.get("transactions")).get("nodes")) if one.get("kind") == "REFUND"
    ]
    if not states or any(state in ("FAILURE", "ERROR") for state in states):
        return Refused("refund_failed")
    return Done(reference, settled=not any(state in UNDER_WAY for state in states))


def _of_transaction(one: dict[str, Any]) -> Done | Refused | InDoubt:
    reference, status = str(one.get("id") or ""), one.get("status")
    if not reference or not isinstance(status, str):
        return InDoubt("nonsense")
    if status in ("FAILURE", "ERROR"):
        return Refused("transaction_failed")
    return Done(reference, settled=status not in UNDER_WAY)


def _entry(order: str, one: dict[str, Any]) -> Entry | None:
    if isinstance(_of_refund(one), Refused):
        return None  # Goods given back without money, or money that did not go.
    try:
        at = datetime.fromisoformat(str(one.get("createdAt")))
    except ValueError:
        return None
    amount = minor_of(obj(obj(one.get("totalRefundedSet")).get("shopMoney")).get("amount")) or 0
    note = str(one.get("note") or "")
    key = None
    if note.startswith(MARK):
        try:
            key = UUID(note.removeprefix(MARK)[:36])
        except ValueError:
            key = None
    return Entry(str(one.get("id")), order, amount, at, key)


def throttled(body: Any) -> bool:
    """Whether the shop asked for patience: it says so with status 200, and nothing was done."""
    return any(obj(one.get("extensions")).get("code") == "THROTTLED" for one in rows(obj(body).get("errors")))


def decimal_of(minor: int) -> str:
    """Cents as shops write money: `34.00`."""
    return f"{minor // 100}.{minor % 100:02d}"


def minor_of(text: Any) -> int | None:
    """Cents of a shop's money; None for what is none."""
    try:
        value = Decimal(str(text)) * 100
    except InvalidOperation:
        return None
    return int(value) if value.is_finite() and value == int(value) else None
