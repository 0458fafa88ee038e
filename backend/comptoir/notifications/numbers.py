"""Phone numbers as carriers want them, and how many segments a text costs them. Pure."""

from typing import Final

import msgspec
import phonenumbers

from comptoir.kit.telephone import e164 as e164

GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
"""Two places each."""
_SAME: Final = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "…": "...", "–": "-", "—": "-", "×": "x", "\u00a0": " ", "\u202f": " ", "ê": "e", "Ê": "E", "ë": "e", "î": "i", "ï": "i", "ô": "o", "û": "u", "â": "a", "ç": "c", "œ": "oe", "À": "A", "È": "E", "Ô": "O", "Î": "I"})  # fmt: skip
"""What a phone's alphabet lacks, in letters that it has; whoever reads it sees the same word."""


class Cost(msgspec.Struct, frozen=True):
    """How a text travels: `gsm` or `ucs2`, in how many segments, and how many places are left in the last one."""

    alphabet: str
    segments: int
    left: int


def in_gsm(text: str) -> str:
    """The text in letters of the phone's own alphabet, where that leaves its words as they are."""
    return text.translate(_SAME)


def cost_of(text: str) -> Cost:
    """160 places of GSM-7 or 70 of UCS-2 in one SMS; 153 or 67 in each part of a longer one."""
    if all(letter in GSM_BASIC or letter in GSM_EXTENDED for letter in text):
        alphabet, widths, one, part = "gsm", [2 if letter in GSM_EXTENDED else 1 for letter in text], 160, 153
    else:
        # UCS-2 counts halves: what lies beyond the first plane takes two and is never cut in two.
        alphabet, widths, one, part = "ucs2", [2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67
    if sum(widths) <= one:
        return Cost(alphabet, 1, one - sum(widths))
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return Cost(alphabet, segments, part - used)


def takes_sms(number: str) -> bool:
    """Whether an E.164 number may be a mobile phone's: it is not known to be anything else."""
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.UNKNOWN,
    )
