"""What the rules say of a return: its facts are read, every unit is judged, and what the rules do not allow somebody has to permit."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.flows.reading_returns import asked_for, judge_blind, read_case, read_policy
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Forbidden, Invalid
from comptoir.kit.reason_rows import list_reasons as list_permits
from comptoir.returns import rma_sql as sql
from comptoir.returns.eligibility import Article, Asked, Blind, Verdict, needs_permission
from comptoir.returns.model import Permission, Return, Settling, Unit, Wish
from comptoir.returns.permit_reasons import OTHER, PERMIT
from comptoir.returns.policy import Policy
from comptoir.returns.queries import list_reasons
from comptoir.returns.reasons import find

MAY_PERMIT: Final = ("store_manager", "head_office", "integrator", "system")
LIMITED: Final = ("associate", "store_manager")
"""Whose returns have a limit of value, above which a reason is kept."""
UNASKED: Final = ("unannounced", "to_sender")
"""Nobody asked for these: they are here, and are judged when it comes to money."""

_PERMITS = (
    "SELECT true FROM staff s WHERE s.id = $1 AND s.disabled_at IS NULL AND (s.role IN ('regional_manager', 'head_office')"
    " OR (s.role = 'store_manager' AND EXISTS (SELECT FROM staff_location w WHERE w.staff = s.id AND ($2::text IS NULL OR w.location = $2))))"
)
_ARTICLES = "SELECT sku, category, coalesce(withdrawal_excluded, '') AS excluded, returnable FROM sku WHERE sku = ANY($1::text[])"


class Ruling(msgspec.Struct, frozen=True):
    """What the rules say: a verdict for each unit by its number, the policy they were judged by, the notice that they answer."""

    verdicts: Mapping[int, Verdict]
    policy: Policy
    version: int
    notice: UUID | None = None

    @property
    def rights(self) -> tuple[str, ...]:
        """By which rights, each once."""
        return tuple(dict.fromkeys(one.right for one in self.verdicts.values()))


async def judge_return(tx: Tx, found: Return, *, whole: bool, now: datetime) -> Ruling:
    """Judge every unit that counts. `whole`: with this return the customer keeps nothing of the order."""
    reasons = await list_reasons(tx.connection)

    def asked_of(unit: Unit, at: datetime) -> Asked:
        asked = Asked(
            at, unit.condition, whole=whole, had=found.origin != "to_sender", from_home=found.method in ("relay", "postal"),
            goods_at=found.received_at, permitted=found.permit_reason or found.by_permission or "",
        )  # fmt: skip
        return asked_for(find(reasons, unit.reason), asked)

    if found.order is None:
        version, policy = await read_policy(tx.connection, now)
        articles = await _articles(tx, [unit.sku for unit in found.units])
        since = now - timedelta(days=policy.no_receipt.days)
        named, times, before_minor = await sql.blind_before(tx, found.id, since)
        blind = Blind(
            sum(unit.paid_minor for unit in found.counting), times, before_minor, named or found.origin in UNASKED
        )
        return Ruling(
            {
                unit.n: judge_blind(articles[unit.sku], asked_of(unit, found.opened_at), blind, policy)
                for unit in found.counting
            },
            policy, version,
        )  # fmt: skip
    case = await read_case(tx.connection, found.order, now)
    verdicts, answered = {}, found.notice
    for unit in found.counting:
        line = unit.line or 0
        notice = found.notice or next((id for id, _, lines in case.notices if line in lines), None)
        answered = answered or notice
        said_at = min(found.opened_at, case.noticed_at(notice) or found.opened_at)
        verdicts[unit.n] = case.verdict(line, asked_of(unit, said_at))
    return Ruling(verdicts, case.policy, case.number, answered)


async def _articles(tx: Tx, skus: Sequence[str]) -> dict[str, Article]:
    rows = await tx.rows(_ARTICLES, sorted(set(skus)))
    return {row["sku"]: msgspec.convert(dict(row), Article) for row in rows}


async def permitted(tx: Tx, permission: Permission | None, actor: Actor, location: str | None) -> str | None:
    """Who allows what the rules do not, if somebody does. Forbidden `role_lacks_right` when they may not; Invalid `permission_unsaid`
    without a reason or words, `unknown_reason`."""
    if permission is None:
        return None
    if permission.reason is not None:
        find(await list_permits(tx.connection, PERMIT), permission.reason)
    if permission.reason in (None, OTHER) and not permission.why.strip():
        raise Invalid("permission_unsaid")
    if permission.staff is None:
        actor.needs(*MAY_PERMIT)
        return actor.who
    # A PIN was checked where the person stands; whoever is elsewhere answers in their own name.
    if actor.role not in LIMITED or not await tx.value(_PERMITS, permission.staff, location):
        raise Forbidden("role_lacks_right", role="staff")
    return str(permission.staff)


def check_opening(found: Return, ruling: Ruling) -> None:
    """May this be announced? Conflict `permission_needed` with what the rules lack, `over_limit` and `contact_needed` for what nobody may permit."""
    if found.origin in UNASKED:
        return
    lacks = tuple(dict.fromkeys(one.lacks or "" for one in ruling.verdicts.values() if not one.accepted))
    refuse(lacks)


def check_settling(
    found: Return, ruling: Ruling, settling: Settling, wishes: Mapping[int, Wish], worth_minor: int, actor: Actor, *,
    unseen: bool = True,
) -> None:  # fmt: skip
    """May it be settled like this? Conflict `permission_needed`, `over_limit`, `wish_not_offered`; Invalid `not_to_be_lowered`.

    `unseen` False: the goods come out of the bag that was handed over in this very moment, so their worth needs nobody's leave.
    """
    verdicts = ruling.verdicts
    lacks = list(needs_permission(tuple(verdicts.values()), worth_minor, ruling.policy))
    if actor.role not in LIMITED or not unseen:
        lacks = [why for why in lacks if why != "value"]
    if {"over_limit", "unnamed"} & set(lacks) or found.by_permission is None:
        refuse(lacks)
    for n, verdict in verdicts.items():
        if wishes[n] not in verdict.may:
            raise Conflict("wish_not_offered", n=n, may=[give for give in verdict.may if give != "repair"])
    for one in settling.less:
        found.unit(one.n)
        judged = verdicts.get(one.n)
        if judged is None or judged.right == "guarantee" or (judged.right == "law" and not judged.lower):
            raise Invalid("not_to_be_lowered", n=one.n)


def refuse(lacks: Sequence[str]) -> None:
    """Conflict `over_limit`, `contact_needed`, or `permission_needed` with all that it would be for; nothing when nothing is lacking."""
    if "over_limit" in lacks:
        raise Conflict("over_limit")
    if "unnamed" in lacks:
        raise Conflict("contact_needed")
    if lacks:
        raise Conflict("permission_needed", why=list(lacks))


def ground_of(ruling: Ruling) -> dict[str, Any]:
    """What an event says of the rights, without a word of a person."""
    return {"rights": list(ruling.rights), "policy": ruling.version}
