"""What head office decides about returns, as one document: goodwill beyond the law, limits, what becomes of goods, ways back. Saved as a whole, numbered.

The law is not in it: a policy can only add to it (`eligibility.judge`). Money is in minor units, days are civil days after the goods were received.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Country, Slug, Word
from comptoir.returns.reasons import ReasonCode

KIND: Final = "returns"
"""Of its documents (`kit/policies.py`)."""

Condition = Literal["as_new", "opened", "damaged"]
CONDITIONS: Final[tuple[Condition, ...]] = ("as_new", "opened", "damaged")
Disposition = Literal["shelf", "mark_down", "repair", "vendor", "other_store", "destroy"]
DISPOSITIONS: Final[tuple[Disposition, ...]] = ("shelf", "mark_down", "repair", "vendor", "other_store", "destroy")
Method = Literal["store", "relay", "postal"]
METHODS: Final[tuple[Method, ...]] = ("store", "relay", "postal")
Give = Literal["refund", "exchange", "credit", "repair"]
WISHES: Final[tuple[Give, ...]] = ("refund", "exchange", "credit")
Contract = Literal["distance", "store", "reserved", "assisted"]
"""How it was sold: at a distance; in a store; reserved at a distance and paid at the counter; ordered in a store with an associate."""
CONTRACTS: Final[tuple[Contract, ...]] = ("distance", "store", "reserved", "assisted")
Payer = Literal["house", "customer"]

MOST_RULES: Final = 50
MOST_DAYS: Final = 3_650
Price = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Days = Annotated[int, msgspec.Meta(ge=0, le=MOST_DAYS)]


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule speaks of; what is empty matches all. `bought_*`: the day of the order, both included."""

    countries: tuple[Country, ...] = ()
    channels: tuple[Slug, ...] = ()
    categories: tuple[Slug, ...] = ()
    buyers: tuple[Literal["private", "business"], ...] = ()
    bought_since: date | None = None
    bought_until: date | None = None


class Goodwill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule with a name that the verdict repeats; the first one that matches holds.

    Returns are taken for `days` after receipt, at least until the day `until`, in these conditions, against what it `gives`. `keep_bp`:
    hundredths of a percent of the price that are kept. `delivery`: its cost is given back as the law would. `final`: sold for good.
    """

    name: Word
    when: When = When()
    days: Days = 30
    until: date | None = None
    conditions: tuple[Condition, ...] = ("as_new",)
    gives: tuple[Literal["refund", "exchange", "credit"], ...] = ("refund", "exchange", "credit")
    keep_bp: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    delivery: bool = False
    final: bool = False


class NoReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a manager may allow without any proof of purchase: each return, and what one person may bring in so many days.

    `named`: a phone number or an e-mail address is asked for, so that it can be counted; only a digest of it is kept.
    """

    most_minor: Price = 5_000
    most_times: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 2
    most_sum_minor: Price = 10_000
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)] = 365
    gives: tuple[Literal["refund", "exchange", "credit"], ...] = ("exchange", "credit")
    named: bool = False


class Placing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a unit; the first that matches. What is empty matches all; `incomplete`: only what lacks an accessory."""

    to: Disposition
    reasons: tuple[ReasonCode, ...] = ()
    conditions: tuple[Condition, ...] = ()
    categories: tuple[Slug, ...] = ()
    incomplete: bool = False


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way back that is offered at home. `fee_minor`: what is held back for our label when the customer pays."""

    method: Method
    paid_by: Payer = "customer"
    fee_minor: Price = 0
    countries: tuple[Country, ...] = ()


class DeliveryRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the delivery of goods costs where they are sold; the first that fits holds. What is empty matches all.

    `up_to_minor`: goods of so much at most, VAT included; `up_to_grams`: of such a weight at most; 0: without an end.
    """

    fee_minor: Price
    up_to_minor: Price = 0
    up_to_grams: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    services: tuple[Slug, ...] = ()
    channels: tuple[Slug, ...] = ()
    countries: tuple[Country, ...] = ()


class Uninformed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time in which a channel did not tell of the right of withdrawal (L221-20); `told_on`: when its customers were told after all."""

    channel: Slug
    since: date
    until: date
    told_on: date | None = None


class Signals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From how much on a counted fact of the last twelve months is shown (`signals.py`); 0 hides it. It decides nothing."""

    returns: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 4
    given_minor: Price = 40_000
    no_receipt: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 1
    same_article: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 2


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it.

    `contracts`: how the orders of a channel are sold, at a distance unless it is named. `sealed`: categories without right of withdrawal once
    their seal is broken (L221-28, hygiene, records, software). `cost_told`, `worth_told`: the terms of sale say that the customer pays the
    way back, and answers for worth that is lost (L221-23); what they do not say, the house bears.
    `associate_minor`: the money of one return that needs no manager. `refund_days`: in which goodwill is paid back after the goods came.
    `standard_delivery_minor`: what of a dearer delivery service is given back by law (L221-24); 0: all of it. `delivery_rates`: what goods
    that stay would have cost to deliver; where none fits, as much as was paid, so that nothing of it is given back.
    """

    goodwill: Annotated[tuple[Goodwill, ...], msgspec.Meta(max_length=MOST_RULES)] = ()
    contracts: dict[Slug, Contract] = {}
    sealed: Annotated[tuple[Slug, ...], msgspec.Meta(max_length=200)] = ()
    uninformed: Annotated[tuple[Uninformed, ...], msgspec.Meta(max_length=MOST_RULES)] = ()
    cost_told: bool = True
    worth_told: bool = True
    defect_gives: tuple[Give, ...] = ("repair", "exchange", "refund", "credit")
    associate_minor: Price = 15_000
    no_receipt: NoReceipt = NoReceipt()
    dispositions: Annotated[tuple[Placing, ...], msgspec.Meta(max_length=MOST_RULES)] = ()
    ways: Annotated[tuple[Way, ...], msgspec.Meta(max_length=MOST_RULES)] = ()
    refund_days: Annotated[int, msgspec.Meta(ge=0, le=60)] = 14
    standard_delivery_minor: Price = 0
    delivery_rates: Annotated[tuple[DeliveryRate, ...], msgspec.Meta(max_length=MOST_RULES)] = ()
    signals: Signals = Signals()


