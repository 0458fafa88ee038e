"""Jobs that come round: each has a name, a rhythm and one lock, so that two workers never do the same one at once."""

import hashlib
import logging
from collections.abc import Awaitable, Callable

import msgspec

from comptoir.kit.db import Pool, borrowed

log = logging.getLogger(__name__)

LONGEST_SECONDS = 300


class Job(msgspec.Struct, frozen=True):
    """Runs every so many seconds, give or take. It must be safe to run again, and to be cut short."""

    name: str
    every_seconds: float
    run: Callable[[], Awaitable[object]]


def lock_of(name: str) -> int:
    """The advisory lock of a job: 63 bits of its name's digest."""
    return int.from_bytes(hashlib.sha256(f"job {name}".encode()).digest()[:8], "big") >> 1


async def run_alone(pool: Pool, job: Job) -> bool:
    """Run the job unless another worker is at it; False in that case. What the job raises passes through.

    The lock lives in a transaction of its own, so it ends with the worker, however the worker ends.
    """
    async with borrowed(pool) as connection, connection.transaction():
        await connection.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{LONGEST_SECONDS}s'")
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", lock_of(job.name)):
            return False
        await job.run()
        return True
