"""A price list as lines that a person types or pastes from a sheet: one price of one service, zone and weight a line. Pure.

    DOM; home; France; FR MC; ; 1000; 6,20; 2      service; kind; zone; countries; postcodes; up to g; price; working days

Lines of one service and zone are its bands. What lines do not tell (surcharges, volume, codes left out) stays as it was.
"""

import re
from typing import Final, get_args

import msgspec

from comptoir.carriers.model import Service, ServiceKind
from comptoir.carriers.tariffs import Band, Row, Tariff, Zone

MOST_LINES: Final = 2000
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#+ -]{0,63}\Z")
_COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
_POSTCODE: Final = re.compile(r"[A-Z0-9]{1,10}\Z")
_PRICE: Final = re.compile(r"([0-9]{1,5})(?:[.,]([0-9]{1,2}))?\Z", re.ASCII)


class BadTable(ValueError):
    """The line that cannot be read, from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def read_table(text: str, before: Tariff | None = None) -> Tariff | None:
    """The price list of these lines; None for no lines. BadTable names the first line that is none."""
    old = before or Tariff((), (), ())
    services = {one.code: one for one in old.services}
    zones = {one.code: one for one in old.zones}
    rows = {(one.service, one.zone): one for one in old.rows}
    seen_services: dict[str, Service] = {}
    seen_zones: dict[str, Zone] = {}
    seen: dict[tuple[str, str], Row] = {}
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise BadTable(MOST_LINES + 1)
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in re.split(r"[;\t]", line)]
        service, zone, row = _read(cells + [""] * (8 - len(cells)), n)
        service = msgspec.structs.replace(services.get(service.code, service), kind=service.kind)
        zone = msgspec.structs.replace(zones.get(zone.code, zone), countries=zone.countries, postcodes=zone.postcodes)
        key = (row.service, row.zone)
        held = seen.get(key)
        if seen_services.setdefault(service.code, service) != service or seen_zones.setdefault(zone.code, zone) != zone:
            raise BadTable(n)
        if held is None:
            seen[key] = msgspec.structs.replace(rows.get(key, row), bands=row.bands, days=row.days)
        elif held.days != row.days or held.bands[-1].up_to_g >= row.bands[0].up_to_g:
            raise BadTable(n)
        else:
            seen[key] = msgspec.structs.replace(held, bands=held.bands + row.bands)
    if not seen:
        return None
    surcharges = tuple(
        one for one in old.surcharges if set(one.zones) <= set(seen_zones) and set(one.services) <= set(seen_services)
    )
    return msgspec.structs.replace(
        old, services=tuple(seen_services.values()), zones=tuple(seen_zones.values()), rows=tuple(seen.values()), surcharges=surcharges
    )  # fmt: skip


def write_table(tariff: Tariff) -> str:
    """The lines of a price list; `read_table` gives the same list again."""
    services = {one.code: one for one in tariff.services}
    zones = {one.code: one for one in tariff.zones}
    order = {code: n for n, code in enumerate(zones)}
    return "\n".join(
        f"{row.service};{services[row.service].kind};{row.zone};{' '.join(zones[row.zone].countries)};{' '.join(zones[row.zone].postcodes)};"
        f"{band.up_to_g};{band.minor // 100},{band.minor % 100:02};{'' if row.days is None else row.days}"
        for row in sorted(tariff.rows, key=lambda one: order[one.zone])
        for band in row.bands
    )  # fmt: skip


def _read(cells: list[str], n: int) -> tuple[Service, Zone, Row]:
    service, kind, zone, countries, postcodes, grams, price, days = cells[:8]
    places, codes = tuple(countries.upper().split()), tuple(postcodes.upper().split())
    cost = _PRICE.match(price)
    fits = (
        not any(cells[8:]) and _CODE.match(service) and _CODE.match(zone) and kind in get_args(ServiceKind) and places and cost
        and all(_COUNTRY.match(one) for one in places) and all(_POSTCODE.match(one) for one in codes)
        and re.match(r"[0-9]{1,6}\Z", grams, re.ASCII) and re.match(r"[0-9]{0,2}\Z", days, re.ASCII)
    )  # fmt: skip
    if not fits or cost is None or int(grams) == 0:
        raise BadTable(n)
    minor = int(cost[1]) * 100 + int((cost[2] or "").ljust(2, "0") or 0)
    row = Row(service, zone, (Band(int(grams), minor),), days=int(days) if days else None)
    return Service(service, kind, service), Zone(zone, places, codes), row  # type: ignore[arg-type]
