"""The rules of stock in force, read from where head office saved them: safety stock, counting."""

from datetime import datetime
from functools import lru_cache

import msgspec

from comptoir.kit import policies
from comptoir.kit.db import Connection
from comptoir.stock import count_rules, safety
from comptoir.stock.count_rules import CountRules
from comptoir.stock.safety import Rules


async def read_safety(connection: Connection, at: datetime) -> tuple[int, Rules]:
    """The number and the rules of safety stock in force at a moment; 0 with none at all."""
    version = await policies.find_active(connection, safety.KIND, at)
    return (0, safety.DEFAULT) if version is None else (version.number, safety_of(version.body))


async def safety_numbered(connection: Connection, number: int) -> Rules:
    """A version's rules; 0 is the empty one. NotFound `policy_not_found`."""
    return safety_of((await policies.find_version(connection, safety.KIND, number)).body) if number else safety.DEFAULT


@lru_cache(maxsize=32)
def safety_of(body: str) -> Rules:
    """A saved document as rules."""
    return msgspec.json.decode(body, type=Rules)


async def read_counting(connection: Connection, at: datetime) -> tuple[int, CountRules]:
    """The number and the rules of counting in force at a moment; 0 with what comes along."""
    version = await policies.find_active(connection, count_rules.KIND, at)
    return (0, count_rules.DEFAULT) if version is None else (version.number, counting_of(version.body))


@lru_cache(maxsize=32)
def counting_of(body: str) -> CountRules:
    """A saved document as rules."""
    return msgspec.json.decode(body, type=CountRules)
