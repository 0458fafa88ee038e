"""Texts as carriers take them: without accents, cut at a word, telephone numbers in the forms that they know."""

import re
import unicodedata
from typing import Final

import phonenumbers

_OTHERS: Final = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "’": "'", "‘": "'", "–": "-", "—": "-", "«": '"', "»": '"'}
)  # fmt: skip


def plain(text: str) -> str:
    """ASCII: accents off, ligatures in two letters, what has no Latin letter left out, blanks single."""
    bare = unicodedata.normalize("NFKD", text.translate(_OTHERS)).encode("ascii", "ignore").decode()
    return re.sub(r"\s+", " ", "".join(letter if letter.isprintable() else " " for letter in bare)).strip()


def cut(text: str, most: int) -> str:
    """At most so many characters, at the end of a word where one is near."""
    if len(text) <= most:
        return text
    head = text[:most]
    whole = head.rsplit(" ", 1)[0] if not text[most].isspace() else head
    return (whole if len(whole) > most // 2 else head).rstrip(" ,;-")


def fold(text: str, most: int, lines: int) -> list[str]:
    """A text over so many lines at most, broken between words; what does not fit is cut."""
    folded: list[str] = []
    rest = text
    while rest and len(folded) < lines:
        line = cut(rest, most)
        folded.append(line)
        rest = rest[len(line) :].lstrip(" ,;-")
    return folded


def national(phone: str, country: str) -> str:
    """`0612345678` for a number of that country, else E.164; empty for what is no number."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return ""
    if phonenumbers.region_code_for_number(number) != country:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return re.sub(r"\D", "", text)


def is_mobile(phone: str, country: str) -> bool:
    """Whether a message could reach the number; where a country does not tell its kinds apart, yes."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return False
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in kinds
