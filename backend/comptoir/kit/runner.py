"""One way in for every change: claim the command's id, begin, call the flow, write answer and events, commit, retry.

A command seen twice has one effect and one answer (I6). A refusal is not remembered: the same id may be tried again.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.clock import Clock
from comptoir.kit.db import Pool, Tx, in_transaction
from comptoir.kit.errors import Conflict


class Command(Protocol):
    """A frozen struct in the imperative; its id was made by whoever sends it."""

    @property
    def id(self) -> UUID: ...


Flow = Callable[[Tx, Any, Actor, datetime], Awaitable[Any]]
"""`flow(tx, command, actor, now)`: load, decide, write, tell. Its answer is a struct that JSON can carry."""


class Done(msgspec.Struct, frozen=True):
    """A flow's answer as JSON bytes; `again` when the same command had been carried out before."""

    answer: bytes
    again: bool = False

    def read(self, kind: Any = Any) -> Any:
        return msgspec.json.decode(self.answer, type=kind)


def fingerprint(command: Any) -> bytes:
    """What the decoded body says, however its JSON was spaced or ordered."""
    return hashlib.sha256(msgspec.json.encode(command, order="deterministic")).digest()


class _TakenBack(Exception):
    """Ends a transaction that was only to show what would come of it."""

    def __init__(self, done: Done) -> None:
        self.done = done


class Runner:
    """Carries out commands with the flow that their type names."""

    def __init__(self, pool: Pool, clock: Clock, flows: Mapping[type, Flow]) -> None:
        self.pool = pool
        self.clock = clock
        self.flows = flows

    async def perform(self, command: Command, actor: Actor) -> Done:
        """Carry out one command. Refusals pass through; nothing is kept of them."""
        now = self.clock()
        return await in_transaction(self.pool, actor.who, now, lambda tx: self.within(tx, command, actor, now))

    async def rehearse(self, command: Command, actor: Actor) -> Done:
        """What the command would answer now: it is carried out and taken back, nothing is kept and nobody hears of it."""
        now = self.clock()

        async def show(tx: Tx) -> Done:
            raise _TakenBack(await self.within(tx, command, actor, now))

        try:
            return await in_transaction(self.pool, actor.who, now, show)
        except _TakenBack as shown:
            return shown.done

    async def within(self, tx: Tx, command: Command, actor: Actor, now: datetime) -> Done:
        """Carry out one command inside a transaction that is already open (a batch of device events)."""
        mark = fingerprint(command)
        claimed = await tx.value(
            "INSERT INTO command (id, fingerprint, who, at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING RETURNING true",
            command.id, mark, actor.who, now,
        )  # fmt: skip
        if not claimed:
            row = await tx.row("SELECT fingerprint, answer FROM command WHERE id = $1", command.id)
            assert row is not None
            if row["fingerprint"] != mark:
                raise Conflict("id_reused", id=str(command.id))
            return Done(row["answer"] or b"null", again=True)
        answer = msgspec.json.encode(await self.flows[type(command)](tx, command, actor, now))
        await tx.run("UPDATE command SET answer = $2 WHERE id = $1", command.id, answer)
        return Done(answer)
