"""A telephone number as machines want it."""

import phonenumbers


def e164(number: str, country: str = "FR") -> str | None:
    """`06 12 34 56 78` -> `+33612345678`; None when no phone can have that number."""
    try:
        read = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    # Possible, not known as given out: the lists of numbers in use are always a little late.
    if not phonenumbers.is_possible_number(read):
        return None
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)
