"""What a scanned text is: an article, a bag, a place, a tote, a pass, a credit, a badge, a work, or nothing we know, and why not.

Total and inert: any text gives an answer, nothing is fetched or run. `pwa/static/js/codes.js` gives the same answers;
`tests/vectors/codes.json` holds both to it. Formats: GS1 (gs1.py), GS1 Digital Link, symbology ids of ISO/IEC 15424
(`]E0` EAN and UPC, `]E4` EAN-8, `]C1` GS1-128, `]d2` GS1 DataMatrix, `]Q3` GS1 QR, others say nothing more than the text).

    own codes   P1:<26 Crockford> pass   C1:<26 Crockford> credit   B:<tag> bag   L:<place> place   T:<number> tote
                U:<token> badge   W:<number or id> work
"""

import re
from typing import Final, Literal

import msgspec

from comptoir.kit import gs1
from comptoir.kit.gs1 import check_digit as check_digit
from comptoir.kit.gs1 import gtin14 as gtin14

Kind = Literal["gtin", "sscc", "sku", "pass", "bag", "place", "tote", "badge", "work", "credit", "unknown"]
Reason = Literal[
    "", "nothing", "too_long", "characters", "check_digit", "in_store", "addon", "elements", "date", "no_article",
    "link", "compressed", "form", "unlisted",
]  # fmt: skip

