"""Reads of alerts for their pages: what is open, what is over, one with its story, rules, and what a rule would have done. Each bounded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.alerting.judging import calm_at
from comptoir.alerting.model import KINDS, AlertRule, KindName
from comptoir.alerting.rules import BUILT_IN, TELLING
from comptoir.alerting.sql import rule_of
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

MOST_SHOWN: Final = 200
"""Open alerts on a page; which of more are there is decided by harm, not by age."""
MOST_OPEN: Final = 500
PAST: Final = 100
MOST_FAULTS: Final = 20
MOST_SPOKEN: Final = 5
_TELLING: Final = ",".join(str(id) for id in TELLING)
# Of messages people are counted: whoever has no browser and was written to was told.
_ALERT: Final = f"""
SELECT a.id, a.rule, a.kind, a.location, coalesce(l.name, '') AS place, coalesce(l.time_zone, 'Europe/Paris') AS time_zone, a.name, a.threshold, a.value,
  a.highest, a.raised_at, a.value_at, a.calm_since, a.acknowledged_at, a.word, a.snoozed_until, a.escalated_at, a.ended_at, a.ended_because,
  coalesce((SELECT s.first_name FROM staff s WHERE s.id::text = a.acknowledged_by), '') AS acknowledged_name,
  (SELECT count(DISTINCT m.staff) FROM alert_notice m WHERE m.alert = a.id AND m.state IN ('sent', 'shown'))::int AS told,
  (SELECT count(*) FROM alert_notice m WHERE m.alert = a.id AND m.state IN ('due', 'calling'))::int AS coming,
  (SELECT count(DISTINCT x.staff) FROM (SELECT m.staff FROM alert_notice m WHERE m.alert = a.id GROUP BY m.n, m.staff
     HAVING bool_and(m.state IN ('failed', 'unknown') OR m.code IN ('no_push', 'no_email'))) x)::int AS missed,
  coalesce((SELECT cardinality(r.media) > 0 FROM alert_rule r WHERE r.id = a.rule), a.rule = ANY('{{{_TELLING}}}'::uuid[])) AS tells
FROM alert a LEFT JOIN location l ON l.id = a.location
"""
_MINE: Final = "($1::text[] IS NULL OR a.location = ANY($1))"
_CALLS: Final = "(a.ended_at IS NULL AND a.acknowledged_at IS NULL AND a.snoozed_until IS NULL)"
# Cents for each unit, of those above the threshold twice.
_CENTS: Final = " ".join(f"WHEN '{kind.name}' THEN {kind.harm}" for kind in KINDS.values())
_HARM: Final = f"CASE a.kind {_CENTS} ELSE 0 END::bigint * (a.value + greatest(0, a.value - a.threshold))"
_STEPS: Final = """
SELECT t.n, t.what, t.at, t.value, t.word, coalesce(s.first_name, '') AS who FROM alert_step t LEFT JOIN staff s ON s.id::text = t.who
WHERE t.alert = $1 ORDER BY t.n LIMIT 200
"""
_NOTICES: Final = """
SELECT m.n, m.medium, m.state, m.code, m.made_at, m.next_at, coalesce(m.shown_at, m.settled_at) AS at, s.first_name || ' ' || s.last_name AS whom
FROM alert_notice m JOIN staff s ON s.id = m.staff WHERE m.alert = $1 ORDER BY m.n, whom, m.medium LIMIT 200
"""
_RULES: Final = """
SELECT r.id, r.kind, r.threshold, r.region, r.location, r.tells, r.person, r.media, r.quiet_from, r.quiet_until, r.escalate_after, r.escalate_to, r.active,
  r.version, coalesce(g.name, '') AS region_name, coalesce(l.name, '') AS place, coalesce(p.first_name || ' ' || p.last_name, '') AS person_name
FROM alert_rule r LEFT JOIN region g ON g.id = r.region LEFT JOIN location l ON l.id = r.location LEFT JOIN staff p ON p.id = r.person
WHERE $1::text[] IS NULL OR r.location = ANY($1) OR r.region = $2 OR r.region IN (SELECT region FROM location WHERE id = ANY($1)) OR (r.region IS NULL AND r.location IS NULL AND NOT (r.kind = ANY($3)))
ORDER BY r.kind, r.region NULLS FIRST, r.location NULLS FIRST, r.threshold, r.id LIMIT 500
"""
# Hours on end in which a thing was not well below are one alert, where one of them reached the threshold.
_SPOKE: Final = """
SELECT r.rule, r.subject, r.location, min(r.hour) AS since, count(*)::int AS hours, max(r.high) AS high FROM (
  SELECT n.rule, n.threshold, a.subject, a.location, a.hour, a.high, a.hour - row_number() OVER (PARTITION BY n.rule, a.subject ORDER BY a.hour) * interval '1 hour' AS island
  FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[]) AS n (rule, kind, threshold, calm, location, region)
  JOIN alert_reading a ON a.kind = n.kind AND a.hour >= $7 AND a.high > n.calm WHERE ($8::text[] IS NULL OR a.location = ANY($8))
    AND (n.location IS NULL OR a.location = n.location) AND (n.region IS NULL OR a.location IN (SELECT id FROM location WHERE region = n.region))) r
