"""Shares and figures: what each order has added to the days of its places, and the sums of it.

A share is always worked out of the rows as they stand, and what it differs from the share on file is added to the sums. So
it does not matter how often, how late or in which order a subject is looked at.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.columns import literal
from comptoir.kit.db import Tx
from comptoir.reporting.measures import CANCEL_REASONS, EDGES, MEANING, MOST_DAYS, ZONE_OF_NOWHERE

LOCK: Final = 0x5265706F
"""One at a time adds to the figures: sets are large and quick, and nobody can read a subject between two others' writes."""

MAKING: Final = LOCK + 1
"""Held by whoever counts history anew: by a person's command all the time, by a worker for one slice."""

PARTS: Final = ("sales_order", "rma", "")
"""Through what history is counted, one after the other; empty when all of it is."""

NOWHERE: Final = ""
"""The place of money of an order that no store has work of."""

NO_MONEY: Final = ("exchange", "store_credit")
"""Providers of payments that are made of other goods or of credit: nothing was taken, and nothing is given back."""

Share = dict[tuple[str, date], dict[str, list[int]]]
"""(Location, local day) -> "measure|key" -> three figures."""

# One statement over the rows of the orders asked for, and of the returns that have no order. `home` is the place of an
# order's money: where its first work is. A work counts where it was not turned away or moved on; goods and shorts count
# once their work has left the hands that pick it, because only then does something tell of it.
_SHARES: Final = """
WITH asked AS MATERIALIZED (SELECT unnest($1::text::uuid[]) AS id),
o AS MATERIALIZED (SELECT s.* FROM sales_order s JOIN asked a ON a.id = s.id),
w AS MATERIALIZED (
  SELECT w.id, w.order_id, w.location, w.kind, w.status, w.promise_at, w.units, w.created_at, w.started_at, w.picked_at, w.staged_at, w.handed_over_at, l.time_zone AS zone,
    w.status = 'rejected' OR coalesce(w.ended_because, '') IN ('moved', 'declined') AS turned_away,
    CASE WHEN w.kind = 'ship' AND w.status IN ('labeled', 'handed_to_carrier', 'in_transit', 'delivered', 'delivery_failed', 'returned_to_sender', 'closed')
           THEN (SELECT max(p.labeled_at) FROM parcel p WHERE p.order_id = w.order_id AND p.work = w.id AND p.state <> 'canceled')
         WHEN w.kind = 'transfer' THEN CASE WHEN w.status IN ('in_transit', 'closed') THEN w.picked_at END
         WHEN w.kind = 'pickup' THEN w.staged_at END AS ready_at
  FROM work w JOIN asked a ON a.id = w.order_id JOIN location l ON l.id = w.location),
home AS MATERIALIZED (
  SELECT o.id AS order_id, coalesce(h.location, '') AS location, coalesce(h.zone, $3) AS zone, o.channel || '|' || o.currency AS sales
  FROM o LEFT JOIN LATERAL (SELECT w.location, w.zone FROM w WHERE w.order_id = o.id ORDER BY w.turned_away, w.created_at, w.id LIMIT 1) h ON true),
went AS (
  SELECT wl.order_id, wl.order_line, wl.part, w.location, w.zone, h.at, hl.quantity - hl.refused AS units, h.id AS cause, hl.work, hl.line
  FROM hand_over h JOIN asked a ON a.id = h.order_id JOIN hand_over_line hl ON hl.hand_over = h.id
    JOIN w ON w.id = hl.work JOIN work_line wl ON wl.work = hl.work AND wl.location = hl.location AND wl.line = hl.line
  WHERE h.undone_at IS NULL AND hl.quantity > hl.refused
  UNION ALL
  SELECT wl.order_id, wl.order_line, wl.part, w.location, w.zone, p.handed_at, pl.quantity, p.id, pl.work, pl.line
  FROM parcel p JOIN asked a ON a.id = p.order_id JOIN parcel_line pl ON pl.parcel = p.id
    JOIN w ON w.id = pl.work JOIN work_line wl ON wl.work = pl.work AND wl.location = pl.location AND wl.line = pl.line
  WHERE p.handed_at IS NOT NULL AND p.state <> 'canceled'),
lines AS (
  SELECT l.order_id, l.line, l.total_minor,
    CASE WHEN o.total_minor >= sum(l.total_minor + l.vat_minor) OVER (PARTITION BY l.order_id) + o.shipping_minor THEN l.vat_minor ELSE 0 END AS vat_beside
  FROM order_line l JOIN o ON o.id = l.order_id),
need AS (
  SELECT r.order_id, r.line, r.part, r.quantity, r.share_minor + CASE WHEN l.total_minor > 0 THEN
      l.vat_beside * sum(r.share_minor) OVER up / l.total_minor - l.vat_beside * (sum(r.share_minor) OVER up - r.share_minor) / l.total_minor ELSE 0 END AS gross
  FROM requirement r JOIN lines l ON l.order_id = r.order_id AND l.line = r.line
  WINDOW up AS (PARTITION BY r.order_id, r.line ORDER BY r.part)),
fee AS (SELECT o.id AS order_id, o.total_minor - coalesce((SELECT sum(n.gross) FROM need n WHERE n.order_id = o.id), 0) AS minor FROM o),
sold AS (
  SELECT t.*, sum(t.units) OVER (PARTITION BY t.order_id, t.order_line, t.part ORDER BY t.at, t.cause, t.work, t.line) AS upto,
    row_number() OVER (PARTITION BY t.order_id ORDER BY t.at, t.cause, t.work, t.line) AS turn
  FROM went t),
fact (subject, location, zone, at, measure, key, a, b, c) AS (
  SELECT order_id, location, zone, created_at, 'received', to_char(created_at AT TIME ZONE zone, 'HH24'), 1, units, 0 FROM w WHERE NOT turned_away
  UNION ALL SELECT order_id, location, zone, started_at, 'accepted', to_char(width_bucket(s, $2::bigint[]), 'FM00'), 1, s, 0
    FROM w CROSS JOIN LATERAL (SELECT greatest(0, extract(epoch FROM started_at - created_at))::bigint) AS x (s)
    WHERE NOT turned_away AND started_at IS NOT NULL AND picked_at IS DISTINCT FROM created_at
  UNION ALL SELECT order_id, location, zone, ready_at, 'ready', kind, 1, (ready_at <= promise_at)::int, 0 FROM w WHERE ready_at IS NOT NULL
  UNION ALL SELECT order_id, location, zone, ready_at, 'prepared', to_char(width_bucket(s, $2::bigint[]), 'FM00'), 1, s, 0
    FROM w CROSS JOIN LATERAL (SELECT greatest(0, extract(epoch FROM ready_at - created_at))::bigint) AS x (s) WHERE ready_at IS NOT NULL
  UNION ALL SELECT order_id, location, zone, handed_over_at, 'collected', to_char(width_bucket(s, $2::bigint[]), 'FM00'), 1, s, 0
    FROM w CROSS JOIN LATERAL (SELECT greatest(0, extract(epoch FROM handed_over_at - staged_at))::bigint) AS x (s)
    WHERE handed_over_at IS NOT NULL AND staged_at IS NOT NULL
  UNION ALL SELECT v.order_id, v.location, l.time_zone, v.done_at, 'waited', to_char(width_bucket(s, $2::bigint[]), 'FM00'), 1, s, 0
    FROM arrival v JOIN asked a ON a.id = v.order_id JOIN location l ON l.id = v.location
    CROSS JOIN LATERAL (SELECT greatest(0, extract(epoch FROM v.done_at - v.at))::bigint) AS x (s) WHERE v.done_at IS NOT NULL
  UNION ALL SELECT w.order_id, w.location, w.zone, m.happened_at, g.measure, g.key, m.set_aside, 0, 0
    FROM w JOIN stock_movement m ON m.work = w.id CROSS JOIN LATERAL (VALUES ('found', ''), ('found_sku', m.sku)) AS g (measure, key) WHERE m.fact IN ('pick', 'pick_undone') AND w.status NOT IN ('open', 'accepted', 'picking', 'picked')
  UNION ALL SELECT w.order_id, w.location, w.zone, p.at, g.measure, g.key, p.quantity, 0, 0
    FROM w JOIN short_pick p ON p.work = w.id CROSS JOIN LATERAL (VALUES ('short', coalesce(p.said, p.reason)), ('short_sku', p.sku)) AS g (measure, key)
    WHERE p.undone_at IS NULL AND w.status NOT IN ('open', 'accepted', 'picking', 'picked')
  UNION ALL SELECT h.order_id, h.location, h.zone, o.canceled_at, 'canceled', CASE WHEN o.cancel_reason = ANY($5::text[])
      OR EXISTS (SELECT FROM reason r WHERE r.subject = 'cancel' AND r.code = o.cancel_reason) THEN o.cancel_reason ELSE 'other' END, 1, 0, 0
    FROM o JOIN home h ON h.order_id = o.id WHERE o.canceled_at IS NOT NULL
  UNION ALL SELECT e.stream, e.location, l.time_zone, e.at, split_part(e.kind, '.', 2), CASE e.kind WHEN 'fulfillment.declined' THEN coalesce(e.body ->> 'reason', '') ELSE '' END, 1, 0, 0
    FROM event e JOIN asked a ON a.id = e.stream JOIN location l ON l.id = e.location
    WHERE e.kind IN ('fulfillment.declined', 'fulfillment.expired') AND e.withdrawn_at IS NULL
  UNION ALL SELECT a.id, coalesce(m.location, h.location, ''), coalesce(l.time_zone, h.zone, $3), m.settled_at, 'returned', u.reason || '|' || coalesce(o.currency, k.currency),
      (u.state <> 'lost')::int, u.refund_minor, u.kept_minor
    FROM asked a JOIN rma m ON m.order_id = a.id OR (m.id = a.id AND m.order_id IS NULL) JOIN rma_unit u ON u.rma = m.id LEFT JOIN location l ON l.id = m.location
      LEFT JOIN o ON o.id = m.order_id LEFT JOIN home h ON h.order_id = m.order_id JOIN sku k ON k.sku = u.sku
    WHERE m.settled_at IS NOT NULL AND u.state IN ('here', 'placed', 'gone', 'lost')
  UNION ALL SELECT p.order_id, p.location, l.time_zone, p.handed_at, g.measure, g.key, 1, g.b, g.c
    FROM parcel p JOIN asked a ON a.id = p.order_id JOIN location l ON l.id = p.location JOIN label_attempt t ON t.id = p.label LEFT JOIN tracking k ON k.parcel = p.id
    CROSS JOIN LATERAL (VALUES
      ('shipped', t.carrier, (k.delivered_at IS NOT NULL)::int, coalesce((k.delivered_at AT TIME ZONE l.time_zone)::date <= k.due_on, false)::int, true),
      ('sent_back', t.carrier, 0, 0, coalesce(k.status = 'return_to_sender', false)),
      ('travelled', t.carrier || '|' || to_char(least($4::int, (k.delivered_at AT TIME ZONE l.time_zone)::date - (p.handed_at AT TIME ZONE l.time_zone)::date), 'FM00'),
        least($4::int, (k.delivered_at AT TIME ZONE l.time_zone)::date - (p.handed_at AT TIME ZONE l.time_zone)::date), 0, k.delivered_at >= p.handed_at)) AS g (measure, key, b, c, counts)
    WHERE p.handed_at IS NOT NULL AND p.state <> 'canceled' AND g.counts
  UNION ALL SELECT s.order_id, s.location, s.zone, s.at, 'sold', h.sales, s.units,
      n.gross * s.upto / n.quantity - n.gross * (s.upto - s.units) / n.quantity, CASE s.turn WHEN 1 THEN f.minor ELSE 0 END
    FROM sold s JOIN need n ON n.order_id = s.order_id AND n.line = s.order_line AND n.part = s.part JOIN home h ON h.order_id = s.order_id JOIN fee f ON f.order_id = s.order_id
  UNION ALL SELECT h.order_id, h.location, h.zone, coalesce(p.captured_at, o.received_at), 'captured', h.sales, 1, p.captured_minor, 0
    FROM payment p JOIN o ON o.id = p.order_id JOIN home h ON h.order_id = o.id WHERE p.captured_minor > 0 AND p.provider <> ALL($6::text[])
  UNION ALL SELECT h.order_id, h.location, h.zone, coalesce(p.sent_at, p.settled_at), 'refunded', h.sales, 1, p.amount_minor, 0
    FROM payment_part p JOIN home h ON h.order_id = p.order_id JOIN payment_intention i ON i.id = p.intention
      JOIN payment y ON y.order_id = p.order_id AND y.reference = p.reference AND y.provider <> ALL($6::text[])
    WHERE p.kind = 'refund' AND p.state IN ('sent', 'confirmed') AND i.state IN ('sent', 'confirmed') AND coalesce(p.sent_at, p.settled_at) IS NOT NULL
)
SELECT subject, location, (at AT TIME ZONE zone)::date AS day, measure || '|' || key AS part, sum(a)::bigint AS a, sum(b)::bigint AS b, sum(c)::bigint AS c
FROM fact GROUP BY 1, 2, 3, 4
"""

