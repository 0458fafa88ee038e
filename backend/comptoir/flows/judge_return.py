"""Whether the rules allow a return, or somebody with the right does; and on which ground its money goes back."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from comptoir.flows.withdraw import period
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Forbidden
from comptoir.returns.model import Permission, Return
from comptoir.returns.withdrawal import in_time

Ground = Literal["withdrawal", "goodwill", "permission", "undelivered"]
"""The law's right; the shop's own; somebody's word; the goods never reached the customer."""

MAY_PERMIT: Final = ("store_manager", "head_office", "integrator", "system")

_PERMITS = (
    "SELECT true FROM staff s WHERE s.id = $1 AND s.disabled_at IS NULL AND (s.role IN ('regional_manager', 'head_office')"
    " OR (s.role = 'store_manager' AND EXISTS (SELECT FROM staff_location w WHERE w.staff = s.id AND ($2::text IS NULL OR w.location = $2))))"
)


async def permitted(tx: Tx, permission: Permission | None, actor: Actor, location: str | None) -> str | None:
    """Who allows what the rules do not, if somebody does. Forbidden `role_lacks_right` when they may not."""
    if permission is None:
        return None
    if permission.staff is None:
        actor.needs(*MAY_PERMIT)
        return actor.who
    if not await tx.value(_PERMITS, permission.staff, location):
        raise Forbidden("role_lacks_right", role="staff")
    return str(permission.staff)


async def check_may(tx: Tx, found: Return, actor: Actor, now: datetime) -> Ground:
    """On which ground this return stands. Conflict `permission_needed` when on none and nobody has allowed it."""
    if found.origin == "to_sender":
        return "undelivered"
    if found.order is not None:
        until, today = await period(tx, found.order, now)
        if in_time(until, today):
            return "withdrawal"
    if found.by_permission is None and found.origin != "unannounced":
        raise Conflict("permission_needed", why="late" if found.order else "no_receipt")
    return "permission"


async def notice_of(tx: Tx, order: UUID) -> UUID | None:
    """The order's newest notice of withdrawal that is still open, which a return answers even when nobody names it."""
    found: UUID | None = await tx.value(
        "SELECT id FROM return_request WHERE order_id = $1 AND state = 'noticed' ORDER BY noticed_at DESC, id LIMIT 1",
        order,
    )
    return found