GROUP BY r.rule, r.subject, r.location, r.island, r.threshold HAVING max(r.high) >= r.threshold
"""
_SPOKE_OF: Final = f"""
SELECT s.subject, s.location, s.since, s.hours, s.high, coalesce(l.name, '') AS place, coalesce(l.time_zone, 'Europe/Paris') AS time_zone,
  CASE $9 WHEN 'channel' THEN (SELECT name FROM channel WHERE id = s.subject) WHEN 'carrier' THEN (SELECT name FROM carrier_account WHERE id = s.subject)
    WHEN 'account' THEN (SELECT name FROM payment_account WHERE id = s.subject) WHEN 'pickup' THEN split_part(s.subject, '/', 2)
    WHEN 'provider' THEN s.subject END AS name
FROM ({_SPOKE}) s LEFT JOIN location l ON l.id = s.location ORDER BY s.since DESC, s.subject LIMIT {{most}}
"""
_PEOPLE: Final = """
SELECT s.id, s.first_name || ' ' || s.last_name AS name FROM staff s WHERE s.disabled_at IS NULL AND s.role IN ('store_manager', 'regional_manager', 'head_office')
  AND ($1::text[] IS NULL OR s.id = $2 OR EXISTS (SELECT FROM staff_location w WHERE w.staff = s.id AND w.location = ANY($1)))
ORDER BY s.last_name, s.first_name, s.id LIMIT 500
"""


class AlertView(msgspec.Struct, frozen=True):
    """One alert as its card says it. `told`, `missed`: people whom a message reached, and did not; `coming`: messages."""

    id: UUID
    rule: UUID
    kind: KindName
    location: str | None
    place: str
    time_zone: str
    name: str
    threshold: int
    value: int
    highest: int
    raised_at: datetime
    value_at: datetime
    calm_since: datetime | None
    acknowledged_at: datetime | None
    word: str
    snoozed_until: datetime | None
    escalated_at: datetime | None
    ended_at: datetime | None
    ended_because: str
    acknowledged_name: str
    told: int
    coming: int
    missed: int
    tells: bool

    @property
    def calls(self) -> bool:
        """Nobody is at it, and nobody has put it off."""
        return self.ended_at is None and self.acknowledged_at is None and self.snoozed_until is None

    @property
    def unheard(self) -> bool:
        """The rule wants somebody told, and no message has reached or will reach anybody."""
        return self.tells and not self.told and not self.coming


class Fault(msgspec.Struct, frozen=True):
    """An article of an alert about stock: units promised beyond what is there, or by which its level differs from its ledger."""

    sku: str
    name: str
    variant: str
    deciding: str
    units: int
    on_hand: int
    reserved: int
    found_at: datetime


class Spoken(msgspec.Struct, frozen=True):
    """One time that a rule would have been raised: where, since when, for how many hours, and the highest figure."""

    place: str
    time_zone: str
    name: str
    since: datetime
    hours: int
    high: int


class RuleView(msgspec.Struct, frozen=True):
    """A rule with the names of its scope and person."""

    rule: AlertRule
    region_name: str
    place: str
    person_name: str


async def list_open(connection: Connection, actor: Actor) -> list[AlertView]:
    """Open ones by harm, and one more than is shown; those that somebody is at, or that were put off, last."""
    rows = await connection.fetch(
        _ALERT
        + f"WHERE a.ended_at IS NULL AND {_MINE} ORDER BY {_CALLS} DESC, {_HARM} DESC, a.raised_at, a.id LIMIT {MOST_SHOWN + 1}",
        _wanted(actor.locations),
    )
    return [msgspec.convert(dict(row), AlertView) for row in rows]


async def list_past(connection: Connection, actor: Actor) -> list[AlertView]:
    rows = await connection.fetch(
        _ALERT + f"WHERE a.ended_at IS NOT NULL AND {_MINE} ORDER BY a.ended_at DESC LIMIT {PAST}",
        _wanted(actor.locations),
    )
    return [msgspec.convert(dict(row), AlertView) for row in rows]


async def count_calling(connection: Connection, actor: Actor) -> int:
    """Open ones that nobody is at."""
    return int(
        await connection.fetchval(
            f"SELECT count(*) FROM alert a WHERE {_CALLS} AND {_MINE}",
            _wanted(actor.locations),
        )
    )


async def find_alert(
    connection: Connection, actor: Actor, alert: UUID
) -> tuple[AlertView, list[Any], list[Any]] | None:
    """One alert, its changes and the messages about it; None when it is not the actor's."""
    row = await connection.fetchrow(_ALERT + f"WHERE a.id = $2 AND {_MINE}", _wanted(actor.locations), alert)
    if row is None:
        return None
    steps = list(await connection.fetch(_STEPS, alert))
    notices = list(await connection.fetch(_NOTICES, alert))
    return msgspec.convert(dict(row), AlertView), steps, notices


