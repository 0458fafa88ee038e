"""What managers did is compared with what came: late orders of the stores of an act, by the moment its forecast spoke of. A job of the worker."""

from typing import TYPE_CHECKING, Final

from comptoir.kit.db import borrowed
from comptoir.tower.keeping import BROKEN

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 20
_DUE: Final = """
SELECT id, at, judge_at, stores FROM tower_action WHERE came IS NULL AND undone_at IS NULL AND judge_at <= $1 ORDER BY judge_at LIMIT $2
"""
_CAME: Final = (
    f"SELECT coalesce(sum(b.count), 0)::int FROM ({BROKEN}) AS b (location, count) WHERE b.location = ANY($3::text[])"
)


async def judge_acts(house: "House") -> int:
    """How many acts were judged. Promises that broke between the act and the moment of its forecast count, moved or not."""
    now = house.clock()
    async with borrowed(house.pool) as connection:
        due = await connection.fetch(_DUE, now, AT_ONCE)
        for row in due:
            came = await connection.fetchval(_CAME, row["at"], row["judge_at"], row["stores"])
            await connection.execute("UPDATE tower_action SET came = $2 WHERE id = $1", row["id"], came)
    return len(due)
