"""What the devices of a store are told while their page is closed: new work, customers who wait, work due soon, decisions, work gone elsewhere,
that a manager has announced something, that an article is to leave its shelf, and what became of a correction.

Most of it is looked up as it is now and not heard of as an event: what somebody took care of meanwhile is not told, and placing an
order costs nothing for it. Only what leaves no trace in a store's rows, work that went elsewhere, is listened for.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.i18n import t
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.notifications import push_sql as sql

if TYPE_CHECKING:
    from comptoir.house import House

KINDS: Final = ("fulfillment.moved", "fulfillment.taken_over")
LOOK_BACK: Final = timedelta(minutes=5)
"""What a worker that was away tells late; older things are told by the page alone."""

CALM: Final = timedelta(minutes=5)
"""After new work was told, more of it is told together."""

SOON: Final = timedelta(minutes=20)
CUSTOMER_WAITS: Final = timedelta(minutes=10)
USEFUL: Final = timedelta(minutes=30)
RECALL_TOLD: Final = timedelta(days=1)
RECALL_USEFUL: Final = timedelta(hours=12)
CORRECTION_AWAITED: Final = timedelta(days=7)
"""What was told longer ago and is declined only now stands on the page alone."""

_LISTENING: Final = (
    "SELECT u.device, u.language, d.location, l.time_zone FROM push_subscription u JOIN device d ON d.id = u.device"
    " JOIN location l ON l.id = d.location WHERE d.revoked_at IS NULL"
)
_WAITING: Final = f"""
SELECT p.*, a.id, a.order_id, a.at, o.number FROM ({_LISTENING}) p JOIN arrival a ON a.location = p.location AND a.done_at IS NULL
JOIN sales_order o ON o.id = a.order_id
WHERE a.taken_by IS NULL AND a.at > $1 AND NOT EXISTS (SELECT FROM push_note n WHERE n.device = p.device AND n.key = 'arrival:' || a.id) LIMIT 200
"""
_NEW: Final = f"""
SELECT p.*, w.n, w.first, w.latest FROM ({_LISTENING}) p CROSS JOIN LATERAL (SELECT count(*)::int AS n, min(promise_at) AS first, max(created_at) AS latest
  FROM work w WHERE w.location = p.location AND w.status = 'open' AND w.pack IS NULL) w
WHERE w.latest > $1 AND NOT EXISTS (SELECT FROM push_note n WHERE n.device = p.device AND n.kind = 'new_work' AND (n.made_at > $2 OR n.made_at >= w.latest)) LIMIT 200
"""
_SOON: Final = f"""
SELECT p.*, w.n, w.first, w.id FROM ({_LISTENING}) p CROSS JOIN LATERAL (SELECT count(*)::int AS n, min(promise_at) AS first,
  (array_agg(w.id ORDER BY w.promise_at DESC, w.id))[1] AS id
  FROM work w WHERE w.location = p.location AND w.status IN ('open', 'accepted', 'picking', 'picked') AND w.promise_at BETWEEN $1 AND $2) w
WHERE w.n > 0 AND NOT EXISTS (SELECT FROM push_note n WHERE n.device = p.device AND (n.key = 'soon:' || w.id OR (n.kind = 'due_soon' AND n.made_at > $3))) LIMIT 200
"""
_TO_DECIDE: Final = f"""
SELECT p.*, e.id, o.number FROM ({_LISTENING}) p JOIN exception e ON e.location = p.location AND e.resolved_at IS NULL LEFT JOIN sales_order o ON o.id = e.order_id
WHERE e.made_at > $1 AND NOT EXISTS (SELECT FROM push_note n WHERE n.device = p.device AND n.key = 'exception:' || e.id) LIMIT 200
"""
# Its words stay on the page: on a locked screen everybody reads along.
_ANNOUNCED: Final = f"""
SELECT p.*, a.id, a.edition, a.urgent, a.until_at, a.changed_at FROM ({_LISTENING}) p JOIN announcement_store t ON t.location = p.location
JOIN announcement a ON a.id = t.announcement AND a.ended_at IS NULL AND a.until_at > $1
WHERE a.changed_at > $2 AND NOT EXISTS (SELECT FROM push_note n WHERE n.device = p.device AND n.key = 'announcement:' || a.id || ':' || a.edition)
  AND NOT EXISTS (SELECT FROM announcement_receipt r WHERE r.announcement = a.id AND r.edition = a.edition AND r.device = p.device) LIMIT 200
