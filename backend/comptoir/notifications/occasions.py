"""On which occasions a customer is written to, and which placeholders each text has. Pure.

A message that is said in two ways (the whole order is ready, or a part of it) is one template and two occasions.
"""

from typing import Final, Literal

import msgspec

from comptoir.notifications.model import Draft

Occasion = Literal[
    "confirmed", "held", "ready", "ready_part", "short", "early", "reminder", "last_day", "handed_over", "expired",
    "canceled", "canceled_part", "lapsed", "link", "missed", "collector", "collector_ready", "change_done", "change_declined",
    "survey", "delayed", "running_late", "withdrawal_received", "payment_due", "shipped", "refund_sent",
    "parcel_ready", "parcel_delivered", "parcel_delayed", "parcel_failed", "parcel_returned", "relay_closed",
    "return_requested", "return_label_failed", "return_received", "credit_given",
    "recall", "recall_stopped",
]  # fmt: skip
Language = Literal["fr", "en"]


class Kind(msgspec.Struct, frozen=True):
    """What one occasion's text can say. `always` is never empty, `maybe` may be; `needs` must be in every text.

    The order's number, the first name and the link are everywhere.
    """

    template: str
    always: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    needs: tuple[str, ...] = ("link",)

    @property
    def names(self) -> tuple[str, ...]:
        """Every placeholder, the ones that are always filled first."""
        return ("first_name", "order", "link", *self.always, *self.maybe, "articles")

    @property
    def in_subject(self) -> tuple[str, ...]:
        """What a subject takes: never empty, and nothing that opens something, because a locked screen shows it."""
        return tuple(
            name for name in ("first_name", "order", *self.always) if name not in ("pass", "address", "credit_code")
        )


_GOODS_WAIT: Final = ("store", "address", "pass")
_MONEY: Final = ("refund", "uncharged")
OCCASIONS: Final[dict[Occasion, Kind]] = {
    "confirmed": Kind("confirmed", maybe=("pickup_store", "pickup_by", "parcel_by")),
    "held": Kind("held"),
    "payment_due": Kind("payment_due", ("until",)),
    "ready": Kind("ready", _GOODS_WAIT, ("directions", "until", "hours"), ("pass", "link")),
    "ready_part": Kind("ready", _GOODS_WAIT, ("directions", "until", "hours"), ("pass", "link")),
    "short": Kind("short", ("quantity", "article"), ("store", "choose_by")),
    "early": Kind("early", maybe=("store", "ready_by")),
    "reminder": Kind("reminder", _GOODS_WAIT, ("directions", "until", "hours"), ("pass", "link")),
    "last_day": Kind("last_day", (*_GOODS_WAIT, "until"), ("directions", "hours"), ("pass", "link", "until")),
    "handed_over": Kind("handed_over", ("store", "payer"), ("refused",)),
    "expired": Kind("expired", ("store", "until", "payer"), _MONEY),
    "canceled": Kind("canceled", ("payer",), _MONEY),
    "canceled_part": Kind("canceled", ("payer",), _MONEY),
    "lapsed": Kind("lapsed"),
    "link": Kind("link"),
    "missed": Kind("missed", (*_GOODS_WAIT, "until"), ("directions", "hours"), ("pass", "link", "until")),
    "collector": Kind("collector", ("buyer",), ("store", "address", "hours")),
    "collector_ready": Kind("collector", ("buyer", *_GOODS_WAIT), ("directions", "until", "hours"), ("pass", "link")),
    "delayed": Kind("delayed", ("new_time", "store")),
    "running_late": Kind("running_late", ("store",)),
    "withdrawal_received": Kind(
        "withdrawal_received", ("noticed", "withdrawn", "settled_by"), needs=("noticed", "withdrawn")
    ),
    "return_requested": Kind("return_requested", ("return_number", "return_how")),
    "return_label_failed": Kind("return_label_failed", ("return_number",)),
    "return_received": Kind("return_received", ("return_number",)),
    "credit_given": Kind(
        "credit_given", ("return_number", "credit", "credit_code"), needs=("credit", "credit_code", "link")
    ),
    "refund_sent": Kind("refund_sent", ("refund", "sent_on")),
    "survey": Kind("survey", maybe=("store",)),
    "shipped": Kind("shipped", ("carrier", "tracking", "due"), ("follow", "relay")),
    "parcel_ready": Kind("parcel_ready", ("carrier", "tracking"), ("relay", "follow")),
    "parcel_delivered": Kind("parcel_delivered", ("carrier", "tracking"), ("follow",)),
    "parcel_delayed": Kind("parcel_delayed", ("carrier", "tracking", "due"), ("follow",)),
    "parcel_failed": Kind("parcel_failed", ("carrier", "tracking"), ("follow",)),
    "parcel_returned": Kind("parcel_returned", ("carrier", "tracking", "back_terms"), ("follow",)),
    "relay_closed": Kind("relay_closed"),
    "recall": Kind(
        "recall",
        ("product", "hazard", "remedies", "contact"),
        ("lots",),
        ("product", "hazard", "remedies", "contact", "link"),
    ),
    "recall_stopped": Kind(
        "recall_stopped",
        ("product", "hazard", "contact", "payer"),
        ("lots", *_MONEY),
        ("product", "hazard", "contact", "link"),
    ),
    "change_done": Kind("change_settled", ("wish",)),
    "change_declined": Kind("change_settled", ("wish",)),
}


def occasion_of(draft: Draft) -> Occasion:
    """The text that a draft is written with."""
    if draft.template == "ready" and draft.part:
        return "ready_part"
    if draft.template == "canceled" and not draft.whole:
        return "canceled_part"
    if draft.template == "collector":
        return "collector" if draft.part else "collector_ready"
    if draft.template == "change_settled":
        return "change_done" if draft.done else "change_declined"
    found: Occasion = next(occasion for occasion, kind in OCCASIONS.items() if kind.template == draft.template)
    return found
