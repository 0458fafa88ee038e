"""What a command would do, without doing it: the flow runs on the true figures, is looked at, and is rolled back."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.runner import Command, Done, Runner

T = TypeVar("T")


class _CurtainError(Exception):
    """Ends the transaction; carries what was seen."""

    def __init__(self, done: Done, seen: Any) -> None:
        self.done, self.seen = done, seen


async def rehearse(
    runner: Runner, command: Command, actor: Actor, look: Callable[[Tx], Awaitable[T]]
) -> tuple[Done, T]:
    """The flow's answer, and what `look` finds in the rows as they would be. The flow's refusals pass through."""
    now = runner.clock()

    async def play(tx: Tx) -> None:
        done = await runner.within(tx, command, actor, now)
        raise _CurtainError(done, await look(tx))

    try:
        await in_transaction(runner.pool, actor.who, now, play)
    except _CurtainError as curtain:
        return curtain.done, curtain.seen
    raise AssertionError("unreachable")
