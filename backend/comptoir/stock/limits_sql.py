"""The rules in force: rows of head office over what comes along."""

import msgspec

from comptoir.kit.db import Connection, Tx
from comptoir.stock.limits import NAMES, StockRules


async def find_rules(connection: Connection) -> StockRules:
    """What holds now."""
    rows = await connection.fetch("SELECT name, value FROM stock_rule WHERE name = ANY($1::text[])", list(NAMES))
    return StockRules(**{row["name"]: row["value"] for row in rows})


async def keep_rules(tx: Tx, rules: StockRules) -> None:
    """These hold from now on."""
    values = msgspec.structs.asdict(rules)
    await tx.run(
        "INSERT INTO stock_rule (name, value, changed_at, changed_by) SELECT n, v, $3, $4 FROM unnest($1::text[], $2::bigint[]) AS r (n, v)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        list(values), list(values.values()), tx.now, tx.who,
    )  # fmt: skip
