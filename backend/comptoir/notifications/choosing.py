"""Which message an event calls for. Pure: event and facts in, a draft out; what is no longer true is suppressed."""

from datetime import datetime
from uuid import UUID

from comptoir.kit.outbox import Told
from comptoir.notifications.model import Draft, OrderFacts, WorkFacts

KINDS = (
    "order.placed", "order.payment_due", "order.released", "order.canceled", "fulfillment.short", "fulfillment.staged",
    "fulfillment.hand_over_settled", "fulfillment.reminded", "fulfillment.missed", "fulfillment.expired", "customer.arrived",
    "customer.link_asked", "customer.collector_named", "customer.change_settled", "customer.survey_due", "fulfillment.delayed", "fulfillment.late_told",
    "return.withdrawal_noticed", "shipping.left", "shipping.ready_at_relay", "shipping.delivered", "shipping.delayed", "shipping.failed",
    "shipping.label_refused", "payment.refunded", "return.requested", "return.label_ready", "return.label_refused", "return.received", "return.coming_back", "return.settled",
    "customer.recall_due",
)  # fmt: skip
"""The events that a customer may hear of."""
LIVE = ("open", "accepted", "picking", "picked")
"""Work that is not ready yet."""

FROM_AFAR = ("home", "unannounced", "to_sender")
"""Returns whose customer is not there when they arrive."""

OVER = ("handed_over", "canceled", "expired", "closed", "rejected")
"""Work of which nobody collects anything any more."""


def choose(told: Told, facts: OrderFacts) -> Draft | None:
    """The message for this event; None when the customer has nothing to learn from it."""
    draft = _draft(told, facts)
    if draft is not None and facts.erased:
        return Draft(draft.template, suppressed="customer_erased")
    return draft


def _draft(told: Told, facts: OrderFacts) -> Draft | None:
    body = told.body
    work = facts.work(body.get("work") or told.work)
    gone = facts.progress == "canceled"
    if told.kind == "order.placed":
        held = body.get("held")
        outdated = "outdated" if gone or (not held and not facts.works) else None
        if held == ["payment"]:
            # Most pay within the minute. Whoever does not is told when half of the time is over.
            return None
        return Draft("held" if held else "confirmed", suppressed=outdated)
    if told.kind == "order.payment_due":
        waits = facts.pay_until is not None and not gone
        return Draft("payment_due", suppressed=None if waits else "outdated", until=facts.pay_until)
    if told.kind == "order.released":
        return Draft("confirmed", suppressed="outdated" if gone or not facts.works else None)
    if told.kind == "order.canceled":
        if facts.lapsed:
            return Draft("lapsed")
        if body.get("recall") and facts.recalls:
            return Draft(
                "recall_stopped", amount_minor=body.get("amount_minor") or 0, refund=body.get("refund"), recall=facts.recalls[0]
            )  # fmt: skip
        return Draft(
            "canceled",
            amount_minor=body.get("amount_minor") or 0,
            refund=body.get("refund"),
            whole=bool(body.get("whole", True)),
        )
    if told.kind == "fulfillment.short":
        article = facts.articles.get(str(body.get("sku")), "")
        return Draft(
            "short",
            suppressed="outdated" if gone else None,
            work=work,
            article=article,
            quantity=body.get("quantity") or 1,
            until=_moment(body.get("until")),
        )
    if told.kind == "fulfillment.staged":
        if work is None:
            return Draft("ready", suppressed="outdated")
        part = bool(body.get("part"))
        # A delivery that was late must not call a customer to the store for goods that left or went back.
        true_now = work.status == "staged" or (part and work.status in ("picking", "picked", "accepted"))
        # Every bag of a part is an event; one message for them is enough, the page shows the rest.
        again = part and facts.told_of_part
        return Draft(
            "ready", suppressed="told_before" if again else None if true_now else "outdated", work=work, part=part
        )
    if told.kind == "fulfillment.hand_over_settled":
        return Draft("handed_over", work=work, refused=facts.refused)
    if told.kind == "fulfillment.reminded":
        waits = work is not None and work.status == "staged"
        last = body.get("what") == "last_day"
        return Draft("last_day" if last else "reminder", suppressed=None if waits else "outdated", work=work)
    if told.kind == "fulfillment.missed":
        waits = work is not None and work.status == "staged"
        until = _moment(body.get("until"))
        return Draft("missed", suppressed=None if waits and until else "outdated", work=work, until=until)
    if told.kind == "customer.change_settled":
        return Draft("change_settled", what=str(body.get("what")), done=bool(body.get("done")))
    if told.kind == "customer.collector_named":
        return _to_collector(facts, next((one for one in facts.works if one.status == "staged"), None))
    if told.kind == "fulfillment.expired":
        return Draft("expired", work=work, amount_minor=body.get("amount_minor") or 0, refund=body.get("refund"))
    if told.kind == "customer.link_asked":
        return Draft("link", by="sms" if body.get("by") == "sms" else "email")
    if told.kind == "customer.survey_due":
        return Draft("survey", suppressed="outdated" if gone else None, work=work)
    if told.kind == "fulfillment.delayed":
        # Staged, canceled or put off once more meanwhile: the hour is not true any more.
        true_now = work is not None and work.status in LIVE and _hour(work.told_at) == body.get("to")
        return Draft("delayed", suppressed=None if true_now else "outdated", work=work)
    if told.kind == "fulfillment.late_told":
        waits = work is not None and work.status in LIVE
        return Draft("running_late", suppressed=None if waits else "outdated", work=work)
    if told.kind == "return.withdrawal_noticed":
        lines = tuple((facts.titles.get(str(line), "?"), quantity) for line, quantity in body.get("lines", ()))
        return Draft("withdrawal_received", lines=lines, at=told.at, elsewhere=bool(body.get("elsewhere")))
    if told.kind == "payment.refunded":
        return Draft("refund_sent", amount_minor=body.get("amount_minor") or 0, refund="refund", at=told.at)
    if told.kind == "shipping.label_refused":
        if body.get("mend") != "relay":
            return None
        return Draft(
            "relay_closed", suppressed="outdated" if gone else "told_before" if facts.told_relay else None, work=work
        )
    if told.kind.startswith("return."):
        return _of_return(told, facts)
    if told.kind.startswith("shipping."):
        return _of_parcels(told, facts)
    if told.kind == "customer.recall_due":
        recall = facts.recall(body.get("recall"))
        return Draft("recall", recall=recall) if recall else None
    if told.kind == "customer.arrived":
        return Draft("early", work=_pickup_at(facts, told.location)) if body.get("early") else None
    return None


