"""What a scanned text is: an article, a bag, a place, a pass, a badge, a work, or nothing we know.

Total and inert: any text gives an answer, nothing is fetched or run. `pwa/static/js/codes.js` gives the same answers;
`tests/vectors/codes.json` holds both to it. Formats: GS1 General Specifications (check digits, element strings),
GS1 Digital Link; symbology ids of ISO/IEC 15424 (`]E0`, `]C1`, `]d2`, `]Q3`).

    own codes   P1:<26 Crockford> pass   B:<tag> bag   L:<place> place   U:<token> badge   W:<number or id> work
"""

import re
from calendar import monthrange
from typing import Final, Literal

import msgspec

Kind = Literal["gtin", "sscc", "sku", "pass", "bag", "place", "badge", "work", "unknown"]

LONGEST: Final = 512
FNC1: Final = "\x1d"
_AIM: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_AIMS: Final = frozenset({"]C1", "]e0", "]d2", "]Q3", "]J1"})
_OWN: Final[dict[str, tuple[Kind, re.Pattern[str]]]] = {
    "P1": ("pass", re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")),
    "B": ("bag", re.compile(r"[A-Z0-9][A-Z0-9-]{0,23}")),
    "L": ("place", re.compile(r"[A-Z0-9][A-Z0-9. -]{0,23}")),
    "U": ("badge", re.compile(r"[A-Za-z0-9_-]{4,64}")),
    "W": ("work", re.compile(r"[A-Za-z0-9-]{1,40}")),
}
_AS_PRINTED: Final = frozenset({"badge", "work"})
_SKU: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{1,39}")
_GS1_TEXT: Final = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")
_LINK: Final = re.compile(r"https?://[^/?# ]{1,253}(/[^?# ]*)?(?:\?([^# ]*))?(?:#[^ ]*)?", re.I | re.A)
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_BRACKETS: Final = re.compile(r"\(([0-9]{2,4})\)([^()]+)")
# Application identifiers: digits of a fixed one, or None for text up to the next separator.
_FIXED: Final = {"00": 18, "01": 14, "02": 14, "11": 6, "13": 6, "15": 6, "17": 6, "20": 2}
_FREE: Final = {"10": 20, "21": 20, "22": 20, "240": 30, "37": 8}
_WEIGHT: Final = re.compile(r"310[0-9]")


class Scanned(msgspec.Struct, frozen=True, omit_defaults=True):
    """One scanned text, understood.

    `code` is its one spelling: 14 digits of a GTIN, 18 of an SSCC, own codes with their prefix; empty when unknown.
    """

    kind: Kind
    code: str = ""
    lot: str = ""
    serial: str = ""
    expiry: str = ""
    count: int = 0


UNKNOWN: Final = Scanned("unknown")


def check_digit(digits: str) -> str:
    """The GS1 check digit of all digits before it (modulo 10, weights 3 and 1 from the right)."""
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def gtin14(digits: str) -> str | None:
    """The 14-digit form of a GTIN-8, -12, -13 or -14 with a right check digit, else None."""
    if len(digits) not in (8, 12, 13, 14) or not digits.isascii() or not digits.isdigit() or not digits.strip("0"):
        return None
    return digits.zfill(14) if check_digit(digits[:-1]) == digits[-1] else None


def parse(raw: str) -> Scanned:
    """What `raw` is; never raises. A leading `~` and AIM id go; `|` stands for FNC1 where scanners map it so."""
    text = raw[: LONGEST + 1].strip(" \t\r\n")
    if not text or len(raw) > LONGEST:
        return UNKNOWN
    text = text.removeprefix("~")
    aim = _AIM.match(text)
    text = text[3:] if aim else text
    bare = text.replace(FNC1, "|")
    if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in bare):
        return UNKNOWN
    own = _parse_own(bare)
    if own is not None:
        return own
    if _LINK.fullmatch(bare):
        return _parse_link(bare)
    if aim and aim[0] in _GS1_AIMS:
        return _from_elements(_read_elements(bare))
    if bare.startswith("("):
        return _from_elements(_read_brackets(bare))
    if bare.isascii() and bare.isdigit() and len(bare) in (12, 13, 14):
        return _article(bare)
    if "|" in bare or (
        bare[:2] in ("00", "01", "02") and len(bare) >= 16 and bare[:16].isascii() and bare[:16].isdigit()
    ):
        return _from_elements(_read_elements(bare))
    article = gtin14(bare)
    if article:
        return Scanned("gtin", article)
    return Scanned("sku", bare) if _SKU.fullmatch(bare) and not (aim and aim[0][1] == "E") else UNKNOWN


