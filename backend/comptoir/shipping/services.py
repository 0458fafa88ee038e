"""What carriers' services take and by which way, as a table, and what an account's own price list says. Pure.

The limits are cautious and change with contracts: an account's settings replace them.

    settings = {"ways": {"24R": "relay"}, "limits": {"24R": {"grams": 25000}}, "prices": {"24R": [[1000, 390], [3000, 520]]},
                "goods": {"perfume": true}}
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from comptoir.shipping.choosing import Offer
from comptoir.shipping.goods_rules import Limits, Way
from comptoir.shipping.model import Account

_HEAVY = Limits(30_000)

OURS: Final = frozenset({"ways", "limits", "prices", "goods"})
"""What an account's settings tell about choosing; everything else in them is the carrier's."""

LIMITS: Final[Mapping[str, Limits]] = {
    "colissimo": Limits(30_000, 2000, 2000),
    "chronopost": Limits(30_000, 1500, None, 3000),
    "mondial_relay": Limits(25_000, 1200, 1500),
    "ups": Limits(70_000, 2740, None, 4000),
    "fedex": Limits(68_000, 2740, None, 3300),
    "dhl_express": Limits(70_000, 1200),
    "dhl_parcel_de": Limits(31_500, 1200),
    "table": _HEAVY,
}
"""What a carrier's parcels may weigh and measure; of a carrier that is not here, 30 kg."""

AIR: Final = frozenset({"fedex", "dhl_express"})
"""Carriers whose services fly on some of the way unless the account says otherwise."""


def offer_of(account: Account, service: str, grams: int) -> Offer:
    """An account's service as an offer: its way, its limits, its price where the account has a list."""
    settings = account.settings
    way: Way = settings.get("ways", {}).get(service) or (
        "relay" if account.services.get("relay") == service else "air" if account.carrier in AIR else "road"
    )
    told = settings.get("limits", {}).get(service)
    limits = msgspec.convert(told, Limits) if told else LIMITS.get(account.carrier, _HEAVY)
    return Offer(account, service, way, limits, price_of(settings.get("prices", {}).get(service), grams))


def price_of(steps: Any, grams: int) -> int | None:
    """The first step that is heavy enough, in minor units before VAT; None without a list or above its end."""
    return next((minor for most, minor in steps or () if grams <= most), None)
