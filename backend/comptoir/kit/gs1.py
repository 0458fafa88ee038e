"""GS1 numbers and element strings: check digits, GTIN in its 14-digit form, application identifiers and their values.

Pure and total. Source: GS1 General Specifications (check digit, application identifiers, zero-suppressed UPC).
"""

import re
from calendar import monthrange
from typing import Final

SEPARATOR: Final = "|"
"""Stands for FNC1 and GS (0x1D) between elements: many scanners can only send what a keyboard has."""
_BRACKETS: Final = re.compile(r"\(([0-9]{2,4})\)([^()]+)")
_TEXT: Final = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,90}")
# Digits of a fixed one; most that a free text or number may have, up to the next separator.
_FIXED: Final = {
    "00": 18, "01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2, "402": 17, "422": 3,
    **{str(ai): 13 for ai in range(410, 418)},
}  # fmt: skip
_TEXTS: Final = {
    "10": 20, "21": 20, "22": 20, "240": 30, "241": 30, "243": 20, "250": 30, "251": 30, "254": 20, "400": 30,
    "401": 30, "403": 30, "420": 20, "90": 30, **{str(ai): 90 for ai in range(91, 100)},
}  # fmt: skip
_NUMBERS: Final = {"30": 8, "37": 8}
_DATES: Final = ("11", "12", "13", "15", "16", "17")
_MEASURE: Final = re.compile(r"3[1-6][0-9][0-5]")
_PRICE: Final = re.compile(r"39[0-3][0-9]")


def check_digit(digits: str) -> str:
    """The GS1 check digit of all digits before it (modulo 10, weights 3 and 1 from the right)."""
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def only_digits(text: str) -> bool:
    """Whether a text is made of the digits 0 to 9 and of nothing else."""
    return text.isascii() and text.isdigit()


def right(digits: str) -> bool:
    """Whether the last digit checks those before it; a row of zeros never counts."""
    return bool(digits.strip("0")) and check_digit(digits[:-1]) == digits[-1]


def gtin14(digits: str) -> str | None:
    """The 14-digit form of a GTIN-8, -12, -13 or -14 with a right check digit, else None."""
    if len(digits) not in (8, 12, 13, 14) or not only_digits(digits):
        return None
    return digits.zfill(14) if right(digits) else None


def upc_e(digits: str) -> str | None:
    """The GTIN-14 of a UPC-E: 8 digits with number system and check digit, or the 6 in the middle (system 0); else None."""
    if len(digits) not in (6, 8) or not only_digits(digits) or (len(digits) == 8 and digits[0] not in "01"):
        return None
    system, six = ("0", digits) if len(digits) == 6 else (digits[0], digits[1:7])
    last = int(six[5])
    if last <= 2:
        middle = f"{six[:2]}{last}0000{six[2:5]}"
    elif last == 3:
        middle = f"{six[:3]}00000{six[3:5]}"
    elif last == 4:
        middle = f"{six[:4]}00000{six[4]}"
    else:
        middle = f"{six[:5]}0000{last}"
    whole = system + middle
    return gtin14(whole + (check_digit(whole) if len(digits) == 6 else digits[7]))


def is_identifier(ai: str) -> bool:
    """Whether this is an application identifier that we can read past."""
    return _most(ai) > 0


def read_elements(text: str) -> dict[str, str] | None:
    """Application identifiers and their values; None when the string is not made of those we know."""
    found: dict[str, str] = {}
    at = 1 if text.startswith(SEPARATOR) else 0
    while at < len(text):
        ai = next((text[at : at + size] for size in (2, 3, 4) if is_identifier(text[at : at + size])), None)
        if ai is None or ai in found:
            return None
        start, end = at + len(ai), text.find(SEPARATOR, at)
        end = len(text) if end < 0 else end
        if not _is_free(ai):
            end = min(end, start + _most(ai))
        found[ai] = text[start:end]
        at = end + 1 if text[end : end + 1] == SEPARATOR else end
    return found


def read_brackets(text: str) -> dict[str, str] | None:
    """The same of a string as people print it, `(01)09521234543213(10)ABC`."""
    pairs = _BRACKETS.findall(text)
    whole = "".join(f"({ai}){value}" for ai, value in pairs) == text
    return dict(pairs) if whole and len({ai for ai, _ in pairs}) == len(pairs) else None


def holds(ai: str, value: str) -> bool:
    """Whether a value has the form that its identifier asks for."""
    if ai in _TEXTS:
        return _TEXT.fullmatch(value) is not None and len(value) <= _TEXTS[ai]
    if not only_digits(value) or not is_identifier(ai):
        return False
    return len(value) <= _most(ai) if _is_free(ai) else len(value) == _most(ai)


def dates(found: dict[str, str]) -> dict[str, str] | None:
    """The days among the elements, ISO by identifier; None when one of them is no day.

    Two digits of a year mean this century; day 00 is the last of its month.
    """
    read: dict[str, str] = {}
    for ai in _DATES:
        if ai in found:
            year, month, day = 2000 + int(found[ai][:2]), int(found[ai][2:4]), int(found[ai][4:])
            last = monthrange(year, month)[1] if 1 <= month <= 12 else 0
            if not last or day > last:
                return None
            read[ai] = f"{year}-{month:02d}-{day or last:02d}"
    return read


def _is_free(ai: str) -> bool:
    return ai in _TEXTS or ai in _NUMBERS or _PRICE.fullmatch(ai) is not None


def _most(ai: str) -> int:
    known = _FIXED.get(ai) or _TEXTS.get(ai) or _NUMBERS.get(ai)
    return known or (6 if _MEASURE.fullmatch(ai) else 18 if _PRICE.fullmatch(ai) else 0)
