"""A customer who waits is taken by one named associate of that store, and by nobody else."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.flows.arrive import arrive
from comptoir.flows.cancel_by_customer import is_contact
from comptoir.flows.take_arrival import take_arrival
from comptoir.fulfillment.arriving import Arrive, Arrived, TakeArrival
from comptoir.kit.actor import Actor
from comptoir.kit.clock import SetClock
from comptoir.kit.db import Pool
from comptoir.kit.errors import Conflict, Forbidden, NotFound
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Runner
from tests.conftest import Database
from tests.flows.orders_on_file import add_articles, add_order, add_store

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
async def pool(database: Database) -> Pool:
    await add_store(database.connection)
    await add_articles(database.connection)
    return database.pool


async def perform(pool: Pool, command: Any, actor: Actor) -> Arrived:
    runner = Runner(pool, SetClock(NOW), {Arrive: arrive, TakeArrival: take_arrival})
    return msgspec.json.decode((await runner.perform(command, actor)).answer, type=Arrived)


def associate(location: str = "lyon") -> Actor:
    return Actor(who=str(new_id()), role="associate", locations=(location,))


def customer(order: UUID) -> Actor:
    return Actor(who=f"customer:{order}", role="customer", locations=None)


async def waiting(pool: Pool, database: Database, status: str = "staged") -> tuple[UUID, UUID]:
    """An order whose customer is at the store; (order, arrival)."""
    order, _ = await add_order(database.connection, NOW, status=status)
    arrived = await perform(pool, Arrive(new_id(), order, "lyon"), customer(order))
    return order, arrived.arrival


async def test_an_associate_takes_a_customer_and_taking_again_changes_nothing(pool: Pool, database: Database) -> None:
    _, arrival = await waiting(pool, database)
    sam = associate()
    for _ in range(2):
        taken = await perform(pool, TakeArrival(new_id(), arrival), sam)
        assert str(taken.taken_by) == sam.who
    assert await database.connection.fetchval("SELECT count(*) FROM event WHERE kind = 'customer.taken'") == 1


async def test_a_second_associate_is_told_who_has_them(pool: Pool, database: Database) -> None:
    _, arrival = await waiting(pool, database)
    sam = associate()
    await perform(pool, TakeArrival(new_id(), arrival), sam)
    with pytest.raises(Conflict, match="arrival_taken") as refused:
        await perform(pool, TakeArrival(new_id(), arrival), associate())
    assert refused.value.facts["taken_by"] == sam.who


async def test_another_store_does_not_see_the_arrival(pool: Pool, database: Database) -> None:
    _, arrival = await waiting(pool, database)
    with pytest.raises(NotFound):
        await perform(pool, TakeArrival(new_id(), arrival), associate("nice"))


async def test_a_regional_manager_takes_nobody(pool: Pool, database: Database) -> None:
    _, arrival = await waiting(pool, database)
    with pytest.raises(Forbidden):
        await perform(pool, TakeArrival(new_id(), arrival), Actor(str(new_id()), "regional_manager", ("lyon",)))


async def test_an_arrival_that_is_over_cannot_be_taken(pool: Pool, database: Database) -> None:
    _, arrival = await waiting(pool, database)
    await database.connection.execute("UPDATE arrival SET done_at = $1", NOW)
    with pytest.raises(Conflict, match="arrival_over"):
        await perform(pool, TakeArrival(new_id(), arrival), associate())


async def test_before_the_goods_the_arrival_is_early(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="picking")
    assert (await perform(pool, Arrive(new_id(), order, "lyon"), customer(order))).early is True


async def test_the_link_of_one_order_announces_no_other(pool: Pool, database: Database) -> None:
    mine, _ = await add_order(database.connection, NOW, status="staged")
    theirs, _ = await add_order(database.connection, NOW, status="staged")
    with pytest.raises(NotFound):
        await perform(pool, Arrive(new_id(), theirs, "lyon"), customer(mine))


async def test_what_the_customer_typed_is_in_no_event(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="staged")
    await perform(pool, Arrive(new_id(), order, "lyon", "Fiat blanche AB-123-CD"), customer(order))
    assert "Fiat" not in await database.connection.fetchval("SELECT string_agg(body::text, '') FROM event")


async def test_after_the_hand_over_there_is_nothing_to_wait_for(pool: Pool, database: Database) -> None:
    order, _ = await add_order(database.connection, NOW, status="handed_over")
    with pytest.raises(Conflict, match="nothing_to_collect"):
        await perform(pool, Arrive(new_id(), order, "lyon"), customer(order))


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        (" INES@example.com ", True),
        ("06 12 34 56 78", True),
        ("+33612345678", True),
        ("", False),
        ("78", False),
        ("ines", False),
        ("0612345679", False),
        ("612345678@x", False),
        ("É", False),
    ],
)
def test_a_contact_counts_in_any_spelling_but_whole(typed: str, right: bool) -> None:
    assert is_contact(typed, "ines@example.com", "+33612345678") is right


def test_without_a_contact_on_the_order_nothing_opens() -> None:
    assert is_contact("", None, None) is False
    assert is_contact("", "", "") is False
