"""May this come back: by what right, until when, for what, at whose cost? Pure; the same question always has the same verdict.

The rights are tried in the order in which they bind us: withdrawal (L221-18), guarantee of conformity (L217-3), the goodwill of head office's
policy, a person's permission. A policy can add to the law and never takes from it. Days are civil days of the place where the goods were received.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.money import half_up
from comptoir.network.holidays import place_of
from comptoir.network.zones import HOME
from comptoir.returns.policy import WISHES, Condition, Contract, Give, Goodwill, Payer, Policy, Uninformed, matches
from comptoir.returns.withdrawal import REFUND_DAYS, RETURN_DAYS, in_time, last_day, refund_due, years_after

Right = Literal["law", "guarantee", "goodwill", "permission", "none"]
Barrier = Literal["store", "reserved", "assisted", "business", "excluded", "unsealed"]
"""Why there is no right of withdrawal, however early it is."""
Refusal = Literal["late", "final_sale", "condition", "no_rule", "no_receipt", "over_limit", "unnamed"]
"""Why goodwill does not reach: what a person's permission would be for. `over_limit`, `unnamed`: not even that."""
DeliveryBack = Literal["none", "law", "all"]

GUARANTEE_YEARS: Final = 2
"""From delivery on a defect is ours (L217-3), and held to have been there from the start (L217-7; for goods of today, since 18 March 2016)."""


class Receipt(msgspec.Struct, frozen=True):
    """A part of an order reached the customer: when, in which zone and at which postcode. `at` None: it is still to come."""

    at: datetime | None
    zone: str = HOME
    postcode: str = ""


class Bought(msgspec.Struct, frozen=True):
    """The order. `receipts`: one for each part that is not canceled. `contract` None: what the policy says of its channel."""

    placed_at: datetime
    channel: str
    country: str = "FR"
    receipts: tuple[Receipt, ...] = ()
    business: bool = False
    contract: Contract | None = None


class Article(msgspec.Struct, frozen=True):
    """What comes back. `excluded`: the law's reason against withdrawal, if any; `returnable` False: head office sells it for good."""

    sku: str
    category: str = ""
    excluded: str = ""
    returnable: bool = True


class Asked(msgspec.Struct, frozen=True):
    """Who asks for what. `at`: when the customer said it (the notice, the return prepared at home, or the moment at the counter).

    `faulty`: it is not the customer's doing; `defect`: and the article is not what was sold. `whole`: nothing of the order stays. `had` False: the
    customer never had it in hand. `from_home`: it has to travel. `goods_at`, `proof_at`: when the goods, or the proof that they were sent, came.
    `permitted`: why a person with the right allows it.
    """

    at: datetime
    condition: Condition | None = None
    faulty: bool = False
    defect: bool = False
    whole: bool = False
    had: bool = True
    from_home: bool = False
    goods_at: datetime | None = None
    proof_at: datetime | None = None
    permitted: str = ""


class Blind(msgspec.Struct, frozen=True):
    """There is no proof of purchase: what this return is worth, and what the same person brought in without one before, in the policy's days.

    `named`: we know who the same person would be.
    """

    worth_minor: int
    times: int = 0
    sum_minor: int = 0
    named: bool = False


class Question(msgspec.Struct, frozen=True):
    """All that a verdict needs. Without `bought` it is a blind one."""

    asked: Asked
    article: Article
    bought: Bought | None = None
    blind: Blind = Blind(0)


class Verdict(msgspec.Struct, frozen=True):
    """The answer for one article; `saying.sentences` says it.

    `legal`: there is a right of withdrawal, until the end of `legal_until` in `zone` (None: something is still to come); `barrier`: why there is none.
    `policy_until` likewise by goodwill, by `rule`; `lacks`: why goodwill does not reach. `may`: what can be given, the customer chooses.
    `way_back`: who pays it, None where nothing has to travel. `keep_bp` of the price are kept; `lower`: worth lost beyond trying may be taken off,
    by a person; `incomplete`: so may what is set for accessories that are missing. `goods_until`: the last day to send goods that are not here; `refund_due`: to pay, None while that waits for the goods or a proof.
    """

    right: Right
    zone: str
    asked_on: date
    received_on: date | None = None
    legal: bool = False
    legal_until: date | None = None
    told: bool = True
    barrier: Barrier | None = None
    excluded: str = ""
    guarantee_until: date | None = None
    policy_until: date | None = None
    rule: str = ""
    lacks: Refusal | None = None
    permitted: str = ""
    may: tuple[Give, ...] = ()
    way_back: Payer | None = None
    delivery: DeliveryBack = "none"
    keep_bp: int = 0
    lower: bool = False
    incomplete: bool = False
    goods_until: date | None = None
    refund_due: date | None = None

    @property
    def accepted(self) -> bool:
        return self.right != "none"

    def back_minor(self, paid_minor: int) -> int:
        """What is given back of a price, the kept part rounded half up to the cent."""
        return paid_minor - half_up(paid_minor * self.keep_bp, 10_000)


