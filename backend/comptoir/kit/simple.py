"""Simple reads and writes: Piccolo writes the SQL, our own connection runs it.

So there is one pool and one transaction, and none that opens or joins by itself. A statement says nothing of the
time: every `at` is passed in, as everywhere.
"""

import os
from typing import Any

from piccolo.query.base import Query

from comptoir.kit.db import Connection

# Piccolo looks here for its dialect when it writes a statement; it never opens a connection of its own for one.
os.environ.setdefault("PICCOLO_CONF", "comptoir.piccolo_conf")


async def run(connection: Connection, query: Query[Any, Any]) -> list[dict[str, Any]]:
    """The rows of a Piccolo query as dicts, in column order; for writes, what RETURNING gives."""
    (statement,) = query.querystrings
    sql, arguments = statement.compile_string(engine_type="postgres")
    return [dict(row) for row in await connection.fetch(sql, *arguments)]
