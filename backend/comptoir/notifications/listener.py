"""Hears the events a customer should know of and writes their messages into the ledger. Nothing is sent from here."""

from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.notifications import sql
from comptoir.notifications.choosing import choose
from comptoir.notifications.model import Medium, Message, OrderFacts
from comptoir.notifications.render import render

NOT_SENT_YET = "shown in demo"


async def write_message(tx: Tx, told: Told) -> None:
    """One message at most for one event; the same event again writes nothing new."""
    facts = await sql.find_facts(tx, told.stream)
    if facts is None:
        return
    draft = choose(told, facts)
    if draft is None:
        return
    medium = medium_of(facts)
    why = draft.suppressed or ("no_phone_no_email" if medium == "none" else None)
    subject, body = ("", "") if why else render(draft, facts, tx.now)
    await sql.insert(
        tx,
        Message(
            id=new_id(), stream=told.stream, seq=told.seq, order_id=facts.id, template=draft.template, medium=medium,
            language=facts.language, subject=subject, body=body, status="suppressed" if why else "due",
            reason=why or NOT_SENT_YET, made_at=tx.now,
        ),
    )  # fmt: skip


def medium_of(facts: OrderFacts) -> Medium:
    """The phone first: whoever collects holds it in their hand."""
    return "sms" if facts.has_phone else "email" if facts.has_email else "none"
