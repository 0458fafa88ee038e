"""On which terms a customer's order may come back: what is left, by what right, what is given for it and by when, what each way costs.

The pages that offer and the flow that takes ask the same; the flow asks under the order's lock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.flows.ask_label import piece_of, read_accounts
from comptoir.flows.open_return import choose_units
from comptoir.flows.reading_returns import Case, asked_for, read_case
from comptoir.kit.db import Connection
from comptoir.kit.errors import Conflict, NotFound
from comptoir.network.markets import Crossing, crossing
from comptoir.returns import policy, rma_sql
from comptoir.returns.drafting import DraftLine, Method
from comptoir.returns.eligibility import Asked, Verdict
from comptoir.returns.lifecycle import KEPT
from comptoir.returns.model import Coming
from comptoir.returns.queries import list_reasons
from comptoir.returns.reasons import Reason
from comptoir.returns.refunding import Fee, Staying, delivery_minor, gross_shares, worth_of
from comptoir.returns.rma_sql import Need
from comptoir.returns.withdrawal import REFUND_DAYS
from comptoir.shipping.model import Piece
from comptoir.shipping.way_back import WayBack, ways_back, weight_of

_ORDER: Final = """
SELECT x.*, (SELECT trim(p.country) FROM location p WHERE p.id = x.goes_to) AS goes_country FROM (SELECT o.number, o.service, trim(o.currency) AS currency, (SELECT a.postcode FROM order_address a WHERE a.order_id = o.id) AS postcode,
  coalesce((SELECT d.gift FROM order_delivery d WHERE d.order_id = o.id), false) AS gift,
  o.shipping_minor + CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0
    ELSE greatest(0, o.vat_minor - (SELECT sum(l.vat_minor) FROM order_line l WHERE l.order_id = o.id)) END AS delivery_minor,
  (SELECT coalesce(sum(f.amount_minor), 0)::bigint FROM refund_line f WHERE f.order_id = o.id AND f.line = 0) AS delivery_given,
  coalesce((SELECT w.id FROM location w JOIN location h ON h.legal_entity = w.legal_entity
     WHERE w.kind = 'warehouse' AND h.id = (SELECT k.location FROM work k WHERE k.order_id = o.id ORDER BY k.id LIMIT 1) ORDER BY w.id LIMIT 1),
    (SELECT k.location FROM work k WHERE k.order_id = o.id ORDER BY k.id LIMIT 1)) AS goes_to
FROM sales_order o WHERE o.id = $1) x
"""
_LINES: Final = """
SELECT l.line, l.method, coalesce(s.name, l.title) AS title, coalesce(s.variant, '') AS variant, coalesce(s.picture, '') AS picture
FROM order_line l LEFT JOIN sku s ON s.sku = l.sku WHERE l.order_id = $1 ORDER BY l.line LIMIT 500
"""
_PIECES: Final = """
SELECT sku, 1 AS quantity, weight_grams, length_mm, width_mm, height_mm, dangerous, dangerous_amount, fragile, ships_alone FROM sku WHERE sku = ANY($1::text[])
"""


class Line(msgspec.Struct, frozen=True):
    """A line of which `left` units are with the customer. `plain`: the verdict without any reason; `faulty`: when something is wrong with it."""

    line: int
    title: str
    variant: str
    picture: str
    left: int
    ship: bool
    plain: Verdict
    faulty: Verdict

    @property
    def accepted(self) -> bool:
        return self.plain.accepted or self.faulty.accepted

    @property
    def only_faulty(self) -> bool:
        return self.faulty.accepted and not self.plain.accepted


class Priced(msgspec.Struct, frozen=True):
    """A way back: what it costs the customer, and the carrier's label where there is one."""

    method: Method
    fee_minor: int
    label: WayBack | None = None


class Given(msgspec.Struct, frozen=True):
    """What the customer gets for what they chose. Whoever looks at the goods may find that it is less.

    `by_law`: there is a right of withdrawal; then `latest` is the day, unless the goods or the proof that they were sent come later.
    Else the money comes `days` after the goods.
    """

    goods_minor: int
    delivery_minor: int
    by_law: bool
    latest_days: int
    verdicts: dict[int, Verdict]
    kept_fee_minor: int | None = None
    """What the delivery of the goods that stay would have cost, where that is why some of it is given back."""

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.delivery_minor


