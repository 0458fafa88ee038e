"""What a verdict about a return needs, read from where it lies: what reached the customer and when, the articles, the policies.

The verdict itself is never stored: whoever decides later reads the same and judges again.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit import policies
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.network.zones import HOME, zone_of
from comptoir.returns.eligibility import Article, Asked, Blind, Bought, Question, Receipt, Verdict, judge
from comptoir.returns.policy import DEFAULT, KIND, Policy
from comptoir.returns.reasons import Reason, is_defect

log = logging.getLogger(__name__)

MOST_LINES: Final = 1_000

_ORDER: Final = """
SELECT o.placed_at, o.channel, coalesce((SELECT trim(a.country) FROM order_address a WHERE a.order_id = o.id), l.country, 'FR') AS country,
  coalesce((SELECT a.postcode FROM order_address a WHERE a.order_id = o.id), '') AS postcode,
  EXISTS (SELECT FROM order_company b WHERE b.order_id = o.id) AS business,
  EXISTS (SELECT FROM requirement r WHERE r.order_id = o.id AND r.unsourced + r.held > 0) AS waiting
FROM sales_order o LEFT JOIN LATERAL (SELECT trim(p.country) AS country FROM work w JOIN location p ON p.id = w.location
  WHERE w.order_id = o.id AND w.kind = 'pickup' LIMIT 1) l ON true
WHERE o.id = $1
"""
# Parts that ended without reaching the customer say nothing about the period. A parcel counts from the day its carrier said it was
# delivered, the last one of a work; a carrier that never says so keeps the period open, which is to the customer's good.
_PARTS: Final = """
SELECT w.status IN ('handed_over', 'closed') AS gone, w.kind = 'ship' AS shipped, l.time_zone, l.postcode,
  coalesce(
    (SELECT max(v.at) FROM hand_over v WHERE v.order_id = w.order_id AND w.id = ANY(v.works) AND v.undone_at IS NULL),
    (SELECT max(t.delivered_at) FROM tracking t WHERE t.work = w.id AND w.status IN ('delivered', 'closed')
      HAVING bool_and(t.status = 'delivered'))) AS at
FROM work w JOIN location l ON l.id = w.location
WHERE w.order_id = $1 AND w.status NOT IN ('rejected', 'canceled', 'expired', 'returned_to_sender')
ORDER BY w.id LIMIT $2
"""
_ARTICLES: Final = """
SELECT l.line, coalesce(s.sku, l.external_sku, '') AS sku, coalesce(s.category, '') AS category,
  coalesce(s.withdrawal_excluded, '') AS excluded, coalesce(s.returnable, true) AS returnable
FROM order_line l LEFT JOIN sku s ON s.sku = l.sku WHERE l.order_id = $1 ORDER BY l.line LIMIT $2
"""
_NOTICES: Final = """
SELECT id, lines, noticed_at FROM return_request WHERE order_id = $1 AND kind = 'withdrawal' ORDER BY noticed_at, id LIMIT $2
"""


class Case(msgspec.Struct, frozen=True):
    """An order as verdicts see it. `articles` by line; `notices`: (id, when, units by line), the first one first.

    `number` is the policy in force, 0 for what comes along; `sold_under` the one that was when the order was placed.
    """

    bought: Bought
    articles: Mapping[int, Article]
    notices: tuple[tuple[UUID, datetime, Mapping[int, int]], ...]
    number: int
    policy: Policy
    sold_under: Policy

    def verdict(self, line: int, asked: Asked) -> Verdict:
        """Of one line, in one condition."""
        return judge(Question(asked, self.articles[line], self.bought), self.policy, self.sold_under)

    def noticed_at(self, notice: UUID | None) -> datetime | None:
        """When this notice of withdrawal was given."""
        return next((at for id, at, _ in self.notices if id == notice), None)


def asked_for(reason: Reason, asked: Asked) -> Asked:
    """The same, with what its reason says of whose doing it is."""
    return msgspec.structs.replace(asked, faulty=reason.faulty, defect=is_defect(reason))


def judge_blind(article: Article, asked: Asked, blind: Blind, policy: Policy) -> Verdict:
    """Without any order."""
    return judge(Question(asked, article, None, blind), policy)


async def read_case(connection: Connection, order: UUID, now: datetime) -> Case:
    """All that verdicts about this order need. NotFound `order_not_found`."""
    bought = await read_bought(connection, order)
    articles = {
        one["line"]: Article(one["sku"], one["category"], one["excluded"], one["returnable"])
        for one in await connection.fetch(_ARTICLES, order, MOST_LINES)
    }
    notices = tuple(
        (one["id"], one["noticed_at"], _units(one["lines"]))
        for one in await connection.fetch(_NOTICES, order, MOST_LINES)
    )
    number, policy = await read_policy(connection, now)
    _, sold_under = await read_policy(connection, bought.placed_at)
    return Case(bought, articles, notices, number, policy, sold_under)


async def read_bought(connection: Connection, order: UUID) -> Bought:
    """The order, what of it reached the customer, and what is still to come. NotFound `order_not_found`."""
    row = await connection.fetchrow(_ORDER, order)
    if row is None:
        raise NotFound("order_not_found")
    receipts = await _receipts(connection, order, row["country"], row["postcode"])
    if row["waiting"]:
        receipts.append(Receipt(None))
    return Bought(row["placed_at"], row["channel"], row["country"], tuple(receipts), row["business"])


async def _receipts(connection: Connection, order: UUID, country: str, postcode: str) -> list[Receipt]:
    found = []
    for part in await connection.fetch(_PARTS, order, MOST_LINES):
        if part["at"] is None and part["gone"]:
            continue
        if part["shipped"]:
            found.append(Receipt(part["at"], zone_of(country, postcode), postcode if country == "FR" else ""))
        else:
            found.append(Receipt(part["at"], part["time_zone"] or HOME, part["postcode"]))
    return found


def _units(lines: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in msgspec.json.decode(lines):
        found[one["line"]] = found.get(one["line"], 0) + one["quantity"]
    return found


async def read_policy(connection: Connection, at: datetime) -> tuple[int, Policy]:
    """The number and the policy of returns in force at a moment: the latest that can be read, 0 with what comes along."""
    version = await policies.find_active(connection, KIND, at)
    while version is not None:
        try:
            return version.number, policy_of(version)
        except msgspec.ValidationError as fault:
            log.error("returns policy %d cannot be read, the one before it holds: %s", version.number, fault)
            version = await policies.find_earlier(connection, KIND, version)
    return 0, DEFAULT


def policy_of(version: policies.Version) -> Policy:
    """A saved document as a policy."""
    return _read(version.body)


@lru_cache(maxsize=64)
def _read(body: str) -> Policy:
    return msgspec.json.decode(body, type=Policy)
