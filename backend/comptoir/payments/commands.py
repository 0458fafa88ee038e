"""What is told of money that moves, and what a person decides about it."""

from typing import Annotated, Final, Literal, get_args
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Forbidden
from comptoir.kit.words import Code, Note, Slug, Word
from comptoir.payments.executing import Standing
from comptoir.payments.model import Again, Done, InDoubt, Looked, NotMine, NotThere, Outcome, Refused


def check_money(actor: Actor, scope: str = "money:write") -> None:
    """Head office, or a system of its own that reaches every place. Forbidden `role_lacks_right`, `scope_missing`, `money_everywhere`."""
    actor.needs("head_office", "integrator")
    actor.needs_scope(scope)
    if actor.role == "integrator" and actor.locations is not None:
        raise Forbidden("money_everywhere")


class Said(msgspec.Struct, frozen=True):
    """An answer of a provider, as it travels to the rows: `word` is the answer's own name."""

    word: str
    reference: str = ""
    why: str = ""
    words: str = ""
    settled: bool = True
    final: bool = True
    after: float = 0.0

    @classmethod
    def of(cls, answer: Outcome | Looked) -> "Said":
        return msgspec.convert({"word": type(answer).__name__} | msgspec.structs.asdict(answer), cls)

    @property
    def answer(self) -> Outcome | Looked:
        match self.word:
            case "Done":
                return Done(self.reference, self.settled)
            case "Refused":
                return Refused(self.why, self.final, self.words)
            case "Again":
                return Again(self.why, self.after)
            case "NotMine":
                return NotMine()
            case "NotThere":
                return NotThere()
        return InDoubt(self.why)


class RecordMoney(msgspec.Struct, frozen=True):
    """The answer to the call or look that was claimed with this number of tries."""

    id: UUID
    part: UUID
    tries: int
    said: Said


class HearProvider(msgspec.Struct, frozen=True):
    """A provider says that something of these payments or refunds has changed. A hint: it is looked at, not believed."""

    id: UUID
    account: str
    references: tuple[str, ...]


class RetryMoney(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Try an intention again, at once."""

    id: UUID
    intention: UUID


class SettleByHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person moved the money; `reference` is what the provider or the bank calls it."""

    id: UUID
    intention: UUID
    reference: Code
    note: Note = ""


class MoneyStands(msgspec.Struct, frozen=True):
    """How far an intention is."""

    intention: UUID
    state: Standing


AccountKind = Literal["stripe", "shopify", "woocommerce", "manual"]
ACCOUNT_KINDS: Final[tuple[AccountKind, ...]] = get_args(AccountKind)
RESERVED: Final = "new"
"""No account has this id: it is the page of a new one."""


class SavePaymentAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who moves money for a channel and a provider; `version` 0 makes it. None: every channel, every provider."""

    id: UUID
    account: Slug
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    kind: AccountKind
    name: Word
    channel: Slug | None = None
    provider: Code | None = None
    active: bool = True


class PaymentAccountSaved(msgspec.Struct, frozen=True):
    """The account, and its version now."""

    account: str
    version: int


class SettleMismatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person has looked at what did not agree; the note is what the next one wants to know."""

    id: UUID
    mismatch: UUID
    note: Annotated[Note, msgspec.Meta(min_length=1)]


class MismatchSettled(msgspec.Struct, frozen=True):
    """Nobody needs to look at it any more."""

    mismatch: UUID
