"""When an alert is raised, goes on, is told to more people and ends. Pure.

A figure at or above its threshold raises; it has to stay well below for five minutes before the alert ends, so that a figure that
swings around its threshold is one alert and not twenty.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.alerting.model import KINDS, AlertRule
from comptoir.alerting.rules import IDS

CALM_FOR: Final = timedelta(minutes=5)
FEW: Final = 3
"""Missing articles in two hours below which nothing is a spike."""
USUAL_AT_LEAST: Final = 1.0

What = Literal["raise", "update", "end", "wake", "escalate"]


class Reading(msgspec.Struct, frozen=True):
    """One figure of one thing: a store by its id, or a channel, a carrier, a provider (`location` None). `name` is what pages say."""

    kind: str
    subject: str
    location: str | None
    value: int
    name: str = ""
    region: str | None = None


class Standing(msgspec.Struct, frozen=True):
    """An alert that is open. `told_at` is when people were last asked: when it was raised, or when it woke."""

    id: UUID
    rule: UUID
    subject: str
    value: int
    raised_at: datetime
    location: str | None = None
    calm_since: datetime | None = None
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None
    escalated_at: datetime | None = None
    kind: str = ""
    woke_at: datetime | None = None

    @property
    def told_at(self) -> datetime:
        return self.woke_at or self.raised_at


class Change(msgspec.Struct, frozen=True):
    """What is to be done about one thing. `alert` None: it is new."""

    what: What
    rule: AlertRule
    reading: Reading
    alert: UUID | None = None
    calm_since: datetime | None = None
    because: str = ""


def covers(rule: AlertRule, reading: Reading) -> bool:
    """Is this thing in the rule's scope?"""
    if rule.kind != reading.kind:
        return False
    if rule.location is not None:
        return reading.location == rule.location
    return rule.region is None or reading.region == rule.region


def is_calm(value: int, threshold: int) -> bool:
    """Well below: at four fifths of the threshold or less, and below it in any case."""
    return value <= calm_at(threshold)


def calm_at(threshold: int) -> int:
    """The highest figure that is well below."""
    return min(threshold - 1, threshold * 4 // 5)


def judge(
    rules: Iterable[AlertRule], readings: Iterable[Reading], standing: Iterable[Standing], read: frozenset[str], now: datetime
) -> list[Change]:  # fmt: skip
    """What changes now. `read` are the kinds that were read: of the others nothing is known, and nothing ends.

    A thing that was read and has no reading is at nought. A rule that came along leaves to the house's own rules, whether they are on
    or off, what these cover. An alert of a thing that its rule no longer watches ends at once: another figure is not a calm one.
    """
    by_kind: dict[str, list[Reading]] = {}
    for one in readings:
        by_kind.setdefault(one.kind, []).append(one)
    known = {rule.id: rule for rule in rules}
    own: dict[str, list[AlertRule]] = {}
    for rule in known.values():
        if rule.id not in IDS:
            own.setdefault(rule.kind, []).append(rule)
    open_: Mapping[tuple[UUID, str], Standing] = {(one.rule, one.subject): one for one in standing}
    there = {(one.kind, one.subject) for ones in by_kind.values() for one in ones}
    found: list[Change] = []
    seen: set[UUID] = set()
    for rule in known.values():
        for reading in by_kind.get(rule.kind, ()) if rule.active else ():
            if not covers(rule, reading):
                continue
            if rule.id in IDS and any(covers(other, reading) for other in own.get(rule.kind, ())):
                continue
            before = open_.get((rule.id, reading.subject))
            if before is not None:
                seen.add(before.id)
                found += going_on(rule, reading, before, now)
            elif reading.value >= rule.threshold:
                found.append(Change("raise", rule, reading))
    for held in open_.values():
        if held.id in seen:
            continue
        # The rule of a place that is no more went with it.
        of = known.get(held.rule) or AlertRule(held.rule, KINDS[held.kind].name, 1, active=False)
        gone = Reading(of.kind, held.subject, held.location, 0)
        if not of.active:
            found.append(Change("end", of, gone, held.id, because="rule_off"))
        elif (of.kind, held.subject) in there:
            found.append(Change("end", of, gone, held.id, because="not_watched"))
        elif of.kind in read:
            found += going_on(of, gone, held, now)
    return found


def going_on(rule: AlertRule, reading: Reading, before: Standing, now: datetime) -> list[Change]:
    """An alert that is open: its figure, and whether it ends, wakes or is told further up."""
    if is_calm(reading.value, rule.threshold):
        since = before.calm_since or now
        if now - since >= CALM_FOR:
            return [Change("end", rule, reading, before.id, because="calm")]
        return [Change("update", rule, reading, before.id, since)]
    found = []
    if before.calm_since is not None or reading.value != before.value:
        found.append(Change("update", rule, reading, before.id))
    if before.snoozed_until is not None:
        if before.snoozed_until <= now:
            found.append(Change("wake", rule, reading, before.id))
    elif escalates(rule, before, now):
        found.append(Change("escalate", rule, reading, before.id))
    return found


def escalates(rule: AlertRule, before: Standing, now: datetime) -> bool:
    """Nobody said that they are at it, for as long as the rule allows; once."""
    return before.acknowledged_at is None and before.escalated_at is None and is_overdue(rule, before.told_at, now)


def is_overdue(rule: AlertRule, told_at: datetime, now: datetime) -> bool:
    """Those who were told at that moment have had the time that the rule gives them."""
    return rule.escalate_after is not None and now - told_at >= timedelta(minutes=rule.escalate_after)


def speaks_at(rule: AlertRule, zone: str, now: datetime) -> datetime:
    """When people may be told: now, or when the quiet hours of the store are over."""
    if rule.quiet_from is None or rule.quiet_until is None or rule.quiet_from == rule.quiet_until:
        return now
    here = now.astimezone(ZoneInfo(zone))
    minute = here.hour * 60 + here.minute
    over_night = rule.quiet_from > rule.quiet_until
    quiet = (
        minute >= rule.quiet_from or minute < rule.quiet_until
        if over_night
        else rule.quiet_from <= minute < rule.quiet_until
    )
    if not quiet:
        return now
    day = here.date() + timedelta(days=1 if over_night and minute >= rule.quiet_from else 0)
    hour, minute = divmod(rule.quiet_until, 60)
    if hour == 24:
        day, hour = day + timedelta(days=1), 0
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)


def spike(count: int, usual: float) -> int:
    """Missing articles of the last two hours in per cent of what is usual there; 0 where there are too few to say anything."""
    return round(100 * count / max(usual, USUAL_AT_LEAST)) if count >= FEW else 0
