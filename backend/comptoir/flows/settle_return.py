"""What the customer gets for what came back: money intended through its provider, other goods, or credit; all in one commit.

Everything is decided under the order's row lock, so that of any number of returns at once exactly those pass that the order's
money and units allow (I4).
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from comptoir.flows.give_back import needs_place
from comptoir.flows.given_lines import shares_of
from comptoir.flows.judge_return import Ruling, check_settling, ground_of, judge_return, permitted, refuse
from comptoir.flows.open_return import about, lock_return
from comptoir.flows.pay_with_credit import most_of
from comptoir.flows.place_exchange import Exchanged, credit_reference, listed, place_exchange
from comptoir.flows.receive_return import end_case
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.ids import Seal, digest, new_id
from comptoir.payments import sql as payments_sql
from comptoir.returns import credit_sql
from comptoir.returns import rma_sql as sql
from comptoir.returns.accessories import kept_for
from comptoir.returns.credit import credit_code
from comptoir.returns.dividing import Divided, divide, ways_of, wishes_of
from comptoir.returns.exchanging import Share, price, share
from comptoir.returns.lifecycle import RETURN, Action
from comptoir.returns.model import Less, Permission, Return, ReturnSettled, SettleReturn, Settling, Wish
from comptoir.returns.policy import kept_fee, standard_fee
from comptoir.returns.refunding import DELIVERY, Fee, Staying, delivery_minor, within, worth_of
from comptoir.shipping import way_back_sql
from comptoir.sourcing.outlook import Outlook

# The delivery as it was paid, VAT beside it included; and whether the customer keeps something that was delivered.
_DELIVERY = """
SELECT o.service, o.channel, (SELECT a.country FROM order_address a WHERE a.order_id = o.id) AS country, o.shipping_minor + CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0
    ELSE greatest(0, o.vat_minor - (SELECT sum(l.vat_minor) FROM order_line l WHERE l.order_id = o.id)) END AS paid_minor,
  EXISTS (SELECT FROM requirement r JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line
    WHERE r.order_id = o.id AND (l.method = 'ship' OR NOT EXISTS (SELECT FROM order_line s WHERE s.order_id = o.id AND s.method = 'ship'))
      AND r.quantity - r.canceled > (SELECT count(*) FROM rma_unit u JOIN rma m ON m.id = u.rma WHERE u.order_id = r.order_id
        AND u.line = r.line AND u.part = r.part AND (m.status = 'settled' AND u.state IN ('here', 'placed', 'gone', 'lost')
          OR m.id = $2 AND u.state IN ('expected', 'here', 'placed', 'gone', 'lost')))) AS kept
FROM sales_order o WHERE o.id = $1
"""


# Of what was delivered, the units that stay with the customer once this return is settled, and what one of them weighs.
_STAYING = """
SELECT r.line, r.part, r.quantity, coalesce(s.weight_grams, 0) AS grams, (r.quantity - r.canceled - (SELECT count(*) FROM rma_unit u JOIN rma m ON m.id = u.rma
    WHERE u.order_id = r.order_id AND u.line = r.line AND u.part = r.part AND (m.status = 'settled' AND u.state IN ('here', 'placed', 'gone', 'lost')
      OR m.id = $2 AND u.state IN ('expected', 'here', 'placed', 'gone', 'lost'))))::int AS left
FROM requirement r JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line LEFT JOIN sku s ON s.sku = r.sku
WHERE r.order_id = $1 AND (l.method = 'ship' OR NOT EXISTS (SELECT FROM order_line o WHERE o.order_id = $1 AND o.method = 'ship'))
"""


class Given(msgspec.Struct, frozen=True):
    """What a return gives: per unit, per line of the order (0 is the delivery), and what the order's money does not reach for."""

    units: dict[int, int]
    lines: dict[int, int]
    withheld_minor: int

    @property
    def total_minor(self) -> int:
        return sum(self.lines.values())


