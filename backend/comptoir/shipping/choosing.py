"""Which carrier takes a parcel, with which service, and why. Pure: the offers are given, with what is known of each.

The customer's own choice comes first, then the rules of goods and size, then what still leaves today, then the price. Where
several could take it, the prices are asked before the label is bought (`COMPARE`), and `spoken` says what came of that.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from comptoir.carriers.comparing import Choice
from comptoir.shipping.arriving import Spoken
from comptoir.shipping.goods_rules import Limits, Verdict, Way, judge
from comptoir.shipping.model import Account, Delivery, Mend, Piece, Size

COMPARE: Final = "to_compare"
"""The reason of a label whose carrier is not settled yet: no label is bought before it is."""


class Offer(msgspec.Struct, frozen=True):
    """One service of an account: how it carries, what it takes, what it costs (None: not known), whether it leaves today."""

    account: Account
    service: str
    way: Way = "road"
    limits: Limits | None = None
    cost_minor: int | None = None
    in_time: bool = True


class Chosen(msgspec.Struct, frozen=True):
    """The offer that was taken; `because`: `asked`, `only`, `in_time`, `cheapest`, `first`. `able`: all that could take it."""

    offer: Offer
    because: str
    verdict: Verdict
    able: tuple[Offer, ...] = ()


class NobodyTakes(msgspec.Struct, frozen=True):
    """No label can be bought by itself: a code for a sentence, the piece it is about, and what has to be mended."""

    why: str
    mend: Mend
    sku: str | None = None


def choose(
    delivery: Delivery, pieces: Sequence[Piece], grams: int, size: Size | None, offers: Sequence[Offer]
) -> Chosen | NobodyTakes:  # fmt: skip
    """The carrier and service of one parcel. `offers` are those of the delivery's kind, in the order of head office."""
    if not offers:
        return NobodyTakes("no_account", "account")
    asked = [offer for offer in offers if delivery.carrier in (None, offer.account.carrier)]
    if delivery.service:
        asked = [offer for offer in asked if offer.service == delivery.service]
    if not asked:
        return NobodyTakes("not_with_us", "service")
    if delivery.kind == "relay" and not delivery.relay_id:
        return NobodyTakes("relay_missing", "relay")
    known = [offer for offer in asked if not offer.account.refused]
    if not known:
        return NobodyTakes("account_refused", "account")
    judged = [
        (offer, judge(pieces, grams, size, offer.way, offer.limits, offer.account.settings.get("goods")))
        for offer in known
    ]
    taken = [(offer, verdict) for offer, verdict in judged if verdict.allowed]
    if not taken:
        worst = judged[0][1]
        return NobodyTakes(worst.why or "never", worst.mend or "goods", worst.sku)
    in_time = [pair for pair in taken if pair[0].in_time] or taken
    cheapest = min(in_time, key=lambda pair: (pair[0].cost_minor is None, pair[0].cost_minor or 0))
    return Chosen(
        cheapest[0], _because(delivery, taken, in_time, cheapest[0]), cheapest[1], tuple(offer for offer, _ in taken)
    )


def _because(
    delivery: Delivery, taken: Sequence[tuple[Offer, Verdict]], in_time: Sequence[tuple[Offer, Verdict]], offer: Offer
) -> str:
    if delivery.carrier or delivery.service:
        return "asked"
    if len(taken) == 1:
        return "only"
    if len(in_time) == 1:
        return "in_time"
    return "cheapest" if offer.cost_minor is not None else "first"


def spoken(choice: Choice, otherwise: Spoken) -> Spoken:
    """What a comparison says. Its carriers are account ids. `otherwise` is taken when nobody told a price.

    `cheapest`: of several in time; `in_time`: the others are late; `only_price`: nobody else has one; `soonest`: nobody is in time;
    `cheapest_unsure`: nobody says when it arrives; `first`: nobody told a price.
    """
    rate = choice.taken
    if rate is None:
        return otherwise
    whys = {left.why for left in choice.left_out}
    if choice.late:
        because = "cheapest_unsure" if rate.days is None else "soonest"
    elif "dearer" in whys:
        because = "cheapest"
    else:
        because = "in_time" if whys & {"too_late", "days_unknown"} else "only_price"
    return Spoken(rate.carrier, rate.service, because, rate.minor, rate.days)
