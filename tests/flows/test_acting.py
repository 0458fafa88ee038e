"""A manager acts: what is shown is what is done, and what is taken back is as it was, in every table."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.tower import acts_queries, judging
from comptoir.tower.acting import Acted, Undone
from comptoir.tower.acts import Act, Capacity, Extend, Move, Pause, Pickers, Resume, Seen, Tell, UndoAct, Usual, What
from tests.hands import Shop
from tests.world import BOWL, CONFLUENCE, DERBY, LYON, WAREHOUSE, order, shipped

pytestmark = pytest.mark.anyio

INES = Actor("ines", "regional_manager", (LYON, CONFLUENCE))
OFFICE = Actor("odile", "head_office", None)
HOUR = timedelta(hours=1)
KEPT_ANYWAY = ("event", "delivery", "command", "audit", "stock_movement", "tower_action", "tower_part", "throttle")
"""What happened stays told: the ledger, the audit, the acts themselves. Levels are the ledger's sums."""


async def act(shop: Shop, what: What, who: Actor = INES, at: str = LYON, seen: Seen | None = None) -> Acted:
    done: Acted = await shop.perform(Act(new_id(), at, what, "trop de monde", seen), who, Acted)
    return done


async def undo(shop: Shop, acted: Acted, who: Actor = INES) -> Undone:
    done: Undone = await shop.perform(UndoAct(new_id(), acted.action), who, Undone)
    return done


async def everything(shop: Shop) -> dict[str, list[str]]:
    """Every row of every table as text, without counters of changes."""
    names = await shop.connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for (name,) in names:
        if name not in KEPT_ANYWAY:
            rows = await shop.connection.fetch(f"SELECT (to_jsonb(t) - 'version')::text AS row FROM {name} t")
            found[name] = sorted(row[0] for row in rows)
    return found


async def parcels(shop: Shop, count: int, there: int = 9) -> list[Any]:
    """So many parcels of Lyon that Confluence could send as well."""
    await shop.receive(count)
    placed = [await shop.place(order(shipped(DERBY))) for _ in range(count)]
    assert {one.works[0].location for one in placed} == {LYON}
    await shop.receive(there, at=CONFLUENCE)
    await shop.keeper.load()
    return [one.works[0].id for one in placed]


async def test_each_act_that_is_taken_back_leaves_every_table_as_it_was_and_no_message(shop: Shop) -> None:
    await parcels(shop, 3)
    for _ in range(2):
        await shop.receive(1, BOWL)
        await shop.place(order(msgspec.structs.replace(shipped(BOWL), at=LYON)))
    now = shop.now
    acts: tuple[What, ...] = (
        Pause(now + 2 * HOUR), Capacity(30, now + 3 * HOUR), Pickers(2, 8, now + 3 * HOUR), Move(2), Extend(2, now + 6 * HOUR), Usual(),
    )  # fmt: skip
    with pytest.raises(Conflict, match="as_usual"):
        await act(shop, Usual())
    # What was planned before an act holds on while it does, and after it was taken back.
    await act(shop, Capacity(9, now + 5 * HOUR))
    await act(shop, Pickers(1, 6, now + 5 * HOUR, now + HOUR))
    shop.clock.advance(minutes=1)
    for what in acts:
        before = await everything(shop)
        acted = await act(shop, what)
        assert await everything(shop) != before, what
        done = await undo(shop, acted)
        assert done.stayed == ()
        assert await everything(shop) == before, what
        assert await shop.breaches() == []
        with pytest.raises(Conflict, match="act_already_undone"):
            await undo(shop, acted)
    due = "SELECT count(*) FROM event WHERE due_at > $1 AND withdrawn_at IS NULL"
    assert await shop.connection.fetchval(due, shop.now) == 0
    with pytest.raises(Conflict, match="nobody_is_late"):
        await act(shop, Tell(2))
    await act(shop, Pause(now + HOUR))
    await act(shop, Resume())
    with pytest.raises(Conflict, match="not_paused"):
        await act(shop, Resume())