class SettleReturnFlow:
    """Needs the outlook to place an exchange, and the seal to derive the code of a credit."""

    def __init__(self, seal: Seal, outlook: Outlook) -> None:
        self.seal, self.outlook = seal, outlook

    async def __call__(self, tx: Tx, command: SettleReturn, actor: Actor, now: datetime) -> ReturnSettled:
        """NotFound `return_not_found`, `unit_not_found`; Invalid `gift_gets_no_refund`, `no_payment_to_refund`, `less_than_nothing`,
        `nothing_to_exchange`, `recipient_needed`, `chosen_twice`, `permission_unsaid`; Conflict `not_now`, `permission_needed`; Shortage when other goods are not there."""
        actor.needs("associate", "store_manager", "head_office", "integrator", "system")
        found = await lock_return(tx, command.rma, actor)
        await needs_place(found, actor)
        return await self.settle(tx, found, command.settling, command.permission, actor, now)

    async def settle(
        self, tx: Tx, found: Return, settling: Settling, permission: Permission | None, actor: Actor, now: datetime, *,
        due: datetime | None = None,
    ) -> ReturnSettled:  # fmt: skip
        """Settle a return whose order and row are locked. `due`: until then it may be taken back, so no money goes before."""
        after = RETURN.after(Action.SETTLE, found.status)
        who = await permitted(tx, permission, actor, found.location)
        if permission is not None and who is not None:
            await sql.permit(tx, found.id, permission, who)
            found = msgspec.structs.replace(
                found, by_permission=permission.why, permitted_who=who, permit_reason=permission.reason
            )
        wishes = wishes_of(settling, found.counting)
        check_wish(found, wishes)
        fee = await delivery_of(tx, found)
        ruling = await judge_return(tx, found, whole=not fee.kept, now=now)
        way_minor = await way_of(tx, found, ruling)
        kept, waived_minor = kept_of(found, ruling), 0
        if settling.waive and kept:
            if who is None:
                refuse(("kept",))
            kept, waived_minor = {}, sum(kept.values())
        units = without(worths(found, ruling, settling.less, kept), way_minor)
        check_settling(found, ruling, settling, wishes, sum(units.values()), actor, unseen=due is None)
        given = await self._give(tx, found, units, fee, ruling, now)
        await sql.keep_refunds(tx, found.id, given.units, {one.n: one.why for one in settling.less}, wishes, kept)
        divided = divide(given.units, given.lines, wishes)
        exchanged, parts, by_credit_minor = await self._exchange(tx, found, settling, wishes, divided, now)
        refund_minor, credit_minor = divided.refund_minor + parts.rest_minor, divided.credit_minor
        if settling.rest == "credit" or not may_be_money(found, ruling, wishes):
            refund_minor, credit_minor = divided.refund_minor, divided.credit_minor + parts.rest_minor
        refund = await self._refund(tx, found, refund_minor, due or now)
        await self._credit(tx, found, credit_minor)
        await tx.run(
            "UPDATE rma SET notice = coalesce(notice, $2), policy = $3 WHERE id = $1",
            found.id,
            ruling.notice,
            ruling.version,
        )
        await sql.set_wish(tx, found.id, settling.wish)
        await sql.advance(tx, found.id, after, settled_at=now)
        await end_case(tx, found)
        if found.order is not None:
            await sql.end_notices(tx, found.order)
        delivery = given.lines.get(DELIVERY, 0)
        tx.tell(
            Event(
                "return.settled", found.order or found.id,
                about(found) | {
                    "wish": settling.wish, "wishes": ways_of(wishes), **ground_of(ruling), "units": len(given.units), "amount_minor": given.total_minor,
                    "kept_minor": sum(kept.values()), "waived_minor": waived_minor,
                    "delivery_minor": delivery, "kept_fee_minor": fee.kept_fee_minor(ruling) if delivery else None, "way_minor": way_minor, "refund": refund, "refund_minor": refund_minor, "credit_minor": credit_minor,
                    "exchange": exchanged.order if exchanged else None, "due_minor": parts.due_minor,
                },
                found.location, due_at=due,
            )
        )  # fmt: skip
        settled = await sql.lock(tx, found.id)
        return ReturnSettled(
            found.id, found.number, found.order, settled.status, given.total_minor, delivery, refund_minor, refund,
            given.withheld_minor, exchanged.order if exchanged else None, exchanged.number if exchanged else None,
            parts.used_minor, parts.due_minor, exchanged.due_reference if exchanged else None, credit_minor, None, settled.units,
            by_credit_minor, exchanged.by_link if exchanged else False, fee.kept_fee_minor(ruling) if delivery else None,
            sum(kept.values()),
        )  # fmt: skip

    async def _give(
        self, tx: Tx, found: Return, units: dict[int, int], fee: "Delivered", ruling: Ruling, now: datetime
    ) -> Given:
        """What units and delivery come to, and never more than is left of the order's money."""
        if found.order is None:
            return Given(units, {1: sum(units.values())}, 0)
        by_line: Counter[int] = Counter()
        count: Counter[int] = Counter()
        for unit in found.counting:
            by_line[unit.line or 0] += units[unit.n]
            count[unit.line or 0] += 1
        back = fee.back_minor(ruling)
        left = await payments_sql.left_to_give(tx, found.order) - await sql.given_otherwise(tx, found.order)
        # Goods come before the delivery, should the money not reach for both.
        lines = within(by_line, left)
        if back:
            lines[DELIVERY] = min(back, max(0, left - sum(lines.values())))
        given = dict(units)
        for line, minor in lines.items():
            too_much = by_line[line] - minor if line != DELIVERY else 0
            for unit in reversed([unit for unit in found.counting if unit.line == line]):
                cut = min(too_much, given[unit.n])
                given[unit.n] -= cut
                too_much -= cut
        await sql.REFUNDS.insert(
            tx, [(found.order, found.id, line, count[line], minor, now) for line, minor in sorted(lines.items())]
        )
        return Given(given, lines, sum(by_line.values()) + back - sum(lines.values()))

    async def _exchange(
        self, tx: Tx, found: Return, settling: Settling, wishes: Mapping[int, Wish], divided: Divided, now: datetime
    ) -> tuple[Exchanged | None, Share, int]:
        """Other goods against the units that are exchanged: what of their worth pays, what is due, what is left of it."""
        if "exchange" not in wishes.values():
            return None, Share(0, 0, 0), 0
        back = [(unit.sku, unit.paid_minor) for unit in found.counting if wishes[unit.n] == "exchange"]
        articles = await listed(tx, [sku for sku, _ in back] + [one.sku for one in settling.exchange])
        taking = price(settling.exchange, articles, back)
        parts = share(divided.exchange_minor, taking)
        credit = await credit_sql.lock(tx, settling.credit) if settling.credit and parts.due_minor else None
        currency = await currency_of(tx, found)
        by_credit_minor = most_of(credit, parts.due_minor, currency) if credit else 0
        placed = await place_exchange(
            tx, self.outlook, self.seal, found, taking, parts, recipient=settling.recipient,
            till_reference=settling.till_reference, by_credit_minor=by_credit_minor, now=now,
        )  # fmt: skip
        if credit is not None:
            await credit_sql.change(tx, credit, by_credit_minor, credit_reference(found.number), placed.order)
        return placed, parts, by_credit_minor

    async def _refund(self, tx: Tx, found: Return, minor: int, due: datetime) -> Literal["refund", "void"] | None:
        """Intend it; nothing is sent from here."""
        if found.order is None or not minor:
            return None
        given = await payments_sql.give_back(tx, found.order, minor, "returned", found.id, due)
        if given.total_minor < minor:
            # The capture of this very money is on its way to the provider: in a moment it can be refunded.
            raise Conflict("payment_moving")
        return "refund" if given.refund_minor else "void"

    async def _credit(self, tx: Tx, found: Return, minor: int) -> None:
        """A debt of the house under a code that can be derived again and is kept as a digest."""
        if not minor:
            return
        code = credit_code(self.seal, found.id)
        currency = await currency_of(tx, found)
        await sql.insert_credit(tx, new_id(), found.id, found.order, digest(code), currency, minor)


