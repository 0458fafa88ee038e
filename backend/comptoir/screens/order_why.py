"""Why an order's parcels come from where they come: its decisions in order, in sentences and as tables of figures."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from babel.numbers import format_currency, get_currency_precision

from comptoir.kit.actor import Actor
from comptoir.kit.dates import date_words
from comptoir.kit.db import Connection
from comptoir.kit.i18n import messages
from comptoir.sourcing.saying import PARTS, Said, places_of, sentences
from comptoir.sourcing.why import BARRED, Weighed, Why

MOST = 20

# As for the order itself: whoever reaches one of its places sees the reasons.
_SQL = """
SELECT d.body, ARRAY(SELECT ARRAY[l.id, l.name] FROM location l WHERE position('"' || l.id || '"' IN convert_from(d.body, 'UTF8')) > 0) AS places,
  ARRAY(SELECT ARRAY[s.sku, s.name] FROM requirement r JOIN sku s ON s.sku = r.sku WHERE r.order_id = d.order_id) AS articles, trim(o.currency) AS currency
FROM sourcing_decision d JOIN sales_order o ON o.id = d.order_id WHERE d.order_id = $1
  AND ($2::text[] IS NULL OR EXISTS (SELECT FROM work w WHERE w.order_id = $1 AND w.location = ANY($2)) OR EXISTS (SELECT FROM order_line l WHERE l.order_id = $1 AND l.location = ANY($2)))
ORDER BY d.number DESC LIMIT $3
"""


class PlanRow(msgspec.Struct, frozen=True):
    """One plan of the table: where from, and each part of its cost in minor units, summed over its parcels; the parts that no plan has are left out by the page."""

    places: tuple[str, ...]
    taken: bool
    parts: dict[str, int]
    total: int


class Reasons(msgspec.Struct, frozen=True):
    """One decision. `said` are sentences in the language asked; `barred` names the rule and the places it took out."""

    at: datetime
    occasion: str
    policy: int
    said: tuple[str, ...]
    plans: tuple[PlanRow, ...]
    barred: tuple[tuple[str, tuple[str, ...]], ...]
    decision: Why

    @property
    def columns(self) -> tuple[str, ...]:
        """The parts that some plan has."""
        return tuple(name for name in (*PARTS, "missing") if any(row.parts.get(name) for row in self.plans))


async def read(connection: Connection, order: UUID, actor: Actor, lang: str) -> tuple[Reasons, ...]:
    """An order's decisions, the newest first; none where all of it is collected."""
    rows = await connection.fetch(_SQL, order, None if actor.locations is None else list(actor.locations), MOST)
    return tuple(
        reasons(
            msgspec.json.decode(row["body"], type=Why), dict(row["places"]), dict(row["articles"]), lang, row["currency"]
        )
        for row in rows
    )  # fmt: skip


def reasons(
    why: Why, names: Mapping[str, str], articles: Mapping[str, str], lang: str, currency: str = "EUR"
) -> Reasons:
    """A decision in words. A place or article that is not on file any more keeps its key."""
    words = _Words(names, articles, lang, currency)
    return Reasons(
        why.at, why.occasion, why.policy, tuple(words.say(one) for one in sentences(why)),
        tuple(words.row(plan, taken=number == 0) for number, plan in enumerate(why.plans)),
        tuple((words.rule(rule), tuple(names.get(place, place) for place in places)) for rule, places in why.barred.items()), why,
    )  # fmt: skip


class _Words:
    """Fills sentences in one language."""

    def __init__(self, names: Mapping[str, str], articles: Mapping[str, str], lang: str, currency: str) -> None:
        self.names, self.articles, self.lang, self.currency = names, articles, lang, currency

    def t(self, key: str, **facts: Any) -> str:
        return messages().say(f"why.{key}", self.lang, facts)

    def say(self, said: Said) -> str:
        facts: dict[str, Any] = {}
        for name, value in said.facts.items():
            if name.endswith("_minor"):
                facts[name.removesuffix("_minor")] = self.money(value)
            elif name.endswith("day"):
                facts[name.removesuffix("_day")] = self.day(value)
            elif name == "place":
                facts[name] = self.names.get(value, value)
            elif name == "places":
                facts[name] = self.list_of([self.names.get(place, place) for place in value])
            elif name == "rule":
                facts[name] = self.rule(value)
            elif name == "part":
                facts[name] = self.t(f"name_{value}")
            elif name == "sku":
                facts[name] = self.articles.get(value, value)
            else:
                facts[name] = value
        if said.parts:
            facts["parts"] = ", ".join(self.t(f"part_{name}", amount=self.money(figure)) for name, figure in said.parts)
        return self.t(said.key, **facts)

    def rule(self, rule: str) -> str:
        return self.t(f"rule_{rule}") if rule in BARRED else self.t("rule_named", rule=rule)

    def row(self, plan: Weighed, *, taken: bool) -> PlanRow:
        parts = {name: sum(getattr(parcel.cost, name) for parcel in plan.parcels) for name in PARTS}
        places = tuple(self.names.get(place, place) for place in places_of(plan))
        return PlanRow(places, taken, {**parts, "missing": plan.missing_minor}, plan.total)

    def list_of(self, words: list[str]) -> str:
        if len(words) < 2:
            return "".join(words) or self.t("nowhere")
        return self.t("and", a=", ".join(words[:-1]), b=words[-1])

    def money(self, minor: int) -> str:
        return format_currency(
            Decimal(minor).scaleb(-get_currency_precision(self.currency)), self.currency, locale=self.lang
        )

    def day(self, day: date) -> str:
        return date_words(day, "EEEE d MMMM", self.lang)
