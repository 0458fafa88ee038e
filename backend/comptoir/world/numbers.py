"""Check digits and numbers that cannot belong to anybody: barcodes, company numbers, telephone numbers."""

import hashlib
import unicodedata

from comptoir.kit.codes import check_digit


def gtin(body: str) -> str:
    """`body` followed by its check digit."""
    return body + check_digit(body)


def luhn_check_digit(body: str) -> str:
    """The check digit that makes `body` pass the Luhn test, as SIREN and SIRET numbers do."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def vat_number(siren: str) -> str:
    """The French VAT number that belongs to a SIREN: FR, a two-digit key, the SIREN."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def mobile(number: int) -> str:
    """A mobile number (E.164) out of the range that Arcep keeps for fiction: 06 39 98 and four digits."""
    assert 0 <= number <= 9999
    return f"+3363998{number:04d}"


def landline(area: str, number: int) -> str:
    """A landline (E.164) in one of Arcep's fiction ranges; `area` is 1 (Île-de-France) to 5 (Sud-Ouest)."""
    assert 0 <= number <= 9999
    return "+33" + {"1": "19900", "2": "26191", "3": "35301", "4": "46571", "5": "53649"}[area] + f"{number:04d}"


def draw(low: int, high: int, *key: object) -> int:
    """A figure from `low` to `high`, both included, that depends on `key` alone and is the same on every machine."""
    digest = hashlib.blake2b("|".join(map(str, key)).encode(), digest_size=8).digest()
    return low + int.from_bytes(digest) % (high - low + 1)


def plain(text: str) -> str:
    """`text` without accents, for codes and addresses: "Hélène" -> "Helene"."""
    text = text.replace("œ", "oe").replace("Œ", "OE").replace("’", " ").replace("'", " ")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def slug(text: str) -> str:
    """`text` as lower-case words joined by hyphens: "Chemise Faustine" -> "chemise-faustine"."""
    return "-".join("".join(c if c.isalnum() else " " for c in plain(text).lower()).split())
