"""An exception is settled by a manager who reaches its store, once, with a note that is kept."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from comptoir.fulfillment.resolving import ResolveException
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, NotFound
from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.pages.manager_door import Desk, opened
from tests.people import HELENE, LEA, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
MANAGER = Actor(str(HELENE.id), "store_manager", (PART_DIEU,))


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def case(desk: Desk, kind: str = "handed_over_twice") -> tuple[UUID, UUID]:
    order, work = await desk.order("handed_over")
    return order, await desk.case(kind, order, work)


async def settle(desk: Desk, exception: UUID, actor: Actor = MANAGER, id: UUID | None = None) -> None:
    command = ResolveException(id or new_id(), exception, "put_right", "Le sac était au casier.")
    await desk.app.house.runner.perform(command, actor)


async def test_it_is_closed_with_who_when_and_what(desk: Desk) -> None:
    _, exception = await case(desk)
    await settle(desk, exception)
    row = await desk.connection.fetchrow("SELECT resolved_at, resolved_by, resolution FROM exception")
    assert row is not None
    assert tuple(row) == (desk.app.clock(), str(HELENE.id), "put_right")


async def test_the_note_is_kept_in_the_audit(desk: Desk) -> None:
    _, exception = await case(desk)
    await settle(desk, exception)
    row = await desk.connection.fetchrow("SELECT who, action, subject, location, reason FROM audit")
    assert row is not None
    assert tuple(row) == (
        str(HELENE.id), "exception.resolve", str(exception), PART_DIEU, "Le sac était au casier.",
    )  # fmt: skip


async def test_the_orders_story_tells_it(desk: Desk) -> None:
    order, exception = await case(desk)
    await settle(desk, exception)
    assert await desk.connection.fetchval("SELECT kind FROM event WHERE stream = $1", order) == (
        "fulfillment.exception_resolved"
    )


async def test_the_same_command_twice_is_once(desk: Desk) -> None:
    _, exception = await case(desk)
    id = new_id()
    await settle(desk, exception, id=id)
    await settle(desk, exception, id=id)
    assert await desk.connection.fetchval("SELECT count(*) FROM audit") == 1


async def test_a_second_manager_is_told_that_it_is_settled(desk: Desk) -> None:
    _, exception = await case(desk)
    await settle(desk, exception)
    with pytest.raises(Conflict, match="exception_resolved"):
        await settle(desk, exception)


async def test_a_missing_article_is_chosen_about_on_its_order(desk: Desk) -> None:
    _, exception = await case(desk, "short_choice")
    with pytest.raises(Conflict, match="choose_on_order"):
        await settle(desk, exception)


async def test_another_store_does_not_find_it(desk: Desk) -> None:
    _, exception = await case(desk)
    with pytest.raises(NotFound):
        await settle(desk, exception, Actor(str(HELENE.id), "store_manager", (VIEUX_LILLE,)))


async def test_an_associate_may_not(desk: Desk) -> None:
    _, exception = await case(desk)
    with pytest.raises(Forbidden):
        await settle(desk, exception, Actor(str(LEA.id), "associate", (PART_DIEU,)))
