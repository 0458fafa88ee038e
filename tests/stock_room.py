"""A small stock room for tests: two stores, four articles and a kit, figures by movements alone, and a way to post."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.clock import SetClock
from comptoir.kit.ids import Seal, new_id
from comptoir.kit.runner import Command, Runner
from comptoir.sourcing.outlook import Outlook
from comptoir.stock.feed import (
    MovementsPosted,
    PostMovements,
    PostSnapshot,
    ReportedFact,
    ReportedLevel,
    ReportedMovement,
)
from comptoir.wiring import flows

NOON: Final = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
LYON: Final = "lyon-part-dieu"
LILLE: Final = "lille-vieux-lille"
DERBY: Final = "DERBY-HELENE-NOIR-39"
CREAM: Final = "CIRAGE-NOIR"
VASE: Final = "VASE-AMPHORE-24"
KIT: Final = "COFFRET-DERBY"
DERBY_CODE: Final = "3700000000013"


async def furnish(connection: Any) -> None:
    """Stores open from 9:30 to 20:00 on all days but Sunday, and articles; nothing is on hand yet."""
    await connection.execute(
        "INSERT INTO legal_entity VALUES ('orme', 'Orme SAS', '0', 'FR0', 'Lyon', 'OR') ON CONFLICT DO NOTHING"
    )
    for place, city, postcode, lat, lon in (
        (LYON, "Lyon", "69003", 45.7606, 4.8572), (LILLE, "Lille", "59000", 50.6408, 3.0625),
    ):  # fmt: skip
        await connection.execute(
            "INSERT INTO location (id, name, kind, legal_entity, street, postcode, city, latitude, longitude,"
            " time_zone, services, capacity_per_hour, pick_lead_minutes, hold_days) VALUES ($1, $2, 'store', 'orme',"
            " '1 rue', $3, $2, $4, $5, 'Europe/Paris', '{pickup,ship}', 12, 60, 7)",
            place, city, postcode, lat, lon,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO opening_hours SELECT $1, day, 570, 1200 FROM generate_series(0, 5) day", place
        )
    for sku, name in ((DERBY, "Derby Hélène"), (CREAM, "Cirage"), (VASE, "Vase Amphore"), (KIT, "Coffret derby")):
        await connection.execute(
            "INSERT INTO sku (sku, name, variant, style, price_minor, vat_rate_bp, weight_grams, is_kit)"
            " VALUES ($1, $2, '', 's', 9900, 2000, 500, $3)",
            sku, name, sku == KIT,
        )  # fmt: skip
    await connection.execute("INSERT INTO barcode VALUES ($1, $2, 'gtin')", DERBY_CODE.zfill(14), DERBY)
    await connection.execute("INSERT INTO kit_component VALUES ($1, $2, 1, 8000), ($1, $3, 2, 2000)", KIT, DERBY, CREAM)


def line(
    quantity: int, fact: ReportedFact = "till_sale", *, sku: str = DERBY, location: str = LYON, at: datetime = NOON,
    id: UUID | None = None, reason: str | None = None,
) -> ReportedMovement:  # fmt: skip
    """One reported movement; a pair sold in Lyon at noon unless told otherwise."""
    return ReportedMovement(id or new_id(), location, fact, quantity, at, sku=sku, reason=reason)


class Room:
    """Posts commands as somebody, and looks at the figures."""

    def __init__(self, runner: Runner, clock: SetClock, connection: Any) -> None:
        self.runner, self.clock, self.connection = runner, clock, connection

    async def perform(self, command: Command, actor: Actor = SYSTEM, kind: Any = Any) -> Any:
        return (await self.runner.perform(command, actor)).read(kind)

    async def post(self, *lines: ReportedMovement, actor: Actor = SYSTEM) -> list[str]:
        """Post movements; the status of each."""
        told = await self.perform(PostMovements(new_id(), lines), actor, MovementsPosted)
        return [outcome.problem.code if outcome.problem else outcome.status for outcome in told.results]

    async def snapshot(self, figure: int, as_of: datetime, *, sku: str = DERBY, location: str = LYON) -> str:
        """Post one absolute figure; its status."""
        told = await self.perform(PostSnapshot(new_id(), location, as_of, (ReportedLevel(sku, figure),)))
        status: str = told["results"][0]["status"]
        return status

    async def figures(self, sku: str = DERBY, location: str = LYON) -> tuple[int, int, int, int]:
        """On hand, reserved, set aside, unsellable; levels and ledger must agree on all four."""
        columns = "on_hand, reserved, set_aside, unsellable"
        level = await self.connection.fetchrow(
            f"SELECT {columns} FROM stock_level WHERE sku = $1 AND location = $2", sku, location
        )
        summed = await self.connection.fetchrow(
            "SELECT coalesce(sum(on_hand), 0), coalesce(sum(reserved), 0), coalesce(sum(set_aside), 0),"
            " coalesce(sum(unsellable), 0) FROM stock_movement WHERE sku = $1 AND location = $2",
            sku, location,
        )  # fmt: skip
        told = tuple(level) if level else (0, 0, 0, 0)
        assert told == tuple(summed)
        return told

    async def on_hand(self, sku: str = DERBY, location: str = LYON) -> int:
        return (await self.figures(sku, location))[0]


@asynccontextmanager
async def opened(database: Any) -> AsyncIterator[Room]:
    """A furnished room on this test's database, at noon."""
    await furnish(database.connection)
    clock = SetClock(NOON)
    runner = Runner(database.pool, clock, flows(Seal(b"a secret for tests, 32 bytes long"), Outlook()))
    yield Room(runner, clock, database.connection)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
