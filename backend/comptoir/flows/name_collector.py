"""Whoever bought names somebody else to collect, or nobody any more. A pass that somebody holds who is no longer meant opens nothing."""

from datetime import datetime
from uuid import UUID

from comptoir.fulfillment import passes
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.collecting import (
    CollectorChanged,
    ForgetCollector,
    NameCollector,
    collector_token,
    may_be_named,
)
from comptoir.fulfillment.lifecycles import LIVE
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.ids import Seal, digest
from comptoir.orders import sql


class CollectorFlows:
    """Need the seal: links and passes are derived from it."""

    def __init__(self, seal: Seal) -> None:
        self.seal = seal

    async def name(self, tx: Tx, command: NameCollector, actor: Actor, now: datetime) -> CollectorChanged:
        """NotFound (not yours); Conflict `nothing_to_collect`, `named_often_enough`; Invalid `one_contact`."""
        actor.needs_order(command.order)
        order = await sql.lock(tx, command.order, actor.locations)
        works = await work_sql.lock_of_order(tx, command.order, None)
        waiting = [work for work in works if work.kind == "pickup" and work.status in LIVE]
        named = await tx.value(
            "SELECT count(*) FROM event WHERE stream = $1 AND kind = 'customer.collector_named'", command.order
        )
        may_be_named(bool(waiting), named, command)
        # The first one named shares the pass with whoever bought. Whoever replaces somebody gets a new one: the other must not open it.
        renewed = await self._renew_passes(tx, command.order, now) if order["collector"] else 0
        generation = int(now.timestamp())
        await tx.run(
            "INSERT INTO collector (order_id, name, phone, email, link_hash, generation, named_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
            " ON CONFLICT (order_id) DO UPDATE SET name = excluded.name, phone = excluded.phone, email = excluded.email,"
            " link_hash = excluded.link_hash, generation = excluded.generation, named_at = excluded.named_at",
            command.order, command.name.strip(), command.phone, command.email,
            digest(collector_token(self.seal, command.order, generation)), generation, now,
        )  # fmt: skip
        await tx.run("UPDATE sales_order SET collector = $2 WHERE id = $1", command.order, command.name.strip())
        for work in waiting:
            tx.touched.add(work.location)
        tx.tell(Event("customer.collector_named", command.order, {"by": "sms" if command.phone else "email"}))
        return CollectorChanged(command.name.strip(), renewed)

    async def forget(self, tx: Tx, command: ForgetCollector, actor: Actor, now: datetime) -> CollectorChanged:
        """Nobody else collects. Saying it again changes nothing."""
        actor.needs_order(command.order)
        order = await sql.lock(tx, command.order, actor.locations)
        if not order["collector"]:
            return CollectorChanged(None, 0)
        works = await work_sql.lock_of_order(tx, command.order, None)
        renewed = await self._renew_passes(tx, command.order, now)
        await tx.run("DELETE FROM collector WHERE order_id = $1", command.order)
        await tx.run("UPDATE sales_order SET collector = NULL WHERE id = $1", command.order)
        for work in works:
            tx.touched.add(work.location)
        tx.tell(Event("customer.collector_forgotten", command.order, {}))
        return CollectorChanged(None, renewed)

    async def _renew_passes(self, tx: Tx, order: UUID, now: datetime) -> int:
        rows = await tx.rows(
            "SELECT location, generation FROM pickup_pass WHERE order_id = $1 FOR NO KEY UPDATE", order
        )
        for row in rows:
            generation = row["generation"] + 1
            qr_hash, letters_hash = passes.hashes(self.seal, order, row["location"], generation)
            await tx.run(
                "UPDATE pickup_pass SET generation = $3, qr_hash = $4, letters_hash = $5, made_at = $6 WHERE order_id = $1 AND location = $2",
                order, row["location"], generation, qr_hash, letters_hash, now,
            )  # fmt: skip
        return len(rows)
