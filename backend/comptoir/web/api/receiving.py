"""Receiving over the API: purchase orders and announcements of the ERP, what came of them, and what differs."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.ids import new_id
from comptoir.kit.words import Code, Note, Slug
from comptoir.receiving import imports
from comptoir.receiving.imports import ImportPurchases, PurchasesImported
from comptoir.receiving.model import (
    MOST_CARTONS,
    MOST_LINES,
    Announced,
    AnnounceGoods,
    Came,
    CancelPurchase,
    Carton,
    Decided,
    DecideDifference,
    Decision,
    DifferenceStatus,
    Kind,
    OrderGoods,
    PurchaseTold,
    TakeInGoods,
)
from comptoir.screens import receiving as screen
from comptoir.web.api.asking import asked
from comptoir.web.api.orders import answered, place_after
from comptoir.web.guards import with_key
from comptoir.web.requests import DoorRequest, WrongMediaType

ID = "019e6a1c-0000-7000-8000-0000000000b1"
PAIRS = [{"sku": "DERBY-HELENE-NOIR-39", "quantity": 24}]
ORDER_EXAMPLE = {
    "id": ID, "number": "PO-2026-0417", "location": "lyon-part-dieu", "supplier": "Tannerie Roux", "lines": PAIRS,
    "expected_on": "2026-11-24", "delivery_note": "BL-88412", "note": "",
}  # fmt: skip
ASN_EXAMPLE = {
    "id": ID, "number": "AV-5521", "expected_on": "2026-11-24",
    "cartons": [{"sscc": "003456789012345670", "lines": [{"sku": "DERBY-HELENE-NOIR-39", "quantity": 12}]}],
}  # fmt: skip
RECEIPT_EXAMPLE = {
    "id": ID, "lines": [{"sku": "DERBY-HELENE-NOIR-39", "quantity": 22, "damaged": 1}], "close": True, "last": True,
}  # fmt: skip
AnswerJson = Response[Any]
WAITING: tuple[DifferenceStatus, ...] = ("open", "claimed")


PurchaseStatus = Literal["open", "receiving", "closed", "canceled"]


class PurchaseQuestion(msgspec.Struct, frozen=True):
    """Which purchase orders."""

    location: Slug | None = None
    status: PurchaseStatus | None = None


class DifferenceQuestion(msgspec.Struct, frozen=True):
    """Which differences."""

    location: Slug | None = None
    status: DifferenceStatus | None = None


class PurchaseOrder(msgspec.Struct, frozen=True):
    """A purchase order without its lines. Every figure is the sum of its lines, in units: `good` and `damaged` have come, `short` is missing so far.

    `to_decide`: differences that nobody has decided about, or a supplier has not answered; `counting`: a delivery is being counted;
    `carton_count`: announced cartons; `expected_on` a day of the place's own calendar; `actions`: what may be done next.
    """

    id: UUID
    number: str
    location: str
    store: str
    time_zone: str
    supplier: str
    status: PurchaseStatus
    created_at: datetime
    ordered: int
    good: int
    damaged: int
    over: int
    short: int
    articles: int
    carton_count: int
    to_decide: int
    counting: bool
    actions: tuple[str, ...]
    delivery_note: str = ""
    note: str = ""
    expected_on: date | None = None
    received_at: datetime | None = None
    ended_at: datetime | None = None


class PurchaseOrders(msgspec.Struct, frozen=True):
    """One page of purchase orders."""

    purchase_orders: list[PurchaseOrder]


class PurchaseOrderLine(msgspec.Struct, frozen=True):
    """One article of an order, in units."""

    sku: str
    ordered: int
    good: int
    damaged: int
    over: int
    short: int


class CartonContent(msgspec.Struct, frozen=True):
    """One article in one announced carton: what the supplier says is in it, and what was counted out of it."""

    sscc: str
    asn: str
    sku: str
    quantity: int
    counted: int


class PurchaseDelivery(msgspec.Struct, frozen=True):
    """One delivery of an order, under our number; `last` ended the order."""

    number: str
    status: Literal["counting", "closed"]
    last: bool
    opened_at: datetime
    good: int
    damaged: int
    closed_at: datetime | None = None


class ReceivingDifference(msgspec.Struct, frozen=True):
    """How a delivery differs, and what was decided. `code`: what was scanned, for a code of nothing we sell."""

    id: UUID
    purchase: UUID
    number: str
    supplier: str
    location: str
    kind: Kind
    status: DifferenceStatus
    units: int
    made_at: datetime
    note: str
    sku: str | None = None
    code: str | None = None
    decided_at: datetime | None = None


class ReceivingDifferences(msgspec.Struct, frozen=True):
    """One page of differences."""

    differences: list[ReceivingDifference]


class PurchaseOrderWhole(PurchaseOrder, frozen=True, kw_only=True):
    """A purchase order with its lines, what its cartons hold, its deliveries and what differs (the latest hundred; `/receiving-differences` has all)."""

    lines: list[PurchaseOrderLine]
    cartons: list[CartonContent]
    receipts: list[PurchaseDelivery]
    differences: list[ReceivingDifference]


class ShippingNotice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the supplier says is on its way (ASN). `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    number: Code
    cartons: Annotated[tuple[Carton, ...], msgspec.Meta(min_length=1, max_length=MOST_CARTONS)]
    expected_on: date | None = None


class GoodsReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What has come. `close` ends this delivery, `last` the order. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    lines: Annotated[tuple[Came, ...], msgspec.Meta(max_length=MOST_LINES)] = ()
    close: bool = False
    last: bool = False


class PurchaseCancellation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is not awaited any more. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


class DifferenceDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done about a difference. `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    decision: Decision
    note: Note = ""


@post("/purchase-orders", opt=with_key("stock:write") | {"example": ORDER_EXAMPLE, "answer": PurchaseTold})
async def order(
    data: JSONBody[OrderGoods], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A supplier is to bring goods to a location (201; 200 when it was made before)."""
    done = await house.runner.perform(data, actor)
    return Response(done.answer, media_type="application/json", status_code=200 if done.again else 201)


