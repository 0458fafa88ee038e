"""What a carrier's codes mean in our vocabulary: one table per carrier, each code with where it was read."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from comptoir.carriers.model import TrackingStatus


class From(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Codes that were read in one place."""

    source: str
    codes: dict[str, TrackingStatus]


@cache
def table(carrier: str) -> dict[str, TrackingStatus]:
    """Every code of a carrier. A status that our vocabulary does not have, or a code told twice, is a fault of the table."""
    raw = tomllib.loads(files(__name__).joinpath(f"{carrier}.toml").read_text(encoding="utf-8"))
    found: dict[str, TrackingStatus] = {}
    for part in msgspec.convert(raw["from"], list[From]):
        if found.keys() & part.codes.keys():
            raise ValueError(f"{carrier} tells {sorted(found.keys() & part.codes.keys())} twice")
        found |= part.codes
    return found


def meaning(carrier: str, code: str) -> TrackingStatus:
    """`unknown` for a code that the table does not have; whoever asks keeps the code."""
    return table(carrier).get(code, "unknown")