class Terms(msgspec.Struct, frozen=True):
    """All that is asked about one order's return."""

    order: UUID
    number: str
    currency: str
    postcode: str | None
    gift: bool
    goes_to: str | None
    goes_country: str
    case: Case
    lines: tuple[Line, ...]
    needs: tuple[Need, ...]
    reasons: tuple[Reason, ...]
    fee: Fee
    service: str
    grams: dict[str, int]
    """Article -> what one of it weighs."""

    def line(self, line: int) -> Line | None:
        return next((one for one in self.lines if one.line == line), None)

    @property
    def country(self) -> str:
        return self.case.bought.country

    @property
    def border(self) -> Crossing:
        """What a parcel crosses on its way back."""
        return crossing(self.country, self.postcode or "", self.goes_country)

    @property
    def left(self) -> dict[int, int]:
        """Line -> units that may come back."""
        return {one.line: one.left for one in self.lines if one.left and one.accepted}


async def read_terms(connection: Connection, order: UUID, now: datetime) -> Terms:
    """The order as its return sees it. NotFound `order_not_found`."""
    row = await connection.fetchrow(_ORDER, order)
    if row is None:
        raise NotFound("order_not_found")
    needs = tuple(
        msgspec.convert(dict(need), Need)
        for need in await connection.fetch(rma_sql.NEEDS, order, [state.value for state in KEPT])
    )
    case = await read_case(connection, order, now)
    lines = tuple(_line(one, needs, case, now) for one in await connection.fetch(_LINES, order))
    return Terms(
        order, row["number"], row["currency"], row["postcode"], row["gift"], row["goes_to"], row["goes_country"] or "FR", case, lines, needs, await list_reasons(connection),
        Fee(row["delivery_minor"], row["delivery_given"], policy.standard_fee(case.policy, row["service"])), row["service"],
        {one["sku"]: one["weight_grams"] for one in await connection.fetch(_PIECES, [need.sku for need in needs])},
    )  # fmt: skip


def asked_at(terms: Terms, notice: UUID | None, now: datetime) -> datetime:
    """When the customer said it: with their notice of withdrawal, or now."""
    return terms.case.noticed_at(notice) or now


async def read_ways(
    connection: Connection, terms: Terms, chosen: Sequence[DraftLine], skus: Sequence[str], now: datetime
) -> list[Priced]:
    """The ways back of the policy that somebody carries, each with what it costs the customer for these lines, these articles."""
    verdicts = verdicts_of(terms, chosen, now)
    # Whoever has to send back something that is not their doing pays nothing, whatever else lies in the parcel.
    house = any(one.way_back == "house" for one in verdicts.values())
    labels: dict[str, WayBack] = {}
    if terms.goes_to is not None:
        pieces = await read_pieces(connection, skus)
        accounts = await read_accounts(connection, terms.goes_to, now)
        grams = weight_of(sum(piece.grams for piece in pieces))
        labels = {one.method: one for one in ways_back(accounts, pieces, grams, terms.border)}
    found = []
    for way in policy.ways_from(terms.case.policy, terms.country):
        if way.method == "store":
            found.append(Priced("store", 0))
        elif way.method in labels:
            found.append(Priced(way.method, policy.price_of(way, "house" if house else "customer"), labels[way.method]))
    return found


async def read_pieces(connection: Connection, skus: Sequence[str]) -> list[Piece]:
    """Every article of a parcel, with what a carrier must know of it."""
    rows = {row["sku"]: row for row in await connection.fetch(_PIECES, list(skus))}
    return [piece_of(rows[sku]) for sku in skus if sku in rows]


def skus_of(terms: Terms, chosen: Sequence[DraftLine]) -> list[str]:
    """The articles of lines that may come back. Conflict `already_returned` when fewer are left."""
    return [one.sku for one in choose_units(comings(chosen), terms.needs)]


