"""Stripe: form-encoded requests with a secret key and an Idempotency-Key; refunds carry our key in their metadata.

Captures and cancellations of a day are read from the account's events, which Stripe keeps for thirty days. A payment is a PaymentIntent (`pi_`) or a charge (`ch_`, refunds alone). Stripe forgets an Idempotency-Key after a day and answers the
same refusal to the same key, so what became of a request is looked up by its metadata, and a refused one gets another key.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from comptoir.payments.links import AskLink, Link, LinkMade, LinkStands, Over, Paid
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

MARK: Final = "comptoir_key"
PAGE: Final = 100
PAGES: Final = 20
BUSY: Final = frozenset({"lock_timeout", "idempotency_key_in_use", "rate_limit"})
UNDER_WAY: Final = ("pending", "requires_action")
MOVES: Final = ("payment_intent.succeeded", "payment_intent.canceled")
HELD_FOR: Final = timedelta(days=7)
"""How long Stripe keeps an authorization where its charge does not say until when (`capture_before`)."""


class StripeAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`key` is a secret or restricted key; `webhook` (and `webhook_old` while it changes) sign what Stripe sends."""

    key: str
    webhook: str = ""
    webhook_old: str = ""
    base: str = "https://api.stripe.com"

    def __repr__(self) -> str:
        return "StripeAccount()"


