"""A draft becomes text: one template per message and language, its first line the subject. Times are the store's."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from comptoir.network.hours import hours_of, open_windows
from comptoir.notifications.model import FIRST_NAME, LINK, Draft, OrderFacts, Place, letters_mark

TEMPLATES = Path(__file__).resolve().parent / "templates"
LANGUAGES = ("fr", "en")
_BETWEEN = {"fr": "entre {} et {}", "en": "between {} and {}"}
_MOMENT = {"fr": "EEEE d MMMM 'à' HH:mm", "en": "EEEE d MMMM 'at' HH:mm"}


def moment(at: datetime, time_zone: str, language: str) -> str:
    """Day and hour in store time: a message is read later, so it never says "today"."""
    return format_datetime(at.astimezone(ZoneInfo(time_zone)), _MOMENT[language], tzinfo=None, locale=language)


def day_after(at: datetime, days: int, facts: OrderFacts, language: str) -> str:
    """The civil day so many days after a moment, where the order is made ready: "mardi 24 novembre 2026"."""
    zone = facts.works[0].place.time_zone if facts.works else "Europe/Paris"
    return format_date(at.astimezone(ZoneInfo(zone)).date() + timedelta(days=days), "EEEE d MMMM y", locale=language)


def money(minor: int, currency: str, language: str) -> str:
    """12900 -> "129,00 €" or "€129.00"."""
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=language)


def between(a: datetime, b: datetime, time_zone: str, language: str) -> str:
    """Two hours of a day in store time, "samedi 21 novembre, entre 15:40 et 16:20"; the later moment where the days differ."""
    zone = ZoneInfo(time_zone)
    here, there = a.astimezone(zone), b.astimezone(zone)
    if here == there or here.date() != there.date():
        return moment(b, time_zone, language)
    day = format_datetime(here, "EEEE d MMMM", tzinfo=None, locale=language)
    return f"{day}, " + _BETWEEN[language].format(f"{here:%H:%M}", f"{there:%H:%M}")


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
        place=work.place if work else None, name=FIRST_NAME, link=LINK,
        letters=letters_mark(work.place.id) if work else "",
        amount=money(draft.amount_minor, facts.currency, language),
        moment=lambda at, place: moment(at, place.time_zone, language),
        between=lambda a, b, place: between(a, b or a, place.time_zone, language),
        noticed=lambda at: moment(at, facts.works[0].place.time_zone if facts.works else "Europe/Paris", language),
        day=lambda at, days: day_after(at, days, facts, language),
        hours=lambda place: hours_on(place, now, language),
    )  # fmt: skip
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip()
