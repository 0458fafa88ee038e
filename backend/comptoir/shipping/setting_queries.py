"""Reads of boxes and carriers' accounts, for head office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from comptoir.kit.db import Connection

_BOXES = """
SELECT b.id, b.location, coalesce(l.name, '') AS store, b.name_fr, b.name_en, b.kind, b.length_mm, b.width_mm, b.height_mm, b.tare_grams,
  b.max_grams, b.active, b.version
FROM box_type b LEFT JOIN location l ON l.id = b.location
ORDER BY b.active DESC, b.location NULLS FIRST, b.length_mm::bigint * b.width_mm * b.height_mm, b.id LIMIT 500
"""
_ACCOUNTS = """
SELECT id, carrier, name, locations, services, settings, label_format, active, refused_at, coalesce(refused_words, '') AS refused_words, version
FROM carrier_account WHERE $1::text IS NULL OR id = $1 ORDER BY active DESC, name, id LIMIT 500
"""


class BoxRow(msgspec.Struct, frozen=True):
    """A box; `store` is the name of the one that has it, empty: all."""

    id: str
    location: str | None
    store: str
    name_fr: str
    name_en: str
    kind: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_grams: int
    max_grams: int
    active: bool
    version: int


class AccountRow(msgspec.Struct, frozen=True):
    """A contract with a carrier; `locations` None: every store sends with it."""

    id: str
    carrier: str
    name: str
    locations: list[str] | None
    services: Mapping[str, str]
    settings: Mapping[str, Any]
    label_format: str
    active: bool
    refused_at: datetime | None
    refused_words: str
    version: int


async def list_boxes(connection: Connection) -> list[BoxRow]:
    """Every box, retired ones last, small ones first."""
    return [BoxRow(**dict(row)) for row in await connection.fetch(_BOXES)]


async def list_accounts(connection: Connection, account: str | None = None) -> list[AccountRow]:
    """Every account, or this one; those that are switched off last."""
    json = ("services", "settings")
    return [
        msgspec.convert({**dict(row), **{name: msgspec.json.decode(row[name]) for name in json}}, AccountRow)
        for row in await connection.fetch(_ACCOUNTS, account)
    ]
