"""Figures of this moment, of every store and of what the house depends on: one statement for each kind, whatever the number of stores.

Works, promises and carriers' visits come from the tower's forecast, so that an alert and the Now page never say different things.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from comptoir.alerting.judging import Reading, spike
from comptoir.alerting.model import KINDS
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Connection
from comptoir.tower.forecasting import soon
from comptoir.tower.standing import StoreNow, silent_for
from comptoir.tower.watching import minute_of, read_direct

MOST: Final = 2_000
SHORTS_OF: Final = timedelta(hours=2)
USUAL_OF: Final = timedelta(days=28)

# A device that was never heard of is silent since it was enrolled.
_SEEN: Final = """
SELECT location, floor(extract(epoch FROM max(coalesce(last_seen_at, enrolled_at))) / 60)::int FROM device WHERE revoked_at IS NULL GROUP BY 1 LIMIT $1
"""
_SHORTS: Final = """
SELECT p.location, (sum(p.quantity) FILTER (WHERE p.at > $2))::int AS now, coalesce(sum(p.quantity) FILTER (WHERE p.at <= $2), 0)::int AS before,
  (SELECT coalesce(sum(h.open_minutes), 0)::int FROM store_hour h WHERE h.location = p.location AND h.hour >= $1) AS minutes
FROM short_pick p WHERE p.at > $1 AND p.undone_at IS NULL GROUP BY 1 HAVING bool_or(p.at > $2) LIMIT $3
"""
# What `looking.py` has found: units promised beyond what is there, articles whose level is not the sum of its ledger.
_STOCK: Final = "SELECT location, sum(units)::int FROM stock_fault WHERE kind = 'stock' GROUP BY 1 LIMIT $1"
_LEDGER: Final = "SELECT location, count(*)::int FROM stock_fault WHERE kind = 'ledger' GROUP BY 1 LIMIT $1"
_MONEY: Final = "SELECT location, count(*)::int FROM exception WHERE resolved_at IS NULL AND kind = 'money_stuck' GROUP BY 1 LIMIT $1"
_LABELS: Final = """
SELECT location, floor(extract(epoch FROM $1::timestamptz - min(packed_at)) / 60)::int FROM parcel
WHERE state IN ('open', 'packed', 'labeled') AND state = 'packed' AND label IS NULL GROUP BY 1 LIMIT $2
"""
_CHANNELS: Final = """
SELECT q.channel, c.name, floor(extract(epoch FROM $1::timestamptz - min(q.received_at)) / 60)::int FROM (
  SELECT channel, received_at FROM webhook_inbox WHERE state = 'open' AND attempts > 0
  UNION ALL SELECT channel, received_at FROM webhook_inbox WHERE state = 'failed' AND received_at > $1::timestamptz - interval '1 day') q
JOIN channel c ON c.id = q.channel WHERE c.disabled_at IS NULL GROUP BY 1, 2 LIMIT $2
"""
_CARRIERS: Final = """
SELECT a.id, a.name, ((a.refused_at IS NOT NULL)::int + (SELECT count(*) FROM label_attempt l WHERE l.account = a.id AND l.state IN ('intended', 'calling') AND l.tries > 1))::int
FROM carrier_account a WHERE a.active LIMIT $1
"""
_PROVIDERS: Final = """
SELECT t.provider, count(*)::int FROM message m JOIN message_try t ON t.message = m.id
WHERE m.next_at IS NOT NULL AND t.begun_at > $1 AND t.outcome IN ('busy', 'unknown') GROUP BY 1 LIMIT $2
"""
_ACCOUNTS: Final = """
SELECT a.id, a.name, ((a.refused_at IS NOT NULL)::int
  + (SELECT count(*) FROM payment_part p WHERE p.account = a.id AND p.state IN ('due', 'calling', 'unknown', 'sent') AND p.state <> 'sent' AND p.tries > 1))::int
FROM payment_account a WHERE a.active LIMIT $1
"""
# Reports by mail of which the last one was given up; the next one that leaves ends it.
_REPORTS: Final = """
SELECT count(*)::int FROM (SELECT FROM report_subscription s
  CROSS JOIN LATERAL (SELECT state FROM report_mail m WHERE m.subscription = s.id ORDER BY m.period DESC LIMIT 1) m
  WHERE s.ended_at IS NULL AND m.state = 'failed' LIMIT $1) x
"""


async def measure(connection: Connection, now: datetime) -> tuple[list[Reading], frozenset[str]]:
    """All figures above nought, and the kinds that were looked at."""
    stores = await read_direct(connection, SYSTEM, now)
    known = {store.place.id: store for store in stores}
    found = [reading for store in stores for reading in of_store(store)]
    seen = await _counts(connection, _SEEN)
    # Without any device a store is silent from the moment it opens, if it has work.
    found += [
        _of(store, "silent", silent_for(store.outlook.store.windows, minute_of(now), seen.get(place, 0)))
        for place, store in known.items()
        if place in seen or store.open
    ]
    for place, count, before, minutes in await connection.fetch(_SHORTS, now - USUAL_OF, now - SHORTS_OF, MOST):
        if place in known:
            usual = before * SHORTS_OF.total_seconds() / 60 / minutes if minutes else 0.0
            found.append(_of(known[place], "shorts", spike(count or 0, usual)))
    per_store: list[tuple[str, Mapping[str, int]]] = [
        (kind, await _counts(connection, said))
        for kind, said in (("money", _MONEY), ("stock", _STOCK), ("ledger", _LEDGER))
    ]
    per_store.append(("label", {row[0]: row[1] for row in await connection.fetch(_LABELS, now, MOST)}))
    for kind, values in per_store:
        found += [_of(known[place], kind, value) for place, value in values.items() if place in known]
    for channel, name, minutes in await connection.fetch(_CHANNELS, now, MOST):
        found.append(Reading("channel", channel, None, minutes, name))
    for kind, said in (("carrier", _CARRIERS), ("account", _ACCOUNTS)):
        for account, name, count in await connection.fetch(said, MOST):
            found.append(Reading(kind, account, None, count, name))
    for provider, count in await connection.fetch(_PROVIDERS, now - timedelta(minutes=15), MOST):
        found.append(Reading("provider", provider, None, count, provider))
    found.append(Reading("reports", "reports", None, await connection.fetchval(_REPORTS, MOST)))
    return [one for one in found if one.value > 0], frozenset(KINDS)


def of_store(store: StoreNow) -> list[Reading]:
    """What the tower's forecast says of one store."""
    found = [
        _of(store, "late", store.late + round(store.soon.late)),
        _of(store, "slipping", slips(store)),
        _of(store, "load", store.peak),
        _of(store, "messages", store.untold),
    ]
    found += [_of(store, "pickup", visit.missing, visit.carrier) for visit in store.pickups]
    return found


def slips(store: StoreNow) -> int:
    """Minutes by which the promise that slips most will be missed, among those of the next hours."""
    view, until = store.outlook, soon(store.at)
    late = [
        done - promise
        for (promise, _), done in zip(view.store.waiting, view.likely.finishes, strict=True)
        if store.at <= promise <= until and done > promise
    ]
    return min(1_440, max(late, default=0))


def _of(store: StoreNow, kind: str, value: int, part: str = "") -> Reading:
    place = store.place
    return Reading(kind, f"{place.id}/{part}" if part else place.id, place.id, int(value), part, place.region)


async def _counts(connection: Connection, sql: str) -> dict[str, int]:
    return {row[0]: row[1] for row in await connection.fetch(sql, MOST)}
