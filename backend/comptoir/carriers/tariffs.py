"""Prices from a carrier's table: zones, bands of weight, surcharges. Pure; for carriers that answer no question about prices.

A parcel's zone is the first that takes its place; its weight is the real one or that of its volume, whichever is more. Overseas
departments count as countries of their own, also when an address says France.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from comptoir.carriers.model import ParcelMeasures, Rate, RatePart, Service, Shipment

OVERSEAS: Final = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL", "978": "MF", "984": "TF", "986": "WF",
    "987": "PF", "988": "NC",
}  # fmt: skip
"""The first three digits of a French postcode that belong to a country of their own in ISO 3166."""


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Places of one price. `postcodes` are beginnings (`20` is Corsica), empty: all but those of `except_postcodes`."""

    code: str
    countries: tuple[str, ...]
    postcodes: tuple[str, ...] = ()
    except_postcodes: tuple[str, ...] = ()


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The price of a parcel of at most so many grams."""

    up_to_g: int
    minor: int


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One service in one zone: bands by rising weight; beyond the last `per_kg_minor` for each kilogram begun (0: not carried).

    `days`: working days at most, None where the carrier promises nothing.
    """

    service: str
    zone: str
    bands: tuple[Band, ...]
    per_kg_minor: int = 0
    most_g: int = 30_000
    days: int | None = None


class Surcharge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Added where every condition that is given holds. `minor` is added once; `basis_points` (175: 1.75 %) are of all before it.

    `girth` is length + 2 x width + 2 x height with the longest side as length, as carriers reckon it.
    """

    code: str
    minor: int = 0
    basis_points: int = 0
    services: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    over_g: int | None = None
    longest_over_mm: int | None = None
    girth_over_mm: int | None = None


class Tariff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A carrier's price list, before VAT. `volume_divisor`: cubic centimeters that count as a kilogram, 0: volume costs nothing.

    Sides over `longest_mm` or a girth over `girth_mm` are not carried (0: no limit).
    """

    services: tuple[Service, ...]
    zones: tuple[Zone, ...]
    rows: tuple[Row, ...]
    surcharges: tuple[Surcharge, ...] = ()
    currency: str = "EUR"
    volume_divisor: int = 0
    longest_mm: int = 0
    girth_mm: int = 0


def place(country: str, postcode: str) -> tuple[str, str]:
    """(country, postcode without blanks), with overseas departments under their own country."""
    bare = postcode.replace(" ", "").upper()
    return (OVERSEAS.get(bare[:3], country) if country == "FR" else country, bare)


def zone_of(tariff: Tariff, country: str, postcode: str) -> str | None:
    """The first zone that takes the place, or None."""
    there, bare = place(country, postcode)
    for zone in tariff.zones:
        inside = not zone.postcodes or bare.startswith(zone.postcodes)
        if (
            there in zone.countries
            and inside
            and not (zone.except_postcodes and bare.startswith(zone.except_postcodes))
        ):
            return zone.code
    return None


def chargeable_g(parcel: ParcelMeasures, divisor: int) -> int:
    """Grams that are paid for."""
    cubic_mm = parcel.length_mm * parcel.width_mm * parcel.height_mm
    return max(parcel.weight_g, -(-cubic_mm // divisor) if divisor else 0)


def sides(parcel: ParcelMeasures) -> tuple[int, int]:
    """(longest side, girth), millimeters."""
    three = (parcel.length_mm, parcel.width_mm, parcel.height_mm)
    longest = max(three)
    return longest, longest + 2 * (sum(three) - longest)


def prices(carrier: str, tariff: Tariff, shipment: Shipment) -> Iterator[Rate]:
    """What each service that carries this parcel would cost."""
    zone = zone_of(tariff, shipment.recipient.country, shipment.recipient.postcode)
    longest, girth = sides(shipment.parcel)
    too_big = (tariff.longest_mm and longest > tariff.longest_mm) or (tariff.girth_mm and girth > tariff.girth_mm)
    if zone is None or too_big:
        return
    grams = chargeable_g(shipment.parcel, tariff.volume_divisor)
    for row in tariff.rows:
        base = _base(row, grams)
        if row.zone != zone or base is None or shipment.parcel.weight_g > row.most_g:
            continue
        parts = [RatePart("base", base)]
        for extra in tariff.surcharges:
            if _applies(extra, row, shipment, longest, girth):
                so_far = sum(part.minor for part in parts)
                parts.append(RatePart(extra.code, extra.minor + (so_far * extra.basis_points + 5_000) // 10_000))
        yield Rate(carrier, row.service, sum(part.minor for part in parts), tariff.currency, row.days, tuple(parts))


def _base(row: Row, grams: int) -> int | None:
    for band in row.bands:
        if grams <= band.up_to_g:
            return band.minor
    if not row.bands or not row.per_kg_minor:
        return None
    last = row.bands[-1]
    return last.minor + -(-(grams - last.up_to_g) // 1000) * row.per_kg_minor


def _applies(extra: Surcharge, row: Row, shipment: Shipment, longest: int, girth: int) -> bool:
    _, bare = place(shipment.recipient.country, shipment.recipient.postcode)
    return (
        (not extra.services or row.service in extra.services)
        and (not extra.zones or row.zone in extra.zones)
        and (not extra.postcodes or bare.startswith(extra.postcodes))
        and (extra.over_g is None or shipment.parcel.weight_g > extra.over_g)
        and (extra.longest_over_mm is None or longest > extra.longest_over_mm)
        and (extra.girth_over_mm is None or girth > extra.girth_over_mm)
    )


def gaps(tariff: Tariff) -> tuple[str, ...]:
    """What is wrong with a price list that somebody typed, one sentence of codes each; empty: it can be used."""
    found = []
    zones, services = {zone.code for zone in tariff.zones}, {service.code for service in tariff.services}
    for row in tariff.rows:
        name = f"{row.service}/{row.zone}"
        if row.zone not in zones:
            found.append(f"{name}: unknown zone")
        if row.service not in services:
            found.append(f"{name}: unknown service")
        if not row.bands or any(band.minor < 0 for band in row.bands):
            found.append(f"{name}: no price")
        if [band.up_to_g for band in row.bands] != sorted({band.up_to_g for band in row.bands}):
            found.append(f"{name}: weights do not rise")
    pairs = [(row.service, row.zone) for row in tariff.rows]
    found += [
        f"{service}/{zone}: told twice" for service, zone in sorted(set(pairs)) if pairs.count((service, zone)) > 1
    ]
    for extra in tariff.surcharges:
        if set(extra.zones) - zones or set(extra.services) - services:
            found.append(f"{extra.code}: unknown zone or service")
    return tuple(found)
