"""What the rules say of each line of an order at the desk: the first sentence of its verdict, and whether it is a yes."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from comptoir.flows.reading_returns import read_case, read_policy
from comptoir.kit.db import Connection
from comptoir.returns.accessories import Accessory
from comptoir.returns.eligibility import Asked
from comptoir.returns.policy import Policy
from comptoir.returns.queries import list_asked
from comptoir.returns.saying import say, sentences
from comptoir.screens.return_desk import Order

Said = dict[int, tuple[str, str]]
"""By line: the sentence, and its tone (none for a yes, `warn` where a manager has to allow it)."""


class Rules(msgspec.Struct, frozen=True):
    """What holds at the desk: the policy, what it says of each line, and what is asked for of each SKU (`with_asked`)."""

    policy: Policy
    said: Said = {}
    asked: Mapping[str, tuple[Accessory, ...]] = {}


async def rules_of(connection: Connection, order: Order | None, now: datetime, language: str) -> Rules:
    """Verdicts of the lines that are with the customer, as if they came back now and nobody had looked at them yet."""
    if order is None:
        _, policy = await read_policy(connection, now)
        return Rules(policy)
    case = await read_case(connection, order.order, now)
    found: Said = {}
    for line in {line.line for line in order.lines if line.left}:
        verdict = case.verdict(line, Asked(now))
        found[line] = say(sentences(verdict)[0], language, order.currency), "" if verdict.accepted else "warn"
    return Rules(case.policy, found)


async def with_asked(connection: Connection, rules: Rules, categories: Mapping[str, str]) -> Rules:
    """The same, with what belongs to these articles; `categories`: SKU -> its category."""
    return msgspec.structs.replace(rules, asked=await list_asked(connection, categories))
