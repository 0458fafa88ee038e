"""Counted facts about a person's returns, as sentences with their rules, for the pages of those who decide."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.reading_returns import read_case
from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.returns.eligibility import Asked
from comptoir.returns.policy import Policy
from comptoir.returns.saying import told
from comptoir.returns.signals import Brought, say, signals
from comptoir.screens.order import OrderView
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


class Returnable(msgspec.Struct, frozen=True):
    """What the rules say of an order that is with its customer: lines with the same sentences together; facts about the person."""

    lines: list[tuple[tuple[int, ...], tuple[str, ...]]]
    facts: Facts


async def returnable(house: House, view: OrderView, now: datetime, language: str) -> Returnable | None:
    """By line, as if it came back now and nobody had looked at it yet; None while nothing reached the customer."""
    out = {line.line for work in view.works for line in work.lines if line.handed_over + line.delivered > 0}
    if not out:
        return None
    async with borrowed(house.pool) as connection:
        case = await read_case(connection, view.id, now)
    said: dict[tuple[str, ...], list[int]] = {}
    for line in sorted(out & case.articles.keys()):
        said.setdefault(told(case.verdict(line, Asked(now)), language), []).append(line)
    brought = [Brought(article.sku, line) for line, article in case.articles.items() if line in out]
    facts = await facts_of(house, view.id, None, brought, case.policy, now, language)
    return Returnable([(tuple(lines), sentences) for sentences, lines in said.items()], facts)