_ADD: Final = """
INSERT INTO report_figure AS f (build, grain, measure, location, day, key, a, b, c)
SELECT * FROM unnest($1::text::int[], $2::text::text[]::char(1)[], $3::text::text[], $4::text::text[], $5::text::date[], $6::text::text[], $7::text::bigint[], $8::text::bigint[], $9::text::bigint[])
ON CONFLICT (build, grain, measure, location, day, key) DO UPDATE SET a = f.a + excluded.a, b = f.b + excluded.b, c = f.c + excluded.c
"""


async def builds(tx: Tx) -> tuple[int, ...]:
    """The build that pages read, and one that is being made beside it. Whoever asks holds the lock of the figures until they are written."""
    await tx.run("SELECT pg_advisory_xact_lock($1)", LOCK)
    row = await tx.row(
        "SELECT coalesce(max(number) FILTER (WHERE swapped_at IS NOT NULL), 0) AS live, max(number) AS newest FROM report_build"
    )
    assert row is not None
    live, newest = row["live"], row["newest"] or 0
    return (live, newest) if newest > live else (live,)


def asked(subjects: Sequence[UUID]) -> tuple[Any, ...]:
    """What the statement of shares is given."""
    return literal(subjects), list(EDGES), ZONE_OF_NOWHERE, MOST_DAYS, list(CANCEL_REASONS), list(NO_MONEY)