def _parse_own(text: str) -> Scanned | None:
    prefix, colon, rest = text.partition(":")
    known = _OWN.get(prefix.upper()) if colon else None
    if known is None:
        return None
    kind, form = known
    rest = rest if kind in _AS_PRINTED else rest.upper()
    return Scanned(kind, f"{prefix.upper()}:{rest}") if form.fullmatch(rest) else UNKNOWN


def _article(digits: str) -> Scanned:
    article = gtin14(digits)
    return Scanned("gtin", article) if article else UNKNOWN


def _read_elements(text: str) -> dict[str, str] | None:
    """Application identifiers and their values; None when the string is not made of those we know."""
    found: dict[str, str] = {}
    at = 1 if text.startswith("|") else 0
    while at < len(text):
        ai = next((text[at : at + size] for size in (2, 3, 4) if _length(text[at : at + size]) is not None), None)
        if ai is None or ai in found:
            return None
        start, end = at + len(ai), text.find("|", at)
        end = len(text) if end < 0 else end
        if ai not in _FREE:
            end = min(end, start + (_length(ai) or 0))
        found[ai] = text[start:end]
        at = end + 1 if text[end : end + 1] == "|" else end
    return found


def _read_brackets(text: str) -> dict[str, str] | None:
    pairs = _BRACKETS.findall(text)
    whole = "".join(f"({ai}){value}" for ai, value in pairs) == text
    return dict(pairs) if whole and len({ai for ai, _ in pairs}) == len(pairs) else None


def _parse_link(text: str) -> Scanned:
    match = _LINK.fullmatch(text)
    assert match is not None
    steps = (match[1] or "").split("/")[1:]
    if "01" not in steps[:-1]:
        return UNKNOWN
    steps = steps[steps.index("01") :]
    found = {steps[at]: steps[at + 1] for at in range(0, len(steps) - 1, 2)}
    for part in (match[2] or "").split("&"):
        key, equals, value = part.partition("=")
        if equals and _length(key) is not None:
            found.setdefault(key, value)
    values = {key: _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value) for key, value in found.items()}
    article = gtin14(values["01"])
    known = {key: value for key, value in values.items() if _length(key) is not None}
    return _from_elements({**known, "01": article}) if article else UNKNOWN


def _length(ai: str) -> int | None:
    return _FIXED.get(ai) or _FREE.get(ai) or (6 if _WEIGHT.fullmatch(ai) else None)


def _from_elements(found: dict[str, str] | None) -> Scanned:
    if not found or not all(_holds(ai, value) for ai, value in found.items()):
        return UNKNOWN
    expiry = _date(found["17"]) if "17" in found else ""
    article = gtin14(found.get("01") or found.get("02") or "")
    if expiry is None or (("01" in found or "02" in found) and article is None):
        return UNKNOWN
    more = (found.get("10", ""), found.get("21", ""), expiry, int(found.get("37", "0")))
    if article:
        return Scanned("gtin", article, *more)
    sscc = found.get("00", "")
    return Scanned("sscc", sscc, *more) if sscc and check_digit(sscc[:-1]) == sscc[-1] and sscc.strip("0") else UNKNOWN


def _holds(ai: str, value: str) -> bool:
    if ai in _FREE and ai != "37":
        return _GS1_TEXT.fullmatch(value) is not None and len(value) <= _FREE[ai]
    digits = value.isascii() and value.isdigit()
    return digits and (1 <= len(value) <= 8 if ai == "37" else len(value) == _length(ai))


def _date(digits: str) -> str | None:
    """YYMMDD as an ISO day of this century; day 00 is the last of its month."""
    year, month, day = 2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if not 1 <= month <= 12:
        return None
    last = monthrange(year, month)[1]
    return f"{year}-{month:02d}-{day or last:02d}" if day <= last else None