"""
# A danger is told for a day: whoever opens late, or switches notifications on, is to know as well.
_RECALLED: Final = f"""
SELECT p.*, r.id, s.name, k.key FROM ({_LISTENING}) p JOIN recall_place x ON x.location = p.location AND x.status = 'open'
JOIN recall r ON r.id = x.recall AND r.status = 'open' JOIN sku s ON s.sku = r.sku
CROSS JOIN LATERAL (SELECT 'recall:' || r.id || ':' || floor(extract(epoch FROM coalesce(x.asked_at, r.opened_at))) AS key) k
WHERE coalesce(x.asked_at, r.opened_at) > $1 AND NOT EXISTS (SELECT FROM push_note n WHERE n.device = p.device AND n.key = k.key) LIMIT 200
"""
# Neither who made it nor who decided: on a locked screen everybody reads along. What its own device took back is no news.
_CORRECTED: Final = f"""
WITH news AS MATERIALIZED (SELECT a.id, a.location, a.sku, a.status, a.quantity FROM stock_adjustment a
  WHERE a.recorded_at > $2 AND ((a.status = 'waiting' AND a.recorded_at > $1) OR (a.status = 'declined' AND a.decided_at > $1 AND a.decided_by NOT LIKE 'device:%')))
SELECT p.*, a.id, a.status, a.quantity, s.name FROM news a JOIN ({_LISTENING}) p ON p.location = a.location JOIN sku s ON s.sku = a.sku
WHERE NOT EXISTS (SELECT FROM push_note n WHERE n.device = p.device AND n.key = 'correction:' || a.status || ':' || a.id) LIMIT 200
"""
_DONE_WITH: Final = """
UPDATE push_note n SET status = 'dropped', code = 'replaced', next_at = NULL, settled_at = $1 WHERE n.next_at IS NOT NULL AND n.claimed_until IS NULL
  AND n.kind = 'recall' AND NOT EXISTS (SELECT FROM device d JOIN recall_place x ON x.location = d.location AND x.status = 'open'
    JOIN recall r ON r.id = x.recall AND r.status = 'open' WHERE d.id = n.device AND n.topic = 'recall:' || r.id)
"""
_OVER: Final = """
UPDATE push_note n SET status = 'dropped', code = 'replaced', next_at = NULL, settled_at = $1 WHERE n.next_at IS NOT NULL AND n.claimed_until IS NULL
  AND n.kind IN ('announcement', 'announcement_urgent') AND NOT EXISTS (SELECT FROM announcement a
    WHERE n.topic = 'announcement:' || a.id AND a.ended_at IS NULL AND a.until_at > $1)
