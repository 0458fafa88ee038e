"""Money that is intended moves: what is due gets its parts, answers are written down, a person may try again or say that it is done.

Nothing here asks a provider; `errands.move_money` does, between `begin_due` and `record_money`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from comptoir.flows.use_credit import CREDIT
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.runner import Flow
from comptoir.payments import executing, hearing_sql, link_sql, splitting
from comptoir.payments import executing_sql as sql
from comptoir.payments.commands import HearProvider, MoneyStands, RecordMoney, RetryMoney, SettleByHand, check_money
from comptoir.payments.executing import GONE, STUCK_AFTER, After, Part, Standing
from comptoir.payments.splitting import Share
from comptoir.returns import credit_sql
from comptoir.staff.sql import insert_audit

AT_ONCE: Final = 32
TOLD: Final[Mapping[str, str]] = {
    "refund": "payment.refunded", "capture": "payment.captured", "void": "payment.released",
}  # fmt: skip
"""The event when an intention of each kind has gone."""


async def begin_due(tx: Tx) -> int:
    """Split what is due over the payments of its order and say who is asked for each part; how many intentions."""
    due = await sql.due(tx, AT_ONCE)
    due += [one for one in await sql.due_on_credit(tx, AT_ONCE) if one.id not in {other.id for other in due}]
    for one in due:
        shares = splitting.split(one.kind, one.amount_minor, await sql.held(tx, one.order_id))
        if one.kind == "void" and not shares:
            # What was captured less than authorized has let the rest go by itself.
            await sql.set_standing(tx, one.id, "confirmed")
            continue
        if sum(share.amount_minor for share in shares) != one.amount_minor:
            await sql.set_standing(tx, one.id, "failed")
            await _tell_failed(tx, one.id, one.order_id, one.kind, one.amount_minor, "no_such_money")
            continue
        routed: list[tuple[Share, str | None]] = [
            (
                share,
                None
                if share.provider == CREDIT
                else await sql.account_for(tx, one.channel, share.provider, one.intended_at),
            )
            for share in shares
        ]
        await sql.insert_parts(tx, one.id, one.order_id, one.kind, routed)
        if await _give_to_credits(tx, one.id, shares):
            await _stand(tx, await sql.lock_intention(tx, one.id), None)
    return len(due)


async def _give_to_credits(tx: Tx, intention: UUID, shares: Sequence[Share]) -> int:
    """What a credit of ours had paid goes back to it at once: nobody else is asked for that. How many parts."""
    ours = {share.reference for share in shares if share.provider == CREDIT}
    given = 0
    for part in await sql.parts_of(tx, intention) if ours else ():
        if part.reference not in ours or part.kind != "refund" or part.state in GONE:
            continue
        credit = await credit_sql.lock_used_for(tx, part.order_id, part.reference)
        if credit is not None:
            await credit_sql.change(tx, credit, -part.amount_minor, part.reference, part.order_id)
            await _move(tx, part, After("confirmed", reference=str(credit.id)))
            given += 1
    return given


async def record_money(tx: Tx, command: RecordMoney, actor: Actor, now: datetime) -> MoneyStands:
    """The answer to one call or look. An answer of a claim that others have taken over since is not counted: they look."""
    part = await sql.lock_part(tx, command.part)
    intention = await sql.lock_intention(tx, part.intention)
    if part.tries != command.tries or part.state not in ("calling", "unknown", "sent"):
        return MoneyStands(part.intention, intention["state"])
    after = executing.settle(part, command.said.answer, now)
    if part.account is not None:
        if after.problem == "login_refused":
            await sql.refuse_account(tx, part.account, after.problem)
        elif after.state in GONE:
            await sql.trust_account(tx, part.account)
    await _move(tx, part, after)
    return await _stand(tx, intention, after.problem)


async def hear_provider(tx: Tx, command: HearProvider, actor: Actor, now: datetime) -> MoneyStands | None:
    """What the provider speaks of is looked at with the next round."""
    await link_sql.look_at_once(tx, command.account, command.references)
    await hearing_sql.look_at_named(tx, list(command.references))
    for id in await sql.parts_named(tx, command.account, command.references):
        part = await sql.lock_part(tx, id)
        await sql.look_at_once(tx, part.id)
        await _stand(tx, await sql.lock_intention(tx, part.intention), None)
    return None


async def confirm_part(tx: Tx, part: UUID, reference: str) -> None:
    """What a part was to do has been done by somebody else; the intention follows. Its order is locked."""
    known = await sql.lock_part(tx, part)
    if known.state not in GONE:
        await _move(tx, known, After("confirmed", reference=reference, problem="captured_elsewhere"))
        await _stand(tx, await sql.lock_intention(tx, known.intention), None)


def tell_captured(tx: Tx, order: UUID, intention: UUID, amount_minor: int) -> None:
    """Money was captured that nobody here had asked for."""
    tx.tell(Event(TOLD["capture"], order, {"intention": intention, "amount_minor": amount_minor, "settled": True}))


async def retry_money(tx: Tx, command: RetryMoney, actor: Actor, now: datetime) -> MoneyStands:
    """Another try, at once. NotFound `intention_not_found`; Conflict `money_moved`, `no_account` when nobody can be asked."""
    check_money(actor)
    intention = await sql.lock_intention(tx, command.intention)
    if intention["state"] not in ("intended", "failed"):
        raise Conflict("money_moved")
    parts = await sql.parts_of(tx, command.intention)
    providers = {one.reference: one.provider for one in await sql.held(tx, intention["order_id"])}
    renewed = 0
    for part in parts:
        account = await sql.account_for(
            tx, intention["channel"], providers.get(part.reference, ""), intention["intended_at"]
        )
        after = executing.again(part, account is not None, now)
        if after is not None and account is not None:
            await sql.renew_part(tx, part.id, executing.next_key(part), account, after)
            renewed += 1
    if not parts and intention["state"] == "failed":
        # Nothing was there to give back or to take when it was begun; there may be now.
        await tx.run(
            "UPDATE payment_intention SET state = 'intended', begun_at = NULL WHERE id = $1", command.intention
        )
        renewed = 1
    if not renewed:
        raise Conflict("no_account")
    await insert_audit(tx, actor, "money.retried", str(command.intention))
    if not parts:
        return MoneyStands(command.intention, "intended")
    return await _stand(tx, intention, None)


async def settle_by_hand(tx: Tx, command: SettleByHand, actor: Actor, now: datetime) -> MoneyStands:
    """A person did it elsewhere. NotFound `intention_not_found`; Conflict `money_moved`, `money_on_its_way`."""
    check_money(actor)
    intention = await sql.lock_intention(tx, command.intention)
    parts = await sql.parts_of(tx, command.intention)
    executing.may_be_done_by_hand(intention["state"], [part.state for part in parts])
    if not parts:
        held = await sql.held(tx, intention["order_id"])
        shares = splitting.split(intention["kind"], intention["amount_minor"], held)
        if sum(share.amount_minor for share in shares) == intention["amount_minor"]:
            await sql.insert_parts(
                tx, command.intention, intention["order_id"], intention["kind"], [(share, None) for share in shares]
            )
            await _give_to_credits(tx, command.intention, shares)
            parts = await sql.parts_of(tx, command.intention)
    for part in parts:
        if part.state not in GONE:
            await _move(tx, part, After("confirmed", reference=command.reference))
    await insert_audit(
        tx, actor, "money.done_by_hand", str(command.intention), reason=command.note, reference=command.reference
    )
    if not parts:
        return await _stands(tx, intention, "confirmed", None)
    return await _stand(tx, intention, None)


async def tell_stuck(tx: Tx) -> int:
    """Money that failed or has not gone for hours becomes an exception that managers see; how many new ones."""
    rows = await sql.stuck(tx, tx.now - STUCK_AFTER, AT_ONCE)
    for row in rows:
        if row["location"] is not None:
            await work_sql.insert_exception(
                tx, row["location"], "money_stuck", "head_office", order=row["order_id"],
                body={"intention": row["id"], "kind": row["kind"], "amount_minor": row["amount_minor"], "state": row["state"]},
            )  # fmt: skip
    return len(rows)


async def _move(tx: Tx, part: Part, after: After) -> None:
    """A part's new state, and the payment's figures with it."""
    await sql.settle_part(tx, part, after)
    if (after.state in GONE) != (part.state in GONE):
        await sql.move_money(tx, part, 1 if after.state in GONE else -1)


async def _stand(tx: Tx, intention: Any, problem: str | None) -> MoneyStands:
    parts = await sql.parts_of(tx, intention["id"])
    return await _stands(tx, intention, executing.stands([part.state for part in parts]), problem)


async def _stands(tx: Tx, intention: Any, state: Standing, problem: str | None) -> MoneyStands:
    """The intention follows its parts; the customer hears once that it has gone, people that it failed."""
    if intention["state"] == "withdrawn":
        return MoneyStands(intention["id"], state)
    if state != intention["state"]:
        await sql.set_standing(tx, intention["id"], state)
        if state in GONE:
            await sql.unstick(tx, intention["order_id"], intention["id"])
        if state in GONE and intention["sent_at"] is None:
            body = {
                "intention": intention["id"],
                "amount_minor": intention["amount_minor"],
                "settled": state == "confirmed",
            }
            tx.tell(Event(TOLD[intention["kind"]], intention["order_id"], body))
        if state == "failed":
            await _tell_failed(
                tx, intention["id"], intention["order_id"], intention["kind"], intention["amount_minor"], problem or ""
            )
    return MoneyStands(intention["id"], state)


async def _tell_failed(tx: Tx, intention: UUID, order: UUID, kind: str, amount_minor: int, why: str) -> None:
    body = {"intention": intention, "kind": kind, "amount_minor": amount_minor, "why": why}
    tx.tell(Event("payment.failed", order, body))


FLOWS: Mapping[type, Flow] = {
    RecordMoney: record_money, HearProvider: hear_provider, RetryMoney: retry_money, SettleByHand: settle_by_hand,
}  # fmt: skip
"""How money that is intended moves."""
