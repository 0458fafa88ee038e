"""Events reach every listener once, in order per stream, whoever dies on the way."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from comptoir import worker
from comptoir.kit import outbox
from comptoir.kit.db import Event, Pool, Tx, borrowed, in_transaction
from comptoir.kit.ids import new_id
from comptoir.kit.jobs import Job, run_alone
from comptoir.kit.listen import EVERYTHING, listen
from comptoir.kit.outbox import Told
from comptoir.settings import Settings
from comptoir.wiring import WIRED
from comptoir.worker import Worker
from tests.conftest import Database
from tests.flows.orders_on_file import SECRET, add_articles, add_order, add_store

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
WHO_HEARS = {"order.placed": ("ear", "eye"), "order.canceled": ("ear",), "fulfillment.hand_over_settled": ("ear",)}


@pytest.fixture
async def pool(database: Database) -> Pool:
    return database.pool


class House:
    """As much of a house as the worker needs, at a time of the test's choosing."""

    def __init__(self, pool: Pool, now: datetime) -> None:
        self.pool, self.now = pool, now

    def clock(self) -> datetime:
        return self.now


async def tell(pool: Pool, *events: Event, now: datetime = NOW) -> None:
    async def work(tx: Tx) -> None:
        tx.tell(*events)

    await in_transaction(pool, "system", now, work)


async def deliver_all(pool: Pool, listener: outbox.Listener, now: datetime = NOW) -> int:
    """Fan out, then claim and deliver until nothing is left to claim."""
    await outbox.fan_out(pool, WHO_HEARS, now)
    made = 0
    while claimed := await outbox.claim(pool, now):
        for one in claimed:
            made += await outbox.deliver(pool, one, listener, now)
    return made


def remembering(heard: list[tuple[UUID, int, str]]) -> outbox.Listener:
    async def listener(tx: Tx, told: Told) -> None:
        heard.append((told.stream, told.seq, told.kind))

    return listener


async def refuses(tx: Tx, told: Told) -> None:
    raise ValueError("not today")


async def test_every_listener_of_a_kind_hears_an_event_once(pool: Pool) -> None:
    order = new_id()
    await tell(pool, Event("order.placed", order))
    heard: list[tuple[UUID, int, str]] = []
    assert await deliver_all(pool, remembering(heard)) == 2
    assert await deliver_all(pool, remembering(heard)) == 0
    assert heard == [(order, 1, "order.placed")] * 2


async def test_an_event_that_nobody_listens_to_is_fanned_out_to_nobody(pool: Pool, database: Database) -> None:
    await tell(pool, Event("fulfillment.started", new_id()))
    assert await deliver_all(pool, remembering([])) == 0
    assert await database.connection.fetchval("SELECT fanned_out FROM event") is True


async def test_the_later_event_of_an_order_waits_for_the_earlier_one(pool: Pool) -> None:
    order = new_id()
    await tell(pool, Event("order.placed", order), Event("order.canceled", order))
    await outbox.fan_out(pool, WHO_HEARS, NOW)
    claimed = await outbox.claim(pool, NOW)
    assert sorted((one.listener, one.seq) for one in claimed) == [("ear", 1), ("eye", 1)]


async def test_one_order_does_not_wait_for_another(pool: Pool) -> None:
    stuck, free = new_id(), new_id()
    await tell(pool, Event("order.placed", stuck))
    await outbox.fan_out(pool, WHO_HEARS, NOW)
    await outbox.claim(pool, NOW)
    await tell(pool, Event("order.placed", free))
    await outbox.fan_out(pool, WHO_HEARS, NOW)
    assert {one.stream for one in await outbox.claim(pool, NOW)} == {free}


async def test_half_a_stream_that_is_fanned_out_first_waits_for_the_other_half(pool: Pool, database: Database) -> None:
    order = new_id()
    await tell(pool, Event("order.placed", order), Event("order.canceled", order))
    async with database.connection.transaction():
        await database.connection.execute("SELECT 1 FROM event WHERE seq = 1 FOR UPDATE")
        assert await outbox.fan_out(pool, WHO_HEARS, NOW) == 1
        assert await outbox.claim(pool, NOW) == []


async def test_what_is_due_later_is_delivered_later(pool: Pool) -> None:
    order = new_id()
    await tell(pool, Event("fulfillment.hand_over_settled", order, due_at=NOW + timedelta(minutes=2)))
    heard: list[tuple[UUID, int, str]] = []
    assert await deliver_all(pool, remembering(heard), NOW + timedelta(seconds=119)) == 0
    assert await deliver_all(pool, remembering(heard), NOW + timedelta(seconds=120)) == 1


