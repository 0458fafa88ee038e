"""M6: 20 units, 60 buyers at once through two web processes, one killed midway; who got no answer repeats."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.bench import proof, world
from comptoir.bench.bodies import order, request
from comptoir.bench.rig import Rig, Web, say
from comptoir.kit.db import Connection
from comptoir.kit.ids import new_ids

UNITS = 20
BUYERS = 60
ROUNDS_PER_ASKED = 2
"""Each asked round is played twice: all units in one store, and one unit in each of twenty stores."""

FIRST_KILL_SECONDS = 0.002
LAST_KILL_SECONDS = 0.15
"""Rounds kill at different moments: before the first answer, among the answers, after the last."""

TRIES = 200
PAUSE_SECONDS = 0.05
ANSWER_SECONDS = 10
LAST_RANK = world.FULL.skus - 1


class Buyer(msgspec.Struct):
    """One order, the answers its sender got, and how often no answer came."""

    id: UUID
    request: bytes
    answers: list[int] = []
    broken: int = 0

    @property
    def accepted(self) -> bool:
        return bool(self.answers) and self.answers[0] in (200, 201)


class Outcome(msgspec.Struct, frozen=True):
    """How one round ended."""

    accepted: int
    told: int
    broken: int
    on_file: int
    wrong: tuple[str, ...]


async def answer_of(port: int, raw: bytes) -> int:
    """Send one request on a connection of its own; the status. OSError or EOFError when the other end is gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_SECONDS)
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        await asyncio.wait_for(reader.readexactly(length), ANSWER_SECONDS)
        return int(head[9:12])
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def buy(buyer: Buyer, ports: Sequence[int]) -> None:
    """Send until an answer comes, at the other process when one is gone; then once more, as the impatient do."""
    at = 0
    for _ in range(TRIES):
        try:
            status = await answer_of(ports[at % len(ports)], buyer.request)
        except (OSError, EOFError, TimeoutError):
            buyer.broken += 1
            at += 1
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        if status == 503:
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        buyer.answers.append(status)
        if len(buyer.answers) == 2:
            return


async def rush(webs: Sequence[Web], buyers: Sequence[Buyer], kill_after: float) -> None:
    """All buyers at once, half of them at each process; the second process is killed `kill_after` seconds later."""
    ports = [web.port for web in webs]
    buying = [
        asyncio.create_task(buy(buyer, ports if number % 2 else ports[::-1])) for number, buyer in enumerate(buyers)
    ]
    await asyncio.sleep(kill_after)
    webs[-1].kill()
    await asyncio.gather(*buying)


async def leave_only(connection: Connection, sku: str, *, spread: bool) -> None:
    """Take all but 20 units of `sku` away, by the ledger: 20 in one store, or one in each of 20."""
    await connection.execute(
        """
        WITH wanted AS (
          SELECT sku, location, on_hand - reserved AS free,
                 CASE WHEN $2 AND rank <= $3 THEN 1 WHEN NOT $2 AND rank = 1 THEN $3 ELSE 0 END AS kept
          FROM (SELECT *, row_number() OVER (ORDER BY location) AS rank FROM stock_level WHERE sku = $1) l
        ), posted AS (
          INSERT INTO stock_movement (id, location, sku, fact, on_hand, who, happened_at, recorded_at)
          SELECT uuidv7(), location, sku, 'adjustment', kept - free, 'bench', $4, $4 FROM wanted
        )
        UPDATE stock_level l SET on_hand = l.on_hand + kept - free FROM wanted
        WHERE l.sku = wanted.sku AND l.location = wanted.location""",
        sku, spread, UNITS, datetime.now(UTC),
    )  # fmt: skip


def play(rig: Rig, number: int, kill_after: float, last_rank: int = LAST_RANK) -> Outcome:
    """One round on a SKU of its own."""
    rank = last_rank - number
    rig.ask(lambda connection: leave_only(connection, world.sku(rank), spread=number % 2 == 1))
    placed_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    buyers = [Buyer(i, request(order(i, [rank], n + 1, placed_at))) for n, i in enumerate(new_ids(BUYERS))]
    with rig.serving(2) as webs:
        asyncio.run(rush(webs, buyers, kill_after))
    there = rig.ask(
        lambda connection: connection.fetch(
            "SELECT order_id FROM reservation WHERE sku = $1 AND order_id = ANY($2::uuid[]) AND released < quantity",
            world.sku(rank),
            [buyer.id for buyer in buyers],
        )
    )
    on_file = {row["order_id"] for row in there}
    accepted = {buyer.id for buyer in buyers if buyer.accepted}
    wrong = []
    if any(len(buyer.answers) < 2 for buyer in buyers):
        wrong.append("a buyer was left without an answer")
    if on_file != accepted:
        wrong.append(
            f"{len(accepted - on_file)} accepted orders are not on file, {len(on_file - accepted)} told ones are"
        )
    if len(accepted) != UNITS or len(there) != UNITS:
        wrong.append(f"{UNITS} units were sold as {len(accepted)} orders and {len(there)} promises")
    for buyer in buyers:
        if buyer.answers and buyer.answers[1:] != [200 if buyer.accepted else 409]:
            wrong.append(f"the answers of one buyer were {buyer.answers}")
    told = sum(buyer.answers[:1] == [409] for buyer in buyers)
    return Outcome(len(accepted), told, sum(buyer.broken for buyer in buyers), len(there), tuple(wrong))


def m6(clients: Sequence[int], seconds: int, rounds: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    """M6; the number of clients and processes is given by its name: 60 and 2."""
    with Rig() as rig:
        played = []
        count = rounds * ROUNDS_PER_ASKED
        for number in range(count):
            kill_after = FIRST_KILL_SECONDS + LAST_KILL_SECONDS * number / count
            outcome = play(rig, number, kill_after)
            played.append(outcome)
            say(
                f"round {number + 1}: killed after {kill_after * 1000:.0f} ms, {outcome.accepted} accepted,"
                f" {outcome.told} told, {outcome.broken} broken and repeated, {outcome.on_file} promises on file"
            )
        sums: Counter[str] = Counter()
        for outcome in played:
            sums.update(accepted=outcome.accepted, told=outcome.told, broken=outcome.broken)
            sums["oversold"] += max(0, outcome.on_file - UNITS)
        runs = [{"rounds": count, "units": UNITS, "buyers": BUYERS, **sums}]
        wrong = [sentence for outcome in played for sentence in outcome.wrong]
        return {"id": "M6", "runs": runs}, wrong + rig.ask(proof.violations)
