"""Local servers that stand for Stripe, a Shopify shop and a WooCommerce shop: they keep books, check what those document, and know keys
against doubles where those do.

Written from the public references, not from our adapters. `say` and `then` of `serving` make them refuse, ask for patience, answer
nonsense, stall or hang up after the money has moved. `money` is what really moved.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from tests.carriers.carrier_servers import Asked, CarrierServer, Said, as_json, serving

KEY = "sk_test_of_the_tests"
TOKEN = "shpat_of_the_tests"
PAIR = ("ck_of_the_tests", "cs_of_the_tests")
NOON = 1_795_172_400
"""20 November 2026, noon in Paris: when everything happens unless `at` says otherwise."""


class Books:
    """What one provider has on file: one payment of 163.00, and what was given back of it."""

    def __init__(self, *, captured: int = 16_300, authorized: int = 16_300) -> None:
        self.lock = threading.Lock()
        self.status = "succeeded" if captured else "requires_capture"
        self.authorized, self.captured = authorized, captured
        self.refunds: list[dict[str, Any]] = []
        self.captures: list[dict[str, Any]] = []
        self.voided = False
        self.marks: dict[str, str] = {}
        self.answers: dict[str, tuple[bytes, Said]] = {}
        self.at = NOON
        self.moved_at = NOON - 86_400
        """When the payment was last captured or let go."""
        self.pending = self.stall = False
        self.sessions: dict[str, dict[str, Any]] = {}
        self.others: list[dict[str, Any]] = []
        """Payments of the same account that are nobody's here."""

    @property
    def moved(self) -> tuple[int, int, bool]:
        return len(self.refunds) + len(self.sessions), self.captured, self.voided

    def add_other(self, kind: str, name: str, minor: int, at: int) -> None:
        """A payment that somebody else captured with the same account."""
        made: dict[str, Any] = {
            "stripe": {"id": f"pi_{name}", "object": "payment_intent", "status": "succeeded", "amount": minor, "amount_received": minor},
            "shopify": {"id": f"gid://shopify/Order/{name}", "refunds": [], "transactions": [
                {"id": f"t/{name}", "kind": "SALE", "status": "SUCCESS", "createdAt": iso(at), "amountSet": shop_money(minor)}]},
            "woocommerce": {"id": int(name), "status": "processing", "total": f"{minor / 100:.2f}", "transaction_id": "x",
                "date_paid_gmt": iso(at).removesuffix("Z"), "date_modified_gmt": iso(at).removesuffix("Z")},
        }[kind]  # fmt: skip
        self.others.append({"at": at, "intent": made})

    @property
    def refunded(self) -> int:
        return sum(one["amount"] for one in self.refunds if one["status"] != "failed")

    def add(self, amount: int, key: str = "", **more: Any) -> dict[str, Any]:
        """A refund, however it was asked for."""
        one = {
            "n": len(self.refunds) + 1, "amount": amount, "key": key, "at": self.at,
            "status": "pending" if self.pending else "succeeded", **more,
        }  # fmt: skip
        self.refunds.append(one)
        return one


def stripe_fault(status: int, code: str, kind: str = "invalid_request_error") -> Said:
    return as_json(status, {"error": {"type": kind, "code": code, "message": f"No: {code}."}})


def stripe_refund(one: dict[str, Any], payment: str) -> dict[str, Any]:
    return {
        "id": f"re_{one['n']}", "object": "refund", "amount": one["amount"], "currency": "eur", "created": one["at"],
        "payment_intent": payment, "charge": "ch_1", "status": one["status"], "metadata": {"comptoir_key": one["key"]} if one["key"] else {},
    }  # fmt: skip


