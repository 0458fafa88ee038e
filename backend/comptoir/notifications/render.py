"""A draft becomes text: one template per message and language, its first line the subject. Times are the store's."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_currency, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from comptoir.network.hours import hours_of, open_windows
from comptoir.notifications.model import BUYER, FIRST_NAME, LINK, Draft, OrderFacts, Place, letters_mark

TEMPLATES = Path(__file__).resolve().parent / "templates"
LANGUAGES = ("fr", "en")
_MOMENT = {"fr": "EEEE d MMMM 'à' HH:mm", "en": "EEEE d MMMM 'at' HH:mm"}


def moment(at: datetime, time_zone: str, language: str) -> str:
    """Day and hour in store time: a message is read later, so it never says "today"."""
    return format_datetime(at.astimezone(ZoneInfo(time_zone)), _MOMENT[language], tzinfo=None, locale=language)


def money(minor: int, currency: str, language: str) -> str:
    """12900 -> "129,00 €" or "€129.00"."""
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=language)


def hours_on(place: Place, at: datetime, language: str) -> str:
    """The opening hours of the first day from `at` on that the store is open: "samedi 22 novembre, 10:00 à 19:30"."""
    hours, exceptions = hours_of(place.hours, place.exceptions)
    zone = ZoneInfo(place.time_zone)
    spans = [
        (a.astimezone(zone), b.astimezone(zone)) for a, b in open_windows(hours, exceptions, place.time_zone, at, 14)
    ]
    if not spans:
        return ""
    first = [(a, b) for a, b in spans if a.date() == spans[0][0].date()]
    day = format_datetime(first[0][0], "EEEE d MMMM", tzinfo=None, locale=language)
    to = " à " if language == "fr" else " to "
    return f"{day}, " + ", ".join(f"{a:%H:%M}{to}{b:%H:%M}" for a, b in first)


@cache
def _environment() -> Environment:
    # Plain text for phones and mail: nothing is escaped here, whoever shows it as HTML escapes it.
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(draft: Draft, facts: OrderFacts, now: datetime) -> tuple[str, str]:
    """(subject, body) in the order's language; names, link and letters are still marks."""
    language = facts.language if facts.language in LANGUAGES else "fr"
    work = draft.work
    text = _environment().get_template(f"{language}/{draft.template}.txt").render(
        draft=draft, order=facts, work=work, works=[w for w in facts.works if w.status not in ("canceled", "rejected")],
        place=work.place if work else None, name=FIRST_NAME, link=LINK, buyer=BUYER,
        letters=letters_mark(work.place.id) if work else "",
        amount=money(draft.amount_minor, facts.currency, language),
        moment=lambda at, place: moment(at, place.time_zone, language),
        hours=lambda place: hours_on(place, now, language),
    )  # fmt: skip
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip()
