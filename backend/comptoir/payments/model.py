"""What is asked of whoever moves money, and what they can answer. References only; no card data, ever."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

Kind = Literal["capture", "void", "refund"]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One payment of one order. `key` is the provider's key against doubles and the mark that its records carry.

    `payment` is the provider's reference of the payment, `shop_order` the channel's own id of the order ("" when it has none).
    `known`: references of acts on this payment that are on file, so that another of the same amount is not taken for one of them.
    """

    key: UUID
    payment: str
    amount_minor: int
    currency: str
    shop_order: str = ""
    number: str = ""
    known: tuple[str, ...] = ()


class Capture(Ask, frozen=True, kw_only=True):
    """Take this much of what was authorized; the rest is let go."""


class Void(Ask, frozen=True, kw_only=True):
    """Let the whole authorization go."""


class Refund(Ask, frozen=True, kw_only=True):
    """Give this much of what was captured back to the means of payment."""


ASKS: dict[Kind, type[Ask]] = {"capture": Capture, "void": Void, "refund": Refund}


class Done(msgspec.Struct, frozen=True):
    """It was made, under the provider's `reference`. Not `settled`: it is on its way, and may still fail."""

    reference: str
    settled: bool = True


class Refused(msgspec.Struct, frozen=True):
    """Nothing was made. `final`: asking again gives the same answer. `words` are the provider's own."""

    why: str
    final: bool = True
    words: str = ""


class Again(msgspec.Struct, frozen=True):
    """Nothing was made by this request, and it may be asked again, after so many seconds at least."""

    why: str
    after: float = 0.0


class InDoubt(msgspec.Struct, frozen=True):
    """It may have been made: look before asking again."""

    why: str


class NotMine(msgspec.Struct, frozen=True):
    """This payment, or this kind of act, is none of this provider's: a person does it."""


class NotThere(msgspec.Struct, frozen=True):
    """To a look alone: nothing with this key was made."""


Outcome = Done | Refused | Again | InDoubt | NotMine
Looked = Done | Refused | Again | NotMine | NotThere


class Entry(msgspec.Struct, frozen=True):
    """A refund in the provider's own list; `key` where its record carries one of ours."""

    reference: str
    payment: str
    amount_minor: int
    at: datetime
    key: UUID | None = None


class Listed(msgspec.Struct, frozen=True):
    """A page of refunds, and how to ask for the next (None: that was the last)."""

    entries: tuple[Entry, ...]
    following: str | None = None


class Which(msgspec.Struct, frozen=True):
    """A payment by its reference, and the channel's own id of its order ("" when it has none)."""

    payment: str
    shop_order: str = ""


class AtProvider(msgspec.Struct, frozen=True):
    """A payment as whoever holds it has it now, in minor units: captured in all, and what may still be captured.

    `payment` is their name of it, a shop's is its order's id. `gone`: nothing was captured, and nothing can be any more.
    `capture_before`: until when what is authorized may be captured, as they say it.
    """

    payment: str
    captured_minor: int
    authorized_minor: int = 0
    gone: bool = False
    capture_before: datetime | None = None


class MovedPayments(msgspec.Struct, frozen=True):
    """A page of payments of which something was captured or let go, and how to ask for the next (None: that was the last)."""

    entries: tuple[AtProvider, ...]
    following: str | None = None


class Provider(Protocol):
    """Whoever moves money. Answers within its own time limit and decides nothing; what it raises counts as unknown."""

    name: str
    by_order: bool
    """Whether payments are named by the shop's order, and not by a reference of their own."""

    async def make(self, ask: Ask) -> Outcome:
        """Carry it out. The same key twice has one effect, where the provider knows keys; where not, the caller looks first."""
        ...

    async def look(self, ask: Ask) -> Looked:
        """What became of an ask: by its key in the provider's records. Changes nothing."""
        ...

    async def listed(self, since: datetime, until: datetime, page: str | None) -> Listed | Again | NotMine:
        """Refunds that were made in [since, until), however they were asked for."""
        ...

    async def payment(self, which: Which) -> AtProvider | NotThere | NotMine | Again:
        """How far a payment is now. Changes nothing."""
        ...

    async def moved(self, since: datetime, until: datetime, page: str | None) -> MovedPayments | Again | NotMine:
        """Payments of which something was captured or let go in [since, until), whoever did it."""
        ...

    async def close(self) -> None: ...
