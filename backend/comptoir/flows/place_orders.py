"""An order is captured: checked, sourced, reserved and turned into work, in groups that share one commit.

The one set-based flow. Planning runs on the outlook before any lock; only the chosen rows are locked, in order; pure
decisions follow one after the other on the locked figures; a set of inserts writes whatever was accepted. An order that
the outlook got wrong is planned again on exact, locked figures in a transaction of its own. One order that is refused
never takes its neighbors with it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from comptoir.catalog.queries import find_cautions
from comptoir.flows import placing_rows as rows
from comptoir.flows.give_work import bring, brought_by
from comptoir.flows.use_credit import CREDIT, unpaid_by_credit
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Invalid, Refusal
from comptoir.kit.ids import Seal, new_id
from comptoir.kit.runner import fingerprint
from comptoir.kit.together import Together
from comptoir.network.promise import ready_by
from comptoir.orders import capture, sql
from comptoir.orders.capture import Review
from comptoir.orders.model import ChannelFacts, Method, OrderPlaced, PlacedLine, PlacedWork, PlaceOrder, Progress
from comptoir.returns import credit_sql
from comptoir.sourcing.deciding import Decision, Rows, Wish, decide
from comptoir.sourcing.model import Need, Plan
from comptoir.sourcing.outlook import Outlook
from comptoir.stock import promise
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Level

CUSTOMERS = UUID("8f4c8f10-6a3e-5d3b-9b1c-0c7a4a6f2b11")
"""Namespace of customer ids made here when the sender has none."""


class Missed(Exception):
    """The locked figures do not carry the plan."""


class Candidate:
    """One order on its way in: the command, what the review found, its plan, and at the end an answer or a refusal."""

    __slots__ = ("actor", "answer", "channel", "command", "decision", "fingerprint", "outcome", "review", "taken")

    def __init__(self, command: PlaceOrder, actor: Actor, channel: ChannelFacts | None) -> None:
        self.command = command
        self.actor = actor
        self.channel = channel
        self.fingerprint = fingerprint(command)
        self.review: Review
        self.decision: Decision
        self.taken: list[promise.Reservation] = []
        self.answer: bytes = b""
        self.outcome: Done | Refusal | None = None

    @property
    def plan(self) -> Plan:
        return self.decision.plan

    @property
    def holds_when_short(self) -> bool:
        return self.channel is not None or self.command.if_short == "hold"


class Done(msgspec.Struct, frozen=True):
    """The order's first answer as JSON; `again` when it was on file already."""

    answer: bytes
    again: bool


def prepare(candidate: Candidate, outlook: Outlook, now: datetime) -> None:
    """Review and plan one order without the database. Raises the refusals of `capture.review` and of its places."""
    command = candidate.command
    for number, line in enumerate(command.lines, 1):
        if line.location is None:
            continue
        at = outlook.index.get(line.location)
        if at is None or not candidate.actor.reaches(line.location):
            raise Invalid("unknown_location", line=number, location=line.location)
        place = outlook.places[at]
        if line.method == "pickup" and not place.pickup:
            raise Invalid("no_pickup_there", line=number, location=line.location)
        if line.method == "pickup" and place.paused(now) and not candidate.holds_when_short:
            raise Conflict("store_paused", location=line.location)
    candidate.review = capture.review(command, outlook.kits, outlook.known, strict=candidate.channel is None)
    candidate.decision = choose(candidate, outlook, now)


def choose(candidate: Candidate, outlook: Outlook, now: datetime, rows: Rows | None = None) -> Decision:
    """Plan this order's requirements on the outlook, or on exact rows."""
    command = candidate.command
    lines = command.lines
    needs = tuple(
        Need(
            r.line,
            r.part,
            r.sku,
            r.quantity,
            lines[r.line - 1].location if lines[r.line - 1].method == "pickup" else None,
        )
        for r in candidate.review.requirements
    )
    to = command.ship_to
    wish = Wish(
        needs,
        to.country if to else "FR",
        to.postcode if to else "",
        candidate.channel.channel if candidate.channel else "api",
        command.service or "standard",
        "business" if command.customer.company else "private",
        may_wait=candidate.holds_when_short,
    )
    return decide(wish, outlook, now, rows)


