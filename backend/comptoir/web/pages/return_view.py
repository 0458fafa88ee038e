"""What the page of units in hand is made of: lines with what each unit cost and what the rules say of it, and the words of a promise."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from babel.numbers import format_currency, get_currency_precision

from comptoir.kit.actor import Actor
from comptoir.kit.i18n import t
from comptoir.returns.lifecycle import OPEN
from comptoir.returns.model import ReturnSettled, Unit, Wish
from comptoir.returns.policy import CONDITIONS, Policy, disposition_of
from comptoir.returns.reasons import NO_REASON, Reason
from comptoir.returns.refunding import free_places, gross_shares, unit_minor
from comptoir.screens.counter import CounterOrder
from comptoir.screens.return_desk import Away, Earlier, Line, Order
from comptoir.screens.return_done import Done
from comptoir.screens.return_done import Unit as Returned
from comptoir.web.pages.return_verdicts import Rules, Said


class Shown(msgspec.Struct, frozen=True):
    """A line as the page lists it: what each unit that may come back cost, and what the rules say."""

    line: int
    part: int
    name: str
    variant: str
    deciding: str
    picture: str
    left: int
    each: list[int]
    verdict: str
    tone: str = ""


class Taking(msgspec.Struct, frozen=True):
    """The page of units in hand: its head, its lines, and what its script needs."""

    heading: str
    subheading: str
    data: dict[str, Any]
    lines: list[Shown] = []
    signals: list[tuple[str, str]] = []
    view: Any = None
    rule: str = ""
    earlier: list[Earlier] = []

    @property
    def verdict(self) -> str:
        """What the rules say of all lines that may come back, where they say one thing."""
        told = {line.verdict for line in self.lines if line.left and not line.tone}
        return told.pop() if len(told) == 1 else self.rule


def money(minor: int, currency: str, language: str) -> str:
    """12900 -> "129,00 €"."""
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=language)


def costs_of(line: Line, lines: Sequence[Line]) -> list[int]:
    """What each unit that may still come back cost, in the order in which a return takes them."""
    of_line = [one for one in lines if one.line == line.line]
    shares = gross_shares(line.total_minor, line.vat_beside_minor, [one.share_minor for one in of_line])
    share = dict(zip((one.part for one in of_line), shares, strict=True))[line.part]
    places = free_places(line.taken, line.gone, line.left) or []
    return [unit_minor(share, line.ordered, nth) for nth in places]


def places_of(policy: Policy, place: str, category: str, language: str, *, recalled: bool = False) -> dict[str, str]:
    """Where a unit would go in each condition, as long as its reason says nothing else."""
    found: dict[str, str] = {}
    for condition in CONDITIONS:
        to = "vendor" if recalled else disposition_of(policy, NO_REASON, condition, category)
        found[condition] = place if to == "shelf" and place else t(f"return_desk.to_{to}", language)
    return found


def sorted_reasons(reasons: Sequence[Reason], used: Sequence[str], language: str) -> list[dict[str, Any]]:
    """The reasons that may be chosen, most used first, then by their place."""
    rank = {code: at for at, code in enumerate(used)}
    ranked = sorted(reasons, key=lambda one: (rank.get(one.code, len(rank)), one.place))
    return [{"code": one.code, "text": one.says(language), "photo": one.photo} for one in ranked]


def of_order(view: Order, rules: Rules, language: str, origin: str) -> Taking:
    """An order at the desk."""
    shown = [
        Shown(
            line.line, line.part, line.name, line.variant, line.deciding, line.picture, line.left, costs_of(line, view.lines),
            *verdict_of(line, rules.said, language),
        )
        for line in view.lines
    ]  # fmt: skip
    data = {
        "kind": "order",
        "order": str(view.order),
        "origin": origin,
        "currency": view.currency,
        "units": [],
        "lines": lines_data(view, rules, language),
    }
    under_way = [one for one in view.returns if one.status in OPEN]
    return Taking(view.name, view.number, data, shown, [], view, earlier=under_way)


def in_the_bag(view: CounterOrder, sold: Order, policy: Policy, language: str) -> dict[str, Any]:
    """Goods that are about to leave, unit by unit, as the page of trying on needs them. What is recalled stays by itself."""
    staged = [(work, line) for work, line in view.lines if not line.blocked]
    coming: dict[tuple[int, int], int] = {}
    for _, one in staged:
        coming[one.order_line, one.part] = coming.get((one.order_line, one.part), 0) + one.staged
    needs = [
        msgspec.structs.replace(line, gone=line.gone + coming.get((line.line, line.part), 0)) for line in sold.lines
    ]
    of = {(need.line, need.part): need for need in needs}
    lines: list[dict[str, Any]] = []
    for work, one in staged:
        need = of[one.order_line, one.part]
        lines.append({
            "work": str(work), "at": one.line, "line": need.line, "part": need.part, "sku": need.sku, "name": need.name, "variant": need.variant,
            "deciding": need.deciding, "picture": need.picture, "codes": need.codes, "left": one.staged, "each": costs_of(need, needs)[: one.staged],
            "then": places_of(policy, need.place or "", need.category, language),
        })  # fmt: skip
    return {
        "kind": "try_on", "order": str(view.order), "origin": "hand_over", "currency": sold.currency, "lines": lines,
        "units": [{key: line[key] for key in ("work", "at")} for line in lines for _ in range(line["left"])],
        "works": [str(work.id) for work in view.staged], "bags": [f"B:{bag.tag}" for _, bag in view.bags], "age": view.age is not None,
        "refused": [{"work": str(work), "line": one.line, "quantity": one.staged, "reason": "recalled"} for work, one in view.lines if one.blocked],
        "paths": {"rehearsal": f"/counter/orders/{view.order}/try-on/rehearsal", "settlement": f"/counter/orders/{view.order}/try-on"},
        "whole": f"/counter/orders/{view.order}", "name": view.name, "number": view.number,
    }  # fmt: skip


def verdict_of(line: Line, verdicts: Said, language: str) -> tuple[str, str]:
    if not line.gone:
        return t("return_desk.not_out", language), "muted"
    if not line.left:
        return t("return_desk.is_back", language), "muted"
    return verdicts.get(line.line, ("", ""))


def accessories_of(rules: Rules, sku: str, language: str) -> list[dict[str, str]]:
    """What the page asks for of an article: code and words of each accessory."""
    return [{"code": one.code, "word": one.says(language)} for one in rules.asked.get(sku, ())]


def lines_data(view: Order, rules: Rules, language: str) -> list[dict[str, Any]]:
    """Lines as the page's script needs them."""
    return [
        {
            "line": line.line, "part": line.part, "sku": line.sku, "name": line.name, "variant": line.variant, "deciding": line.deciding,
            "picture": line.picture, "codes": line.codes, "left": line.left, "each": costs_of(line, view.lines),
            "then": places_of(rules.policy, line.place or "", line.category, language, recalled=line.blocked is not None),
            "asked": accessories_of(rules, line.sku, language), "kit": line.kit_codes, "of_kit": line.of_kit,
        }
        for line in view.lines
    ]  # fmt: skip