@post(
    "/purchase-orders/import",
    opt=with_key("stock:write") | {"answer": PurchasesImported},
    status_code=200,
    request_max_body_size=imports.MOST_BYTES,
)
async def import_file(
    request: DoorRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """A file of purchase orders (text/csv): all of them, or nothing and the bad rows by line. An order that is known makes its rows bad."""
    if request.content_type[0] != "text/csv":
        raise WrongMediaType(takes="text/csv")
    rows, faults = await asyncio.to_thread(imports.parse, await request.body())
    imports.refuse(faults)
    return answered(await house.runner.perform(ImportPurchases(new_id(), rows), actor))


@get("/purchase-orders", opt=with_key("stock:read") | {"answer": PurchaseOrders})
async def list_orders(
    house: NamedDependency[House], actor: NamedDependency[Actor], location: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None, after: FromQuery[str | None] = None,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
) -> AnswerJson:  # fmt: skip
    """Purchase orders of the key's places, newest first; `Link: rel=next` leads to the next page."""
    q = asked(PurchaseQuestion, location=location, status=status)
    async with borrowed(house.pool) as connection:
        rows = await screen.read_list(
            connection, actor, place_after(after), limit, status=q.status and (q.status,), location=q.location
        )
    more = "".join(f"&{name}={value}" for name, value in (("location", q.location), ("status", q.status)) if value)
    to = f"/api/v1/purchase-orders?limit={limit}&after={rows[-1].place}{more}" if len(rows) == limit else ""
    headers = {"link": f'<{to}>; rel="next"'} if to else {}
    return Response(PurchaseOrders([plain(row) for row in rows]), headers=headers)


@get("/purchase-orders/{purchase:uuid}", opt=with_key("stock:read") | {"answer": PurchaseOrderWhole})
async def read(purchase: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]) -> AnswerJson:
    """One purchase order: its lines, what its cartons hold, its deliveries, and what differs."""
    async with borrowed(house.pool) as connection:
        view = await screen.one(connection, purchase, actor)
        differ = await screen.differences(connection, actor, purchase=purchase)
    told = facts(view.head) | {
        "lines": view.lines, "cartons": view.contents, "receipts": view.receipts, "differences": differ,
    }  # fmt: skip
    return Response(msgspec.convert(told, PurchaseOrderWhole, from_attributes=True))


