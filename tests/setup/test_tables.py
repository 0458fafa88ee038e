"""The tables that Piccolo knows are the tables that the migrations make: names, types, keys, what may be empty."""

import re
from pathlib import Path
from typing import Any

import pytest
from piccolo.columns import ForeignKey
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from comptoir import migrations
from comptoir.kit import simple
from comptoir.kit.db import open_pool
from comptoir.network.tables import Region
from comptoir.piccolo_app import APP_CONFIG
from tests.conftest import Database

pytestmark = pytest.mark.anyio

TYPES = {
    "Text": "text", "UUID": "uuid", "Timestamptz": "timestamp with time zone", "Integer": "integer", "Bytea": "bytea",
    "SmallInt": "smallint", "BigInt": "bigint", "Boolean": "boolean", "JSONB": "jsonb", "Date": "date",
    "DoublePrecision": "double precision", "Char": "character", "Array": "ARRAY",
}  # fmt: skip

Described = dict[str, tuple[str, bool, bool]]
"""Column -> (type, may be empty, part of the primary key)."""


def by_piccolo(table: type[Table]) -> Described:
    return {
        column._meta.db_column_name: (type_of(column), column._meta.null, column._meta.primary_key)
        for column in table._meta.columns
    }


def type_of(column: Any) -> str:
    while isinstance(column, ForeignKey):
        column = column._foreign_key_meta.resolved_references._meta.primary_key
    return TYPES[type(column).__name__]


async def by_the_database(connection: Any) -> dict[str, Described]:
    rows = await connection.fetch(
        "SELECT c.table_name, c.column_name, c.data_type, c.is_nullable = 'YES', EXISTS (SELECT FROM pg_index i"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indisprimary"
        " AND i.indrelid = c.table_name::regclass AND a.attname = c.column_name)"
        " FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name <> 'migration'"
    )
    found: dict[str, Described] = {}
    for table, column, *facts in rows:
        found.setdefault(table, {})[column] = tuple(facts)
    return found


async def test_piccolo_knows_every_table_and_every_column_as_it_is(database: Database) -> None:
    known = {table._meta.tablename: by_piccolo(table) for table in APP_CONFIG.table_classes}
    made = await by_the_database(database.connection)
    assert {name: known.get(name) for name in made} == made
    assert known.keys() == made.keys()


async def test_foreign_keys_point_where_the_database_says_and_delete_as_it_says(database: Database) -> None:
    words = {"r": OnDelete.restrict, "c": OnDelete.cascade}
    made = {
        (row[0], row[1]): (row[2], words[row[3]])
        for row in await database.connection.fetch(
            "SELECT k.conrelid::regclass::text, a.attname, k.confrelid::regclass::text, k.confdeltype::text"
            " FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
            " WHERE k.contype = 'f'"
        )
    }
    known = {
        (table._meta.tablename, key._meta.db_column_name): (
            key._foreign_key_meta.resolved_references._meta.tablename, key._foreign_key_meta.on_delete,
        )
        for table in APP_CONFIG.table_classes for key in table._meta.foreign_key_columns
    }  # fmt: skip
    assert known == made


async def test_a_simple_read_and_write_run_in_the_callers_own_transaction(database: Database) -> None:
    pool = await open_pool(database.dsn, 1)
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await simple.run(connection, Region.insert(Region(id="sud", name="Sud")))
        assert await simple.run(connection, Region.select(Region.id, Region.name)) == [{"id": "sud", "name": "Sud"}]
        await transaction.rollback()
        assert await simple.run(connection, Region.select()) == []
    await pool.close()


async def test_what_comes_from_outside_is_an_argument_never_sql(database: Database) -> None:
    name = "'); DROP TABLE region; -- {} $1"
    await simple.run(database.connection, Region.insert(Region(id="x", name=name)))
    assert await simple.run(database.connection, Region.select(Region.name).where(Region.name == name)) == [
        {"name": name}
    ]


def test_every_migration_has_an_id_of_its_own_in_the_order_of_the_files() -> None:
    folder = Path(migrations.__file__).parent
    ids = [re.search(r'^ID = "(.+)"$', path.read_text(), re.M) for path in sorted(folder.glob("m[0-9]*.py"))]
    told = [found[1] for found in ids if found]
    assert len(told) == len(ids)
    assert told == sorted(set(told)), "Piccolo leaves out a migration whose id it has seen"
