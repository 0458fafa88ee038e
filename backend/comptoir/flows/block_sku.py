"""Head office stops a SKU everywhere at once, or lets it be sold again."""

from datetime import datetime

from comptoir.catalog import sql
from comptoir.catalog.model import Article, BlockSku, UnblockSku
from comptoir.catalog.queries import find_article
from comptoir.flows import auditing
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict
from comptoir.stock.events import blocked
from comptoir.stock.recalling_sql import find_open


async def block_sku(tx: Tx, command: BlockSku, actor: Actor, now: datetime) -> Article:
    """From the commit on nothing of it is promised, picked or handed over; open work is flagged in every store. NotFound `unknown_sku`."""
    actor.needs("head_office", "integrator", "system")
    before = await auditing.standing(tx, "sku", command.sku)
    await sql.set_blocked(tx, command.sku, command.reason)
    await work_sql.flag_recalled(tx, command.sku)
    await auditing.keep(tx, actor, "sku.block", "sku", command.sku, before, reason=command.reason)
    tx.tell(blocked(command.sku, command.reason))
    return await find_article(tx.connection, command.sku)


async def unblock_sku(tx: Tx, command: UnblockSku, actor: Actor, now: datetime) -> Article:
    """NotFound `unknown_sku`; Conflict `recall_is_open` while it is recalled: that ends first."""
    actor.needs("head_office", "integrator", "system")
    if recall := await find_open(tx.connection, command.sku):
        raise Conflict("recall_is_open", number=recall.number, recall=str(recall.id))
    before = await auditing.standing(tx, "sku", command.sku)
    await sql.set_blocked(tx, command.sku, None)
    await work_sql.unflag_recalled(tx, command.sku)
    await auditing.keep(tx, actor, "sku.unblock", "sku", command.sku, before, reason=command.note)
    tx.tell(blocked(command.sku, None))
    return await find_article(tx.connection, command.sku)
