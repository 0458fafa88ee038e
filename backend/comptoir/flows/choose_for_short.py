"""The customer chooses about what the shelf did not have."""

from datetime import datetime
from typing import Any

from comptoir.flows.ask_change import ask_change
from comptoir.flows.resolve_short import ResolveShort, ResolveShortFlow
from comptoir.fulfillment.changing import AskChange
from comptoir.fulfillment.short_choice import WAITS, ChooseForShort, Chosen, may_choose
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.ids import new_id
from comptoir.orders import sql

_OPEN = (
    "SELECT id, location, (body->>'until')::timestamptz AS until, coalesce((body->>'waited')::bool, false) AS waited FROM exception"
    " WHERE order_id = $1 AND kind = 'short_choice' AND (body->>'line')::int = $2 AND resolved_at IS NULL ORDER BY made_at, id"
)
_UNSOURCED = "SELECT coalesce(sum(unsourced), 0)::int FROM requirement WHERE order_id = $1 AND line = $2"


class ChooseForShortFlow:
    """Does what a manager could do, by the customer's word."""

    def __init__(self, resolve: ResolveShortFlow) -> None:
        self.resolve = resolve

    async def __call__(self, tx: Tx, command: ChooseForShort, actor: Actor, now: datetime) -> Chosen:
        """NotFound (not yours); Conflict `nothing_missing`, `choice_over`, `waited_already`; Shortage; Invalid what is missing."""
        actor.needs_order(command.order)
        await sql.lock(tx, command.order, actor.locations)
        cases = await tx.rows(_OPEN, command.order, command.line)
        units = await tx.value(_UNSOURCED, command.order, command.line) if cases else 0
        may_choose(
            units,
            min((c["until"] for c in cases if c["until"]), default=None),
            any(c["waited"] for c in cases),
            command,
            now,
        )
        if command.choice == "substitute":
            asked = AskChange(command.id, command.order, "substitute", line=command.line, sku=command.sku)
            await ask_change(tx, asked, actor, now)
            return Chosen("substitute")
        if command.choice == "wait":
            return await self._wait(tx, command, cases, now)
        how = ResolveShort(
            new_id(), command.order, command.line, "refund" if command.choice == "refund" else "retry", command.location
        )
        await self.resolve(tx, how, actor, now)
        return Chosen(command.choice)

    async def _wait(self, tx: Tx, command: ChooseForShort, cases: list[Any], now: datetime) -> Chosen:
        until = now + WAITS
        await tx.run(
            "UPDATE exception SET body = body || jsonb_build_object('until', $2::timestamptz, 'waited', true) WHERE id = ANY($1::uuid[])",
            [case["id"] for case in cases], until,
        )  # fmt: skip
        told = {"line": command.line, "choice": "wait", "until": until}
        tx.tell(Event("order.short_decided", command.order, told, cases[0]["location"]))
        tx.touched.add(cases[0]["location"])
        return Chosen("wait", until)
