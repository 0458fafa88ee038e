"""Counted facts about a person's returns, as sentences with their rules, for the pages of those who decide."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.returns.policy import Policy
from comptoir.returns.signals import Brought, say, signals
from comptoir.screens.return_signals import read_counted

Facts = list[tuple[str, str]]
"""What is counted, and how."""


async def facts_of(
    house: House, order: UUID | None, rma: UUID | None, brought: Sequence[Brought], policy: Policy, now: datetime, language: str, *,
    person: str = "",
) -> Facts:  # fmt: skip
    """What there is to know of whoever bought this, or of a `person` named by phone or e-mail, beside the return that is being looked at."""
    async with borrowed(house.pool) as connection:
        counted = await read_counted(connection, house.seal, order, rma, brought, now, person=person)
    return [say(one, language) for one in signals(counted, brought, policy.signals)]
