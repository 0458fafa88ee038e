"""What stands on the list that store and driver sign."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec


class BordereauLine(msgspec.Struct, frozen=True):
    """One parcel on the list."""

    number: str
    order_number: str
    to: str
    grams: int


class Bordereau(msgspec.Struct, frozen=True):
    """What is drawn; `left_at` in store time. `words` are the sheet's, in the store's language."""

    number: str
    carrier: str
    store: str
    address: str
    left_at: datetime
    lines: Sequence[BordereauLine]
    words: Mapping[str, str]
