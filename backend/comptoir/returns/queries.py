"""What returns are read with."""

from collections.abc import Mapping
from typing import Final

import msgspec

from comptoir.kit import reason_rows
from comptoir.kit.db import Connection
from comptoir.returns.accessories import Accessory, Of, asked_for
from comptoir.returns.reasons import RETURN, Reason


async def list_reasons(connection: Connection) -> tuple[Reason, ...]:
    """All reasons by place, with head office's words over the built-in ones; hidden ones too (`reasons.offered` leaves them out)."""
    return await reason_rows.list_reasons(connection, RETURN)


_ACCESSORIES: Final = (
    "SELECT kind, key, code, fr, en, keep_minor, used FROM accessory WHERE kind = 'sku' AND key = ANY($1::text[])"
    " OR kind = 'category' AND key = ANY($2::text[]) ORDER BY kind, key, place, code"
)


async def list_asked(connection: Connection, categories: Mapping[str, str]) -> dict[str, tuple[Accessory, ...]]:
    """SKU -> what is asked for when it comes back; `categories`: SKU -> its category. Those of which nothing is asked are left out."""
    said: dict[tuple[str, str], list[Accessory]] = {}
    named = sorted({category for category in categories.values() if category})
    for row in await connection.fetch(_ACCESSORIES, sorted(categories), named):
        told = dict(row)
        said.setdefault((told.pop("kind"), told.pop("key")), []).append(msgspec.convert(told, Accessory))
    found = {
        sku: asked_for(said.get(("category", category), ()), said.get(("sku", sku), ()))
        for sku, category in categories.items()
    }
    return {sku: asked for sku, asked in found.items() if asked}


async def list_accessories(connection: Connection, kind: Of, key: str) -> tuple[Accessory, ...]:
    """What was said of this SKU or category itself, in its order; what belongs to it no longer too."""
    rows = await connection.fetch(
        "SELECT code, fr, en, keep_minor, used FROM accessory WHERE kind = $1 AND key = $2 ORDER BY place, code LIMIT 100",
        kind,
        key,
    )
    return tuple(msgspec.convert(dict(row), Accessory) for row in rows)
