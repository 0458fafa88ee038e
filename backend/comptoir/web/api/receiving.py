"""Receiving over the API: purchase orders and announcements of the ERP, what came of them, and what differs."""

import asyncio
from datetime import date
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


class PurchaseQuestion(msgspec.Struct, frozen=True):
    """Which purchase orders."""

    location: Slug | None = None
    status: Literal["open", "receiving", "closed", "canceled"] | None = None


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


@get("/purchase-orders", opt=with_key("stock:read"))
async def list_orders(
    house: NamedDependency[House], actor: NamedDependency[Actor], location: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None, after: FromQuery[str | None] = None,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
) -> AnswerJson:  # fmt: skip
    """Purchase orders of the key's places, newest first; `Link: rel=next` leads to the next page."""
    q = asked(PurchaseQuestion, location=location, status=status)
    async with borrowed(house.pool) as connection:
        rows = await screen.read_list(
            connection, actor, place_after(after), limit, status=q.status, location=q.location
        )
    more = "".join(f"&{name}={value}" for name, value in (("location", q.location), ("status", q.status)) if value)
    to = f"/api/v1/purchase-orders?limit={limit}&after={rows[-1].place}{more}" if len(rows) == limit else ""
    headers = {"link": f'<{to}>; rel="next"'} if to else {}
    return Response({"purchase_orders": [plain(row) for row in rows]}, headers=headers)


@get("/purchase-orders/{purchase:uuid}", opt=with_key("stock:read"))
async def read(purchase: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor]) -> AnswerJson:
    """One purchase order: its lines, what its cartons hold, its deliveries, and what differs."""
    async with borrowed(house.pool) as connection:
        view = await screen.one(connection, purchase, actor)
        differ = await screen.differences(connection, actor, purchase=purchase)
    return Response(
        plain(view.head)
        | {
            "lines": [
                {"sku": line.sku, "ordered": line.ordered, "good": line.good, "damaged": line.damaged, "over": line.over, "short": line.short}
                for line in view.lines
            ],
            "cartons": view.contents,
            "receipts": [without_names(receipt, "by") for receipt in view.receipts],
            "differences": [told(each) for each in differ],
        }
    )  # fmt: skip


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


@get("/receiving-differences", opt=with_key("stock:read"))
async def list_differences(house: NamedDependency[House], actor: NamedDependency[Actor]) -> AnswerJson:
    """What is to be decided about, and claims that a supplier has not answered, oldest first, at most 100."""
    async with borrowed(house.pool) as connection:
        return Response({"differences": [told(each) for each in await screen.differences(connection, actor)]})


@post("/receiving-differences/{difference:uuid}/decision", opt=with_key("stock:write") | {"example": {"id": ID, "decision": "claim", "note": "2 manquants"}, "answer": Decided}, status_code=200)  # fmt: skip
async def decide(
    difference: FromPath[UUID], data: JSONBody[DifferenceDecision], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:  # fmt: skip
    """Accepted as counted, claimed from the supplier, counted again; a claim ends settled or accepted."""
    return answered(await house.runner.perform(DecideDifference(data.id, difference, data.decision, data.note), actor))


def plain(head: screen.Head) -> dict[str, Any]:
    """A purchase order as JSON, without names of people."""
    return without_names(head, "created_by") | {"actions": head.actions}


def told(difference: screen.DifferenceView) -> dict[str, Any]:
    """A difference as JSON: what, where, how many, and what was decided."""
    return without_names(
        difference, "decided_by", "name", "variant", "deciding", "picture", "photo", "store", "time_zone"
    )


def without_names(view: Any, *left_out: str) -> dict[str, Any]:
    """A view as JSON, but for these members."""
    found: dict[str, Any] = msgspec.to_builtins(view)
    return {key: value for key, value in found.items() if key not in left_out}


ROUTES: list[BaseRouteHandler] = [
    order, import_file, list_orders, read, announce, receive, cancel, list_differences, decide,
]  # fmt: skip