_TRUE_WHILE = {
    "parcel_ready": ("ready_for_pickup",),
    "parcel_delivered": ("delivered",),
    "parcel_failed": ("delivery_failed",),
}
_OF_PARCEL = {
    "shipping.ready_at_relay": "parcel_ready", "shipping.delivered": "parcel_delivered", "shipping.failed": "parcel_failed",
    "shipping.delayed": "parcel_delayed",
}  # fmt: skip
_ARRIVED = ("delivered", "ready_for_pickup", "return_to_sender", "cancelled")


def _of_parcels(told: Told, facts: OrderFacts) -> Draft:
    """What a carrier did or said: only while it is still where the parcel stands."""
    work = facts.work(told.work)
    if told.kind == "shipping.left":
        named = {str(id) for id in told.body.get("parcels", ())}
        going = tuple(one for one in facts.parcels if str(one.id) in named and one.status not in _ARRIVED)
        return Draft("shipped", suppressed=None if going else "outdated", work=work, parcels=going)
    template = _OF_PARCEL[told.kind]
    one = next((parcel for parcel in facts.parcels if str(parcel.id) == str(told.body.get("parcel"))), None)
    if template == "parcel_delayed":
        true_now = one is not None and one.status not in _ARRIVED
        why = "outdated" if not true_now else "told_before" if facts.told_parcel_late else None
    else:
        why = None if one is not None and one.status in _TRUE_WHILE[template] else "outdated"
    return Draft(template, suppressed=why, work=work, parcels=(one,) if one else ())


def _of_return(told: Told, facts: OrderFacts) -> Draft | None:
    """A return that was sent from home, and one that came by itself. Of a gift the buyer is not told; at the counter they are there."""
    body = told.body
    if body.get("gift"):
        return None
    if told.kind == "return.coming_back":
        return _coming_back(told, facts)
    if told.kind == "return.settled":
        amount, rma = int(body.get("credit_minor") or 0), body.get("rma")
        number = str(body.get("number") or "")
        return (
            Draft("credit_given", amount_minor=amount, number=number, credit=UUID(str(rma))) if amount and rma else None
        )
    number, method = str(body.get("number") or ""), str(body.get("method") or "store")
    if told.kind == "return.received":
        told_now = body.get("origin") in FROM_AFAR and not body.get("again")
        return Draft("return_received", number=number) if told_now else None
    if told.kind == "return.label_refused":
        return Draft("return_label_failed", number=number)
    # Whoever waits for a label is told once it is there to print.
    if (told.kind == "return.requested") != (method == "store"):
        return None
    return Draft("return_requested", number=number, what=method)


def _coming_back(told: Told, facts: OrderFacts) -> Draft:
    """A parcel that its carrier brings back, and what is given for it; told while it is still on its way."""
    one = next((parcel for parcel in facts.parcels if str(parcel.id) == str(told.body.get("parcel"))), None)
    true_now = one is not None and one.status == "return_to_sender"
    amount = int(told.body.get("amount_minor") or 0)
    return Draft(
        "parcel_returned", suppressed=None if true_now else "outdated", parcels=(one,) if one else (), amount_minor=amount,
        what="refund" if amount else "ask",
    )  # fmt: skip


def for_collector(told: Told, facts: OrderFacts) -> Draft | None:
    """What whoever collects for the customer hears of the same event: that it is ready, and that it is the last day."""
    if told.kind not in ("fulfillment.staged", "fulfillment.reminded") or not facts.collector_by or facts.erased:
        return None
    if told.body.get("part") or told.body.get("what") == "reminder":
        return None
    work = facts.work(told.body.get("work") or told.work)
    return _to_collector(facts, work) if work is not None and work.status == "staged" else None


def _to_collector(facts: OrderFacts, work: WorkFacts | None) -> Draft:
    """`part`: not ready yet."""
    waits = work or next((one for one in facts.works if one.kind == "pickup" and one.status not in OVER), None)
    gone = waits is None or not facts.collector_by
    return Draft("collector", suppressed="outdated" if gone else None, work=waits, part=work is None, to="collector")


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _hour(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _pickup_at(facts: OrderFacts, location: str | None) -> WorkFacts | None:
    return next((work for work in facts.works if work.kind == "pickup" and work.place.id == location), None)