async def shares(tx: Tx, subjects: Sequence[UUID]) -> dict[UUID, Share]:
    """What each of these orders (or returns without one) adds to which day of which place, as the rows stand."""
    found: dict[UUID, Share] = {subject: {} for subject in subjects}
    for row in await tx.rows(_SHARES, *asked(subjects)):
        figures = [row["a"], row["b"], row["c"]]
        if any(figures):
            found[row["subject"]].setdefault((row["location"], row["day"]), {})[row["part"]] = figures
    return found


async def refresh(tx: Tx, subjects: Sequence[UUID], into: Sequence[int]) -> None:
    """Bring the shares of these subjects and the figures of `into` to what is true. Needs the lock (`builds`)."""
    true = await shares(tx, subjects)
    on_file: dict[tuple[int, UUID], Share] = defaultdict(dict)
    for row in await tx.rows(
        "SELECT build, subject, location, day, parts FROM report_share WHERE build = ANY($1::int[]) AND subject = ANY($2::text::uuid[])",
        list(into), literal(subjects),
    ):  # fmt: skip
        on_file[row["build"], row["subject"]][row["location"], row["day"]] = msgspec.json.decode(row["parts"])
    changed: list[tuple[int, UUID, str, date, str]] = []
    gone: list[tuple[int, UUID, str, date]] = []
    sums: dict[tuple[int, str, str, str, date, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for build in into:
        for subject in subjects:
            was, now = on_file[build, subject], true[subject]
            for at in was.keys() | now.keys():
                before, after = was.get(at, {}), now.get(at, {})
                if before == after:
                    continue
                if after:
                    changed.append((build, subject, *at, msgspec.json.encode(after, order="deterministic").decode()))
                else:
                    gone.append((build, subject, *at))
                for part in before.keys() | after.keys():
                    measure, _, key = part.partition("|")
                    difference = [
                        n - o for n, o in zip(after.get(part, (0, 0, 0)), before.get(part, (0, 0, 0)), strict=True)
                    ]
                    if any(difference):
                        for grain, first in periods(at[1]).items():
                            row_sums = sums[build, grain, measure, at[0], first, key]
                            for n, value in enumerate(difference):
                                row_sums[n] += value
    if changed:
        await tx.run(
            "INSERT INTO report_share (build, subject, location, day, parts) SELECT * FROM"
            " unnest($1::text::int[], $2::text::uuid[], $3::text::text[], $4::text::date[], $5::text[]::jsonb[])"
            " ON CONFLICT (build, subject, location, day) DO UPDATE SET parts = excluded.parts",
            *(literal(column) for column in list(zip(*changed, strict=True))[:4]), [row[4] for row in changed],
        )  # fmt: skip
    if gone:
        await tx.run(
            "DELETE FROM report_share s USING unnest($1::text::int[], $2::text::uuid[], $3::text::text[], $4::text::date[]) AS g (build, subject, location, day)"
            " WHERE s.build = g.build AND s.subject = g.subject AND s.location = g.location AND s.day = g.day",
            *(literal(column) for column in zip(*gone, strict=True)),
        )  # fmt: skip
    rows = [(*key, *values) for key, values in sorted(sums.items()) if any(values)]
    if rows:
        await tx.run(_ADD, *(literal(column) for column in zip(*rows, strict=True)))
        await tx.run(
            "DELETE FROM report_figure f USING unnest($1::text::int[], $2::text::text[]::char(1)[], $3::text::text[], $4::text::text[], $5::text::date[], $6::text::text[])"
            " AS g (build, grain, measure, location, day, key) WHERE f.build = g.build AND f.grain = g.grain AND f.measure = g.measure AND f.location = g.location"
            " AND f.day = g.day AND f.key = g.key AND f.a = 0 AND f.b = 0 AND f.c = 0",
            *(literal(column) for column in list(zip(*rows, strict=True))[:6]),
        )  # fmt: skip


def periods(day: date) -> Mapping[str, date]:
    """The first days of the day itself, its week (from Monday) and its month."""
    return {"d": day, "w": day - timedelta(days=day.weekday()), "m": day.replace(day=1)}


class Build(msgspec.Struct, frozen=True):
    """A counting anew that is not over: `done` of `of_all` orders and returns; `part` is empty when it may be swapped in."""

    number: int
    done: int
    of_all: int
    part: str


async def begin_build(tx: Tx) -> Build:
    """A new build beside the one that pages read; what an earlier one left unfinished is nobody's any more."""
    # Counted before the lock is taken: nobody waits for it.
    of_all: int = await tx.value(
        "SELECT (SELECT count(*) FROM sales_order) + (SELECT count(*) FROM rma WHERE order_id IS NULL)"
    )
    await builds(tx)
    # A number is never used again: rows of a build that was broken off may still lie there.
    number: int = await tx.value(
        "SELECT 1 + greatest((SELECT max(number) FROM report_build), (SELECT max(build) FROM report_share), (SELECT max(build) FROM report_figure), 0)"
    )
    await tx.run("DELETE FROM report_build WHERE swapped_at IS NULL")
    await tx.run(
        "INSERT INTO report_build (number, begun_at, meaning, of_all) VALUES ($1, $2, $3, $4)", number, tx.now, MEANING, of_all
    )  # fmt: skip
    return Build(number, 0, of_all, PARTS[0])


async def unfinished(tx: Tx) -> Build | None:
    """The build that somebody began by today's meaning and nobody has ended, locked."""
    row = await tx.row(
        "SELECT number, subjects AS done, greatest(of_all, subjects) AS of_all, part FROM report_build"
        " WHERE swapped_at IS NULL AND meaning = $1 ORDER BY number DESC LIMIT 1 FOR UPDATE",
        MEANING,
    )
    return None if row is None else Build(*row)


async def is_outdated(tx: Tx) -> bool:
    """Do pages read figures of another meaning than today's? In a new house events have made all of them: from here on that is said."""
    meaning: int | None = await tx.value(
        "SELECT meaning FROM report_build WHERE swapped_at IS NOT NULL ORDER BY number DESC LIMIT 1"
    )
    if meaning is None:
        await tx.run(
            "INSERT INTO report_build (number, begun_at, swapped_at, meaning, part) VALUES (0, $1, $1, $2, '')", tx.now, MEANING
        )  # fmt: skip
    return meaning not in (None, MEANING)


async def count_on(tx: Tx, build: Build, limit: int) -> Build:
    """Count the next `limit` orders or returns of history into `build`, in the order of their ids."""
    last = await tx.value("SELECT last FROM report_build WHERE number = $1", build.number)
    subjects = await after(tx, build.part, last, limit)
    if subjects:
        await builds(tx)
        await refresh(tx, subjects, (build.number,))
        part, last = build.part, subjects[-1]
    else:
        part, last = PARTS[PARTS.index(build.part) + 1], None
    done = build.done + len(subjects)
    await tx.run(
        "UPDATE report_build SET subjects = $2, part = $3, last = $4 WHERE number = $1", build.number, done, part, last
    )
    return Build(build.number, done, max(build.of_all, done), part)


async def swap_in(tx: Tx, build: int) -> None:
    """From here on pages read `build`."""
    await builds(tx)
    await tx.run("UPDATE report_build SET swapped_at = $2 WHERE number = $1", build, tx.now)
    await tx.run("DELETE FROM report_build WHERE number < $1", build)


async def after(tx: Tx, table: str, last: UUID | None, limit: int) -> list[UUID]:
    """The next subjects of history by id: orders, or returns that have none."""
    which = {"sales_order": "true", "rma": "order_id IS NULL"}[table]
    rows = await tx.rows(
        f"SELECT id FROM {table} WHERE {which} AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2", last, limit
    )
    return [row[0] for row in rows]


async def sweep(tx: Tx, limit: int) -> int:
    """Forget rows of builds that nobody reads or makes, a bounded number; how many went."""
    kept = await builds(tx)
    gone = 0
    for table in ("report_share", "report_figure"):
        said = await tx.run(
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE build < $1 LIMIT $3))"
            f" OR ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE build > $1 AND build <> $2 LIMIT $3))",
            kept[0],
            kept[-1],
            limit,
        )
        gone += int(said.split()[-1])
    return gone
