"""Between which places goods go without a customs form: the Union and Monaco; French overseas departments are not among them. Pure."""

from typing import Final, Literal

from comptoir.network.zones import OVERSEAS

Crossing = Literal["none", "border", "customs"]
"""What lies between two addresses: nothing, a border that goods cross freely, or one with a customs form."""

ONE_MARKET: Final = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MC",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
LIKE_FRANCE: Final = frozenset({"FR", "MC"})
"""Carriers take Monaco for France."""


def crossing(country: str, postcode: str, to: str) -> Crossing:
    """From an address to a country of the one market. A French address with an overseas postcode is overseas."""
    overseas = country == "FR" and postcode.replace(" ", "")[:3] in OVERSEAS
    if country not in ONE_MARKET or to not in ONE_MARKET or overseas:
        return "customs"
    return "none" if country == to or {country, to} <= LIKE_FRANCE else "border"