def stripe_session(books: Books, asked: Asked, form: dict[str, str]) -> Said:
    """Checkout Sessions as they are documented: open until paid, expired, or ended; half an hour at least, a day at most."""
    reference, _, act = asked.path.removeprefix("/v1/checkout/sessions").lstrip("/").partition("/")
    if not reference:
        lives = int(form["expires_at"]) - books.at
        if form.get("mode") != "payment" or not 1800 <= lives <= 86_400 or "success_url" not in form:
            return stripe_fault(400, "parameter_invalid_integer")
        made = {
            "id": f"cs_test_{len(books.sessions) + 1}", "object": "checkout.session", "status": "open", "payment_status": "unpaid", "payment_intent": None,
            "amount_total": int(form["line_items[0][price_data][unit_amount]"]) * int(form["line_items[0][quantity]"]),
            "currency": form["line_items[0][price_data][currency]"], "metadata": {"comptoir_key": form["metadata[comptoir_key]"]},
            "url": f"https://checkout.stripe.com/c/pay/cs_test_{len(books.sessions) + 1}",
        }  # fmt: skip
        books.sessions[made["id"]] = made
        return as_json(200, made)
    found = books.sessions.get(reference)
    if found is None:
        return stripe_fault(404, "resource_missing")
    if act == "expire":
        if found["status"] != "open":
            return stripe_fault(400, "checkout_session_not_open")
        found |= {"status": "expired", "url": None}
    return as_json(200, found)


def pay_session(books: Books, reference: str) -> None:
    """Somebody pays on Stripe's page."""
    one = books.sessions[reference]
    assert one["status"] == "open"
    one |= {"status": "complete", "payment_status": "paid", "payment_intent": f"pi_of_{reference}", "url": None}


def stripe(books: Books, payment: str = "pi_1") -> Any:
    def intent() -> dict[str, Any]:
        return {
            "id": payment, "object": "payment_intent", "status": "canceled" if books.voided else books.status,
            "amount": books.authorized, "amount_received": books.captured, "metadata": books.marks,
            "amount_capturable": 0 if books.voided or books.captured else books.authorized,
            "latest_charge": {
                "id": "ch_1", "object": "charge", "created": NOON - 86_400,
                "payment_method_details": {"type": "card", "card": {"capture_before": NOON + 5 * 86_400}},
            },
        }  # fmt: skip

    def act(asked: Asked) -> Said:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if asked.path.startswith("/v1/checkout/sessions"):
            return stripe_session(books, asked, form)
        if asked.path == "/v1/refunds" and asked.method == "GET":
            found = [stripe_refund(one, payment) for one in reversed(books.refunds)]
            if "created[gte]" in asked.query:
                low, high = int(asked.query["created[gte]"][0]), int(asked.query["created[lt]"][0])
                found = [one for one in found if low <= one["created"] < high]
            elif asked.query.get("payment_intent") != [payment]:
                return stripe_fault(404, "resource_missing")
            most, after = int(asked.query["limit"][0]), asked.query.get("starting_after", [None])[0]
            ids = [one["id"] for one in found]
            begin = ids.index(after) + 1 if after else 0
            return as_json(
                200, {"object": "list", "has_more": len(found) > begin + most, "data": found[begin : begin + most]}
            )
        if asked.path == "/v1/refunds":
            amount = int(form["amount"])
            if form.get("payment_intent") != payment:
                return stripe_fault(404, "resource_missing")
            if amount > books.captured - books.refunded:
                return stripe_fault(400, "charge_already_refunded")
            return as_json(200, stripe_refund(books.add(amount, form.get("metadata[comptoir_key]", "")), payment))
        if asked.path == "/v1/events":
            low, high = int(asked.query["created[gte]"][0]), int(asked.query["created[lt]"][0])
            kind = "canceled" if books.voided else "succeeded"
            told = [(books.moved_at, f"payment_intent.{kind}", intent())] if books.voided or books.captured else []
            told += [(one["at"], "payment_intent.succeeded", one["intent"]) for one in books.others]
            found = [
                {"id": f"evt_{n}", "object": "event", "type": name, "created": at, "data": {"object": about}}
                for n, (at, name, about) in enumerate(told) if low <= at < high and name in asked.query["types[]"]
            ]  # fmt: skip
            return as_json(200, {"object": "list", "has_more": False, "data": found})
        if asked.path == f"/v1/payment_intents/{payment}" and asked.method == "GET":
            whole = intent()
            return as_json(200, whole if "expand[]" in asked.query else whole | {"latest_charge": "ch_1"})
        if asked.method == "GET" and (
            other := [one["intent"] for one in books.others if asked.path.endswith(one["intent"]["id"])]
        ):
            return as_json(200, other[0])
        if asked.path == f"/v1/payment_intents/{payment}/capture":
            if books.status != "requires_capture" or books.voided:
                return stripe_fault(400, "payment_intent_unexpected_state")
            if int(form["amount_to_capture"]) > books.authorized:
                return stripe_fault(400, "amount_too_large")
            books.captured, books.status = int(form["amount_to_capture"]), "succeeded"
            books.marks["comptoir_key"] = form.get("metadata[comptoir_key]", "")
            return as_json(200, intent())
        if asked.path == f"/v1/payment_intents/{payment}/cancel":
            if books.voided or books.status != "requires_capture":
                return stripe_fault(400, "payment_intent_unexpected_state")
            books.voided = True
            return as_json(200, intent())
        return stripe_fault(404, "resource_missing")

    def judge(server: CarrierServer, asked: Asked) -> Said:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return server.no("key", stripe_fault(401, "invalid_api_key", "authentication_error"))
        with books.lock:
            if asked.method == "GET":
                return act(asked)
            if asked.headers.get("content-type") != "application/x-www-form-urlencoded":
                return server.no("form", stripe_fault(400, "parameter_unknown"))
            key = asked.headers.get("idempotency-key", "")
            if key in books.answers:
                body, said = books.answers[key]
                return (
                    said
                    if body == asked.body
                    else server.no("key reused", stripe_fault(400, "idempotency_key_reused", "idempotency_error"))
                )
            said = act(asked)
            books.answers[key] = (asked.body, said)
            return said

    return judge


