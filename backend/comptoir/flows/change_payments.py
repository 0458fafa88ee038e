"""Head office says who moves money, and that it has looked at what did not agree."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.runner import Flow
from comptoir.payments import account_sql, reconciling_sql
from comptoir.payments.commands import (
    RESERVED,
    MismatchSettled,
    PaymentAccountSaved,
    SavePaymentAccount,
    SettleMismatch,
    check_money,
)
from comptoir.staff.sql import insert_audit


async def save_payment_account(tx: Tx, command: SavePaymentAccount, actor: Actor, now: datetime) -> PaymentAccountSaved:
    """An account is new, for other payments or switched off. What it has begun goes on."""
    actor.needs("head_office")
    if command.account == RESERVED:
        raise Conflict("account_id_taken", account=command.account)
    before = await auditing.standing(tx, "payment_account", command.account)
    version = await account_sql.put_account(tx, command)
    await auditing.keep(tx, actor, "payment_account.saved", "payment_account", command.account, before)
    return PaymentAccountSaved(command.account, version)


async def settle_mismatch(tx: Tx, command: SettleMismatch, actor: Actor, now: datetime) -> MismatchSettled:
    """A person has looked at a difference; the note says what it was. NotFound `mismatch_not_found`."""
    check_money(actor)
    reference = await reconciling_sql.settle_mismatch(tx, command.mismatch, command.note)
    await insert_audit(
        tx, actor, "payment_mismatch.settled", str(command.mismatch), reason=command.note, reference=reference
    )
    return MismatchSettled(command.mismatch)


FLOWS: Mapping[type, Flow] = {SavePaymentAccount: save_payment_account, SettleMismatch: settle_mismatch}
"""What head office decides about who moves money."""
