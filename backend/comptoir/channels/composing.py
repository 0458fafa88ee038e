"""What both shops' translations share: who buys, where it goes, where it is collected, and a last look at the whole."""

import re
import unicodedata
from collections.abc import Sequence, Set
from datetime import timedelta

import msgspec

from comptoir.channels.model import Untranslatable
from comptoir.channels.reading import Object, country, email, phone, postcode, words
from comptoir.orders.model import Address, Language, PlaceOrder

MOST_LINES = 100
UNPAID_WAITS = timedelta(days=7)
"""How long an order waits for a payment that the shop still expects, such as a bank transfer, before it lapses here."""


class Remarks:
    """What a person should know: `notes` are only kept, `holds` stop the order until someone looks."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.holds: list[str] = []

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @property
    def hold(self) -> str | None:
        return "; ".join(self.holds)[:1000] or None


def person_named(sources: Sequence[Object], otherwise: str) -> tuple[str, str]:
    """First and last name from the first source that has any; a person without a name gets the order's number."""
    for source in sources:
        first, last = words(source.get("first_name")), words(source.get("last_name"))
        if not first and not last:
            first, _, last = words(source.get("name")).partition(" ")
        if first or last:
            return (first or last), (last or first)
    return "Client", otherwise or "?"


def reach(sources: Sequence[Object], remarks: Remarks) -> tuple[str | None, str | None]:
    """E-mail and phone; what cannot be one is left out and noted, and never stops an order."""
    mails = [source.get("email") for source in sources if words(source.get("email"))]
    phones = [source.get("phone") for source in sources if words(source.get("phone"))]
    mail = next((found for one in mails if (found := email(one))), None)
    number = next((found for one in phones if (found := phone(one))), None)
    if mails and mail is None:
        remarks.note("email left out")
    if phones and number is None:
        remarks.note("phone left out")
    return mail, number


def address(source: Object, street: str, street2: str, zip_code: str, land: str, remarks: Remarks) -> Address | None:
    """The address under a shop's own field names; None when every part is empty."""
    parts = [words(source.get(key)) for key in (street, street2, "city", zip_code)]
    if not any(parts):
        return None
    to = country(source.get(land))
    if not to:
        remarks.holds.append("country missing")
    name = words(source.get("name")) or " ".join(
        filter(None, (words(source.get("first_name")), words(source.get("last_name"))))
    )
    company = words(source.get("company"))
    return Address(
        name=", ".join(filter(None, (name, company)))[:120],
        street=parts[0],
        street2=parts[1],
        postcode=postcode(source.get(zip_code)),
        city=parts[2],
        country=to or "FR",
        phone=phone(source.get("phone")),
    )


def language_of(locale: object) -> Language:
    """French where nothing is said; English for every language we do not write."""
    text = words(locale).lower()
    return "fr" if not text or text.startswith("fr") else "en"


def place_named(text: str, places: Set[str]) -> str | None:
    """The store that a shipping method names: `pickup:lyon-part-dieu`, the bare id, or the name it is made of."""
    bare = text.strip()
    bare = bare[7:] if bare.lower().startswith("pickup:") else bare
    plain = unicodedata.normalize("NFKD", bare).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return slug if slug in places else None


def checked(order: PlaceOrder) -> PlaceOrder:
    """The order once more through the rules of its types: the books take what the API would take."""
    try:
        return msgspec.convert(msgspec.to_builtins(order), PlaceOrder, str_keys=True)
    except msgspec.ValidationError as wrong:
        # The message names a type and a path, never a value.
        raise Untranslatable("out_of_bounds", str(wrong)[:200]) from None
