"""What head office decides about sourcing, as one document: carriage, costs, rules. Saved as a whole, numbered, never changed afterwards.

Costs rank, rules only take out: a preference is money, a rule bars locations. Whoever wants lists of rules instead of costs says `mode: rules`.
Money is in minor units, weights in grams, times in minutes after midnight of the retailer's zone. The figures of `DEFAULT` are examples to
begin with, not any carrier's tariff.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Instant, Slug, Word
from comptoir.sourcing.again import WORTH_MOVING_MINOR
from comptoir.sourcing.ruled import Group, Name
from comptoir.sourcing.snapshot import Late

KIND: Final = "sourcing"
"""Of its documents (`kit/policies.py`)."""

MOST_ZONES: Final = 40
MOST_STEPS: Final = 30
NOT_SERVED: Final = 100_000_000
"""A price that says: this service does not go there."""

Price = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
"""Money of one figure of a policy, in minor units: bounded, so that no sum of an order's outgrows its column."""


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a price holds. `areas` are beginnings of areas ("FR", "FR-97", "DE"), none for everywhere; `within_km` as the crow flies from the sender."""

    id: Slug
    areas: tuple[Annotated[str, msgspec.Meta(min_length=2, max_length=6)], ...] = ()
    within_km: Annotated[int, msgspec.Meta(ge=1, le=20_000)] | None = None
    days_more: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    """Working days that everything to there takes longer; what is promised there is promised so much later."""


class ServiceRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A carrier's product: working days on the way, and a price for each zone and step; null where it does not go."""

    id: Slug
    days: Annotated[int, msgspec.Meta(ge=0, le=30)]
    prices: tuple[tuple[Price, ...] | None, ...]


class Tariff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Zones in the order in which they are tried, the heaviest grams of each step, and what each service costs there."""

    zones: Annotated[tuple[Zone, ...], msgspec.Meta(min_length=1, max_length=MOST_ZONES)]
    steps: Annotated[tuple[Annotated[int, msgspec.Meta(ge=1)], ...], msgspec.Meta(min_length=1, max_length=MOST_STEPS)]
    services: Annotated[tuple[ServiceRate, ...], msgspec.Meta(min_length=1, max_length=20)]


class Labor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What hands cost: for each line that is picked, and for each parcel that is packed."""

    pick_minor: Price
    pack_minor: Price


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a delivery service promises: working days from the order, which counts for the next day after `before`."""

    days: Annotated[int, msgspec.Meta(ge=0, le=60)]
    before: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 840


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which orders a rule speaks of; what is empty matches all. Weekdays from Monday 0."""

    channels: tuple[Slug, ...] = ()
    services: tuple[Slug, ...] = ()
    categories: tuple[Slug, ...] = ()
    buyers: tuple[Literal["private", "business"], ...] = ()
    weekdays: tuple[Annotated[int, msgspec.Meta(ge=0, le=6)], ...] = ()
    since: Instant | None = None
    until: Instant | None = None


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A filter with a name that the why repeats. All rules that match hold together.

    `only`, `never`: names of locations, kinds or regions. `fallbacks`: groups of them, each asked only when those before cannot give everything.
    `buffer`: units that stay. `daily_limit`: orders that a location takes on a day. `most_parcels`, `least_part_minor`: how an order may be divided.
    `hold`: a person looks at the order first. A rule with categories bars its locations for the articles of these categories alone.
    """

    name: Word
    when: When = When()
    only: tuple[Name, ...] = ()
    never: tuple[Name, ...] = ()
    fallbacks: Annotated[tuple[tuple[Name, ...], ...], msgspec.Meta(max_length=8)] = ()
    buffer: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    daily_limit: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None
    most_parcels: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    least_part_minor: Price = 0
    hold: bool = False


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it. `labor` by kind of location; `missing_bp` of its price and `missing_minor` more is what a unit costs that nobody gives.

    `preferences`: what a parcel from a location, kind or region is held to cost more (or less) than it does.
    """

    tariff: Tariff
    labor: dict[Name, Labor]
    late: Late = Late()
    deliveries: dict[Slug, Delivery] = msgspec.field(default_factory=lambda: {"standard": Delivery(4)})
    collection_minute: Annotated[int, msgspec.Meta(ge=0, le=1439)] = 1020
    """When the carrier comes to a location that has no times of its own."""
    missing_bp: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 5_000
    missing_minor: Price = 1_500
    decline_minor: Price = 400
    """What a refusal costs beside the way to another location: somebody searched, a customer waits."""
    moving_minor: Price = WORTH_MOVING_MINOR
    """What it must save to take work from a store that could do it: two parcels that become one, the rest of one that lacks an article."""
    most_parcels: Annotated[int, msgspec.Meta(ge=1, le=5)] = 5
    horizon_days: Annotated[int, msgspec.Meta(ge=1, le=180)] = 7
    """Days that what lies in the shops must last before more comes: what the last units are priced for."""
    transfer_days: Annotated[int, msgspec.Meta(ge=1, le=30)] | None = None
    """Working days in which goods come to the store where they are collected, when that has none; none: they are not brought."""
    wait_days: Annotated[int, msgspec.Meta(ge=1, le=60)] | None = None
    """Days that units of an order which may be held wait at most, where sending them costs more than they are held to be worth (`missing_bp`,
    `missing_minor`); none: what can be sent is sent."""
    mode: Literal["cost", "rules"] = "cost"
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(max_length=50)] = ()
    lists: Annotated[tuple[Group, ...], msgspec.Meta(max_length=20)] = ()
    preferences: dict[Name, Annotated[int, msgspec.Meta(ge=-100_000, le=100_000)]] = {}


