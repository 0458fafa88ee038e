"""A count asked for by a short, submitted by an associate, believed or not by the manager."""

from uuid import UUID

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.stock.counting import (
    ApproveCount,
    AskCount,
    AskCountAgain,
    CancelCount,
    DirectCounts,
    SubmitCount,
)
from tests.conftest import Database
from tests.stock_room import CREAM, DERBY, KIT, LILLE, LYON, NOON, Room, line, minutes, opened

pytestmark = pytest.mark.anyio

SAM = Actor("sam", "associate", (LYON,))
LEA = Actor("lea", "associate", (LYON,))
HELENE = Actor("helene", "store_manager", (LYON,))


async def asked(room: Room) -> UUID:
    """Twenty on hand since the morning, two of them set aside for a customer; somebody asks for a count."""
    await room.post(line(20, "receipt", at=NOON - minutes(180)))
    await room.connection.execute(
        "UPDATE stock_level SET reserved = 2, set_aside = 2, no_promise_until = $1", NOON + minutes(900)
    )
    await room.connection.execute(
        "INSERT INTO stock_movement (id, location, sku, fact, reserved, set_aside, who, happened_at, recorded_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'pick', 2, 2, 'test', $3, $3)",
        LYON, DERBY, NOON - minutes(120),
    )  # fmt: skip
    told = await room.perform(AskCount(new_id(), LYON, DERBY, "short"), HELENE)
    return UUID(told["id"])


