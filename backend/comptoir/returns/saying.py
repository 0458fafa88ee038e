"""A verdict in sentences: what, why, until when. Pure; the words are the locale's (`eligibility.toml`), every figure is the verdict's.

A fact's name ends in `_day` for a day and in `_minor` for money; whoever shows them formats by that, `told` for plain text.
"""

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import get_timezone_name
from babel.numbers import format_currency, format_decimal, get_currency_precision

from comptoir.kit.dates import date_words
from comptoir.kit.i18n import messages, t
from comptoir.network.zones import HOME
from comptoir.returns.eligibility import Verdict


class Said(msgspec.Struct, frozen=True):
    """One sentence: its key under `eligibility.`, and what goes into it."""

    key: str
    facts: dict[str, Any] = {}


def sentences(verdict: Verdict) -> list[Said]:
    """By what right (or why not), what else there is to know of the other rights, what can be given, and until when."""
    told = [_right(verdict), *_other_rights(verdict)]
    if verdict.right == "none":
        if verdict.lacks not in ("over_limit", "unnamed"):
            told.append(Said("ask_permission"))
        return told
    if verdict.zone != HOME:
        told.append(Said("counted_in", {"zone": verdict.zone}))
    told.append(Said("may", {"gives": verdict.may}))
    if verdict.right == "law":
        told.append(Said("same_means"))
    if verdict.keep_bp:
        told.append(Said("kept", {"percent": verdict.keep_bp}))
    if verdict.lower:
        told.append(Said("lower"))
    if verdict.delivery != "none":
        told.append(Said(f"delivery_{verdict.delivery}"))
    if verdict.way_back is not None:
        told.append(Said(f"way_back_{verdict.way_back}"))
    if verdict.goods_until is not None:
        told.append(Said("goods_until", {"goods_day": verdict.goods_until}))
    told.append(
        Said("refund_due", {"due_day": verdict.refund_due}) if verdict.refund_due is not None else Said("refund_waits")
    )
    return told


def _right(v: Verdict) -> Said:
    """The first sentence: yes or no, by what, until when."""
    match v.right:
        case "law" if v.legal_until is None:
            return Said("law_open")
        case "law":
            return Said(
                "law" if v.told else "law_not_told", {"received_day": v.received_on, "until_day": v.legal_until}
            )
        case "guarantee":
            return Said("guarantee", {"until_day": v.guarantee_until})
        case "goodwill" if v.policy_until is None:
            return Said("goodwill_open", {"rule": v.rule})
        case "goodwill":
            return Said("goodwill", {"rule": v.rule, "until_day": v.policy_until})
        case "permission":
            return Said("permission")
        case _:
            return _lacks(v)


def _lacks(v: Verdict) -> Said:
    match v.lacks:
        case "late":
            return Said("late", {"rule": v.rule, "until_day": v.policy_until})
        case "condition":
            return Said("condition", {"rule": v.rule})
        case "final_sale" if v.rule:
            return Said("final_rule", {"rule": v.rule})
        case None:
            return Said("no_rule")
        case lacking:
            return Said(lacking)


def _other_rights(v: Verdict) -> list[Said]:
    """What the law says where it is not the law that decides, and what goodwill adds where it is."""
    if v.right == "law":
        longer = v.lacks is None and v.legal_until is not None and v.policy_until and v.policy_until > v.legal_until
        told = [Said("goodwill_then", {"rule": v.rule, "until_day": v.policy_until})] if longer else []
        if v.lacks == "final_sale":
            told.append(Said("final_but_law"))
        return told
    told = []
    if v.right == "permission":
        told.append(Said(f"beyond_{v.lacks}", {"rule": v.rule, "until_day": v.policy_until} if v.policy_until else {}))
    if v.legal and v.legal_until is not None:
        told.append(Said("law_over", {"until_day": v.legal_until}))
    elif v.barrier is not None:
        told.append(Said(f"no_law_{v.barrier}", {"excluded": v.excluded} if v.excluded else {}))
    if v.guarantee_until is not None and v.right != "guarantee":
        told.append(Said("guarantee_over", {"until_day": v.guarantee_until}))
    return told


def told(verdict: Verdict, language: str) -> tuple[str, ...]:
    """The sentences as plain text, days written out."""
    return tuple(say(one, language) for one in sentences(verdict))


def say(said: Said, language: str, currency: str = "EUR") -> str:
    """One sentence as plain text."""
    facts: dict[str, Any] = {}
    for name, value in said.facts.items():
        if name.endswith("_day"):
            facts[name.removesuffix("_day")] = day(value, language)
        elif name.endswith("_minor"):
            facts[name.removesuffix("_minor")] = money(value, language, currency)
        elif name == "gives":
            facts[name] = either([t(f"eligibility.give_{one}", language) for one in value], language)
        elif name == "percent":
            facts[name] = format_decimal(Decimal(value) / 100, locale=language)
        elif name == "zone":
            facts[name] = get_timezone_name(ZoneInfo(value), locale=language)
        elif name == "excluded":
            facts[name] = t(f"eligibility.excluded_{value}", language)
        else:
            facts[name] = value
    return messages().say(f"eligibility.{said.key}", language, facts)


def day(value: date, language: str) -> str:
    """ "lundi 23 novembre 2026"."""
    return date_words(value, "EEEE d MMMM y", language)


def money(minor: int, language: str, currency: str = "EUR") -> str:
    """12900 -> "129,00 €" or "€129.00"."""
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=language)


def either(words: list[str], language: str) -> str:
    """ "remboursement, échange ou avoir"."""
    if len(words) < 2:
        return "".join(words)
    return t("eligibility.or", language, a=", ".join(words[:-1]), b=words[-1])
