"""After a run: does what is on file agree with itself, and is every order that was answered 201 there?"""

from collections.abc import Sequence
from uuid import UUID

from comptoir.kit.db import Connection

_CHECKS = {
    "levels that differ from the sum of their movements": """
        SELECT count(*) FROM stock_level l FULL JOIN (
          SELECT sku, location, sum(on_hand) AS a, sum(reserved) AS b, sum(set_aside) AS c, sum(unsellable) AS d
          FROM stock_movement GROUP BY sku, location) m USING (sku, location)
        WHERE (l.on_hand, l.reserved, l.set_aside, l.unsellable) IS DISTINCT FROM (m.a, m.b, m.c, m.d)""",
    "levels whose promises differ from their reservations": """
        SELECT count(*) FROM stock_level l FULL JOIN (
          SELECT sku, location, sum(quantity - released) AS promised
          FROM reservation GROUP BY sku, location) r USING (sku, location)
        WHERE coalesce(l.reserved, 0) <> coalesce(r.promised, 0)""",
    "levels that are oversold": "SELECT count(*) FROM stock_level WHERE reserved > on_hand - safety_stock",
    "orders whose lines are not all promised": """
        SELECT count(*) FROM sales_order o WHERE o.progress = 'accepted'
        AND (SELECT coalesce(sum(quantity), 0) FROM order_line WHERE order_id = o.id)
         <> (SELECT coalesce(sum(quantity - released), 0) FROM reservation WHERE order_id = o.id)""",
    "orders without work": """
        SELECT count(*) FROM sales_order o WHERE progress = 'accepted'
        AND NOT EXISTS (SELECT FROM work WHERE order_id = o.id)""",
    "orders without an event": """
        SELECT count(*) FROM sales_order o WHERE NOT EXISTS (SELECT FROM event WHERE stream = o.id)""",
}  # fmt: skip

# Only ours writes these; the floor does not.
_OURS = {
    "orders without their payment, requirements or work lines": """
        SELECT count(*) FROM sales_order o WHERE id = ANY($1::uuid[]) AND (
          NOT EXISTS (SELECT FROM payment WHERE order_id = o.id)
          OR (SELECT coalesce(sum(quantity), 0) FROM order_line WHERE order_id = o.id)
          <> (SELECT coalesce(sum(at_work), 0) FROM requirement WHERE order_id = o.id)
          OR (SELECT coalesce(sum(quantity), 0) FROM order_line WHERE order_id = o.id)
          <> (SELECT coalesce(sum(quantity), 0) FROM work_line WHERE order_id = o.id))""",
}


async def violations(connection: Connection, accepted: Sequence[UUID] = ()) -> list[str]:
    """Sentences about what is wrong; none when all is well. `accepted` are the ids that were answered 201."""
    found = []
    for name, statement in _CHECKS.items():
        if count := await connection.fetchval(statement, timeout=300):
            found.append(f"{count} {name}")
    if accepted:
        there = await connection.fetchval(
            "SELECT count(*) FROM sales_order WHERE id = ANY($1::uuid[])", list(accepted), timeout=300
        )
        if there != len(set(accepted)):
            found.append(f"{len(set(accepted)) - there} orders answered 201 are not on file")
        for name, statement in _OURS.items():
            if count := await connection.fetchval(statement, list(accepted), timeout=300):
                found.append(f"{count} {name}")
    return found


def read_ids(raw: bytes) -> list[UUID]:
    """The ids a sender has kept, 16 bytes each."""
    return [UUID(bytes=raw[at : at + 16]) for at in range(0, len(raw), 16)]
