"""Hears the events a customer should know of and writes their messages into the ledger. `sending` takes them from there."""

from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.notifications import sql, texts_queries
from comptoir.notifications.choosing import choose, for_collector
from comptoir.notifications.model import Draft, Message, OrderFacts
from comptoir.notifications.occasions import occasion_of
from comptoir.notifications.placeholders import Text
from comptoir.notifications.planning import plan_for, useful_until, why_no_way
from comptoir.notifications.render import language_of, render


async def write_message(tx: Tx, told: Told) -> None:
    """One message at most for one event and person; the same event again writes nothing new."""
    facts = await sql.find_facts(tx, told.stream)
    if facts is None:
        return
    for draft in (choose(told, facts), for_collector(told, facts)):
        if draft is not None:
            await write_down(tx, told, facts, draft)


async def write_down(tx: Tx, told: Told, facts: OrderFacts, draft: Draft) -> None:
    """One message into the ledger, with the media it will go by, or with why it will not."""
    plan = plan_for(draft, facts)
    why = draft.suppressed or (None if plan else why_no_way(draft, facts))
    said = Text("", "") if why else await _words(tx, draft, facts)
    await sql.insert(
        tx,
        Message(
            id=new_id(), stream=told.stream, seq=told.seq, order_id=facts.id, template=draft.template,
            medium=plan[0] if plan else "none", language=facts.language, subject=said.subject, body=said.body,
            status="suppressed" if why else "due", reason=why, made_at=tx.now, plan=plan,
            useful_until=None if why else useful_until(draft, tx.now), recipient=draft.to,
            sms=said.sms, push=said.push,
        ),
    )  # fmt: skip


async def _words(tx: Tx, draft: Draft, facts: OrderFacts) -> Text:
    # Read in the same transaction and kept nowhere: a text that was saved a moment ago holds in every process.
    saved = await texts_queries.find_saved(tx.connection, occasion_of(draft), language_of(facts))
    return render(draft, facts, tx.now, saved)
