"""How a view becomes HTML: autoescape always, an unknown name is an error, words, money and hours in the reader's way.

Every page gets `lang` and, where it shows hours, `time_zone`; macros of `_ui.html` are imported `with context`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from babel.numbers import format_currency, format_decimal, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from comptoir.fulfillment.fold import Pack, fold
from comptoir.kit.dates import date_words
from comptoir.kit.i18n import DEFAULT_LANGUAGE, Messages, messages
from comptoir.web.assets import Assets

HALF_A_YEAR: Final = timedelta(days=183)
TEMPLATES_DIR: Final = Path(__file__).resolve().parents[3] / "pwa" / "templates"
HTMX_CONFIG: Final = json.dumps(
    {
        "defaultTimeout": 4000,
        "includeIndicatorCSS": False,
        "noSwap": [204, 304, "5xx"],
        "transitions": False,
        "history": False,
        "mode": "same-origin",
        "extensions": "sse,upsert,preload,hx-pending",
    },
    separators=(",", ":"),
)
# One data block may stand in a page (no script ever does), so the policy needs no hash and no nonce.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _lang(context: Context) -> str:
    lang = context.get("lang", DEFAULT_LANGUAGE)
    return lang if isinstance(lang, str) else DEFAULT_LANGUAGE


def _local(context: Context, moment: datetime, time_zone: str | None) -> datetime:
    return moment.astimezone(_zone(time_zone or context.get("time_zone") or "Europe/Paris"))


@pass_context
def money(context: Context, minor: int, currency: str = "EUR") -> str:
    """12900 -> "129,00 €" in French, "€129.00" in English; minor units of the currency, never a float."""
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale=_lang(context))


@pass_context
def number(context: Context, value: int | Decimal) -> str:
    """12345 -> "12 345" or "12,345"."""
    return format_decimal(value, locale=_lang(context))


@pass_context
def clock(context: Context, moment: datetime, time_zone: str | None = None) -> str:
    """The hour in store time, "15:40" in both languages."""
    return _local(context, moment, time_zone).strftime("%H:%M")


@pass_context
def day(context: Context, moment: datetime | date, time_zone: str | None = None) -> str:
    """The day in store time: "samedi 22 novembre", "Saturday, 22 November"; with its year where half a year or more lies between."""
    local = _local(context, moment, time_zone) if isinstance(moment, datetime) else moment
    read: datetime | None = context.get("now") or context.get("served_at")
    far = read is not None and abs(date(local.year, local.month, local.day) - read.date()) > HALF_A_YEAR
    return date_words(local, "EEEE d MMMM y" if far else "EEEE d MMMM", _lang(context))


@pass_context
def day_short(context: Context, moment: datetime | date, time_zone: str | None = None) -> str:
    """The day in store time: "22 nov.", "22 Nov"."""
    local = _local(context, moment, time_zone) if isinstance(moment, datetime) else moment
    return date_words(local, "d MMM", _lang(context))


@pass_context
def date_long(context: Context, value: date) -> str:
    """A document's day: "22 novembre 2026", "22 November 2026"."""
    return date_words(value, "d MMMM y", _lang(context))


@pass_context
def moment(context: Context, value: datetime, time_zone: str | None = None) -> str:
    """Day and hour in store time: "samedi 22 novembre, 15:40"."""
    return date_words(_local(context, value, time_zone), "EEEE d MMMM, HH:mm", _lang(context))


@pass_context
def weekday(context: Context, value: date) -> str:
    """The day of the week, short: "mar. 24", "Tue 24"."""
    return date_words(value, "EEE d", _lang(context))


@pass_context
def short_moment(context: Context, value: datetime, day: date, time_zone: str | None = None) -> str:
    """The hour in store time; with its day where that is another one than is spoken of."""
    local = _local(context, value, time_zone)
    return local.strftime("%H:%M") if local.date() == day else date_words(local, "EEE d, HH:mm", _lang(context))


@pass_context
def said_moment(context: Context, value: str) -> str:
    """A moment that is kept as text, as `moment` says it; as it is where it is none."""
    try:
        return moment(context, datetime.fromisoformat(value))
    except ValueError:
        return value


