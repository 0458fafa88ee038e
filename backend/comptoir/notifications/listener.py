"""Hears the events a customer should know of and writes their messages into the ledger. `sending` takes them from there."""

from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.notifications import sql
from comptoir.notifications.choosing import choose
from comptoir.notifications.model import Message
from comptoir.notifications.planning import plan_for, useful_until, why_no_way
from comptoir.notifications.render import render


async def write_message(tx: Tx, told: Told) -> None:
    """One message at most for one event; the same event again writes nothing new."""
    facts = await sql.find_facts(tx, told.stream)
    if facts is None:
        return
    draft = choose(told, facts)
    if draft is None:
        return
    plan = plan_for(draft, facts)
    why = draft.suppressed or (None if plan else why_no_way(draft, facts))
    subject, body = ("", "") if why else render(draft, facts, tx.now)
    await sql.insert(
        tx,
        Message(
            id=new_id(), stream=told.stream, seq=told.seq, order_id=facts.id, template=draft.template,
            medium=plan[0] if plan else "none", language=facts.language, subject=subject, body=body,
            status="suppressed" if why else "due", reason=why, made_at=tx.now, plan=plan,
            useful_until=None if why else useful_until(draft, tx.now),
        ),
    )  # fmt: skip
