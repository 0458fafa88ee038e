"""A test of a text, sent to a colleague by the real carrier: marked as a test, on a sample order, in no order's ledger."""

from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Invalid
from comptoir.kit.i18n import t
from comptoir.kit.words import Email
from comptoir.notifications.model import Medium
from comptoir.notifications.numbers import e164, in_gsm, takes_sms
from comptoir.notifications.occasions import Language, Occasion
from comptoir.notifications.placeholders import Text
from comptoir.notifications.previewing import preview
from comptoir.notifications.providers.port import Letter
from comptoir.notifications.samples import sample
from comptoir.notifications.writing_texts import TryText

if TYPE_CHECKING:
    from comptoir.house import House

WHYS: Final = frozenset({"no_address", "opted_out", "bad_number", "mailbox_full", "login_refused", "away"})


class Tried(msgspec.Struct, frozen=True):
    """What became of a test; `why` is a key of texts.toml, or empty."""

    outcome: Literal["accepted", "demo", "refused", "busy", "unknown", "again", "no_provider"]
    medium: Medium
    to: str
    why: str = ""


async def send_test(
    house: "House", actor: Actor, id: UUID, occasion: Occasion, language: Language, text: Text, to: str
) -> Tried:
    """Send once; the same id again sends nothing. Raises Invalid `bad_email`, `bad_phone`, `text_faulty` or `test_to_customer`."""
    medium, address = address_of(to)
    done = await house.runner.perform(
        TryText(id, occasion, language, text.subject, text.body, to, text.sms, text.push), actor
    )
    if done.again:
        return Tried("again", medium, to)
    lane = house.lanes[medium]
    if lane.provider is None:
        return Tried("no_provider", medium, to)
    now = house.clock()
    said = preview(
        sample(occasion, "plain", language, now), occasion, language, text, house.seal, house.settings.url, now
    )
    trial = f"[{t('texts.trial', language)}]"
    words = in_gsm(f"{trial} {said.sms.text}") if medium == "sms" else said.body
    answer = await lane.ask(house, Letter(id, address, language, f"{trial} {said.subject}", words))
    if answer.outcome == "accepted":
        return Tried("demo" if lane.provider.name == "demo" else "accepted", medium, to)
    why = answer.code if answer.code in WHYS else "other"
    return Tried(
        "refused" if answer.outcome == "refused" else "busy" if answer.outcome == "busy" else "unknown", medium, to, why
    )


def address_of(to: str) -> tuple[Medium, str]:
    """The medium that an address is for, and the address as its carrier wants it. Raises Invalid `bad_email` or `bad_phone`."""
    if "@" in to:
        try:
            return "email", msgspec.convert(to, Email)
        except msgspec.ValidationError:
            raise Invalid("bad_email") from None
    number = e164(to)
    if number is None or not takes_sms(number):
        raise Invalid("bad_phone")
    return "sms", number
