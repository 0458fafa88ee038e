"""A draft becomes text: the newest text that somebody saved, else the one that comes along. Times are the store's."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, get_currency_precision

from comptoir.kit.dates import date_words
from comptoir.network.hours import hours_of, open_windows
from comptoir.notifications.model import (
    BUYER,
    FIRST_NAME,
    LINK,
    Draft,
    OrderFacts,
    Place,
    WorkFacts,
    credit_mark,
    letters_mark,
)
from comptoir.notifications.occasions import Occasion, occasion_of
from comptoir.notifications.placeholders import Text, UnknownPlaceholder, Values, compose_text, read
from comptoir.shipping.links import carrier_name, tracking_link

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
LANGUAGES: Final = ("fr", "en")
MOST_ARTICLES: Final = 6
_BETWEEN = {"fr": "entre {} et {}", "en": "between {} and {}"}
_MOMENT = {"fr": "EEEE d MMMM 'à' HH:mm", "en": "EEEE d MMMM 'at' HH:mm"}
_PAYER = {"fr": "le site où vous avez payé", "en": "the shop where you paid"}
_ARTICLE = {"fr": "un article", "en": "one article"}
_REFUSED = {"fr": ("article", "articles"), "en": ("article", "articles")}
_WISH = {
    "fr": {
        "delivery": "la livraison à domicile",
        "store": "le retrait dans l’autre magasin",
        "substitute": "l’article de remplacement",
    },
    "en": {
        "delivery": "home delivery",
        "store": "collecting at the other store",
        "substitute": "the article in its place",
    },
}
_BACK = {
    "fr": {
        "store": "Rapportez-le dans un de nos magasins avec le QR de votre page.",
        "relay": "L’étiquette est prête : à imprimer, puis à déposer en point relais.",
        "postal": "L’étiquette est prête : à imprimer, puis à déposer chez le transporteur.",
    },
    "en": {
        "store": "Bring your articles to any of our stores and show the QR on your page.",
        "relay": "Your label is ready: print it and leave the parcel at a parcel shop.",
        "postal": "Your label is ready: print it and leave the parcel with the carrier.",
    },
}
_BACK_TERMS = {
    "fr": {
        "refund": "Vous n’avez rien à faire : dès qu’il est de retour chez nous, nous vous remboursons {amount}.",
        "ask": "Dès qu’il est de retour chez nous, le magasin vous dit ce qu’il peut vous proposer.",
    },
    "en": {
        "refund": "There is nothing you need to do: as soon as it is back with us, we refund you {amount}.",
        "ask": "As soon as it is back with us, the store tells you what it can offer.",
    },
}
_REMEDIES = {
    "fr": {"refund": "le remboursement", "replacement": "le remplacement", "repair": "la réparation"},
    "en": {"refund": "a refund", "replacement": "a replacement", "repair": "a repair"},
}
_OR = {"fr": " ou ", "en": " or "}
_MORE = {"fr": "et {n} de plus", "en": "and {n} more"}


def moment(at: datetime, time_zone: str, language: str) -> str:
    """Day and hour in store time: a message is read later, so it never says "today"."""
    return date_words(at.astimezone(ZoneInfo(time_zone)), _MOMENT[language], language)


def day_after(at: datetime, days: int, facts: OrderFacts, language: str) -> str:
    """The civil day so many days after a moment, where the order is made ready: "mardi 24 novembre 2026"."""
    zone = facts.works[0].place.time_zone if facts.works else "Europe/Paris"
    return date_words(at.astimezone(ZoneInfo(zone)).date() + timedelta(days=days), "EEEE d MMMM y", language)


def money(minor: int, currency: str, language: str) -> str:
    """12900 -> "129,00 €" or "€129.00"."""
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=language)


def between(a: datetime, b: datetime, time_zone: str, language: str) -> str:
    """Two hours of a day in store time, "samedi 21 novembre, entre 15:40 et 16:20"; the later moment where the days differ."""
    zone = ZoneInfo(time_zone)
    here, there = a.astimezone(zone), b.astimezone(zone)
    if here == there or here.date() != there.date():
        return moment(b, time_zone, language)
    day = date_words(here, "EEEE d MMMM", language)
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
    day = date_words(first[0][0], "EEEE d MMMM", language)
    to = " à " if language == "fr" else " to "
    return f"{day}, " + ", ".join(f"{a:%H:%M}{to}{b:%H:%M}" for a, b in first)


@cache
def delivered(occasion: Occasion, language: str) -> Text:
    """The text that comes along with this version."""
    return read((TEMPLATES / language / f"{occasion}.txt").read_text(encoding="utf-8"))


def language_of(facts: OrderFacts) -> str:
    """The order's language, or French where we do not speak it."""
    return facts.language if facts.language in LANGUAGES else "fr"


def render(draft: Draft, facts: OrderFacts, now: datetime, saved: Text | None = None) -> Text:
    """The words in the order's language, those of each medium that has its own too; names, link and letters are still marks.

    A saved text that names what this version does not know gives way to the one that comes along: a message is never lost for its
    wording.
    """
    language = language_of(facts)
    values = values_of(draft, facts, now, language)
    if saved is not None:
        try:
            return compose_text(saved, values)
        except UnknownPlaceholder:
            pass
    return compose_text(delivered(occasion_of(draft), language), values)