def check(policy: Policy, names: Sequence[str]) -> None:
    """Whether a policy can be used with the locations, kinds and regions that there are.

    Invalid `policy_prices_differ` (a service without a price row for each zone or step), `policy_steps`, `policy_zone_missing` (no zone for everywhere),
    `policy_unknown_name`, `policy_lists_missing`, `policy_list_zone`, `policy_delivery_missing`, `policy_labor_missing`, `policy_named_twice` (two
    rules, zones or services of one name: the why could not tell them apart).
    """
    tariff = policy.tariff
    if list(tariff.steps) != sorted(set(tariff.steps)):
        raise Invalid("policy_steps")
    for service in tariff.services:
        if len(service.prices) != len(tariff.zones) or any(
            row is not None and len(row) != len(tariff.steps) for row in service.prices
        ):
            raise Invalid("policy_prices_differ", service=service.id)
    last = tariff.zones[-1]
    if last.areas or last.within_km is not None:
        raise Invalid("policy_zone_missing")
    for named in (policy.rules, tariff.zones, tariff.services):
        words = [one.name if isinstance(one, Rule) else one.id for one in named]
        for word in words:
            if words.count(word) > 1:
                raise Invalid("policy_named_twice", name=word)
    known = set(names)
    for name in used_names(policy):
        if name not in known:
            raise Invalid("policy_unknown_name", name=name)
    if policy.mode == "rules" and not policy.lists:
        raise Invalid("policy_lists_missing")
    if any(group.within_zone is not None and group.within_zone >= len(tariff.zones) for group in policy.lists):
        raise Invalid("policy_list_zone")
    if "standard" not in policy.deliveries:
        raise Invalid("policy_delivery_missing")
    if not {"store", "warehouse"} <= set(policy.labor):
        raise Invalid("policy_labor_missing")


def used_names(policy: Policy) -> list[str]:
    """Locations, kinds and regions that a policy speaks of, each once, sorted."""
    found = {*policy.preferences, *policy.labor}
    for rule in policy.rules:
        found.update(rule.only, rule.never, *rule.fallbacks)
    for group in policy.lists:
        found.update(group.of)
    return sorted(found)


def matches(
    when: When, *, channel: str, service: str, buyer: str, categories: frozenset[str], weekday: int, now: datetime
) -> bool:
    """Does a rule speak of this order?"""
    return (
        (not when.channels or channel in when.channels)
        and (not when.services or service in when.services)
        and (not when.buyers or buyer in when.buyers)
        and (not when.categories or not categories.isdisjoint(when.categories))
        and (not when.weekdays or weekday in when.weekdays)
        and (when.since is None or now >= when.since)
        and (when.until is None or now < when.until)
    )


def _row(*minor: int) -> tuple[int, ...]:
    return minor


DEFAULT: Final = Policy(
    tariff=Tariff(
        zones=(
            Zone("overseas", ("FR-97", "FR-98", "GP", "MQ", "GF", "RE", "YT"), None, 6),
            Zone("corsica", ("FR-2A", "FR-2B"), None, 1),
            Zone("near", ("FR", "MC"), 120),
            Zone("france", ("FR", "MC")),
            Zone("neighbors", ("BE", "LU", "NL", "DE", "CH", "ES", "IT", "AD")),
            Zone("world", (), None, 4),
        ),
        steps=(250, 500, 1_000, 2_000, 5_000, 10_000, 30_000),
        services=(
            ServiceRate("home", 2, (
                _row(1290, 1490, 2090, 2990, 5490, 9990, 19990), _row(590, 690, 840, 990, 1490, 2190, 3690), _row(470, 520, 590, 690, 990, 1490, 2390),
                _row(520, 590, 690, 820, 1240, 1890, 2990), _row(1090, 1190, 1390, 1690, 2290, 3490, 5990), _row(1690, 1890, 2290, 2890, 4490, 7490, 14990),
            )),
            ServiceRate("express", 1, (
                None, _row(1590, 1690, 1890, 2190, 2990, 3990, 6490), _row(990, 1090, 1190, 1390, 1790, 2490, 3990),
                _row(1190, 1290, 1390, 1590, 2190, 2990, 4690), None, None,
            )),
        ),
    ),
    labor={"store": Labor(110, 140), "warehouse": Labor(45, 70)},
    late=Late(first_day_minor=400, each_day_minor=150),
)  # fmt: skip
"""What holds until head office has saved its own."""