class Delivered(msgspec.Struct, frozen=True):
    """The delivery of a return's order; `kept`: the customer keeps something of what was delivered, of this worth and weight."""

    fee: Fee = Fee(0)
    kept: bool = True
    service: str = "standard"
    channel: str = ""
    country: str = "FR"
    worth_minor: int = 0
    grams: int = 0

    def kept_fee_minor(self, ruling: Ruling) -> int | None:
        """What the delivery of the goods that stay would have cost, where some stay and head office has said it."""
        if not self.kept or not any(verdict.delivery == "law" for verdict in ruling.verdicts.values()):
            return None
        return kept_fee(
            ruling.policy, service=self.service, channel=self.channel, country=self.country, worth_minor=self.worth_minor, grams=self.grams
        )  # fmt: skip

    def back_minor(self, ruling: Ruling) -> int:
        """What of it is given back: all that was paid for our fault, what the law says (W8, W9), or nothing."""
        ways = {verdict.delivery for verdict in ruling.verdicts.values()}
        if "all" in ways:
            return delivery_minor(self.fee, kept=self.kept)
        fee = msgspec.structs.replace(self.fee, standard_minor=standard_fee(ruling.policy, self.service))
        return delivery_minor(fee, kept=self.kept, kept_fee_minor=self.kept_fee_minor(ruling)) if "law" in ways else 0