def iso(value: datetime) -> str:
    """RFC 3339 UTC with Z, for a `datetime` attribute."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def capital(text: str) -> str:
    """The first letter large, the rest as it is; French dates stand in the middle of a sentence by nature."""
    return text[:1].upper() + text[1:]


def spaced(place: str) -> str:
    """A staging place as its plate says it: "R4" -> "R 4"."""
    letters = place.rstrip("0123456789")
    return f"{letters.strip()} {place[len(letters) :]}".strip()


def data_block(value: object) -> Markup:
    """JSON that may stand inside a `<script type="application/json">`: no `<`, `>`, `&` nor line separators in it."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    for char in "<>&\u2028\u2029":
        body = body.replace(char, f"\\u{ord(char):04x}")
    return Markup(body)


def first_line(pack: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where the walk through a pack begins, to be in the page before any script runs; None when nothing is left.

    {work, line, picked, at, of, next}: the pack's own dicts, the line's count, its number in the walk, the line after.
    """
    view = fold(msgspec.convert(pack, Pack), (), 0)
    if view.current is None:
        return None
    lines = {(work["id"], line["line"]): line for work in pack["works"] for line in work["lines"]}
    at = view.order.index(view.current)
    counts = {(work.id, line.line): line for work in view.works for line in work.lines}
    ahead = [spot for spot in view.order[at + 1 :] if counts[spot.work, spot.line].state == "todo"]
    return {
        "work": next(work for work in pack["works"] if work["id"] == view.current.work),
        "line": lines[view.current.work, view.current.line],
        "picked": counts[view.current.work, view.current.line].picked,
        "at": at + 1,
        "of": len(view.order),
        "next": lines[ahead[0].work, ahead[0].line] if ahead else None,
    }


def environment(assets: Assets, sentences: Messages | None = None, folder: Path = TEMPLATES_DIR) -> Environment:
    """The one Jinja environment; templates are named by their path under pwa/templates."""
    words = sentences or messages()

    @pass_context
    def say(context: Context, key: str, **args: Any) -> str:
        return words.say(key, _lang(context), args)

    @pass_context
    def say_html(context: Context, key: str, **args: Any) -> Markup:
        return words.say_html(key, _lang(context), args)

    @pass_context
    def texts(context: Context, prefix: str) -> dict[str, Any]:
        return words.area(prefix, _lang(context))

    def picture(key: str) -> str:
        """The address of a product's picture: a key of pictures/, an address as it is, or the neutral box."""
        if key.startswith("/"):
            return key
        name = f"pictures/{key.removeprefix('pictures/').removesuffix('.svg')}.svg"
        return assets.url(name if assets.has(name) else "pictures/_none.svg")

    def with_pictures(pack: Mapping[str, Any]) -> dict[str, Any]:
        """The pack with every picture's key replaced by its hashed address."""

        def drawn(article: Mapping[str, Any]) -> dict[str, Any]:
            return {**article, "picture": picture(article.get("picture") or "")}

        works = [{**work, "lines": [drawn(line) for line in work["lines"]]} for work in pack["works"]]
        return {**pack, "works": works, "known": {code: drawn(article) for code, article in pack["known"].items()}}

    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        money=money,
        number=number,
        clock=clock,
        day=day,
        day_short=day_short,
        date_long=date_long,
        moment=moment,
        weekday=weekday,
        short_moment=short_moment,
        said_moment=said_moment,
        iso=iso,
        capital=capital,
        data_block=data_block,
        spaced=spaced,
        with_pictures=with_pictures,
        first_line=first_line,
    )
    made.globals.update(
        t=say,
        th=say_html,
        texts=texts,
        asset=assets.url,
        scripts=assets.script_urls,
        picture=picture,
        sprite=assets.url("icons.svg"),
        htmx_config=HTMX_CONFIG,
    )
    return made


def render(templates: Environment, name: str, **view: Any) -> str:
    """One page or partial as text; `view` must hold `lang`."""
    return templates.get_template(name).render(**view)
