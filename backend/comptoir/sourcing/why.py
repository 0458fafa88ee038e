"""Why an order went where it went: the plans that were weighed, with every figure, and who was left out by which rule. Kept with the order."""

from datetime import date, datetime

import msgspec

from comptoir.sourcing.routing import Cost


class WeighedParcel(msgspec.Struct, frozen=True):
    """What one location would send. `lines` are (order line, part, SKU, units, units that it had), `kilometers` as the crow flies, `arrives` the expected day."""

    location: str
    lines: tuple[tuple[int, int, str, int, int], ...]
    service: str
    kilometers: int
    arrives: date | None
    cost: Cost


class Weighed(msgspec.Struct, frozen=True):
    """One plan. `missing` are (order line, part, SKU, units) that it gives to nobody."""

    parcels: tuple[WeighedParcel, ...]
    missing: tuple[tuple[int, int, str, int], ...]
    missing_minor: int
    total: int

    def sent(self) -> tuple[tuple[str, int], ...]:
        """(location, units) of each parcel, and ("", units) for what nobody gives."""
        rows = [(parcel.location, sum(line[3] for line in parcel.lines)) for parcel in self.parcels]
        missing = sum(units for *_, units in self.missing)
        return (*rows, ("", missing)) if missing else tuple(rows)


def shipped(plan: Weighed) -> list[tuple[str, int, int, int]]:
    """Who sends what: (location, order line, part, units), sorted; two plans that say the same here are the same to a store."""
    return sorted(
        (parcel.location, line, part, units) for parcel in plan.parcels for line, part, _, units, _ in parcel.lines
    )


class Nearest(msgspec.Struct, frozen=True):
    """The nearest place that was not chosen: a rule took it out, or it had too little (`short_sku`), or it costs more (`plan`)."""

    location: str
    kilometers: int
    rule: str = ""
    short_sku: str = ""
    plan: Weighed | None = None


class Why(msgspec.Struct, frozen=True):
    """One decision. `plans` cheapest first, the first one was taken; `barred` rule's name, or a word of `BARRED` -> locations."""

    at: datetime
    occasion: str
    policy: int
    mode: str
    area: str
    due: date
    plans: tuple[Weighed, ...]
    barred: dict[str, tuple[str, ...]] = {}
    rules: tuple[str, ...] = ()
    nearest: Nearest | None = None
    shadow: "Shadow | None" = None
    sending: Weighed | None = None
    """What units that wait were weighed against: the best plan that leaves nothing out that anybody has."""

    @property
    def taken(self) -> Weighed:
        return self.plans[0]

    @property
    def cost_minor(self) -> int:
        return self.plans[0].total


class Shadow(msgspec.Struct, frozen=True):
    """What a policy that is only tried would have done, reckoned in the figures of the policy in force."""

    policy: int
    plan: Weighed
    cost_in_force: int
    """What that plan costs by the policy in force; what it would have saved is the difference."""


BARRED = ("does_not_ship", "paused", "not_served", "tried")
"""Words for what is no rule of head office: the place itself, its carrier, or that it was asked before."""