@pytest.mark.parametrize("fanned_out_before", [True, False])
async def test_what_is_withdrawn_in_time_is_never_delivered(
    pool: Pool, database: Database, fanned_out_before: bool
) -> None:
    order = new_id()
    await tell(
        pool, Event("fulfillment.hand_over_settled", order, {"hand_over": "h1"}, due_at=NOW + timedelta(minutes=2))
    )
    if fanned_out_before:
        await outbox.fan_out(pool, WHO_HEARS, NOW)

    async def undo(tx: Tx) -> int:
        return await outbox.withdraw(
            tx, order, await outbox.seqs_of(tx, order, "fulfillment.hand_over_settled", "hand_over", "h1")
        )

    assert await in_transaction(pool, "system", NOW, undo) == 0
    assert await deliver_all(pool, refuses, NOW + timedelta(hours=1)) == 0
    assert await database.connection.fetchval("SELECT state FROM delivery") == "withdrawn"


async def test_withdrawing_too_late_says_how_many_have_heard(pool: Pool) -> None:
    order = new_id()
    await tell(pool, Event("fulfillment.hand_over_settled", order, due_at=NOW))
    await deliver_all(pool, remembering([]))
    assert await in_transaction(pool, "system", NOW, lambda tx: outbox.withdraw(tx, order, [1])) == 1


async def test_a_listener_that_fails_leaves_nothing_and_is_tried_again_later(pool: Pool, database: Database) -> None:
    await tell(pool, Event("order.canceled", new_id()))
    await outbox.fan_out(pool, WHO_HEARS, NOW)
    (claimed,) = await outbox.claim(pool, NOW)
    with pytest.raises(ValueError, match="not today"):
        await outbox.deliver(pool, claimed, refuses, NOW)
    await outbox.fail(pool, claimed, ValueError("a name"), NOW)
    row = await database.connection.fetchrow("SELECT state, last_error, due_at FROM delivery")
    assert row is not None
    assert (row["state"], row["last_error"]) == ("open", "ValueError")
    assert timedelta(seconds=1) < row["due_at"] - NOW < timedelta(seconds=3)


async def test_a_delivery_that_keeps_failing_ends_dead_and_lets_the_next_one_pass(pool: Pool) -> None:
    order = new_id()
    await tell(pool, Event("order.canceled", order), Event("order.canceled", order))
    await outbox.fan_out(pool, WHO_HEARS, NOW)
    now = NOW
    for _ in range(outbox.ATTEMPTS):
        (claimed,) = await outbox.claim(pool, now)
        assert claimed.seq == 1
        await outbox.fail(pool, claimed, OSError(), now)
        now += timedelta(hours=1)
    assert [(one.seq, one.kind, one.error) for one in await outbox.list_dead(pool)] == [
        (1, "order.canceled", "OSError")
    ]
    assert [one.seq for one in await outbox.claim(pool, now)] == [2]


async def test_a_lease_that_ran_out_goes_to_somebody_else_and_the_first_one_writes_nothing(pool: Pool) -> None:
    await tell(pool, Event("order.canceled", new_id()))
    await outbox.fan_out(pool, WHO_HEARS, NOW)
    (first,) = await outbox.claim(pool, NOW)
    later = NOW + outbox.LEASE
    (second,) = await outbox.claim(pool, later)
    heard: list[tuple[UUID, int, str]] = []
    assert await outbox.deliver(pool, first, remembering(heard), later) is False
    assert await outbox.deliver(pool, second, remembering(heard), later) is True
    assert len(heard) == 1


async def test_two_workers_side_by_side_deliver_everything_once_and_in_order(pool: Pool) -> None:
    orders = [new_id() for _ in range(60)]
    for _ in range(3):
        await tell(pool, *(Event("order.canceled", order) for order in orders))
    heard: list[tuple[UUID, int, str]] = []
    await asyncio.gather(*(deliver_all(pool, remembering(heard)) for _ in range(2)))
    await deliver_all(pool, remembering(heard))
    assert sorted(heard) == sorted((order, seq, "order.canceled") for order in orders for seq in (1, 2, 3))
    for order in orders:
        assert [seq for stream, seq, _ in heard if stream == order] == [1, 2, 3]