async def test_a_small_difference_goes_into_the_ledger_at_once_and_promises_go_on(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        told = await room.perform(SubmitCount(new_id(), count, 16), LEA)
        assert (told["status"], told["expected"], await room.figures()) == ("approved", 18, (18, 2, 2, 0))
        assert await room.connection.fetchval("SELECT no_promise_until FROM stock_level") is None


async def test_a_large_difference_waits_and_changes_nothing(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        told = await room.perform(SubmitCount(new_id(), count, 10), LEA)
        assert (told["status"], told["actions"]) == ("submitted", ["approve", "ask_again", "cancel"])
        assert await room.on_hand() == 20


async def test_the_manager_approves_and_what_happened_since_the_counting_stays(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.perform(SubmitCount(new_id(), count, 10), LEA)
        room.clock.advance(minutes=30)
        await room.post(line(1, at=NOON + minutes(20)))
        told = await room.perform(ApproveCount(new_id(), count), HELENE)
        assert (told["status"], await room.on_hand()) == ("approved", 11)


async def test_a_sale_from_before_the_counting_that_arrives_late_is_not_counted_twice(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.perform(SubmitCount(new_id(), count, 17), LEA)
        await room.post(line(1, at=NOON - minutes(20)))
        assert await room.on_hand() == 19


async def test_a_sale_that_arrives_between_counting_and_approval_explains_its_part(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.perform(SubmitCount(new_id(), count, 10), LEA)
        await room.post(line(1, at=NOON - minutes(20)))
        await room.perform(ApproveCount(new_id(), count), HELENE)
        assert await room.on_hand() == 12


async def test_a_count_made_without_signal_is_judged_at_its_own_time(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.post(line(3, at=NOON - minutes(5)))
        told = await room.perform(SubmitCount(new_id(), count, 18, NOON - minutes(30)), LEA)
        assert (told["expected"], await room.on_hand()) == (18, 17)


async def test_a_manager_who_does_not_believe_it_has_it_counted_again(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.perform(SubmitCount(new_id(), count, 10), LEA)
        await room.perform(AskCountAgain(new_id(), count), HELENE)
        told = await room.perform(SubmitCount(new_id(), count, 18), LEA)
        assert (told["status"], await room.on_hand()) == ("approved", 20)


async def test_asking_twice_is_one_count(database: Database) -> None:
    async with opened(database) as room:
        first = await asked(room)
        told = await room.perform(AskCount(new_id(), LYON, DERBY, "again"), HELENE)
        assert UUID(told["id"]) == first


async def test_a_count_that_is_over_takes_no_figure(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.perform(CancelCount(new_id(), count), HELENE)
        with pytest.raises(Conflict, match="not_now"):
            await room.perform(SubmitCount(new_id(), count, 10), LEA)


async def test_an_associate_cannot_approve_and_another_store_does_not_see_it(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        with pytest.raises(Forbidden, match="role_lacks_right"):
            await room.perform(ApproveCount(new_id(), count), LEA)
        with pytest.raises(NotFound, match="count_not_found"):
            await room.perform(SubmitCount(new_id(), count, 18), Actor("zoe", "associate", (LILLE,)))


async def test_a_large_difference_is_counted_by_another_person_before_the_manager_believes_it_for_a_reason(
    database: Database,
) -> None:
    async with opened(database) as room:
        count = await asked(room)
        told = await room.perform(SubmitCount(new_id(), count, 4, None, (1, 3)), LEA)
        assert (told["status"], await room.on_hand()) == ("recount", 20)
        with pytest.raises(Conflict, match="count_by_another"):
            await room.perform(SubmitCount(new_id(), count, 4), LEA)
        told = await room.perform(SubmitCount(new_id(), count, 5), SAM)
        assert (told["status"], await room.on_hand()) == ("submitted", 20)
        await room.perform(ApproveCount(new_id(), count, "stolen"), HELENE)
        row = await room.connection.fetchrow("SELECT on_hand, reason FROM stock_movement WHERE fact = 'count'")
        assert (tuple(row), await room.on_hand()) == ((-13, "stolen"), 7)
        kept = await room.connection.fetch(
            "SELECT quantity, parts, counted_by FROM stock_count_figure ORDER BY recorded_at, id"
        )
        assert [tuple(one) for one in kept] == [(4, [1, 3], "lea"), (5, [], "sam")]


async def test_a_manager_alone_in_the_store_may_decide_without_a_second_person(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.perform(SubmitCount(new_id(), count, 4), LEA)
        told = await room.perform(ApproveCount(new_id(), count, "unexplained"), HELENE)
        assert (told["status"], await room.on_hand()) == ("approved", 6)


async def test_what_moves_while_it_is_counted_is_never_approved_by_itself(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.post(line(1, at=NOON - minutes(5)))
        told = await room.perform(SubmitCount(new_id(), count, 18, None, (), 600), LEA)
        assert (told["status"], told["expected"], await room.on_hand()) == ("submitted", 17, 19)


async def test_shelves_that_do_not_make_the_total_are_refused(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        with pytest.raises(Invalid, match="parts_do_not_sum"):
            await room.perform(SubmitCount(new_id(), count, 4, None, (1, 2)), LEA)


async def test_a_count_that_nobody_has_taken_cannot_be_approved(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        with pytest.raises(Conflict, match="not_now"):
            await room.perform(ApproveCount(new_id(), count), HELENE)


async def test_the_list_of_a_store_is_filled_up_once_and_another_store_cannot_be_asked(database: Database) -> None:
    async with opened(database) as room:
        await room.post(line(20, "receipt"), line(500, "receipt", sku=CREAM))
        command = DirectCounts(new_id(), LYON, 1)
        assert await room.perform(command, LEA) == {"asked": 1, "open": 1}
        assert await room.perform(DirectCounts(new_id(), LYON, 1), LEA) == {"asked": 0, "open": 1}
        assert await room.perform(DirectCounts(new_id(), LYON), LEA) == {"asked": 1, "open": 2}
        rows = await room.connection.fetch("SELECT sku, reason, urgency FROM stock_count ORDER BY urgency DESC, sku")
        assert [tuple(row) for row in rows] == [(CREAM, "long_ago", 55), (DERBY, "long_ago", 55)]
        with pytest.raises(NotFound, match="unknown_location"):
            await room.perform(DirectCounts(new_id(), LILLE), LEA)


async def test_a_large_difference_is_not_believed_by_whoever_counted_it_alone(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.perform(SubmitCount(new_id(), count, 4), HELENE)
        with pytest.raises(Forbidden, match="count_is_yours"):
            await room.perform(ApproveCount(new_id(), count, "stolen"), HELENE)
        assert await room.on_hand() == 20
        await room.perform(ApproveCount(new_id(), count, "stolen"), Actor("odile", "head_office", None))
        assert await room.on_hand() == 6


async def test_a_figure_of_the_till_from_after_the_counting_stands_whenever_the_count_is_believed(
    database: Database,
) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.perform(SubmitCount(new_id(), count, 10, NOON - minutes(60)), LEA)
        # The till says twelve in all, two of them set aside: the same ten on the shelf, and nothing is wrong twice.
        assert await room.snapshot(12, NOON - minutes(30)) == "applied"
        await room.perform(ApproveCount(new_id(), count, "stolen"), HELENE)
        assert await room.on_hand() == 12
        late = (await room.perform(AskCount(new_id(), LYON, DERBY), HELENE))["id"]
        told = await room.perform(SubmitCount(new_id(), UUID(late), 11, NOON - minutes(60)), LEA)
        assert (told["status"], await room.on_hand()) == ("approved", 12)


async def test_a_kit_has_no_shelf_of_its_own_to_count(database: Database) -> None:
    async with opened(database) as room:
        with pytest.raises(Invalid, match="kit_has_no_stock"):
            await room.perform(AskCount(new_id(), LYON, KIT), HELENE)


async def test_a_sender_whose_clock_is_ahead_has_counted_now(database: Database) -> None:
    async with opened(database) as room:
        count = await asked(room)
        await room.perform(SubmitCount(new_id(), count, 18, NOON + minutes(4)), LEA)
        assert await room.connection.fetchval("SELECT counted_at FROM stock_level") == NOON