def pictured(data: dict[str, Any], picture: Callable[[str], str]) -> dict[str, Any]:
    """The same, with every picture's key replaced by its address."""
    return data | {"lines": [line | {"picture": picture(line["picture"])} for line in data["lines"]]}


def announced(done: Done, rules: Rules, language: str) -> Taking:
    """A return that was announced: its units are known, how they are is not. What is on its shelf already only waits for its money."""
    units = [unit for unit in done.units if unit.state in ("expected", "missing")]
    here = [unit for unit in done.units if unit.state in ("here", "placed", "gone")]
    lines: dict[tuple[int | None, int | None, str], dict[str, Any]] = {}
    for unit in [*units, *here]:
        line = lines.setdefault((unit.line, unit.part, unit.sku), {
            "line": unit.line, "part": unit.part, "sku": unit.sku, "name": unit.name, "variant": unit.variant, "deciding": unit.deciding,
            "picture": unit.picture, "codes": unit.codes, "left": 0, "each": [], "then": places_of(rules.policy, unit.place or "", unit.category, language),
            "asked": accessories_of(rules, unit.sku, language),
        })  # fmt: skip
        line["left"] += 1
        line["each"].append(unit.paid_minor)
    data = {
        "kind": "announced", "order": str(done.order) if done.order else None, "rma": str(done.id), "origin": done.origin, "currency": done.currency,
        "wish": done.wish, "gift": done.gift, "lines": list(lines.values()),
        "units": [
            {"n": unit.n, "line": unit.line, "part": unit.part, "sku": unit.sku, "reason": unit.reason, "condition": unit.condition,
             "photo": str(unit.photo) if unit.photo else None, "absent": [one.code for one in unit.absent], "missing": unit.state == "missing",
             "fixed": unit.state in ("placed", "gone")}
            for unit in [*here, *units]
        ],
    }  # fmt: skip
    shown = [
        Shown(
            unit.line or 0, unit.part or 0, unit.name, unit.variant, unit.deciding, unit.picture, 1, [unit.paid_minor],
            *rules.said.get(unit.line or 0, ("", "")),
        )
        for unit in units
    ]  # fmt: skip
    return Taking(
        done.name or t("return_desk.unknown", language),
        f"{done.number}, {done.order_number or ''}".strip(", "),
        data,
        shown,
        [],
        done,
    )