def judge(question: Question, policy: Policy, sold_under: Policy | None = None) -> Verdict:
    """The verdict under the policy in force and the one that was when the order was placed: of two rules the better one for the customer."""
    bought = question.bought
    if bought is None:
        return _blind(question, policy)
    asked, zone = question.asked, zone_of(bought)
    days = days_of(bought)
    received = None if not days or None in days else max(one for one in days if one is not None)
    policies = [one for one in (policy, sold_under) if one is not None]
    found = Verdict("none", zone, day_in(asked.at, zone), received, permitted=asked.permitted)
    found = _goodwill(_withdrawal(found, question, bought, policy), question, bought, policies)
    arrived = max((one for one in days if one is not None), default=None)
    if asked.defect and not bought.business and arrived is not None:
        found = _with(found, guarantee_until=years_after(arrived, GUARANTEE_YEARS))
    return _granted(found, asked, policy, cost_told=all(one.cost_told for one in policies))


def zone_of(bought: Bought) -> str:
    """Where days are counted: where the last part was received, or is to be."""
    there = [one for one in bought.receipts if one.at is not None]
    if there:
        return max(there, key=lambda one: one.at or bought.placed_at).zone
    return bought.receipts[0].zone if bought.receipts else HOME


def days_of(bought: Bought) -> list[date | None]:
    """The day on which each part was received, where it was received."""
    return [one.at and day_in(one.at, one.zone) for one in bought.receipts]


def day_in(at: datetime, zone: str) -> date:
    """The civil day of a moment in a zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def period(bought: Bought, policy: Policy) -> tuple[date | None, bool]:
    """The last day on which a consumer may withdraw (None: something is still to come), and whether they were told of it in time."""
    told, told_on = informed(policy.uninformed, bought.channel, day_in(bought.placed_at, zone_of(bought)))
    places = {place_of(one.postcode) for one in bought.receipts}
    return last_day(days_of(bought), told=told, told_on=told_on, places=places), told


def _with(verdict: Verdict, **changes: object) -> Verdict:
    return msgspec.structs.replace(verdict, **changes)


def _withdrawal(verdict: Verdict, question: Question, bought: Bought, policy: Policy) -> Verdict:
    """Whether there is a right of withdrawal, and until when."""
    barrier = barrier_of(question, bought, policy)
    if barrier is not None:
        return _with(verdict, barrier=barrier, excluded=question.article.excluded if barrier == "excluded" else "")
    until, told = period(bought, policy)
    return _with(verdict, legal=True, legal_until=until, told=told)


def contract_of(bought: Bought, policy: Policy) -> Contract:
    """How it was sold."""
    return bought.contract or policy.contracts.get(bought.channel, "distance")


def barrier_of(question: Question, bought: Bought, policy: Policy) -> Barrier | None:
    """Why the law gives no right of withdrawal (L221-1, L221-18, L221-28); None: it does."""
    contract = contract_of(bought, policy)
    if contract != "distance":
        return contract
    if bought.business:
        return "business"
    if question.article.excluded:
        return "excluded"
    opened = question.asked.condition is not None and question.asked.condition != "as_new"
    return "unsealed" if opened and question.article.category in policy.sealed else None


def informed(gaps: Sequence[Uninformed], channel: str, bought: date) -> tuple[bool, date | None]:
    """Was the consumer told of the right of withdrawal, or only on a later day?"""
    for gap in gaps:
        if gap.channel == channel and gap.since <= bought <= gap.until:
            return False, gap.told_on
    return True, None


def rule_of(policy: Policy, question: Question, bought: Bought, zone: str) -> Goodwill | None:
    """The goodwill rule that speaks of this article."""
    for rule in policy.goodwill:
        if matches(
            rule.when, country=bought.country, channel=bought.channel, category=question.article.category,
            buyer="business" if bought.business else "private", bought=day_in(bought.placed_at, zone),
        ):  # fmt: skip
            return rule
    return None


def _goodwill(verdict: Verdict, question: Question, bought: Bought, policies: Sequence[Policy]) -> Verdict:
    """The rule that holds, and what it lacks, if anything: the best for the customer of each policy's first match."""
    if not question.article.returnable:
        return _with(verdict, lacks="final_sale")
    found = [_by_rule(verdict, question, rule_of(one, question, bought, verdict.zone)) for one in policies]
    return max(found, key=lambda one: (one.lacks is None, bool(one.rule), one.policy_until or date.max, -one.keep_bp))


