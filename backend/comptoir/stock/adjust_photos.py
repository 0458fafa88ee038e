"""A picture of why a figure was corrected: what is broken, what is gone. Head office's reasons say where one is needed.

A correction names its picture; a device without a network tells the correction first and brings the picture later.
"""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Role

PHOTO_WIDEST: Final = 1280
PHOTO_HEAVIEST: Final = 400_000
AWAITED: Final = timedelta(days=7)
"""So long a device is asked for a picture that a correction names and nobody has brought."""
KEPT: Final = timedelta(days=365)
"""As long as the books of a year may be asked about."""
HANDS: Final[tuple[Role, ...]] = ("associate", "store_manager", "regional_manager", "head_office")


class TakeAdjustPhoto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The picture of a correction, drawn anew. `id` was made by whoever took it and is named by the correction."""

    id: UUID
    adjustment: UUID
    location: str
    picture: Annotated[bytes, msgspec.Meta(min_length=1, max_length=PHOTO_HEAVIEST)]
    width: Annotated[int, msgspec.Meta(ge=1, le=PHOTO_WIDEST)]
    height: Annotated[int, msgspec.Meta(ge=1, le=PHOTO_WIDEST)]


class AdjustPhotoTaken(msgspec.Struct, frozen=True):
    """The picture by its id."""

    id: UUID


def lacks_photo(asked: bool, role: Role, photo: UUID | None) -> bool:
    """Does its reason ask for a picture that is not named? Tills and the ERP have no camera."""
    return asked and photo is None and role in HANDS