def shop_money(minor: int) -> dict[str, Any]:
    return {"shopMoney": {"amount": f"{minor / 100:.2f}"}}


def cents(one: dict[str, Any]) -> int:
    return round(float(one["amountSet"]["shopMoney"]["amount"]) * 100)


def shopify_status(one: dict[str, Any]) -> str:
    return {"succeeded": "SUCCESS", "pending": "PENDING", "failed": "FAILURE"}[one["status"]]


def shopify_refund(one: dict[str, Any]) -> dict[str, Any]:
    status = shopify_status(one)
    return {
        "id": f"gid://shopify/Refund/{one['n']}", "note": one["key"], "createdAt": iso(one["at"]),
        "totalRefundedSet": shop_money(one["amount"]),
        "transactions": {"nodes": [{"id": f"gid://shopify/OrderTransaction/9{one['n']}", "kind": "REFUND", "status": status}]},
    }  # fmt: skip


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shopify(books: Books, order: str = "820982911946154508") -> Any:
    id = f"gid://shopify/Order/{order}"

    def transactions() -> list[dict[str, Any]]:
        one = {
            "status": "SUCCESS",
            "gateway": "shopify_payments",
            "createdAt": iso(books.moved_at),
            "parentTransaction": None,
            "authorizationExpiresAt": None,
        }
        made = []
        if books.status == "requires_capture" or books.captures or books.voided:
            until = {"createdAt": iso(NOON - 86_400), "authorizationExpiresAt": iso(NOON + 5 * 86_400)}
            made.append(
                {**one, **until, "id": "t/1", "kind": "AUTHORIZATION", "amountSet": shop_money(books.authorized)}
            )
        else:
            made.append({**one, "id": "t/1", "kind": "SALE", "amountSet": shop_money(books.captured)})
        made += [{**one, **capture, "kind": "CAPTURE"} for capture in books.captures]
        for refund in books.refunds:
            made += [
                {
                    **one,
                    "id": f"t/r{refund['n']}",
                    "kind": "REFUND",
                    "status": shopify_status(refund),
                    "amountSet": shop_money(amount),
                    "parentTransaction": {"id": parent},
                }
                for parent, amount in refund.get("from", {}).items()
            ]
        return made + (
            [{**one, "id": "t/void", "kind": "VOID", "amountSet": shop_money(books.authorized)}] if books.voided else []
        )

    def whole() -> dict[str, Any]:
        return {"id": id, "transactions": transactions(), "refunds": [shopify_refund(one) for one in books.refunds]}

    def judge(server: CarrierServer, asked: Asked) -> Said:
        if asked.headers.get("x-shopify-access-token") != TOKEN:
            return server.no("token", as_json(401, {"errors": "Invalid API key or access token"}))
        if asked.path != "/admin/api/2026-10/graphql.json":
            return server.no("path", as_json(404, {"errors": "Not Found"}))
        sent = json.loads(asked.body)
        query, given = sent["query"], sent["variables"]
        with books.lock:
            if "orders(" in query:
                every = [whole(), *(one["intent"] for one in books.others)]
                return as_json(
                    200,
                    {"data": {"orders": {"nodes": every, "pageInfo": {"hasNextPage": False, "endCursor": None}}}},
                )
            if "order(id" in query:
                every = [whole(), *(one["intent"] for one in books.others)]
                return as_json(200, {"data": {"order": next((one for one in every if one["id"] == given["id"]), None)}})
            if "refundCreate" in query:
                if "@idempotent" not in query:
                    return server.no("idempotent", as_json(200, {"errors": [{"message": "idempotent is required"}]}))
                if given["key"] in books.answers:
                    return books.answers[given["key"]][1]
                sources = {put["parentId"]: round(float(put["amount"]) * 100) for put in given["input"]["transactions"]}
                amount, known = sum(sources.values()), transactions()
                held = {one["id"]: one for one in known if one["kind"] in ("SALE", "CAPTURE")}
                if not sources.keys() <= held.keys() or given["input"]["orderId"] != id:
                    return said("refundCreate", "refund", None, "Transaction parent is invalid")
                back = {
                    id: sum(r["from"].get(id, 0) for r in books.refunds if r["status"] != "failed" and "from" in r)
                    for id in held
                }
                too_much = any(minor > cents(held[source]) - back[source] for source, minor in sources.items())
                if too_much or amount > books.captured - books.refunded:
                    return said("refundCreate", "refund", None, "Refund amount is greater than what was paid")
                answer = said(
                    "refundCreate",
                    "refund",
                    shopify_refund(books.add(amount, given["input"]["note"], **{"from": sources})),
                )
                books.answers[given["key"]] = (b"", answer)
                return answer
            if "orderCapture" in query:
                amount = round(float(given["input"]["amount"]) * 100)
                if books.voided or amount > books.authorized - books.captured:
                    return said("orderCapture", "transaction", None, "Cannot capture")
                made = {
                    "id": f"t/c{len(books.captures) + 1}", "status": "SUCCESS", "amountSet": shop_money(amount),
                    "createdAt": iso(NOON + len(books.captures)),
                }  # fmt: skip
                books.captures.append(made)
                books.captured += amount
                return said("orderCapture", "transaction", made)
            if books.voided or books.captures:
                return said("transactionVoid", "transaction", None, "Cannot void")
            books.voided = True
            return said("transactionVoid", "transaction", {"id": "t/void", "kind": "VOID", "status": "SUCCESS"})

    def said(name: str, what: str, made: Any, error: str = "") -> Said:
        errors = [{"field": None, "message": error}] if error else []
        return as_json(200, {"data": {name: {what: made, "userErrors": errors}}})

    return judge


