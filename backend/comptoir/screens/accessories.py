"""Of which articles and categories head office has said what belongs to them."""

from typing import Any, Final

import msgspec

from comptoir.kit.db import Connection

MOST: Final = 500

_SAID = """
SELECT a.kind, a.key, coalesce(max(s.name), '') AS name, jsonb_agg(jsonb_build_object('fr', a.fr, 'en', a.en, 'keep_minor', a.keep_minor, 'used', a.used)
  ORDER BY a.place, a.code) AS accessories
FROM accessory a LEFT JOIN sku s ON a.kind = 'sku' AND s.sku = a.key GROUP BY a.kind, a.key ORDER BY a.kind, a.key LIMIT $1
"""


class Word(msgspec.Struct, frozen=True):
    """One accessory in both languages."""

    fr: str
    en: str
    keep_minor: int
    used: bool

    def says(self, language: str) -> str:
        return self.en if language == "en" else self.fr


class Said(msgspec.Struct, frozen=True):
    """A category or a SKU with its accessories; `name` is a SKU's."""

    kind: str
    key: str
    name: str
    accessories: list[Word]


async def list_said(connection: Connection) -> list[Said]:
    """Categories first, by their names."""
    rows: list[Any] = await connection.fetch(_SAID, MOST)
    return [msgspec.convert(dict(row) | {"accessories": msgspec.json.decode(row["accessories"])}, Said) for row in rows]