class Stripe:
    """One Stripe account."""

    name = "stripe"
    by_order = False

    def __init__(self, account: StripeAccount, seconds: float = TOTAL_SECONDS) -> None:
        headers = {"authorization": f"Bearer {account.key}", "accept": "application/json"}
        self.line = Line(account.base, headers, seconds)

    async def make(self, ask: Ask) -> Outcome:
        match ask:
            case Refund():
                owner = _owner(ask.payment)
                if owner is None:
                    return NotMine()
                form = {owner: ask.payment, "amount": str(ask.amount_minor), f"metadata[{MARK}]": str(ask.key)}
                path = "/v1/refunds"
            case Capture() | Void() if not ask.payment.startswith("pi_"):
                return NotMine()
            case Capture():
                form = {"amount_to_capture": str(ask.amount_minor), f"metadata[{MARK}]": str(ask.key)}
                path = f"/v1/payment_intents/{ask.payment}/capture"
            case Void():
                form, path = {}, f"/v1/payment_intents/{ask.payment}/cancel"
            case _:
                return NotMine()
        said = await self._post(path, form, str(ask.key))
        if not isinstance(said, Said):
            return said
        if said.status < 300:
            return read_refund(said.body) if isinstance(ask, Refund) else _read_intent(ask, said.body)
        fault = _fault(said)
        if getattr(fault, "why", "") == "payment_intent_unexpected_state" and isinstance(
            found := await self.look(ask), Done | Again
        ):
            # Captured or canceled already: by this very ask, or the authorization is gone as it should be.
            return found
        return fault

    async def look(self, ask: Ask) -> Looked:
        if isinstance(ask, Refund):
            return await self._look_for_refund(ask)
        if not ask.payment.startswith("pi_"):
            return NotMine()
        said = await self.line.ask(f"/v1/payment_intents/{ask.payment}")
        if isinstance(said, Again):
            return said
        if said.status >= 400:
            return Refused("no_such_payment") if said.status == 404 else Again(f"http_{said.status}")
        found = obj(said.body)
        if isinstance(ask, Void):
            return Done(ask.payment) if found.get("status") == "canceled" else NotThere()
        if obj(found.get("metadata")).get(MARK) == str(ask.key) and found.get("status") == "succeeded":
            return Done(ask.payment)
        return NotThere()

    async def _look_for_refund(self, ask: Ask) -> Looked:
        owner = _owner(ask.payment)
        if owner is None:
            return NotMine()
        after: str | None = None
        for _ in range(PAGES):
            params = {owner: ask.payment, "limit": str(PAGE)} | ({"starting_after": after} if after else {})
            said = await self.line.ask("/v1/refunds", params)
            if isinstance(said, Again):
                return said
            if said.status >= 400:
                return Again(f"http_{said.status}")
            page = rows(obj(said.body).get("data"))
            for one in page:
                if obj(one.get("metadata")).get(MARK) == str(ask.key):
                    found = read_refund(one)
                    return Again(found.why) if isinstance(found, InDoubt) else found
            if not obj(said.body).get("has_more") or not page:
                return NotThere() if obj(said.body).get("object") == "list" else Again("nonsense")
            after = str(page[-1].get("id"))
        return Again("too_many")

    async def listed(self, since: datetime, until: datetime, page: str | None) -> Listed | Again | NotMine:
        params = {
            "created[gte]": str(int(since.timestamp())), "created[lt]": str(int(until.timestamp())), "limit": str(PAGE),
        }  # fmt: skip
        said = await self.line.ask("/v1/refunds", params | ({"starting_after": page} if page else {}))
        if isinstance(said, Again):
            return said
        if said.status >= 400 or obj(said.body).get("object") != "list":
            return Again(f"http_{said.status}")
        found = rows(obj(said.body).get("data"))
        last = str(found[-1].get("id")) if found and obj(said.body).get("has_more") else None
        return Listed(tuple(_entry(one) for one in found if one.get("status") not in ("failed", "canceled")), last)

    async def make_link(self, ask: AskLink) -> LinkMade:
        """A Checkout Session that takes so much once."""
        form = {
            "mode": "payment", "client_reference_id": str(ask.key), "success_url": f"{ask.back}?done=true", "cancel_url": ask.back,
            "locale": "en" if ask.language == "en" else "fr", "expires_at": str(int(ask.expires_at.timestamp())),
            "line_items[0][quantity]": "1", "line_items[0][price_data][currency]": ask.currency.lower(),
            "line_items[0][price_data][unit_amount]": str(ask.amount_minor),
            "line_items[0][price_data][product_data][name]": ask.number,
            f"metadata[{MARK}]": str(ask.key), f"payment_intent_data[metadata][{MARK}]": str(ask.key),
        }  # fmt: skip
        said = await self._post("/v1/checkout/sessions", form, str(ask.key))
        if not isinstance(said, Said):
            return said
        if said.status < 300:
            found = obj(said.body)
            reference, url = str(found.get("id") or ""), str(found.get("url") or "")
            return (
                Link(reference, url)
                if reference.startswith("cs_") and url.startswith("https://")
                else InDoubt("nonsense")
            )
        return _fault(said)

    async def look_at_link(self, reference: str) -> LinkStands:
        if not reference.startswith("cs_"):
            return Refused("no_such_link")
        said = await self.line.ask(f"/v1/checkout/sessions/{reference}")
        return said if isinstance(said, Again) else _session(said)

    async def close_link(self, reference: str) -> LinkStands:
        if not reference.startswith("cs_"):
            return Refused("no_such_link")
        said = await self._post(f"/v1/checkout/sessions/{reference}/expire", {}, f"expire-{reference}")
        if isinstance(said, Said) and said.status < 300:
            return _session(said)
        # It is over already, or paid, or nobody knows: what it is now says so.
        return await self.look_at_link(reference)

    async def _post(self, path: str, form: dict[str, str], key: str) -> Said | Again | InDoubt:
        return await self.line.make(
            path, content=urlencode(form).encode(),
            headers={"idempotency-key": key, "content-type": "application/x-www-form-urlencoded"},
        )  # fmt: skip

    async def payment(self, which: Which) -> AtProvider | NotThere | NotMine | Again:
        if not which.payment.startswith("pi_"):
            return NotMine()
        said = await self.line.ask(f"/v1/payment_intents/{which.payment}", {"expand[]": "latest_charge"})
        if isinstance(said, Again):
            return said
        if said.status == 404:
            return NotThere()
        found = read_payment(said.body) if said.status < 400 else None
        return found or Again(f"http_{said.status}")

    async def moved(self, since: datetime, until: datetime, page: str | None) -> MovedPayments | Again | NotMine:
        params: dict[str, str | list[str]] = {
            "created[gte]": str(int(since.timestamp())), "created[lt]": str(int(until.timestamp())), "limit": str(PAGE),
            "types[]": list(MOVES),
        }  # fmt: skip
        said = await self.line.ask("/v1/events", params | ({"starting_after": page} if page else {}))
        if isinstance(said, Again):
            return said
        if said.status >= 400 or obj(said.body).get("object") != "list":
            return Again(f"http_{said.status}")
        events = rows(obj(said.body).get("data"))
        last = str(events[-1].get("id")) if events and obj(said.body).get("has_more") else None
        found = [read_payment(obj(one.get("data")).get("object")) for one in events if one.get("type") in MOVES]
        return MovedPayments(tuple(one for one in found if one is not None), last)

    async def close(self) -> None:
        await self.line.close()


