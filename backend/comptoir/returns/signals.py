"""What is counted about returns and shown to whoever decides, each fact with the rule by which it is counted. Pure; never a score, and nothing is refused by it.

    returns        returns of the same person in twelve months, this one not among them
    given          money and credit given for them
    no_receipt     returns without proof of purchase by the same person
    same_article   how often an article that is here now came back from them before
    serial_back    a serial number that came back before
    serial_other   a serial number that is not the one that was picked for this order

The same person: the same e-mail address or phone number.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from comptoir.kit.codes import parse
from comptoir.kit.i18n import messages
from comptoir.kit.ids import Seal
from comptoir.returns.policy import Signals
from comptoir.returns.saying import money

Kind = Literal["returns", "given", "no_receipt", "same_article", "serial_back", "serial_other"]
LATELY: Final = timedelta(days=365)


class Brought(msgspec.Struct, frozen=True):
    """One unit that is here now, as far as it is known."""

    sku: str
    line: int | None = None
    serial: str = ""


class Counted(msgspec.Struct, frozen=True):
    """Plain figures, this return left out. `articles`: (sku, name, times); `serials`: (serial, number of the return); `picked`: (line, scanned code)."""

    returns: int = 0
    given_minor: int = 0
    no_receipt: int = 0
    no_receipt_minor: int = 0
    articles: tuple[tuple[str, str, int], ...] = ()
    serials: tuple[tuple[str, str], ...] = ()
    picked: tuple[tuple[int, str], ...] = ()


class Signal(msgspec.Struct, frozen=True):
    """One counted fact; names in `_minor` are money. `rule` goes into the sentence that says how it is counted."""

    kind: Kind
    facts: dict[str, Any]
    rule: dict[str, Any] = {}


def since_of(now: datetime) -> datetime:
    """From when on facts are counted."""
    return now - LATELY


def signals(counted: Counted, brought: Sequence[Brought], shown_from: Signals) -> tuple[Signal, ...]:
    """The facts that reach what head office wants to see, and every serial number that does not agree."""
    found: list[Signal] = []
    if _reaches(counted.returns, shown_from.returns):
        found.append(Signal("returns", {"n": counted.returns}, {"n": shown_from.returns}))
    if _reaches(counted.given_minor, shown_from.given_minor):
        facts = {"given_minor": counted.given_minor, "n": counted.returns}
        found.append(Signal("given", facts, {"from_minor": shown_from.given_minor}))
    if _reaches(counted.no_receipt, shown_from.no_receipt):
        facts = {"n": counted.no_receipt, "worth_minor": counted.no_receipt_minor}
        found.append(Signal("no_receipt", facts, {"n": shown_from.no_receipt}))
    here = {one.sku for one in brought}
    for sku, name, times in counted.articles:
        if sku in here and _reaches(times + 1, shown_from.same_article):
            found.append(Signal("same_article", {"article": name, "n": times}, {"n": shown_from.same_article}))
    numbers = dict(counted.serials)
    picked = picked_serials(counted.picked)
    for one in brought:
        serial = one.serial.strip()
        if not serial:
            continue
        if serial in numbers:
            found.append(Signal("serial_back", {"serial": serial, "number": numbers[serial]}))
        known = picked.get(one.line or 0, set())
        if known and serial not in known:
            found.append(Signal("serial_other", {"serial": serial, "picked": ", ".join(sorted(known))}))
    return tuple(found)


def _reaches(figure: int, shown_from: int) -> bool:
    return 0 < shown_from <= figure


def picked_serials(picked: Sequence[tuple[int, str]]) -> dict[int, set[str]]:
    """Line -> the serial numbers in the codes that were scanned when it was picked."""
    found: dict[int, set[str]] = {}
    for line, raw in picked:
        if serial := parse(raw).serial:
            found.setdefault(line, set()).add(serial)
    return found


def say(signal: Signal, language: str) -> tuple[str, str]:
    """The fact, and the rule by which it is counted, as sentences."""
    return (
        messages().say(f"signals.{signal.kind}", language, _shown(signal.facts, language)),
        messages().say(f"signals.{signal.kind}_rule", language, _shown(signal.rule, language)),
    )


def _shown(facts: dict[str, Any], language: str) -> dict[str, Any]:
    return {
        name.removesuffix("_minor"): money(value, language) if name.endswith("_minor") else value
        for name, value in facts.items()
    }


def contact_of(text: str) -> str:
    """An e-mail address or a phone number in the one spelling by which a person is counted; empty where it is neither."""
    plain = text.strip().lower()
    if "@" in plain:
        return plain
    digits = "".join(char for char in plain if char.isdigit())
    return digits[-9:] if len(digits) >= 6 else ""


def person_mark(seal: Seal, contact: str) -> bytes | None:
    """The digest by which a person without a receipt is counted; None for what is neither a phone number nor an e-mail address."""
    plain = contact_of(contact)
    return seal.keyed_digest("return_person", plain) if plain else None