def blind(language: str) -> Taking:
    """No order and no receipt."""
    data: dict[str, Any] = {
        "kind": "blind",
        "origin": "counter",
        "currency": "EUR",
        "wish": "credit",
        "lines": [],
        "units": [],
    }
    rule = t("return_desk.blind_how", language)
    return Taking(t("return_desk.blind", language), t("return_desk.blind_more", language), data, rule=rule)


def promised(
    settled: ReturnSettled, ways: Sequence[Wish], currency: str, language: str, *, tried: bool = False
) -> dict[str, Any]:
    """What a rehearsed settlement comes to, in words: the amount, where it goes, the button, where each unit goes and what is kept of it.

    `parts`: the same for each of its ways, where there are several.
    """
    told = _part(settled, ways[0] if ways else "refund", currency, language)
    found = {name: told[name] for name in ("amount", "word", "where")}
    found["button"] = t(f"return_desk.do_{'try_' if tried else ''}{told['kind']}", language, amount=told["amount"])
    if len(ways) > 1:
        found["parts"] = [_part(settled, way, currency, language, alone=False) for way in ways]
        found["button"] = t("return_desk.do_try_apart" if tried else "return_desk.do_apart", language)
    return found | {
        "due_minor": settled.due_minor - settled.by_credit_minor, "by_credit_minor": settled.by_credit_minor,
        "units": [
            {"n": unit.n, "then": t(f"return_desk.to_{unit.disposition}", language), "kept": kept_words(unit, currency, language), "waive": bool(unit.kept_minor)}
            for unit in settled.units if unit.disposition
        ],
    }  # fmt: skip


def kept_words(unit: Unit | Returned, currency: str, language: str) -> str:
    """What is missing of a unit, and what is kept back for it; empty where all was there."""
    if not unit.absent:
        return ""
    what = ", ".join(one.says(language) for one in unit.absent)
    return t(
        f"return_desk.kept_{'for' if unit.kept_minor else 'none'}", language, what=what, amount=money(unit.kept_minor, currency, language)
    )  # fmt: skip


def _part(settled: ReturnSettled, wish: Wish, currency: str, language: str, *, alone: bool = True) -> dict[str, Any]:
    """One way of a settlement: its kind, the amount, and where it goes. `alone`: it is the only one."""

    def say(key: str, minor: int = 0) -> str:
        return t(f"return_desk.{key}", language, amount=money(minor, currency, language))

    kind, minor = "refund", settled.refund_minor
    due_minor = settled.due_minor - settled.by_credit_minor
    if wish == "exchange" and due_minor:
        kind, minor = "due", due_minor
    elif wish == "exchange" and settled.by_credit_minor:
        kind, minor = "by_credit", settled.by_credit_minor
    elif wish == "exchange" and not alone:
        # What is left over is in the sum of the refund, or of the credit.
        kind, minor = "swapped", settled.exchange_minor
    elif wish == "exchange" and settled.credit_minor:
        kind, minor = "rest_credit", settled.credit_minor
    elif wish == "exchange":
        kind = "rest" if minor else "even"
    elif wish == "credit" or (settled.credit_minor and alone):
        kind, minor = "credit", settled.credit_minor
    elif not minor:
        kind = "nothing"
    where = say(f"where_{'void' if kind == 'refund' and settled.refund == 'void' else kind}")
    if kind == "due" and not settled.by_link:
        where = say("where_due_till")
    if kind == "due" and settled.by_credit_minor:
        where = f"{say('where_by_credit', settled.by_credit_minor)} {where}"
    if settled.withheld_minor:
        where = say("where_withheld", settled.withheld_minor)
    elif settled.delivery_minor and settled.kept_fee_minor is not None and kind == "refund":
        kept = money(settled.kept_fee_minor, currency, language)
        where = t(
            "return_desk.where_delivery_kept", language, amount=money(settled.delivery_minor, currency, language), kept=kept
        )  # fmt: skip
    elif settled.delivery_minor and kind == "refund":
        where = say("where_delivery", settled.delivery_minor)
    return {"kind": kind, "amount": money(minor, currency, language), "word": say(f"word_{kind}"), "where": where}


def away_data(rows: Sequence[Away], actor: Actor, now: datetime) -> dict[str, Any]:
    """Units to put away, as the page's script needs them."""
    return {
        "sign_in_id": str(actor.sign_in), "server_time": now.isoformat().replace("+00:00", "Z"),
        "rows": [
            {"key": one.key, "rma": str(one.rma), "n": one.n, "name": one.name, "to": one.disposition, "codes": [*one.codes, one.sku], "blocked": bool(one.blocked)}
            for one in rows
        ],
    }  # fmt: skip
