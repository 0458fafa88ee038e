"""What is told of a mail moves its message in the ledger; a complaint ends, for its address, what nobody needs."""

from datetime import datetime
from uuid import uuid5

from comptoir.kit.actor import Actor
from comptoir.kit.db import Pool
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import Seal
from comptoir.kit.runner import Runner
from comptoir.notifications import sending_sql, silence
from comptoir.notifications.mail_events import MailEvent
from comptoir.notifications.wishing import Unsubscribe


async def keep_mail_event(pool: Pool, runner: Runner, seal: Seal, event: MailEvent, now: datetime) -> None:
    """The same event again changes nothing."""
    if event.receipt is not None:
        await sending_sql.keep_mail_receipt(pool, event.message, event.n, event.receipt, event.code, now)
    elif event.code:
        await sending_sql.keep_note(pool, event.message, event.n, event.code, now)
    if event.silenced:
        await _silence(pool, runner, seal, event, now)


async def _silence(pool: Pool, runner: Runner, seal: Seal, event: MailEvent, now: datetime) -> None:
    """On the list of the address, which outlives the customer's data, and off on the page of whoever bought, where it can be undone."""
    found = await sending_sql.order_of(pool, event.message)
    if found is None:
        return
    order, recipient = found
    mark = silence.mark_of(seal, "email", event.silenced)
    if recipient == "customer":
        # One complaint is one command: told again after its customer has changed their mind, it changes nothing.
        command = Unsubscribe(uuid5(event.message, event.event), order, mark, "brevo")
        try:
            await runner.perform(command, Actor(f"customer:{order}", "customer", None, via="brevo"))
            return
        except (
            NotFound,
            Conflict,
        ):  # their data is erased, or it names another address than before: the list alone keeps it
            pass
    await silence.keep(pool, "email", mark, "brevo", now)