LONGEST: Final = 512
_AIM: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_AIMS: Final = frozenset({"]C1", "]e0", "]d2", "]Q3", "]J1"})
_OWN: Final[dict[str, tuple[Kind, re.Pattern[str]]]] = {
    "P1": ("pass", re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")),
    "C1": ("credit", re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")),
    "B": ("bag", re.compile(r"[A-Z0-9][A-Z0-9-]{0,23}")),
    "L": ("place", re.compile(r"[A-Z0-9][A-Z0-9. -]{0,23}")),
    "T": ("tote", re.compile(r"[1-9][0-9]?")),
    "U": ("badge", re.compile(r"[A-Za-z0-9_-]{4,64}")),
    "W": ("work", re.compile(r"[A-Za-z0-9-]{1,40}")),
}
_AS_PRINTED: Final = frozenset({"badge", "work"})
_SKU: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{1,39}")
_LINK: Final = re.compile(r"https?://[^/?# ]{1,253}(/[^?# ]*)?(?:\?([^# ]*))?(?:#[^ ]*)?", re.I | re.A)
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_SQUEEZED: Final = re.compile(r"(?=.*[A-Z])(?=.*[a-z0-9])[A-Za-z0-9_-]{10,}")
IN_STORE: Final = frozenset({"02", *(str(prefix) for prefix in range(20, 30))})
"""First two digits of a 13-digit number that means something in one store only: a weight, a price, or an article of its own.
Nothing in the number tells which: whoever asks looks whether the catalog lists the whole number."""


class Scanned(msgspec.Struct, frozen=True, omit_defaults=True):
    """One scanned text, understood.

    `code` is its one spelling: 14 digits of a GTIN, 18 of an SSCC, own codes with their prefix. When unknown, `reason`
    says why and `code` is empty, but for `in_store`: there it is the whole number, in case the catalog lists it.
    """

    kind: Kind
    code: str = ""
    lot: str = ""
    serial: str = ""
    expiry: str = ""
    count: int = 0
    reason: Reason = ""


def unknown(reason: Reason) -> Scanned:
    """A text that we know nothing by, and why."""
    return Scanned("unknown", reason=reason)


def parse(raw: str) -> Scanned:
    """What `raw` is; never raises. A leading `~` and AIM id go; `|` stands for FNC1 where scanners map it so."""
    if len(raw) > LONGEST:
        return unknown("too_long")
    text = raw.strip(" \t\r\n").removeprefix("~")
    found = _AIM.match(text)
    aim, text = (found[0], text[3:]) if found else ("", text)
    text = text.replace("\x1d", gs1.SEPARATOR)
    if not text:
        return unknown("nothing")
    if any(not 32 <= ord(char) < 127 for char in text):
        return unknown("characters")
    own = _parse_own(text)
    if own is not None:
        return own
    link = _LINK.fullmatch(text)
    if link:
        return _parse_link(link[1] or "", link[2] or "")
    if aim in _GS1_AIMS:
        return _from_elements(gs1.read_elements(text))
    if text.startswith("("):
        return _from_elements(gs1.read_brackets(text))
    if aim[1:2] == "E":
        return _retail(aim, text)
    return _plain(aim, text)


def _plain(aim: str, text: str) -> Scanned:
    """A text that nothing says more about than itself."""
    digits = gs1.only_digits(text)
    # No article number of eight digits begins with 0: it is a UPC-E, if it checks as one.
    short = gs1.upc_e(text) if len(text) == 8 else None
    article = short if short and text[0] == "0" else gtin14(text)
    if article:
        return _article(article)
    if digits and 12 <= len(text) <= 14 and aim[1:2] in ("", "I", "X"):
        return unknown("check_digit")
    if gs1.SEPARATOR in text or (text[:2] in ("00", "01", "02") and len(text) >= 16 and gs1.only_digits(text[:16])):
        return _from_elements(gs1.read_elements(text))
    if short:
        return Scanned("gtin", short)
    return Scanned("sku", text) if _SKU.fullmatch(text) else unknown("unlisted")


def _retail(aim: str, text: str) -> Scanned:
    """EAN and UPC, when the scanner says that it is one."""
    if aim in ("]E1", "]E2"):
        return unknown("addon")
    if not gs1.only_digits(text):
        return unknown("elements")
    if aim == "]E3" and len(text) in (15, 18):
        text = text[:13]
    article = (gs1.upc_e(text) if aim != "]E4" else None) or gtin14(text)
    return _article(article) if article else unknown("check_digit")


def _article(article: str) -> Scanned:
    own = article[0] == "0" and article[1:3] in IN_STORE
    return Scanned("unknown", article, reason="in_store") if own else Scanned("gtin", article)


def _parse_own(text: str) -> Scanned | None:
    prefix, colon, rest = text.partition(":")
    known = _OWN.get(prefix.upper()) if colon else None
    if known is None:
        return None
    kind, form = known
    rest = rest if kind in _AS_PRINTED else rest.upper()
    return Scanned(kind, f"{prefix.upper()}:{rest}") if form.fullmatch(rest) else unknown("form")


def _parse_link(path: str, query: str) -> Scanned:
    steps = path.split("/")[1:]
    first = next((at for at, step in enumerate(steps[:-1]) if step in ("00", "01")), None)
    if first is None:
        return unknown("compressed" if steps and _SQUEEZED.fullmatch(steps[-1]) else "link")
    steps = steps[first:]
    found = {steps[at]: steps[at + 1] for at in range(0, len(steps) - 1, 2)}
    for part in query.split("&"):
        key, equals, value = part.partition("=")
        if equals:
            found.setdefault(key, value)
    values = {
        key: _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), value)
        for key, value in found.items()
        if gs1.is_identifier(key)
    }
    if "01" in values:
        values["01"] = gtin14(values["01"]) or ""
        if not values["01"]:
            return unknown("check_digit")
    return _from_elements(values)


def _from_elements(found: dict[str, str] | None) -> Scanned:
    if not found or not all(gs1.holds(ai, value) for ai, value in found.items()):
        return unknown("elements")
    days = gs1.dates(found)
    if days is None:
        return unknown("date")
    digits, sscc = found.get("01") or found.get("02"), found.get("00", "")
    more = (found.get("10", ""), found.get("21", ""), days.get("17", ""), int(found.get("37", "0")))
    if digits:
        return Scanned("gtin", digits, *more) if gs1.right(digits) else unknown("check_digit")
    if not sscc:
        return unknown("no_article")
    return Scanned("sscc", sscc, *more) if gs1.right(sscc) else unknown("check_digit")