def check(policy: Policy, reasons: Sequence[str]) -> None:
    """Whether a policy can be used with the reasons that there are.

    Invalid `policy_named_twice`, `policy_rule_period` (a time that ends before it begins), `policy_gives_nothing` (a rule without condition or
    without anything to give), `policy_unknown_reason`, `policy_defect_gives` (a defect must be repaired or replaced), `policy_no_way` (no way back).
    """
    names = [rule.name for rule in policy.goodwill]
    for name in names:
        if names.count(name) > 1:
            raise Invalid("policy_named_twice", name=name)
    for rule in policy.goodwill:
        if not rule.final and not (rule.conditions and rule.gives):
            raise Invalid("policy_gives_nothing", name=rule.name)
        if _backwards(rule.when.bought_since, rule.when.bought_until):
            raise Invalid("policy_rule_period", name=rule.name)
    for gap in policy.uninformed:
        if _backwards(gap.since, gap.until):
            raise Invalid("policy_rule_period", name=gap.channel)
    for placing in policy.dispositions:
        for reason in placing.reasons:
            if reason not in reasons:
                raise Invalid("policy_unknown_reason", name=reason)
    if not {"repair", "exchange"} & set(policy.defect_gives):
        raise Invalid("policy_defect_gives")
    if not policy.ways:
        raise Invalid("policy_no_way")


def _backwards(since: date | None, until: date | None) -> bool:
    return since is not None and until is not None and until < since


def matches(when: When, *, country: str, channel: str, category: str, buyer: str, bought: date) -> bool:
    """Does a rule speak of this?"""
    return (
        (not when.countries or country in when.countries)
        and (not when.channels or channel in when.channels)
        and (not when.categories or category in when.categories)
        and (not when.buyers or buyer in when.buyers)
        and (when.bought_since is None or bought >= when.bought_since)
        and (when.bought_until is None or bought <= when.bought_until)
    )


def disposition_of(
    policy: Policy, reason: str, condition: Condition, category: str, *, incomplete: bool = False
) -> Disposition:
    """What is proposed for a unit. Where no rule speaks: as new to the shelf, opened marked down, damaged to repair.

    What lacks an accessory is never proposed for the shelf: it is marked down.
    """
    to = next(
        (
            rule.to
            for rule in policy.dispositions
            if (not rule.reasons or reason in rule.reasons)
            and (not rule.conditions or condition in rule.conditions)
            and (not rule.categories or category in rule.categories)
            and (incomplete or not rule.incomplete)
        ),
        _OTHERWISE[condition],
    )
    return "mark_down" if incomplete and to == "shelf" else to


_OTHERWISE: Final[dict[Condition, Disposition]] = {"as_new": "shelf", "opened": "mark_down", "damaged": "repair"}


def ways_from(policy: Policy, country: str) -> tuple[Way, ...]:
    """The ways back that are offered to an address, each method once, as they stand in the policy."""
    found: dict[Method, Way] = {}
    for way in policy.ways:
        if not way.countries or country in way.countries:
            found.setdefault(way.method, way)
    return tuple(found.values())


def standard_fee(policy: Policy, service: str) -> int | None:
    """What the standard delivery would have cost; None when that is the one that was bought, or is not known."""
    return (policy.standard_delivery_minor or None) if service != "standard" else None


def kept_fee(policy: Policy, *, service: str, channel: str, country: str, worth_minor: int, grams: int) -> int | None:
    """What the delivery of the goods that stay would have cost; None where no rate fits."""
    for rate in policy.delivery_rates:
        if (
            (not rate.services or service in rate.services)
            and (not rate.channels or channel in rate.channels)
            and (not rate.countries or country in rate.countries)
            and (not rate.up_to_minor or worth_minor <= rate.up_to_minor)
            and (not rate.up_to_grams or grams <= rate.up_to_grams)
        ):
            return rate.fee_minor
    return None


def price_of(way: Way, way_back: Payer | None) -> int:
    """What this way back costs the customer, when the verdict says who pays."""
    return 0 if way_back == "house" or way.paid_by == "house" else way.fee_minor


DEFAULT: Final = Policy(
    goodwill=(
        Goodwill("30 jours", When(buyers=("private",)), 30, conditions=("as_new", "opened")),
        Goodwill("Entreprises", When(buyers=("business",)), 14, gives=("exchange", "credit")),
    ),
    dispositions=(
        Placing("vendor", ("damaged_on_the_way",), ("damaged",)),
        Placing("repair", ("defective",)),
    ),
    ways=(
        Way("store", "house"),
        Way("relay", "customer", 390, ("FR", "MC")),
        Way("postal", "customer", 590, ("FR", "MC", "BE", "LU")),
    ),
)  # fmt: skip
"""What holds until head office has saved its own."""