async def place_group(
    tx: Tx, group: Sequence[Candidate], outlook: Outlook, seal: Seal, now: datetime, *, exact: bool = False
) -> list[Candidate]:
    """Place what can be placed; return the candidates whose plan missed and must be planned on exact figures.

    With `exact` every level of the SKUs is locked and planning is done on those, so that a refusal is the truth.
    """
    known, numbers = await sql.known(tx, [c.command.id for c in group])
    fresh: list[Candidate] = []
    for candidate in group:
        candidate.outcome = None
        if candidate.command.id in known:
            candidate.outcome = repeated(candidate, *known[candidate.command.id])
        else:
            fresh.append(candidate)
    unpaid = await unpaid_by_credit(tx, (c.command for c in fresh if c.channel is None))
    draft: Draft | None = None
    if exact:
        levels = await stock_sql.lock_everywhere(tx, [r.sku for c in fresh for r in c.review.requirements])
        for candidate in fresh:
            rows_of = {
                r.sku: [level.available(now) if (level := levels.get((r.sku, place))) else 0 for place in outlook.ids]
                for r in candidate.review.requirements
            }
            candidate.decision = choose(candidate, outlook, now, rows_of)
    else:
        hoped = [c for c in fresh if c.command.id not in unpaid and not c.plan.missing]
        locking = asyncio.create_task(stock_sql.lock(tx, [(s.sku, s.place) for c in fresh for s in c.plan.shares]))
        try:
            # One turn of the loop, so that the question has left before the rows are made.
            await asyncio.sleep(0)
            draft = await Draft.of(tx, hoped, numbers, outlook, seal, now)
        finally:
            levels = await locking
    recalled = await recalled_kits(tx, fresh, outlook)
    accepted: list[Candidate] = []
    missed: list[Candidate] = []
    for candidate in fresh:
        if candidate.command.id in unpaid:
            candidate.outcome = unpaid[candidate.command.id]
            continue
        if candidate.plan.missing and not exact:
            missed.append(candidate)
            continue
        try:
            heed(candidate, recalled)
            take(candidate, levels, now)
            accepted.append(candidate)
        except Missed:
            missed.append(candidate)
        except Refusal as refusal:
            candidate.outcome = refusal
    # The locked rows told the truth.
    outlook.set_supply([(sku, location, level.available(now)) for (sku, location), level in levels.items()])
    if draft is not None and (recalled or draft.candidates != accepted):
        draft.discard(outlook)
        draft = None
    if accepted:
        draft = draft or await Draft.of(tx, accepted, numbers, outlook, seal, now)
        await draft.write(tx, outlook, now)
    return missed


async def recalled_kits(tx: Tx, fresh: Sequence[Candidate], outlook: Outlook) -> frozenset[str]:
    """Kits among the lines that are blocked. Their parts may be free to sell, so the locked levels do not say it."""
    kits = {line.sku for c in fresh for line in c.command.lines if line.sku is not None and line.sku in outlook.kits}
    return (await find_cautions(tx.connection, sorted(kits)))[1] if kits else frozenset()


def heed(candidate: Candidate, recalled: frozenset[str]) -> None:
    """A recalled kit is as good as out of stock: Shortage, or a person's hold where the order may be held."""
    for number, line in enumerate(candidate.command.lines, 1):
        if line.sku not in recalled:
            continue
        if not candidate.holds_when_short:
            raise promise.Shortage(
                sku=line.sku, wanted=line.quantity, available=0, lines=[{"line": number, "missing": line.quantity}]
            )
        why = capture.Reason("manual", f"recalled: {line.sku}")
        # A transaction that lost a race comes here again; the reason is said once.
        if not any(why.detail in reason.detail for reason in candidate.review.reasons):
            reasons = capture.one_per_reason((*candidate.review.reasons, why))
            candidate.review = msgspec.structs.replace(candidate.review, reasons=reasons)


def repeated(candidate: Candidate, mark: bytes, answer: bytes) -> Done | Refusal:
    """The same order again gives its first answer; another order under the same id is refused."""
    if mark != candidate.fingerprint:
        return Conflict("id_reused", id=str(candidate.command.id))
    return Done(answer, again=True)


def take(candidate: Candidate, levels: dict[tuple[str, str], Level], now: datetime) -> None:
    """Reserve the plan's shares on the locked figures, all of them or none.

    Raises Missed when a figure is lower than planned, Shortage when units are missing and the order may not be held.
    """
    if candidate.plan.missing and not candidate.holds_when_short:
        line, part, units = candidate.plan.missing[0]
        need = next(r for r in candidate.review.requirements if (r.line, r.part) == (line, part))
        raise promise.Shortage(
            sku=need.sku, wanted=need.quantity, available=need.quantity - units,
            lines=[{"line": line, "missing": missing} for line, _, missing in candidate.plan.missing],
        )  # fmt: skip
    before: dict[tuple[str, str], Level] = {}
    candidate.taken = []
    for share in candidate.plan.shares:
        key = (share.sku, share.place)
        level = levels.get(key)
        try:
            if level is None:
                raise Missed
            candidate.taken.append(promise.reserve(level, share.quantity, now))
        except (promise.Shortage, Missed):
            levels.update(before)
            raise Missed from None
        before.setdefault(key, level)
        levels[key] = msgspec.structs.replace(level, reserved=level.reserved + share.quantity)