def values_of(draft: Draft, facts: OrderFacts, now: datetime, language: str) -> Values:
    """What every placeholder becomes in this message; all are there, some are empty."""
    work = draft.work
    place = work.place if work else _only_place(facts)
    going = [one for one in facts.works if one.status not in ("canceled", "rejected")]
    pickups = [one for one in going if one.kind == "pickup"]
    amount = money(draft.amount_minor, facts.currency, language) if draft.amount_minor else ""
    found = {
        "first_name": FIRST_NAME,
        "link": LINK,
        "order": _plain(facts.number),
        "articles": _articles(facts, language),
        "store": _plain(place.name) if place else "",
        "address": _plain(f"{place.street}, {place.postcode} {place.city}") if place else "",
        "directions": _plain(place.directions) if place else "",
        "hours": hours_on(place, now, language) if place else "",
        "pass": letters_mark(place.id) if place and work else "",
        "until": _until(draft, facts, language),
        "return_number": _plain(draft.number),
        "return_how": _BACK[language].get(draft.what, "") if draft.number else "",
        "credit": amount if draft.credit else "",
        "credit_code": credit_mark(draft.credit) if draft.credit else "",
        "back_terms": _BACK_TERMS[language].get(draft.what, "").format(amount=amount),
        "choose_by": moment(draft.until, work.place.time_zone, language) if draft.until and work else "",
        "buyer": BUYER,
        "wish": _WISH[language].get(draft.what, ""),
        "ready_by": _promise(work, language) if work else "",
        "new_time": _new_time(work, language) if work else "",
        "noticed": moment(draft.at, _zone(facts), language) if draft.at else "",
        "sent_on": _day(draft.at.astimezone(ZoneInfo(_zone(facts))).date(), language) if draft.at else "",
        "settled_by": day_after(draft.at, 14, facts, language) if draft.at else "",
        "refund": amount if draft.refund == "refund" else "",
        "uncharged": amount if draft.refund == "void" else "",
        "payer": _plain(facts.refund_by) or _PAYER[language],
        "article": _plain(draft.article) or _ARTICLE[language],
        "quantity": str(draft.quantity),
        "refused": f"{draft.refused} {_REFUSED[language][draft.refused > 1]}" if draft.refused else "",
    }
    found |= _of_recall(draft, facts, language)
    return {name: (value,) if value else () for name, value in found.items()} | {
        "withdrawn": tuple(f"{quantity} × {_plain(title)}" for title, quantity in draft.lines),
        "carrier": tuple(_plain(carrier_name(one.carrier)) for one in draft.parcels),
        "tracking": tuple(_plain(one.number) for one in draft.parcels),
        "follow": tuple(
            tracking_link(one.carrier, one.number) for one in draft.parcels if tracking_link(one.carrier, one.number)
        ),
        "relay": tuple(_plain(one.relay) for one in draft.parcels[:1] if one.relay),
        "due": tuple(_day(one.due_on, language) for one in draft.parcels),
        "pickup_store": tuple(_plain(one.place.name) for one in pickups),
        "pickup_by": tuple(_promise(one, language) for one in pickups),
        "parcel_by": tuple(_promise(one, language) for one in going if one.kind != "pickup"),
    }


def _of_recall(draft: Draft, facts: OrderFacts, language: str) -> dict[str, str]:
    recall = draft.recall
    if recall is None:
        return dict.fromkeys(("product", "hazard", "remedies", "contact", "lots"), "")
    choices = [words for code, words in _REMEDIES[language].items() if code in recall.remedies]
    return {
        "product": _plain(facts.articles.get(recall.sku, "")) or _ARTICLE[language],
        "hazard": _plain(recall.hazard_en if language == "en" else recall.hazard_fr),
        "remedies": ", ".join(choices[:-1]) + _OR[language] + choices[-1] if len(choices) > 1 else "".join(choices),
        "contact": _plain(recall.contact),
        "lots": ", ".join(_plain(lot) for lot in recall.lots[:12]),
    }


def _day(day: date, language: str) -> str:
    return date_words(day, "EEEE d MMMM", language)


def _until(draft: Draft, facts: OrderFacts, language: str) -> str:
    """Until when goods are kept: to the end of the window, or of the day more for whoever missed it."""
    work = draft.work
    if draft.template == "payment_due":
        return moment(draft.until, _zone(facts), language) if draft.until else ""
    at = draft.until if draft.template == "missed" else work.collect_until if work else None
    return moment(at, work.place.time_zone, language) if work and at else ""


def _new_time(work: WorkFacts, language: str) -> str:
    """The later hour that was told, or the span of two."""
    if work.told_at is None:
        return ""
    return between(work.told_at, work.told_until or work.told_at, work.place.time_zone, language)


def _zone(facts: OrderFacts) -> str:
    return facts.works[0].place.time_zone if facts.works else "Europe/Paris"


def _promise(work: WorkFacts, language: str) -> str:
    return moment(work.promise_at, work.place.time_zone, language)


def _only_place(facts: OrderFacts) -> Place | None:
    """The store of an order that has to do with one alone."""
    places = {work.place.id: work.place for work in facts.works}
    return next(iter(places.values())) if len(places) == 1 else None


def _articles(facts: OrderFacts, language: str) -> str:
    names = [_plain(name) for name in facts.articles.values()]
    more = len(names) - MOST_ARTICLES
    return "; ".join([*names[:MOST_ARTICLES], *([_MORE[language].format(n=more)] if more > 0 else [])])


def _plain(text: str) -> str:
    """A value on one line that cannot be taken for one of the ledger's marks."""
    return " ".join(text.split()).replace("[[", "[").replace("]]", "]")
