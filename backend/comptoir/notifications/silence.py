"""Our own list of who wants nothing more on a medium: asked before every try, written by STOP and by what providers tell.

An address asks for less than a number: nothing more of what nobody needs. Only a keyed digest of either is kept. The list outlives the customer's data and names nobody.
"""

from datetime import datetime
from typing import Final

from comptoir.kit.db import Pool, borrowed
from comptoir.kit.ids import Seal
from comptoir.notifications.model import Medium

CODE: Final = "opted_out"
"""What a try ends with where somebody asked for silence."""

STOP: Final = frozenset(
    {"STOP", "STOPALL", "ARRET", "ARRÊT", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
START: Final = frozenset({"START", "UNSTOP", "YES", "OUI"})


def wish_of(text: str) -> bool | None:
    """What an answer asks for: True for silence, False for messages again, None for anything else."""
    words = text.strip().strip(".!").upper().split()
    if not words:
        return None
    return True if words[0] in STOP else False if len(words) == 1 and words[0] in START else None


def mark_of(seal: Seal, medium: Medium, address: str) -> bytes:
    """The digest of an E.164 number or an e-mail address."""
    return seal.keyed_digest("opt_out", medium, address.strip().lower())


async def asked_for(pool: Pool, medium: Medium, mark: bytes) -> bool:
    """Whether nothing may be sent there."""
    async with borrowed(pool) as connection:
        return bool(await connection.fetchval("SELECT true FROM opt_out WHERE medium = $1 AND mark = $2", medium, mark))


KEEP: Final = "INSERT INTO opt_out (medium, mark, made_at, how) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"


async def keep(pool: Pool, medium: Medium, mark: bytes, how: str, now: datetime) -> None:
    """Nothing more from now on; `how` names who told us. The same again changes nothing."""
    async with borrowed(pool) as connection:
        await connection.execute(KEEP, medium, mark, now, how)


async def lift(pool: Pool, medium: Medium, mark: bytes) -> None:
    """Messages again."""
    async with borrowed(pool) as connection:
        await connection.execute("DELETE FROM opt_out WHERE medium = $1 AND mark = $2", medium, mark)
