"""A picture of what came back, taken at the counter where its reason asks for one; kept beside those that customers send from home."""

from typing import Annotated
from uuid import UUID

import msgspec

from comptoir.returns.drafting import PHOTO_HEAVIEST, PHOTO_WIDEST


class TakePhoto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture for a line of an order, drawn anew; another one for the same line of the same return takes its place."""

    id: UUID
    rma: UUID
    order: UUID
    line: Annotated[int, msgspec.Meta(ge=1, le=32_767)]
    picture: Annotated[bytes, msgspec.Meta(min_length=1, max_length=PHOTO_HEAVIEST)]
    width: Annotated[int, msgspec.Meta(ge=1, le=PHOTO_WIDEST)]
    height: Annotated[int, msgspec.Meta(ge=1, le=PHOTO_WIDEST)]


class PhotoTaken(msgspec.Struct, frozen=True):
    """The picture by its id."""

    id: UUID
