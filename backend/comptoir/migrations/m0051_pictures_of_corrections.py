"""Pictures of corrections, and a recall that asks again. Safe while the old version runs: it writes none of it."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-23T20:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Pictures of corrections"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="comptoir", description=DESCRIPTION)

    async def create() -> None:
        engine = engine_finder()
        assert engine is not None
        # DDL goes around Piccolo's query builder, which reads {} as a placeholder; the connection is its transaction's.
        sql = (Path(__file__).parent / "0051_pictures_of_corrections.sql").read_text()
        transaction = engine.current_transaction.get()
        assert transaction is not None
        await transaction.connection.execute(
            "SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = '60s'; " + sql
        )

    manager.add_raw(create)
    return manager