async def test_parcels_go_where_sourcing_sends_them_with_their_promise_and_pickups_stay(shop: Shop) -> None:
    class Untouched(list[int]):
        def __setitem__(self, *_: Any) -> None:
            raise AssertionError(
                "what is tried, or not yet committed, is in the promises of customers who order meanwhile"
            )

    works = await parcels(shop, 3, there=2)
    await shop.receive(1)
    await shop.place(order())
    shop.outlook.queue = Untouched(shop.outlook.queue)
    promised = [await shop.connection.fetchval("SELECT promise_at FROM work WHERE id = $1", one) for one in works]
    acted = await act(shop, Move(3))
    effect = acted.effect
    assert (effect.works, effect.to, effect.stays) == (2, ((CONFLUENCE, effect.to[0][1], 2),), (("no_store", 1),))
    assert [one.location for one in effect.stores] == [LYON, CONFLUENCE]
    there = await shop.connection.fetch(
        "SELECT promise_at, status, kind FROM work WHERE location = $1 ORDER BY promise_at", CONFLUENCE
    )
    assert [tuple(row) for row in there] == [(at, "open", "ship") for at in promised[:2]]
    assert await shop.figures(at=CONFLUENCE) == (2, 2, 0, 0)
    assert [await shop.status(work) for work in works] == ["canceled", "canceled", "open"]
    kept = await shop.connection.fetchrow("SELECT who, why, kind, said->>'works' AS works FROM tower_action")
    assert kept is not None and tuple(kept) == ("ines", "trop de monde", "move", "2")


async def test_what_the_other_store_has_begun_or_gave_to_others_stays_and_is_named(shop: Shop) -> None:
    await parcels(shop, 3)
    acted = await act(shop, Move(3))
    made = await shop.connection.fetch("SELECT id, order_number FROM work WHERE location = $1 ORDER BY id", CONFLUENCE)
    nour = await shop.handheld(CONFLUENCE)
    await nour.start(made[0]["id"])
    await shop.till(1)
    await shop.till(1)
    done = await undo(shop, acted)
    # One is begun there, and of the three units here the till has sold two meanwhile.
    assert (done.back, sorted(reason for _, reason in done.stayed)) == (1, ["begun", "units_gone"])
    assert (made[0]["order_number"], "begun") in done.stayed
    assert (await shop.figures())[:2] == (1, 1)
    assert await shop.breaches() == []


async def test_a_later_hour_is_told_when_the_time_to_take_it_back_is_over(shop: Shop) -> None:
    await shop.receive(2)
    first, second = [await shop.place(order()) for _ in range(2)]
    hour = shop.now + 5 * HOUR
    acted = await act(shop, Extend(2, hour))
    assert (acted.effect.messages, acted.effect.by_phone, acted.effect.unreachable) == (2, 2, 0)
    event = await shop.connection.fetchrow(
        "SELECT due_at, body->>'to' AS hour FROM event WHERE stream = $1 AND kind = 'fulfillment.delayed'", first.id
    )
    assert event is not None and event["due_at"] == shop.now + timedelta(minutes=10) == acted.undo_until
    told = await shop.connection.fetchval("SELECT told_at FROM work WHERE id = $1", second.works[0].id)
    assert told.isoformat() == event["hour"] and told - hour < timedelta(minutes=5)
    with pytest.raises(Conflict, match="nobody_to_tell"):
        await act(shop, Extend(2, hour))
    shop.clock.advance(minutes=10)
    with pytest.raises(Conflict, match="act_undo_over"):
        await undo(shop, acted)


async def test_who_is_late_is_told_once_and_whoever_is_not_hears_nothing(shop: Shop) -> None:
    await shop.receive(3)
    late, ready, early = [await shop.place(order()) for _ in range(3)]
    for one in (late, ready):
        await shop.connection.execute("UPDATE work SET promise_at = $2 WHERE order_id = $1", one.id, shop.now - HOUR)
    acted = await act(shop, Tell(5))
    assert (acted.effect.works, acted.effect.messages, acted.effect.stays) == (2, 2, (("fewer", 3),))
    before = await everything(shop)
    assert (await undo(shop, acted)).back == 2
    assert await everything(shop) == before
    again = await act(shop, Tell(2))
    assert again.effect.works == 2
    with pytest.raises(Conflict, match="nobody_is_late"):
        await act(shop, Tell(5))
    assert "fulfillment.late_told" in await shop.told(late.id)
    assert "fulfillment.late_told" not in await shop.told(early.id)
    due = "SELECT min(due_at) FROM event WHERE kind = 'fulfillment.late_told' AND withdrawn_at IS NULL"
    assert await shop.connection.fetchval(due) == again.undo_until


async def told_until(shop: Shop, work: Any) -> Any:
    return await shop.connection.fetchval("SELECT told_at FROM work WHERE id = $1", work)


