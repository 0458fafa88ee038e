"""A lifecycle is one table from (state, action) to the next state; everyone who asks "may I?" reads the same table."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from comptoir.kit.errors import Conflict

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


class Lifecycle(Generic[S, A]):
    """One kind of journey. No hooks: what happens next is written in the flow."""

    def __init__(self, name: str, steps: Mapping[tuple[S, A], S]) -> None:
        self.name = name
        self.steps = dict(steps)

    def after(self, action: A, state: S) -> S:
        """The state that follows; Conflict `not_now` when the action is not possible in this state."""
        try:
            return self.steps[state, action]
        except KeyError:
            raise Conflict("not_now", lifecycle=self.name, state=state.value, action=action.value) from None

    def allows(self, action: A, state: S) -> bool:
        return (state, action) in self.steps

    def actions(self, state: S) -> tuple[A, ...]:
        """What may be done now, in the table's order: buttons, and `actions` in the API."""
        return tuple(a for (s, a) in self.steps if s == state)
