"""Head office or its system makes a SKU, or changes it."""

from datetime import datetime

import msgspec

from comptoir.catalog import sql
from comptoir.catalog.model import Article, ArticleBody, PutArticle, check, meet
from comptoir.catalog.queries import find_article
from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.stock import safety_sql


async def put_article(tx: Tx, command: PutArticle, actor: Actor, now: datetime) -> Article:
    """The SKU as it stands afterwards; the same body again changes nothing. Conflict when somebody was quicker."""
    actor.needs("head_office", "integrator", "system")
    current = await sql.lock_article(tx, command.sku)
    body = check(command.sku, command.body, await sql.find_kits(tx, [part.sku for part in command.body.parts]))
    if current is not None and same(current, body):
        return current
    meet(current, command.version)
    before = await auditing.standing(tx, "sku", command.sku)
    await sql.put_article(tx, command.sku, body, current.version + 1 if current else 1)
    if current is not None and current.category != body.category:
        await safety_sql.align_skus(tx, [command.sku])
    await auditing.keep(tx, actor, "sku.put", "sku", command.sku, before)
    return await find_article(tx.connection, command.sku)


def same(current: Article, body: ArticleBody) -> bool:
    """Is the SKU already what the body says?"""
    there = msgspec.structs.asdict(current)
    told = msgspec.structs.asdict(body)
    told["parts"] = tuple(sorted(body.parts, key=lambda part: part.sku))
    return all(there[name] == value for name, value in told.items())