async def delivery_of(tx: Tx, found: Return) -> Delivered:
    """What the order's delivery cost, how much of it was given back, and whether anything delivered stays with the customer."""
    if found.order is None:
        return Delivered()
    row = await tx.row(_DELIVERY, found.order, found.id)
    assert row is not None
    worth, grams = (0, 0)
    if row["kept"]:
        shares = await shares_of(tx, found.order)
        left = await tx.rows(_STAYING, found.order, found.id)
        worth, grams = worth_of(
            [Staying(shares[one["line"], one["part"]], one["quantity"], one["left"], one["grams"]) for one in left]
        )
    return Delivered(
        Fee(int(row["paid_minor"]), await sql.delivery_given(tx, found.order)), row["kept"], row["service"], row["channel"],
        row["country"] or "FR", worth, grams,
    )  # fmt: skip


def kept_of(found: Return, ruling: Ruling) -> dict[int, int]:
    """What is kept back of each unit for accessories that were missing, where anything is."""
    kept = {
        unit.n: kept_for(unit.absent, ruling.verdicts[unit.n], ruling.verdicts[unit.n].back_minor(unit.paid_minor))
        for unit in found.counting
    }
    return {n: minor for n, minor in kept.items() if minor}


def worths(found: Return, ruling: Ruling, less: tuple[Less, ...], kept: Mapping[int, int]) -> dict[int, int]:
    """What each unit gives: what it cost, without what the policy keeps, what was missing and what was lost of its worth.

    Invalid `less_than_nothing`.
    """
    units = {
        unit.n: ruling.verdicts[unit.n].back_minor(unit.paid_minor) - kept.get(unit.n, 0) for unit in found.counting
    }
    for one in less:
        found.unit(one.n)
        if one.minor > units.get(one.n, 0):
            raise Invalid("less_than_nothing", n=one.n)
        units[one.n] -= one.minor
    return units


async def way_of(tx: Tx, found: Return, ruling: Ruling) -> int:
    """What our label of the way back costs the customer, as they were told: once it was used, and only where the way is theirs to pay."""
    if any(verdict.way_back == "house" for verdict in ruling.verdicts.values()):
        return 0
    return await way_back_sql.fee_of(tx, found.id)


def without(units: dict[int, int], minor: int) -> dict[int, int]:
    """The same worths with so much less in all, from the last unit on, and never below nothing."""
    kept = dict(units)
    for n in reversed(units):
        cut = min(minor, kept[n])
        kept[n] -= cut
        minor -= cut
    return kept


async def currency_of(tx: Tx, found: Return) -> str:
    """Of the order; euros where there is none."""
    return str(await tx.value("SELECT trim(currency) FROM sales_order WHERE id = $1", found.order) or "EUR")


def with_code(settled: ReturnSettled, seal: Seal) -> ReturnSettled:
    """The answer as whoever stands at the counter sees it: answers are kept, the code of a credit is not."""
    return msgspec.structs.replace(settled, credit=credit_code(seal, settled.id)) if settled.credit_minor else settled


def check_wish(found: Return, wishes: Mapping[int, Wish]) -> None:
    """Invalid `gift_gets_no_refund`, `no_payment_to_refund`; Conflict `nothing_came` for a return without a unit."""
    if not found.counting:
        raise Conflict("nothing_came")
    if "refund" in wishes.values() and found.gift:
        raise Invalid("gift_gets_no_refund")
    if "refund" in wishes.values() and found.order is None:
        raise Invalid("no_payment_to_refund")


def may_be_money(found: Return, ruling: Ruling, wishes: Mapping[int, Wish]) -> bool:
    """Whether what other goods leave over may go back as money: never for a gift, without an order, or where the rules give none."""
    exchanged = [ruling.verdicts[n] for n, wish in wishes.items() if wish == "exchange"]
    return not found.gift and found.order is not None and all("refund" in verdict.may for verdict in exchanged)