def woocommerce(books: Books, order: str = "727") -> Any:
    def shown(one: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": one["n"], "parent_id": int(order), "date_created_gmt": iso(one["at"]).removesuffix("Z"), "amount": f"{one['amount'] / 100:.2f}",
            "reason": one.get("reason", ""), "refunded_payment": one["status"] != "failed",
            "meta_data": [{"id": 1, "key": "_comptoir_key", "value": one["key"]}] if one["key"] else [],
        }  # fmt: skip

    def whole() -> dict[str, Any]:
        at = iso(books.moved_at).removesuffix("Z")
        return {
            "id": int(order), "status": "cancelled" if books.voided else "processing" if books.captured else "on-hold",
            "total": f"{max(books.captured, books.authorized) / 100:.2f}" if not books.captured else f"{books.captured / 100:.2f}",
            "transaction_id": "ch_9", "date_paid_gmt": at if books.captured else None, "date_modified_gmt": at,
        }  # fmt: skip

    def judge(server: CarrierServer, asked: Asked) -> Said:
        pair = base64.b64encode(":".join(PAIR).encode()).decode()
        if asked.headers.get("authorization") != f"Basic {pair}":
            return server.no("key", as_json(401, {"code": "woocommerce_rest_cannot_view", "message": "No."}))
        with books.lock:
            if asked.path == "/wp-json/wc/v3/orders":
                low = asked.query["modified_after"][0]
                every = [whole(), *(one["intent"] for one in books.others)]
                return as_json(
                    200,
                    [one for one in every if one["date_modified_gmt"] >= low] if asked.query["page"] == ["1"] else [],
                )
            if asked.path.startswith("/wp-json/wc/v3/orders/") and asked.path.count("/") == 5:
                every = [whole(), *(one["intent"] for one in books.others)]
                found = [one for one in every if asked.path.endswith(f"/{one['id']}")]
                return (
                    as_json(200, found[0])
                    if found
                    else as_json(404, {"code": "woocommerce_rest_shop_order_invalid_id", "message": "No."})
                )
            if asked.path == "/wp-json/wc/v3/refunds":
                low, high = asked.query["after"][0], asked.query["before"][0]
                found = [shown(one) for one in books.refunds if low <= iso(one["at"]).removesuffix("Z") < high]
                return as_json(200, found if asked.query["page"] == ["1"] else [])
            if asked.path != f"/wp-json/wc/v3/orders/{order}/refunds":
                return as_json(404, {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID."})
            if asked.method == "GET":
                return as_json(200, [shown(one) for one in reversed(books.refunds)])
            sent = json.loads(asked.body)
            amount = round(float(sent["amount"]) * 100)
            if sent.get("api_refund") is not True or sent.get("api_restock") is not False:
                return server.no("flags", as_json(400, {"code": "rest_invalid_param", "message": "No."}))
            if amount > books.captured - books.refunded:
                return as_json(
                    400, {"code": "woocommerce_rest_invalid_order_refund", "message": "Invalid refund amount."}
                )
            key = next(one["value"] for one in sent["meta_data"] if one["key"] == "_comptoir_key")
            return as_json(201, shown(books.add(amount, key, reason=sent.get("reason", ""))))

    return judge


JUDGES = {"stripe": stripe, "shopify": shopify, "woocommerce": woocommerce}


@contextmanager
def standing(kind: str, books: Books) -> Iterator[CarrierServer]:
    """One provider with these books, on a free port. `books.stall`: money moves, and the answer does not come in time."""
    inner = JUDGES[kind](books)

    def judge(server: CarrierServer, asked: Asked) -> Said:
        before = books.moved
        said: Said = inner(server, asked)
        if books.stall and books.moved != before:
            books.stall = False
            server.go_on.wait(3)
        return said

    with serving(judge) as server:
        yield server


def account_of(kind: str, address: str) -> dict[str, str]:
    """What the environment would hold for it."""
    return {
        "stripe": {"key": KEY, "webhook": "whsec_of_the_tests", "base": address},
        "shopify": {"token": TOKEN, "base": address},
        "woocommerce": {"consumer_key": PAIR[0], "consumer_secret": PAIR[1], "base": address},
    }[kind]