"""


async def look(house: "House") -> int:
    """Write what every device with notifications should know by now and was not told; how many notes."""
    now = house.clock()
    written: int = await in_transaction(house.pool, "system", now, write_notes)
    return written


async def write_notes(tx: Tx) -> int:
    """The notes that are called for at this moment. Once nobody listens this is one empty read."""
    if not await tx.value("SELECT EXISTS (SELECT FROM push_subscription WHERE device IS NOT NULL)"):
        return 0
    now, made = tx.now, 0
    for row in await tx.rows(_WAITING, now - CUSTOMER_WAITS):
        words = {"number": row["number"], "at": hour(row["at"], row)}
        until = row["at"] + CUSTOMER_WAITS
        made += await tell(
            tx, row, "customer_here", f"arrival:{row['id']}", f"here:{row['order_id']}", words, "/counter", until
        )
    for row in await tx.rows(_NEW, now - LOOK_BACK, now - CALM):
        words = {"n": row["n"], "at": hour(row["first"], row)}
        made += await tell(
            tx, row, "new_work", f"new:{row['latest'].isoformat()}", "new_work", words, "/work", now + USEFUL
        )
    for row in await tx.rows(_SOON, now, now + SOON, now - CALM):
        words = {"n": row["n"], "at": hour(row["first"], row)}
        made += await tell(tx, row, "due_soon", f"soon:{row['id']}", "due_soon", words, "/work", now + SOON)
    for row in await tx.rows(_TO_DECIDE, now - LOOK_BACK):
        which = "exception_more" if row["number"] else "exception_more_none"
        made += await tell(
            tx, row, "exception", f"exception:{row['id']}", "exception", {"number": row["number"]}, "/more", now + USEFUL, "exception", which
        )  # fmt: skip
    for row in await tx.rows(_ANNOUNCED, now, now - LOOK_BACK):
        word = "announcement_urgent" if row["urgent"] else "announcement"
        key, until = f"announcement:{row['id']}:{row['edition']}", min(row["until_at"], now + USEFUL)
        words = {"at": hour(row["changed_at"], row)}
        made += await tell(
            tx, row, word, key, f"announcement:{row['id']}", words, "/work", until, word, "announcement_more"
        )
    for row in await tx.rows(_RECALLED, now - RECALL_TOLD):
        topic, until = f"recall:{row['id']}", now + RECALL_USEFUL
        made += await tell(tx, row, "recall", row["key"], topic, {"name": row["name"]}, "/recalls", until)
    for row in await tx.rows(_CORRECTED, now - LOOK_BACK, now - CORRECTION_AWAITED):
        words, word = {"name": row["name"], "n": row["quantity"]}, f"correction_{row['status']}"
        key, topic = f"correction:{row['status']}:{row['id']}", f"correction:{row['id']}"
        made += await tell(tx, row, "correction", key, topic, words, "/adjust", now + USEFUL, word)
    await tx.run(_OVER, now)
    await tx.run(_DONE_WITH, now)
    return made


async def tell_devices(tx: Tx, told: Told) -> None:
    """Work went to another store, or to another device of this one: whoever had it in hand is told."""
    moved = told.kind == "fulfillment.moved"
    pack = told.body.get("from") if not moved else None
    rows = await tx.rows(
        f"SELECT p.*, o.number FROM ({_LISTENING}) p JOIN sales_order o ON o.id = $1 WHERE p.device ="
        " (SELECT k.device FROM pack k WHERE k.id = coalesce($2::uuid, (SELECT w.pack FROM work w WHERE w.id = $3 AND w.location = $4)))",
        told.stream, UUID(str(pack)) if pack else None, told.work, told.location,
    )  # fmt: skip
    word = "moved" if moved else "taken_over"
    for row in rows:
        key, topic = f"{word}:{told.stream}:{told.seq}", f"away:{told.stream}"
        await tell(tx, row, "reassigned", key, topic, {"number": row["number"]}, "/work", tx.now + USEFUL, word)


async def tell(
    tx: Tx, row: Any, kind: str, key: str, topic: str, words: dict[str, Any], path: str, until: datetime, word: str = "", more: str = "",
) -> bool:  # fmt: skip
    """One note in the device's language; False when it was told already."""
    word = word or kind
    title, body = (
        t(f"push.{word}", row["language"], **words),
        t(f"push.{more or word + '_more'}", row["language"], **words),
    )
    return await sql.write(tx, sql.Note(new_id(), row["device"], key, kind, topic, title, body, path, until))


def hour(at: datetime, row: Any) -> str:
    """The store's hour, as its devices show it."""
    return f"{at.astimezone(ZoneInfo(row['time_zone'])):%H:%M}"