def _fault(said: Said) -> Refused | Again | InDoubt:
    fault = obj(obj(said.body).get("error"))
    code = str(fault.get("code") or fault.get("type") or f"http_{said.status}")[:60]
    if said.status == 409 or code in BUSY:
        return Again(code)
    if said.status >= 500:
        return InDoubt(f"http_{said.status}")
    return Refused(code, words=str(fault.get("message") or "")[:300])


def _session(said: Said) -> LinkStands:
    """A Checkout Session: paid, over, or open."""
    found = obj(said.body)
    reference, status = str(found.get("id") or ""), found.get("status")
    if said.status >= 400:
        return Refused("no_such_link") if said.status == 404 else Again(f"http_{said.status}")
    if not reference.startswith("cs_") or status not in ("open", "complete", "expired"):
        return Again("nonsense")
    payment, amount = str(found.get("payment_intent") or ""), found.get("amount_total")
    if found.get("payment_status") == "paid":
        return Paid(payment, amount) if payment.startswith("pi_") and isinstance(amount, int) else Again("nonsense")
    # Complete and not paid: money is on its way by a means that takes its time.
    return Over() if status == "expired" else Link(reference)


def read_payment(body: Any) -> AtProvider | None:
    """A PaymentIntent: how much was received, how much may still be captured and until when; None for nonsense."""
    found = obj(body)
    name, status = str(found.get("id") or ""), found.get("status")
    if not name.startswith("pi_") or not isinstance(status, str):
        return None
    held = status == "requires_capture"
    return AtProvider(
        name, int(found.get("amount_received") or 0), int(found.get("amount_capturable") or 0) if held else 0,
        status == "canceled", _capture_before(obj(found.get("latest_charge"))) if held else None,
    )  # fmt: skip


def _capture_before(charge: dict[str, Any]) -> datetime | None:
    details = obj(charge.get("payment_method_details"))
    until = obj(details.get(str(details.get("type")))).get("capture_before")
    if isinstance(until, int) and until > 0:
        return datetime.fromtimestamp(until, UTC)
    made = charge.get("created")
    return datetime.fromtimestamp(made, UTC) + HELD_FOR if isinstance(made, int) and made > 0 else None


def read_refund(body: Any) -> Done | Refused | InDoubt:
    """A refund object: made, on its way, or failed."""
    found = obj(body)
    reference, status = str(found.get("id") or ""), found.get("status")
    if not reference.startswith(("re_", "pyr_")) or not isinstance(status, str):
        return InDoubt("nonsense")
    if status in ("failed", "canceled"):
        return Refused(str(found.get("failure_reason") or status)[:60])
    return Done(reference, settled=status not in UNDER_WAY)


def _read_intent(ask: Ask, body: Any) -> Done | InDoubt:
    found = obj(body)
    wanted = "succeeded" if isinstance(ask, Capture) else "canceled"
    return (
        Done(ask.payment) if found.get("id") == ask.payment and found.get("status") == wanted else InDoubt("nonsense")
    )


def _owner(payment: str) -> str | None:
    if payment.startswith("pi_"):
        return "payment_intent"
    return "charge" if payment.startswith(("ch_", "py_")) else None


def _entry(one: dict[str, Any]) -> Entry:
    return Entry(
        str(one.get("id")), str(one.get("payment_intent") or one.get("charge") or ""), int(one.get("amount") or 0),
        datetime.fromtimestamp(int(one.get("created") or 0), UTC), read_key(obj(one.get("metadata")).get(MARK)),
    )  # fmt: skip


def read_key(value: Any) -> UUID | None:
    """A key of ours, or None for anything else that stands there."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