def verdicts_of(terms: Terms, chosen: Sequence[DraftLine], at: datetime) -> dict[int, Verdict]:
    """Line -> by what right it comes back for the reason that was given."""
    found = {}
    whole = is_whole(terms, chosen)
    for one in chosen:
        if terms.line(one.line) is not None:
            asked = Asked(at, whole=whole, from_home=True)
            reason = next((reason for reason in terms.reasons if reason.code == one.reason), None)
            found[one.line] = terms.case.verdict(one.line, asked_for(reason, asked) if reason else asked)
    return found


def given_for(terms: Terms, chosen: Sequence[DraftLine], at: datetime) -> Given:
    """What would be given. Conflict `return_not_possible` for a line without a right to it."""
    verdicts = verdicts_of(terms, chosen, at)
    for line, verdict in verdicts.items():
        if not verdict.accepted:
            raise Conflict("return_not_possible", line=line)
    units = choose_units(comings(chosen), terms.needs)
    by_line: dict[int, int] = {}
    for unit in units:
        by_line[unit.line or 0] = by_line.get(unit.line or 0, 0) + unit.paid_minor
    goods = sum(verdicts[line].back_minor(minor) for line, minor in by_line.items())
    back = any(one.delivery != "none" for one in verdicts.values())
    ours = any(one.delivery == "all" for one in verdicts.values())
    fee = msgspec.structs.replace(terms.fee, standard_minor=None) if ours else terms.fee
    whole = is_whole(terms, chosen)
    kept = kept_fee_of(terms, chosen) if back and not whole else None
    delivery = delivery_minor(fee, kept=not whole, kept_fee_minor=kept) if back else 0
    by_law = all(one.right == "law" for one in verdicts.values())
    days = REFUND_DAYS.days if any(one.right in ("law", "guarantee") for one in verdicts.values()) else 0
    return Given(goods, delivery, by_law, days or terms.case.policy.refund_days, verdicts, kept if delivery else None)


def kept_fee_of(terms: Terms, chosen: Sequence[DraftLine]) -> int | None:
    """What the delivery of the goods that stay would have cost; None where head office has not said it."""
    coming = {one.line: one.quantity for one in chosen}
    shipped = any(one.ship for one in terms.lines)
    staying = []
    for line in {need.line for need in terms.needs}:
        of_line = [need for need in terms.needs if need.line == line]
        if shipped and of_line[0].method != "ship":
            continue
        shares = gross_shares(
            of_line[0].total_minor, of_line[0].vat_beside_minor, [need.share_minor for need in of_line]
        )
        for need, share in zip(of_line, shares, strict=True):
            back = coming.get(line, 0) * (need.quantity // need.of_line)
            left = need.quantity - need.canceled - len(need.taken) - back
            staying.append(Staying(share, need.quantity, left, terms.grams.get(need.sku, 0)))
    worth, grams = worth_of(staying)
    return policy.kept_fee(
        terms.case.policy, service=terms.service, channel=terms.case.bought.channel, country=terms.country, worth_minor=worth, grams=grams
    )  # fmt: skip


def is_whole(terms: Terms, chosen: Sequence[DraftLine]) -> bool:
    """Nothing that was delivered stays with the customer."""
    coming = {one.line: one.quantity for one in chosen}
    shipped = any(one.ship for one in terms.lines)
    return all(one.left <= coming.get(one.line, 0) for one in terms.lines if one.ship or not shipped)


def comings(chosen: Sequence[DraftLine]) -> list[Coming]:
    """As a return takes them."""
    return [Coming(line=one.line, quantity=one.quantity) for one in chosen]


def _line(row: Any, needs: Sequence[Need], case: Case, now: datetime) -> Line:
    plain = case.verdict(row["line"], Asked(now, from_home=True))
    faulty = case.verdict(row["line"], Asked(now, faulty=True, defect=True, from_home=True))
    left = _left(row["line"], needs)
    return Line(row["line"], row["title"], row["variant"], row["picture"], left, row["method"] == "ship", plain, faulty)


def _left(line: int, needs: Sequence[Need]) -> int:
    """Units of a line that are with the customer: of a kit, whole kits."""
    of_line = [need for need in needs if need.line == line]
    return min(
        (max(0, need.reached - len(need.taken)) // max(1, need.quantity // need.of_line) for need in of_line), default=0
    )
