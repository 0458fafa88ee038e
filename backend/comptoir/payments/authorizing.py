"""When an authorization is about to end, and what a person does about it. Dates are the provider's word (`payment.capture_before`)."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

ENDING: Final = "authorization_ending"
GONE: Final = "authorization_gone"
KINDS: Final = (ENDING, GONE)
"""Cases about it: capture now; ask to pay again."""

AHEAD: Final = timedelta(hours=36)
"""So long before its end people hear of it: a working day is left, also over a night."""
SURE: Final = timedelta(hours=12)
"""A parcel that is promised so long before the end leaves in time; less than that is not waited for."""
TO_PAY: Final = timedelta(hours=48)
PAY_AGAIN: Final = "-PAY"
"""The payment that is awaited instead: the order's number and this."""


class KeepAuthorization(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Do what the case is for: capture at once what is about to be gone, or ask again for what is gone."""

    id: UUID
    exception: UUID
