"""Links by which somebody pays what is awaited: when they are made, how long they hold, what an answer about one means. Pure.

due --made--> open --paid--> paid
              open --over, not awaited any more--> closing --> closed | paid: who paid at the last moment is heard
due --refused--> failed: the till is the way
"""

from datetime import datetime, timedelta
from typing import Final, Literal, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from comptoir.payments.executing import LIFE, wait_after
from comptoir.payments.model import Again, InDoubt, NotMine, Refused

PAY_LINK: Final = "pay_link"
"""The provider of a payment that is awaited, or was made, by a link."""

MAKERS: Final = ("stripe",)
"""Kinds of accounts that can make links."""

LONGEST: Final = timedelta(hours=23)
SHORTEST: Final = timedelta(minutes=35)
"""A provider keeps a link half an hour at least, and a day at most; a new one follows an old one while the goods are kept."""

SOON: Final = timedelta(seconds=20)
LATER: Final = timedelta(minutes=5)
OFTEN: Final = 30
"""How many times a link is looked at soon after another, where the provider does not tell us by itself."""

State = Literal["due", "open", "closing", "paid", "closed", "failed"]


class AskLink(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the provider's where so much is paid once. `key` is the key against doubles; `back` is where it leads afterwards."""

    key: UUID
    amount_minor: int
    currency: str
    number: str
    expires_at: datetime
    back: str
    language: str = "fr"


class Link(msgspec.Struct, frozen=True):
    """It was made, or is still open: the provider's `reference`, and its address where that was asked for."""

    reference: str
    url: str = ""


class Paid(msgspec.Struct, frozen=True):
    """Somebody paid: `payment` is the provider's reference of the money, from which it can be given back."""

    payment: str
    amount_minor: int


class Over(msgspec.Struct, frozen=True):
    """Nobody can pay by it any more."""


LinkMade = Link | Refused | Again | InDoubt | NotMine
LinkStands = Link | Paid | Over | Refused | Again


@runtime_checkable
class MakesLinks(Protocol):
    """A provider that can. Answers within its own time limit and decides nothing."""

    async def make_link(self, ask: AskLink) -> LinkMade:
        """The same key gives the same link."""
        ...

    async def look_at_link(self, reference: str) -> LinkStands: ...

    async def close_link(self, reference: str) -> LinkStands:
        """So that nobody pays by it any more; what it says where somebody already has."""
        ...


class LinkSaid(msgspec.Struct, frozen=True):
    """An answer as it travels to the rows: `word` is the answer's own name."""

    word: str
    reference: str = ""
    url: str = ""
    payment: str = ""
    amount_minor: int = 0
    why: str = ""
    words: str = ""
    final: bool = True
    after: float = 0.0

    @classmethod
    def of(cls, answer: LinkMade | LinkStands) -> "LinkSaid":
        return msgspec.convert({"word": type(answer).__name__} | msgspec.structs.asdict(answer), cls)


class RecordLink(msgspec.Struct, frozen=True):
    """What a provider answered about a link that was claimed with this number of tries."""

    id: UUID
    link: UUID
    tries: int
    said: LinkSaid


class PayLink(msgspec.Struct, frozen=True):
    """A link as it is kept."""

    id: UUID
    order_id: UUID
    reference: str
    account: str
    amount_minor: int
    state: State
    url: str | None
    provider_ref: str | None
    tries: int
    made_at: datetime
    expires_at: datetime


class Next(msgspec.Struct, frozen=True):
    """What a link is from now on, and when it is asked about again."""

    state: State
    next_at: datetime | None = None
    reference: str | None = None
    url: str | None = None
    problem: str | None = None


def ends_at(until: datetime | None, now: datetime) -> datetime | None:
    """When a link that is made now ends, for goods that are kept `until`; None when that is too short for one."""
    if until is None or until - now < SHORTEST:
        return None
    return min(until, now + LONGEST)


def settle(link: PayLink, said: LinkSaid, now: datetime) -> Next:
    """What an answer makes of a link. Money is never lost by it: what was paid is `paid`, whatever we had wished of the link."""
    match said.word:
        case "Paid":
            return Next("paid", None, link.provider_ref, link.url)
        case "Over":
            return Next("closed")
        case "Link":
            state: State = "closing" if link.state == "closing" else "open"
            return Next(state, now + (SOON if link.tries < OFTEN else LATER), said.reference, said.url or link.url)
        case "NotMine":
            return Next("failed", problem="not_theirs")
        case "Refused" if said.final:
            # Asked about a link that is not there: nobody can pay by it. Asked for one: the till is the way.
            return Next("failed" if link.state == "due" else "closed", problem=said.why)
    if link.state == "due" and (now >= link.expires_at - SHORTEST / 2 or now - link.made_at > LIFE):
        return Next("failed", problem=said.why)
    wait = max(wait_after(link.tries), timedelta(seconds=min(said.after, 3600)))
    return Next(link.state, now + min(wait, LATER), link.provider_ref, link.url, said.why)