async def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(
    pool: Pool, database: Database, tmp_path: Path
) -> None:
    await add_store(database.connection)
    await add_articles(database.connection)
    orders = [(await add_order(database.connection, NOW))[0] for _ in range(300)]
    await tell(pool, *(Event("order.placed", order, {"held": []}) for order in orders))
    environment = {
        **os.environ, "DATABASE_URL": database.dsn, "COMPTOIR_DATA": str(tmp_path),
        "COMPTOIR_SECRET": SECRET.decode(), "COMPTOIR_ENV": "dev",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "comptoir.worker", env=environment)
    try:
        for _ in range(600):
            if await database.connection.fetchval("SELECT count(*) FROM message") >= 20:
                break
            await asyncio.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    begun = await database.connection.fetchval("SELECT count(*) FROM message")
    assert 20 <= begun < 300
    assert begun == await database.connection.fetchval(
        "SELECT count(*) FROM delivery WHERE listener = 'messages' AND state = 'done'"
    )

    after = House(pool, datetime.now(UTC) + 2 * outbox.LEASE)
    await Worker(after, database.dsn, WIRED).drain()  # type: ignore[arg-type]
    told = [row[0] for row in await database.connection.fetch("SELECT order_id FROM message")]
    assert sorted(told) == sorted(orders)
    assert await database.connection.fetchval("SELECT count(*) FROM delivery WHERE state <> 'done'") == 0


async def test_the_worker_hears_of_an_event_and_delivers_it(pool: Pool, database: Database) -> None:
    await add_store(database.connection)
    order, _ = await add_order(database.connection, NOW)
    worker = Worker(House(pool, NOW), database.dsn, WIRED)  # type: ignore[arg-type]
    running = asyncio.create_task(worker.run())
    await tell(pool, Event("order.placed", order, {"held": []}, location="lyon"))
    for _ in range(500):
        if await database.connection.fetchval("SELECT count(*) FROM message"):
            break
        await asyncio.sleep(0.02)
    worker.stop.set()
    await asyncio.wait_for(running, 10)
    assert await database.connection.fetchval("SELECT template FROM message") == "confirmed"


async def test_a_line_to_the_database_that_is_cut_is_taken_up_again_and_everything_is_read(
    pool: Pool, database: Database
) -> None:
    heard: list[frozenset[str]] = []
    ear = asyncio.create_task(listen(database.dsn, heard.append))
    try:
        await until(lambda: heard == [EVERYTHING])
        await database.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'comptoir listen' AND"
            " datname = current_database()"
        )
        await until(lambda: heard == [EVERYTHING, EVERYTHING])
        await database.connection.execute("SELECT pg_notify('comptoir', 'lyon,paris')")
        await until(lambda: heard[2:] == [frozenset({"lyon", "paris"})])
    finally:
        ear.cancel()
        await asyncio.gather(ear, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came true")


async def test_two_workers_never_do_the_same_job_at_once(pool: Pool) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        began.set()
        await go_on.wait()

    first = asyncio.create_task(run_alone(pool, Job("expire", 60, slow)))
    await began.wait()
    assert await run_alone(pool, Job("expire", 60, slow)) is False
    go_on.set()
    assert await first is True
    assert await run_alone(pool, Job("expire", 60, slow)) is True


async def test_jobs_that_come_due_together_do_not_take_each_others_connections(
    pool: Pool, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    left, all_done = {f"job {n}" for n in range(24)}, asyncio.Event()

    def job(name: str) -> Job:
        async def read() -> None:
            async with borrowed(pool) as connection:
                await connection.fetchval("SELECT pg_sleep(0.1)")
            left.discard(name)
            if not left:
                all_done.set()

        return Job(name, 0.05, read)

    worker = Worker(House(pool, NOW), database.dsn, {}, tuple(map(job, sorted(left))))  # type: ignore[arg-type]
    working = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        await all_done.wait()
    worker.stop.set()
    await working
    assert "waits" not in caplog.text


def test_waits_double_up_to_half_an_hour() -> None:
    assert timedelta(seconds=1.5) <= outbox.wait_after(1) <= timedelta(seconds=2.5)
    assert timedelta(minutes=22.5) <= outbox.wait_after(12) <= timedelta(minutes=37.5)


async def test_a_worker_that_was_told_to_end_before_it_listened_ends(database: Database, tmp_path: Path) -> None:
    worker.told_to_end.set()
    try:
        settings = Settings(data=tmp_path, secret=SECRET, url="http://test.local", environment="dev")
        await asyncio.wait_for(worker.serve(settings, database.dsn), 30)
    finally:
        worker.told_to_end.clear()
