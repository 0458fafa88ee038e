"""What a person does about a message that did not arrive: send it again, say that the customer was told, correct the address.

The same three at the manager's order and at the counter; each leads back to the page it came from, which tells what became of it.
"""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Invalid
from comptoir.kit.runner import Command
from comptoir.notifications.acting import CorrectContact, SendAgain, ToldByPerson
from comptoir.web.guards import COUNTER, MANAGERS, by
from comptoir.web.pages.page import Page

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]


class ActForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`id` was made with the page: sending it twice acts once."""

    id: UUID


class ContactForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left empty stays as it was."""

    id: UUID
    phone: Annotated[str, msgspec.Meta(max_length=32)] = ""
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""


@post("/manager/orders/{order:uuid}/messages/{message:uuid}/again", opt=by(*MANAGERS), status_code=200)
async def again(order: FromPath[UUID], message: FromPath[UUID], data: URLEncodedBody[ActForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:  # fmt: skip
    """A new round over all media."""
    return await act(house, actor, page, SendAgain(data.id, order, message), f"/manager/orders/{order}#messages")


@post("/manager/orders/{order:uuid}/messages/{message:uuid}/told", opt=by(*MANAGERS), status_code=200)
async def told(order: FromPath[UUID], message: FromPath[UUID], data: URLEncodedBody[ActForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:  # fmt: skip
    """Somebody has called."""
    return await act(house, actor, page, ToldByPerson(data.id, order, message), f"/manager/orders/{order}#messages")


@post("/manager/orders/{order:uuid}/contact", opt=by(*MANAGERS), status_code=200)
async def correct(order: FromPath[UUID], data: URLEncodedBody[ContactForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:  # fmt: skip
    """The right number or address; what was red goes out again."""
    return await act(house, actor, page, corrected(order, data), f"/manager/orders/{order}#messages")


@post("/counter/orders/{order:uuid}/messages/{message:uuid}/again", opt=by(*COUNTER), status_code=200)
async def again_at_counter(order: FromPath[UUID], message: FromPath[UUID], data: URLEncodedBody[ActForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:  # fmt: skip
    """A new round over all media."""
    return await act(house, actor, page, SendAgain(data.id, order, message), "/counter")


@post("/counter/orders/{order:uuid}/messages/{message:uuid}/told", opt=by(*COUNTER), status_code=200)
async def told_at_counter(order: FromPath[UUID], message: FromPath[UUID], data: URLEncodedBody[ActForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:  # fmt: skip
    """The customer stands there, or was called."""
    return await act(house, actor, page, ToldByPerson(data.id, order, message), "/counter")


@post("/counter/orders/{order:uuid}/contact", opt=by(*COUNTER), status_code=200)
async def correct_at_counter(order: FromPath[UUID], data: URLEncodedBody[ContactForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:  # fmt: skip
    """The right number or address; what was red goes out again."""
    return await act(house, actor, page, corrected(order, data), "/counter")


def corrected(order: UUID, data: ContactForm) -> CorrectContact:
    """What was typed, as the command takes it. Invalid `bad_email` or `bad_phone`."""
    phone, email = data.phone.strip(), data.email.strip()
    try:
        return msgspec.convert(
            {"id": data.id, "order": order} | ({"phone": phone} if phone else {}) | ({"email": email} if email else {}),
            CorrectContact,
        )
    except msgspec.ValidationError as why:
        raise Invalid("bad_email" if "email" in str(why) else "bad_phone") from None


async def act(house: House, actor: Actor, page: Page, command: Command, back: str) -> Answer:
    await house.runner.perform(command, actor)
    return page.go(back)


ROUTES: list[BaseRouteHandler] = [again, told, correct, again_at_counter, told_at_counter, correct_at_counter]
