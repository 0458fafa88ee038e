"""Rates as a table that a spreadsheet opens, and back: one row for each service and zone, one column for each step of weight. Pure.

service;days;zone;areas;within_km;250;500      grams of the steps
home;2;near;FR,MC;120;4,70;5,20                money as people write it; a row without prices is not served
"""

import csv
import io
import re
from typing import Final

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.sourcing.policy import ServiceRate, Tariff, Zone

HEAD: Final = ("service", "days", "zone", "areas", "within_km", "days_more")
MOST_BYTES: Final = 300_000
_PRICE: Final = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))?\Z")


def written(tariff: Tariff) -> str:
    """The table, semicolons between cells and a comma before the cents, as French spreadsheets have it."""
    file = io.StringIO()
    sheet = csv.writer(file, delimiter=";", lineterminator="\r\n")
    sheet.writerow([*HEAD, *tariff.steps])
    for service in tariff.services:
        for zone, row in zip(tariff.zones, service.prices, strict=True):
            prices = (
                ["" for _ in tariff.steps] if row is None else [f"{minor // 100},{minor % 100:02}" for minor in row]
            )
            sheet.writerow(
                [service.id, service.days, zone.id, ",".join(zone.areas), zone.within_km or "", zone.days_more, *prices]
            )
    return file.getvalue()


def read(text: str) -> Tariff:
    """The table back. Every service has the zones in one order. Invalid `policy_file` with the line that is wrong."""
    text = text.removeprefix("\ufeff")
    head = text.split("\n", 1)[0]
    rows = [
        row for row in csv.reader(io.StringIO(text), delimiter=";" if ";" in head else ",") if any(map(str.strip, row))
    ]
    if not rows or tuple(cell.strip() for cell in rows[0][: len(HEAD)]) != HEAD or len(rows[0]) == len(HEAD):
        raise Invalid("policy_file", line=1)
    try:
        steps = tuple(int(cell) for cell in rows[0][len(HEAD) :])
    except ValueError:
        raise Invalid("policy_file", line=1) from None
    zones: dict[str, Zone] = {}
    days: dict[str, int] = {}
    prices: dict[str, dict[str, tuple[int, ...] | None]] = {}
    for line, row in enumerate(rows[1:], 2):
        try:
            service, zone = row[0].strip(), row[2].strip()
            areas = tuple(area.strip().upper() for area in row[3].split(",") if area.strip())
            made = Zone(zone, areas, int(row[4]) if row[4].strip() else None, int(row[5] or 0))
            if zones.setdefault(zone, made) != made or days.setdefault(service, int(row[1])) != int(row[1]):
                raise ValueError("a zone or a service twice, and not the same")
            cells = [cell.strip() for cell in row[len(HEAD) : len(HEAD) + len(steps)]]
            prices.setdefault(service, {})[zone] = tuple(map(_minor, cells)) if any(cells) else None
        except (ValueError, IndexError):
            raise Invalid("policy_file", line=line) from None
    services = tuple(ServiceRate(one, days[one], tuple(row.get(zone) for zone in zones)) for one, row in prices.items())
    try:
        return msgspec.convert(msgspec.to_builtins(Tariff(tuple(zones.values()), steps, services)), Tariff)
    except msgspec.ValidationError:
        raise Invalid("policy_file", line=0) from None


def _minor(cell: str) -> int:
    match = _PRICE.match(cell)
    if match is None:
        raise ValueError(cell)
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