def _by_rule(verdict: Verdict, question: Question, rule: Goodwill | None) -> Verdict:
    if rule is None:
        return _with(verdict, lacks="no_rule")
    if rule.final:
        return _with(verdict, rule=rule.name, lacks="final_sale")
    until = None if verdict.received_on is None else verdict.received_on + timedelta(days=rule.days)
    if until is not None and rule.until is not None:
        until = max(until, rule.until)
    lacks: Refusal | None = None
    if not in_time(until, verdict.asked_on):
        lacks = "late"
    elif question.asked.condition is not None and question.asked.condition not in rule.conditions:
        lacks = "condition"
    return _with(
        verdict, rule=rule.name, policy_until=until, lacks=lacks, may=rule.gives, keep_bp=rule.keep_bp,
        delivery="law" if rule.delivery else "none",
    )  # fmt: skip


def _granted(found: Verdict, asked: Asked, policy: Policy, *, cost_told: bool) -> Verdict:
    """By which right, and what follows from it."""
    pays: Payer = "customer" if cost_told and not asked.faulty else "house"
    guaranteed = found.guarantee_until is not None and found.asked_on <= found.guarantee_until
    if found.legal and in_time(found.legal_until, found.asked_on):
        # Whoever was not told of the right in time answers for no lost worth.
        answers = policy.worth_told and found.told and not asked.faulty and asked.had
        return _with(
            found, right="law", may=(*WISHES, "repair") if guaranteed else WISHES, keep_bp=0,
            delivery="all" if asked.faulty and asked.whole else "law", way_back=pays if asked.from_home else None,
            lower=answers and asked.condition == "damaged", incomplete=answers,
            goods_until=found.asked_on + RETURN_DAYS if asked.goods_at is None and asked.had else None,
            refund_due=refund_due(
                found.asked_on, _day(asked.goods_at, found.zone), _day(asked.proof_at, found.zone), kept=asked.had
            ),
        )  # fmt: skip
    if guaranteed:
        goodwill = found.may if found.lacks is None else ()
        return _with(
            found, right="guarantee", may=tuple(dict.fromkeys((*policy.defect_gives, *goodwill))), keep_bp=0,
            delivery="all" if asked.whole else "none", way_back="house" if asked.from_home else None,
            refund_due=_after_goods(found, asked, REFUND_DAYS.days),
        )  # fmt: skip
    if found.lacks is None:
        return _with(
            found, right="goodwill", way_back=pays if asked.from_home else None, incomplete=not asked.faulty and asked.had,
            refund_due=_after_goods(found, asked, policy.refund_days),
        )  # fmt: skip
    if asked.permitted:
        return _with(
            found, right="permission", may=WISHES, keep_bp=0, delivery="none", way_back=pays if asked.from_home else None,
            incomplete=not asked.faulty and asked.had,
            refund_due=_after_goods(found, asked, policy.refund_days),
        )  # fmt: skip
    return _with(found, may=(), keep_bp=0, delivery="none")


def _after_goods(found: Verdict, asked: Asked, days: int) -> date | None:
    there = _day(asked.goods_at, found.zone)
    if there is None:
        return None if asked.had else found.asked_on + timedelta(days=days)
    return there + timedelta(days=days)


def _day(at: datetime | None, zone: str) -> date | None:
    return None if at is None else day_in(at, zone)


def _blind(question: Question, policy: Policy) -> Verdict:
    """Without any proof of purchase: by a person's permission only, within the limits."""
    asked, limits = question.asked, policy.no_receipt
    none = Verdict("none", HOME, day_in(asked.at, HOME), lacks="no_receipt", permitted=asked.permitted)
    if over_limit(question.blind, policy):
        return _with(none, lacks="over_limit")
    if limits.named and not question.blind.named:
        return _with(none, lacks="unnamed")
    if not asked.permitted:
        return none
    due = _after_goods(none, asked, policy.refund_days)
    return _with(none, right="permission", may=limits.gives, refund_due=due, incomplete=not asked.faulty)


def over_limit(blind: Blind, policy: Policy) -> bool:
    """Is it more than a person may bring in without a receipt?"""
    limits = policy.no_receipt
    return (
        blind.worth_minor > limits.most_minor
        or blind.times + 1 > limits.most_times
        or blind.sum_minor + blind.worth_minor > limits.most_sum_minor
    )


def needs_permission(verdicts: Sequence[Verdict], worth_minor: int, policy: Policy) -> tuple[str, ...]:
    """For what a whole return needs a manager: what goodwill lacks of any unit, and `value` above what an associate settles alone; none: nobody."""
    found = dict.fromkeys(one.lacks for one in verdicts if one.right in ("permission", "none") and one.lacks)
    if worth_minor > policy.associate_minor:
        return (*found, "value")
    return tuple(found)