@post("/purchase-orders/{purchase:uuid}/shipping-notices", opt=with_key("stock:write") | {"example": ASN_EXAMPLE, "answer": Announced}, status_code=200)  # fmt: skip
async def announce(
    purchase: FromPath[UUID], data: JSONBody[ShippingNotice], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:  # fmt: skip
    """The supplier says what is on its way, carton by carton under its SSCC."""
    command = AnnounceGoods(data.id, purchase, data.number, data.cartons, data.expected_on)
    return answered(await house.runner.perform(command, actor))


@post("/purchase-orders/{purchase:uuid}/receipts", opt=with_key("stock:write") | {"example": RECEIPT_EXAMPLE, "answer": PurchaseTold}, status_code=200)  # fmt: skip
async def receive(
    purchase: FromPath[UUID], data: JSONBody[GoodsReceipt], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:  # fmt: skip
    """Units have come: on hand goes up at once. With `last` what is missing is short, and a person decides about every difference."""
    command = TakeInGoods(data.id, purchase, data.lines, data.close, data.last)
    return answered(await house.runner.perform(command, actor))


@post("/purchase-orders/{purchase:uuid}/cancellation", opt=with_key("stock:write") | {"answer": PurchaseTold}, status_code=200)  # fmt: skip
async def cancel(
    purchase: FromPath[UUID], data: JSONBody[PurchaseCancellation], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:  # fmt: skip
    """While nothing of it has come."""
    return answered(await house.runner.perform(CancelPurchase(data.id, purchase), actor))


@get("/receiving-differences", opt=with_key("stock:read") | {"answer": ReceivingDifferences})
async def list_differences(
    house: NamedDependency[House], actor: NamedDependency[Actor], location: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None, purchase: FromQuery[UUID | None] = None, after: FromQuery[str | None] = None,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 100,
) -> AnswerJson:  # fmt: skip
    """What differs, oldest first; `Link: rel=next` leads to the next page. Without a `status` what waits: `open` for a decision, `claimed` for the supplier."""
    q = asked(DifferenceQuestion, location=location, status=status)
    async with borrowed(house.pool) as connection:
        rows = await screen.list_differences(
            connection, actor, place_after(after), limit, status=(q.status,) if q.status else WAITING,
            location=q.location, purchase=purchase,
        )  # fmt: skip
    named = (("location", q.location), ("status", q.status), ("purchase", purchase))
    more = "".join(f"&{name}={value}" for name, value in named if value)
    to = f"/api/v1/receiving-differences?limit={limit}&after={rows[-1].place}{more}" if len(rows) == limit else ""
    found = ReceivingDifferences([msgspec.convert(row, ReceivingDifference, from_attributes=True) for row in rows])
    return Response(found, headers={"link": f'<{to}>; rel="next"'} if to else {})


@post("/receiving-differences/{difference:uuid}/decision", opt=with_key("stock:write") | {"example": {"id": ID, "decision": "claim", "note": "2 manquants"}, "answer": Decided}, status_code=200)  # fmt: skip
async def decide(
    difference: FromPath[UUID], data: JSONBody[DifferenceDecision], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:  # fmt: skip
    """Accepted as counted, claimed from the supplier, counted again; a claim ends settled or accepted."""
    return answered(await house.runner.perform(DecideDifference(data.id, difference, data.decision, data.note), actor))


def plain(head: screen.Head) -> PurchaseOrder:
    """A purchase order as the API tells it: without names of people."""
    return msgspec.convert(facts(head), PurchaseOrder)


def facts(head: screen.Head) -> dict[str, Any]:
    """Its members by name."""
    return msgspec.structs.asdict(head) | {"actions": head.actions, "carton_count": head.cartons}


ROUTES: list[BaseRouteHandler] = [
    order, import_file, list_orders, read, announce, receive, cancel, list_differences, decide,
]  # fmt: skip
