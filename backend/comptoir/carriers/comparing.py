"""Which of several carriers takes one parcel: the cheapest that arrives by the promise, and why the others do not. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec

from comptoir.carriers.model import (
    AccountRefused,
    Busy,
    Capabilities,
    NotOffered,
    Rate,
    RateAnswer,
    Rated,
    Refused,
    ServiceKind,
)

Why = Literal["too_late", "days_unknown", "dearer", "other_kind", "other_currency", "not_carried", "no_prices", "no_answer", "account_refused", "refused"]  # fmt: skip


class LeftOut(msgspec.Struct, frozen=True):
    """A rate or a whole carrier that was not taken, and why. `service` is empty when it is about the carrier."""

    carrier: str
    why: Why
    service: str = ""
    minor: int | None = None
    days: int | None = None


class Choice(msgspec.Struct, frozen=True):
    """`taken` is None when nobody can; `left_out` has every other rate and every carrier without one.

    `late`: nothing arrives in time, so the soonest was taken.
    """

    taken: Rate | None
    left_out: tuple[LeftOut, ...]
    late: bool = False


def compare(answers: Mapping[str, RateAnswer], offered: Mapping[str, Capabilities], kinds: Collection[ServiceKind], days: int | None, currency: str = "EUR") -> Choice:  # fmt: skip
    """Choose among what each carrier said. `days`: working days that are left until the promise, None: nothing was promised.

    Among rates that keep the promise the cheapest, then the sooner, then by name, so that the same answers choose the same.
    A rate without days keeps no promise. When none keeps it, the soonest known is taken and called late, or else the cheapest.
    """
    out: list[LeftOut] = []
    fitting: list[Rate] = []
    for carrier in sorted(answers):
        answer = answers[carrier]
        if not isinstance(answer, Rated):
            out.append(LeftOut(carrier, _why(answer)))
            continue
        if not answer.rates:
            out.append(LeftOut(carrier, "not_carried"))
        of_kind = {service.code: service.kind for service in offered[carrier].services}
        for rate in answer.rates:
            if of_kind.get(rate.service) not in kinds:
                out.append(_left(rate, "other_kind"))
            elif rate.currency != currency:
                out.append(_left(rate, "other_currency"))
            else:
                fitting.append(rate)
    in_time = [rate for rate in fitting if days is None or (rate.days is not None and rate.days <= days)]
    taken = min(in_time, key=_cheapest, default=None)
    late = taken is None and bool(fitting)
    if late:
        known = [rate for rate in fitting if rate.days is not None]
        taken = min(known, key=_soonest) if known else min(fitting, key=_cheapest)
    out += [_left(rate, _behind(rate, in_time)) for rate in sorted(fitting, key=_cheapest) if rate is not taken]
    return Choice(taken, tuple(out), late)


def _why(answer: Refused | Busy | AccountRefused | NotOffered) -> Why:
    if isinstance(answer, AccountRefused):
        return "account_refused"
    if isinstance(answer, Busy):
        return "no_answer"
    return "no_prices" if isinstance(answer, NotOffered) else "refused"


def _behind(rate: Rate, in_time: Iterable[Rate]) -> Why:
    if any(rate is one for one in in_time):
        return "dearer"
    return "days_unknown" if rate.days is None else "too_late"


def _left(rate: Rate, why: Why) -> LeftOut:
    return LeftOut(rate.carrier, why, rate.service, rate.minor, rate.days)


def _cheapest(rate: Rate) -> tuple[int, int, str, str]:
    return rate.minor, rate.days if rate.days is not None else 1_000, rate.carrier, rate.service


def _soonest(rate: Rate) -> tuple[int, int, str, str]:
    return rate.days if rate.days is not None else 1_000, rate.minor, rate.carrier, rate.service