async def list_faults(connection: Connection, actor: Actor, kind: str, location: str | None) -> list[Fault]:
    """The articles behind an alert about stock of one of the actor's stores, the largest difference first, and one more than are shown."""
    if location is None or not actor.reaches(location):
        return []
    rows = await connection.fetch(
        "SELECT f.sku, coalesce(s.name, f.sku), coalesce(s.variant, ''), coalesce(s.deciding, ''), f.units, coalesce(l.on_hand, 0),"
        " coalesce(l.reserved, 0), f.found_at FROM stock_fault f LEFT JOIN sku s ON s.sku = f.sku"
        " LEFT JOIN stock_level l ON l.sku = f.sku AND l.location = f.location"
        " WHERE f.kind = $1 AND f.location = $2 ORDER BY f.units DESC, f.sku LIMIT $3",
        kind, location, MOST_FAULTS + 1,
    )  # fmt: skip
    return [Fault(*row) for row in rows]


async def lost_since(connection: Connection, actor: Actor, since: datetime) -> datetime | None:
    """When a notification last found none of this manager's browsers, since a moment; None when one is told, or none was lost."""
    found: datetime | None = await connection.fetchval(
        "SELECT max(settled_at) FROM alert_notice WHERE staff = $1 AND code = 'gone' AND settled_at > $2"
        " AND NOT EXISTS (SELECT FROM push_subscription WHERE staff = $1)",
        UUID(actor.who), since,
    )  # fmt: skip
    return found


async def list_rules(
    connection: Connection, actor: Actor, region: str | None, house_kinds: Sequence[str]
) -> list[RuleView]:
    """Rules that say something of the actor's stores; those of the house's own things are head office's."""
    rows = await connection.fetch(_RULES, _wanted(actor.locations), region, list(house_kinds))
    found = []
    for row in rows:
        held = dict(row)
        names = [held.pop(name) for name in ("region_name", "place", "person_name")]
        found.append(RuleView(rule_of(held), *names))
    changed = {view.rule.id for view in found}
    unchanged = [
        RuleView(rule, "", "", "")
        for rule in BUILT_IN
        if rule.id not in changed and (actor.locations is None or rule.kind not in house_kinds)
    ]
    return unchanged + found


async def count_spoken(
    connection: Connection, actor: Actor, rules: Sequence[AlertRule], since: datetime
) -> dict[UUID, int]:
    """How often each rule would have been raised since then, by what was measured in the actor's stores."""
    rows = await connection.fetch(
        f"SELECT s.rule, count(*)::int FROM ({_SPOKE}) s GROUP BY 1 LIMIT {MOST_OPEN}",
        *_asked(rules), since, _wanted(actor.locations),
    )  # fmt: skip
    return {rule.id: 0 for rule in rules} | {row[0]: row[1] for row in rows}


async def list_spoken(connection: Connection, actor: Actor, rule: AlertRule, since: datetime) -> list[Spoken]:
    """The last times that a rule would have been raised."""
    rows = await connection.fetch(
        _SPOKE_OF.format(most=MOST_SPOKEN), *_asked([rule]), since, _wanted(actor.locations), rule.kind
    )
    return [
        Spoken(row["place"], row["time_zone"], row["name"] or "", row["since"], row["hours"], row["high"])
        for row in rows
    ]


def _asked(rules: Sequence[AlertRule]) -> tuple[list[Any], ...]:
    return (
        [rule.id for rule in rules], [rule.kind for rule in rules], [rule.threshold for rule in rules],
        [calm_at(rule.threshold) for rule in rules], [rule.location for rule in rules], [rule.region for rule in rules],
    )  # fmt: skip


async def known_since(connection: Connection) -> datetime | None:
    """The first hour that is on file."""
    found: datetime | None = await connection.fetchval("SELECT min(hour) FROM alert_reading")
    return found


async def list_people(connection: Connection, actor: Actor) -> list[tuple[UUID, str]]:
    """Managers who may be named in a rule."""
    rows = await connection.fetch(_PEOPLE, _wanted(actor.locations), UUID(actor.who))
    return [tuple(row) for row in rows]


async def places_of(connection: Connection, actor: Actor) -> list[tuple[str, str]]:
    rows = await connection.fetch(
        "SELECT id, name FROM location WHERE $1::text[] IS NULL OR id = ANY($1) ORDER BY name, id LIMIT 2000",
        _wanted(actor.locations),
    )
    return [tuple(row) for row in rows]


async def regions_of(connection: Connection, actor: Actor) -> tuple[str | None, list[tuple[str, str]]]:
    """The actor's own region (None: every one of them may be chosen), and those they may choose."""
    own: str | None = await connection.fetchval("SELECT region FROM staff WHERE id = $1", UUID(actor.who))
    rows = await connection.fetch(
        "SELECT id, name FROM region WHERE $1 OR id = $2 ORDER BY name, id LIMIT 500", actor.locations is None, own
    )
    return own, [tuple(row) for row in rows]


def _wanted(locations: Sequence[str] | None) -> list[str] | None:
    return None if locations is None else list(locations)