async def test_acts_that_follow_one_another_are_taken_back_in_any_order_and_nothing_that_was_taken_back_comes_again(
    shop: Shop,
) -> None:
    await shop.receive(1)
    work = (await shop.place(order())).works[0].id
    before = await everything(shop)
    earlier, later = [await act(shop, Extend(1, shop.now + hours * HOUR)) for hours in (4, 6)]
    told = await told_until(shop, work)
    done = await undo(shop, earlier)
    assert (done.back, [reason for _, reason in done.stayed], await told_until(shop, work)) == (0, ["told_since"], told)
    assert (await undo(shop, later)).stayed == ()
    assert await everything(shop) == before, "the hour of an act that was taken back was told again"
    # Two who mean the same pause: the one who takes theirs back does not take the other's.
    until = shop.now + 2 * HOUR
    mine, theirs = await act(shop, Pause(until)), await act(shop, Pause(until), OFFICE)
    with pytest.raises(Conflict, match="act_followed"):
        await undo(shop, mine)
    await undo(shop, theirs, OFFICE)
    await undo(shop, mine)
    assert await everything(shop) == before
    # A plan that ended early does not come back once its own act was taken back.
    planned = await act(shop, Capacity(4, until))
    shop.clock.advance(minutes=1)
    ended = await act(shop, Usual())
    await undo(shop, planned)
    await undo(shop, ended)
    assert await everything(shop) == before


async def test_who_takes_back_too_late_by_a_breath_hears_that_customers_were_told(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order())
    for what in (Extend(1, shop.now + 5 * HOUR), Tell(1)):
        if isinstance(what, Tell):
            await shop.connection.execute("UPDATE work SET promise_at = $1, told_at = NULL", shop.now - HOUR)
            await shop.connection.execute("UPDATE event SET withdrawn_at = at WHERE kind = 'fulfillment.delayed'")
        acted = await act(shop, what)
        await shop.connection.execute("UPDATE event SET fanned_out = true")
        # As it stands when the worker wins: the word is on its way before the undo has its lock.
        await shop.connection.execute(
            "INSERT INTO delivery (listener, stream, seq, due_at, state) SELECT 'write_message', stream, seq, due_at, 'done' FROM event"
            " WHERE stream = $1 AND body->>'action' = $2",
            placed.id, str(acted.action),
        )  # fmt: skip
        with pytest.raises(Conflict, match="act_undo_over"):
            await undo(shop, acted)
        assert await shop.count(f"event WHERE withdrawn_at IS NULL AND body->>'action' = '{acted.action}'") == 1


async def test_nobody_is_told_to_come_before_a_closed_door(shop: Shop) -> None:
    await shop.receive(1)
    await shop.place(order())
    night = shop.now.replace(hour=2) + timedelta(days=1)
    with pytest.raises(Invalid, match="act_hour_closed"):
        await act(shop, Extend(1, night))


async def test_parcels_go_back_only_by_whoever_reaches_every_store_that_has_them(shop: Shop) -> None:
    await parcels(shop, 1)
    acted = await act(shop, Move(1))
    for who in (Actor("hélène", "store_manager", (LYON, CONFLUENCE)), Actor("luc", "regional_manager", (LYON,)), Actor("key", "integrator", (LYON,))):  # fmt: skip
        with pytest.raises(Forbidden, match="act_beyond_reach"):
            await undo(shop, acted, who)
        listed = await acts_queries.read(shop.connection, who)
        assert [(one.mine, one.undoable(shop.now)) for one in listed] == [(False, False)]
        reached = {LYON, CONFLUENCE} & set(who.locations or ())
        assert {one.location for one in listed[0].said.stores} == reached, "figures of a store of others"
    assert [one.mine for one in await acts_queries.read(shop.connection, INES)] == [True]
    assert (await undo(shop, acted)).back == 1


async def test_a_parcel_that_lies_on_a_device_is_taken_back_and_the_device_can_still_report_of_it(shop: Shop) -> None:
    await parcels(shop, 1)
    acted = await act(shop, Move(1))
    made = await shop.connection.fetchval("SELECT id FROM work WHERE location = $1", CONFLUENCE)
    nour = await shop.handheld(CONFLUENCE)
    await nour.start(made)
    await shop.connection.execute("UPDATE work SET status = 'open', started_at = NULL WHERE id = $1", made)
    await shop.connection.execute("UPDATE pack SET ahead = true, staff = NULL")
    await shop.connection.execute("UPDATE device SET last_seen_at = $1", shop.now)
    assert (await undo(shop, acted)).back == 1
    assert await shop.status(made) == "canceled"
    assert (await shop.figures())[:2] == (1, 1) and (await shop.figures(at=CONFLUENCE))[1] == 0
    assert await shop.breaches() == []


