"""Transfers on the handheld: what leaves and what comes, one at a time; a scan counts, a number counts many."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Code
from comptoir.screens import transfer_requests as requests
from comptoir.screens import transfers as screen
from comptoir.transfers.lifecycle import TO_RECEIVE, Status
from comptoir.transfers.model import ReceiveTransfer, ShipTransfer
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Named = FromPath[UUID]


class ActForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one act of the page; the id was made with it, so that a second tap changes nothing."""

    id: UUID


@get("/transfers", opt=by(*COUNTER))
async def of_store(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """What is on its way here and what is to leave, the oldest first."""
    async with borrowed(house.pool) as connection:
        to_send, to_receive = await screen.of_store(connection, store_of(actor))
        asked = await requests.of_store(connection, store_of(actor))
    return page.html(
        "associate/transfers.html", to_send=to_send, to_receive=to_receive, requests=asked, here=store_of(actor), now=now
    )  # fmt: skip


@get("/transfers/{transfer:uuid}", opt=by(*COUNTER))
async def show(
    transfer: Named, house: TheHouse, actor: TheActor, page: ThePage, now: Now, carton: FromQuery[Code | None] = None
) -> Answer:
    """Lay goods to it, count what comes, or see how it stands; with `carton`, that one is open. NotFound `transfer_not_found`."""
    return await transfer_page(transfer, house, actor, page, now, opened=carton or "")


async def transfer_page(
    transfer: UUID, house: House, actor: Actor, page: Page, now: datetime, refusal: Refusal | None = None, *, opened: str = ""
) -> Answer:  # fmt: skip
    """The page, and on top of it what was just refused."""
    async with borrowed(house.pool) as connection:
        view = await screen.one(connection, transfer, actor)
    head, here = view.head, store_of(actor)
    if here not in (head.from_, head.to):
        raise NotFound("transfer_not_found")
    mode = "look"
    if head.status is Status.CREATED and head.from_ == here:
        mode = "carry" if head.order else "pick"
    elif head.status in TO_RECEIVE and head.to == here:
        mode = "receive"
    rows = [
        {"sku": line.sku, "name": " ".join(part for part in (line.name, line.deciding) if part), "codes": [*line.codes, line.sku],
         "wanted": line.quantity if mode == "pick" else line.sent, "counted": line.picked if mode == "pick" else line.counted,
         "damaged": line.damaged}
        for line in view.lines
    ]  # fmt: skip
    facts = {
        "about": {"transfer": str(head.id)}, "type": "receive" if mode == "receive" else "transfer_pick", "mode": mode, "rows": rows,
        "cartons": {code: {each.sku: each.packed for each in inside} for code, inside in view.cartons.items()},
        "taken": {code: {each.sku: each.received for each in inside} for code, inside in view.cartons.items()},
        "carton": opened if opened in view.cartons else "", "sign_in_id": str(actor.sign_in), "server_time": now.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    return page.html(
        "associate/transfer.html", status=refusal.status if refusal else 200, view=view, head=head, mode=mode, facts=facts,
        act_id=new_id(), refusal=refusal, now=now, here=here,
    )  # fmt: skip


@post("/transfers/{transfer:uuid}/ship", opt=by(*COUNTER), status_code=200)
async def ship(
    transfer: Named, data: URLEncodedBody[ActForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """It leaves; back to what is left to do."""
    return await done(ShipTransfer(data.id, transfer), transfer, house, actor, page, now)


@post("/transfers/{transfer:uuid}/close", opt=by(*COUNTER), status_code=200)
async def close(
    transfer: Named, data: URLEncodedBody[ActForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Everything that will come has come."""
    return await done(ReceiveTransfer(data.id, transfer, close=True), transfer, house, actor, page, now)


async def done(
    command: ShipTransfer | ReceiveTransfer, transfer: UUID, house: House, actor: Actor, page: Page, now: datetime
) -> Answer:
    """Carry it out and show how it stands; what a colleague did meanwhile is told on the page."""
    try:
        await house.runner.perform(command, actor)
    except Conflict as refusal:
        return await transfer_page(transfer, house, actor, page, now, refusal)
    return page.go(f"/transfers/{transfer}")


ROUTES: list[BaseRouteHandler] = [of_store, show, ship, close]