class Draft:
    """The rows of a group as it is planned, encoded and ready to send.

    Made while the database locks the levels, which is most of what a process does for an order; thrown away when one of the
    group is not taken as planned.
    """

    def __init__(self, candidates: list[Candidate], made: rows.Rows, together: Together) -> None:
        self.candidates, self.made, self.together = candidates, made, together

    @classmethod
    async def of(
        cls,
        tx: Tx,
        candidates: list[Candidate],
        numbers: Mapping[UUID, str],
        outlook: Outlook,
        seal: Seal,
        now: datetime,
    ) -> "Draft":
        """Compose these orders and encode their rows; sends nothing."""
        made = rows.Rows(now)
        for candidate in candidates:
            placed = compose(candidate, numbers[candidate.command.id], outlook, seal, made, now)
            candidate.answer = msgspec.json.encode(placed)
            made.add_order(candidate.command, candidate.channel, candidate.fingerprint, candidate.answer, placed,
                           candidate.review.requirements, customer_id(candidate), candidate.actor.who)  # fmt: skip
        together = Together(tx)
        await made.keep(together)
        return cls(candidates, made, together)

    def discard(self, outlook: Outlook) -> None:
        """Take back what composing added to the queues of the places."""
        for row in self.made.works:
            outlook.queue[outlook.index[row[1]]] -= 1

    async def write(self, tx: Tx, outlook: Outlook, now: datetime) -> None:
        """Write the orders, all of them taken: one insert per table for the whole group."""
        await self.made.keep_taken(self.together, [taken for c in self.candidates for taken in c.taken])
        await self.together.send()
        for candidate in self.candidates:
            candidate.outcome = Done(candidate.answer, again=False)
            pay = candidate.command.payment
            if pay.provider == CREDIT and pay.state == "captured" and candidate.channel is None:
                await credit_sql.belongs_to(tx, pay.reference, candidate.command.id)
        # Rare: goods that come to the customer's store by transfer are put on their way one by one.
        for work, store in self.made.brought:
            await bring(tx, outlook, work, store, now)


def customer_id(candidate: Candidate) -> UUID:
    """The sender's id of the customer, or one made from the order's."""
    return candidate.command.customer.id or uuid5(CUSTOMERS, str(candidate.command.id))


def compose(
    candidate: Candidate, number: str, outlook: Outlook, seal: Seal, made: "rows.Rows", now: datetime
) -> OrderPlaced:
    """The order as it will stand: its works with their promises, or the reasons that hold it; fills the row lists."""
    command = candidate.command
    reasons = list(candidate.review.reasons)
    if candidate.plan.missing:
        reasons.append(
            capture.Reason("short", ", ".join(f"line {line}: {units}" for line, _, units in candidate.plan.missing))
        )
    if candidate.decision.holds:
        reasons.append(capture.Reason("manual", "rule: " + ", ".join(candidate.decision.holds)))
        reasons = list(capture.one_per_reason(reasons))
    works: list[PlacedWork] = []
    if not reasons:
        by_place: dict[tuple[str, Method, str | None], list[int]] = {}
        for i, share in enumerate(candidate.plan.shares):
            method = command.lines[share.line - 1].method
            by_place.setdefault((share.place, method, share.to), []).append(i)
        for (place_id, method, to), picks in by_place.items():
            at = outlook.index[place_id]
            place = outlook.places[at]
            promised = ready_by(
                place.windows,
                place.lead_minutes,
                outlook.queue[at],
                place.capacity_per_hour,
                now,
                place.paused_until,
                place.paces,
            )
            outlook.queue[at] += 1
            shares = [candidate.plan.shares[i] for i in picks]
            work = PlacedWork(
                new_id(),
                place_id,
                method,
                brought_by(outlook, to, now) if to else promised,
                place.time_zone,
                tuple(PlacedLine(s.line, s.sku, s.quantity) for s in shares),
                to,
            )
            works.append(work)
            if to is not None:
                made.brought.append((work.id, to))
            made.add_work(command.id, number, work, shares)
    work_of = {(w.location, w.kind, w.brought_to): w.id for w in works}
    unpaid = any(r.reason == "payment" for r in reasons)
    for share in candidate.plan.shares:
        method = command.lines[share.line - 1].method
        made.add_reservation(command, share, work_of.get((share.place, method, share.to)), unpaid)
    made.add_holds(command, reasons, candidate.actor.who)
    if candidate.decision.why is not None:
        made.decisions.append((command.id, candidate.decision.why))
    return OrderPlaced(
        id=command.id, number=number, progress=Progress.HELD if reasons else Progress.ACCEPTED, held=tuple(r.reason for r in reasons),
        total_minor=command.total_minor, currency=command.currency, link="/o/" + seal.token("order", command.id.bytes, 0), works=tuple(works),
    )  # fmt: skip