async def test_of_two_managers_who_act_at_once_the_second_is_asked_again(shop: Shop) -> None:
    await parcels(shop, 3)
    seen = Seen(works=3)
    found = await asyncio.gather(
        act(shop, Move(3), seen=seen), act(shop, Move(3), OFFICE, seen=seen), return_exceptions=True
    )
    done = [one for one in found if isinstance(one, Acted)]
    refused = [one for one in found if isinstance(one, Conflict)]
    assert (len(done), len(refused)) == (1, 1)
    assert refused[0].code in ("nothing_to_move", "effect_changed")
    assert await shop.count("tower_action") == 1


async def test_what_was_shown_is_done_or_asked_again_and_a_rehearsal_leaves_nothing(shop: Shop) -> None:
    works = await parcels(shop, 4)
    before = await everything(shop)
    command = Act(new_id(), LYON, Move(4))
    shown: Acted = (await shop.runner.rehearse(command, INES)).read(Acted)
    assert await everything(shop) == before
    assert shown.effect.works == 4
    sam = await shop.handheld()
    await sam.start(works[0])
    with pytest.raises(Conflict, match="effect_changed"):
        await shop.perform(msgspec.structs.replace(command, seen=shown.effect.seen), INES)
    again: Acted = (await shop.runner.rehearse(command, INES)).read(Acted)
    done: Acted = await shop.perform(msgspec.structs.replace(command, seen=again.effect.seen), INES, Acted)
    assert (done.effect.works, done.effect.seen) == (3, again.effect.seen)
    repeated: Acted = await shop.perform(msgspec.structs.replace(command, seen=again.effect.seen), INES, Acted)
    assert repeated == done


async def test_each_manager_acts_on_their_own_stores_alone(shop: Shop) -> None:
    await parcels(shop, 1)
    marc = Actor("marc", "regional_manager", ("lille",))
    for what in (Pause(shop.now + HOUR), Move(1), Extend(1, shop.now + HOUR)):
        with pytest.raises(NotFound):
            await act(shop, what, marc)
    with pytest.raises(NotFound, match="location_not_found"):
        await act(shop, Move(1, (WAREHOUSE,)))
    store = Actor("hélène", "store_manager", (LYON,))
    with pytest.raises(Forbidden):
        await act(shop, Move(1), store)
    with pytest.raises(Forbidden):
        await act(shop, Capacity(3, shop.now + HOUR), Actor("sam", "associate", (LYON,)))
    acted = await act(shop, Capacity(3, shop.now + HOUR), store)
    with pytest.raises(NotFound, match="action_not_found"):
        await undo(shop, acted, marc)
    for wrong in (
        Pause(shop.now),
        Capacity(3, shop.now + timedelta(days=8)),
        Extend(1, shop.now + timedelta(minutes=5)),
    ):
        with pytest.raises(Invalid):
            await act(shop, wrong)
    with pytest.raises(Conflict, match="nowhere_to_move"):
        await act(shop, Move(1), Actor("inès", "regional_manager", (LYON,)))


async def test_a_planned_capacity_is_what_promises_reckon_with_until_it_ends(shop: Shop) -> None:
    async def capacity() -> int:
        await shop.keeper.load()
        return shop.outlook.places[shop.outlook.index[LYON]].capacity_per_hour

    own = await capacity()
    await act(shop, Capacity(max(1, own - 3), shop.now + 2 * HOUR))
    await act(shop, Capacity(own + 5, shop.now + 2 * HOUR))
    await act(shop, Pickers(2, 8, shop.now + 2 * HOUR, shop.now + HOUR))
    assert await capacity() == own + 5
    shop.clock.advance(minutes=61)
    assert await capacity() == own + 5 + 16
    shop.clock.advance(minutes=60)
    assert await capacity() == own


async def test_what_was_said_is_compared_with_what_came(shop: Shop) -> None:
    await shop.receive(2)
    placed = [await shop.place(order()) for _ in range(2)]
    acted = await act(shop, Capacity(1, shop.now + 3 * HOUR))
    assert await judging.judge_acts(shop) == 0  # type: ignore[arg-type]
    for one in placed:
        await shop.connection.execute(
            "UPDATE work SET promise_at = $2 WHERE id = $1", one.works[0].id, shop.now + timedelta(minutes=30)
        )
    shop.clock.advance(hours=5)
    assert await judging.judge_acts(shop) == 1  # type: ignore[arg-type]
    assert await shop.connection.fetchval("SELECT came FROM tower_action WHERE id = $1", acted.action) == 2
