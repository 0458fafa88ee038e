"""What a text becomes on the sample orders, medium by medium, before it is saved. Pure but for the installation's own seal."""

from datetime import datetime

import msgspec

from comptoir.kit.ids import Seal
from comptoir.notifications.filling import fill, for_a_lock_screen
from comptoir.notifications.mail_html import paragraphs
from comptoir.notifications.model import Medium
from comptoir.notifications.numbers import GSM_BASIC, GSM_EXTENDED, Cost, cost_of, in_gsm
from comptoir.notifications.occasions import OCCASIONS, Language, Occasion
from comptoir.notifications.placeholders import Text, Values, compose_text, names_in
from comptoir.notifications.planning import COURSES
from comptoir.notifications.render import values_of
from comptoir.notifications.samples import SAMPLE_BUYER, SAMPLES, Sample, SampleName, sample


class Sms(msgspec.Struct, frozen=True):
    """A text as a phone gets it; `used` of `room` places, and the letters that a phone's alphabet lacks."""

    text: str
    cost: Cost
    used: int
    room: int
    rare: str


class Preview(msgspec.Struct, frozen=True):
    """One sample order's message; what a medium that it never takes would show is empty."""

    name: SampleName
    subject: str
    body: str
    sms: Sms
    media: tuple[Medium, ...]
    lock_screen: str
    mail: list[tuple[str, str]]


def previews(occasion: Occasion, language: Language, text: Text, seal: Seal, url: str, now: datetime) -> list[Preview]:
    """The text on every sample order. What it names and nobody knows stays as it was typed."""
    return [
        preview(sample(occasion, name, language, now), occasion, language, text, seal, url, now) for name in SAMPLES
    ]


def preview(
    one: Sample, occasion: Occasion, language: Language, text: Text, seal: Seal, url: str, now: datetime
) -> Preview:
    """The same way that a customer's message goes: placeholders become values, values keep marks, marks are filled in last."""
    kept = compose_text(text, known(text, values_of(one.draft, one.facts, now, language)))
    subject, said, by_sms = (
        fill(part, seal, url, one.facts.id, 0, one.first_name, {}, buyer=SAMPLE_BUYER)
        for part in (kept.subject, kept.body, kept.words_on("sms"))
    )
    media = COURSES[OCCASIONS[occasion].template].media
    return Preview(
        one.name, subject, said, sms_of(by_sms), media,
        for_a_lock_screen(kept.words_on("push"), one.first_name) if "push" in media else "", paragraphs(said),
    )  # fmt: skip


def known(text: Text, values: Values) -> Values:
    """The values, and for what there is none the placeholder itself."""
    named = [name for part in (text.subject, text.body, text.sms, text.push) for name in names_in(part)]
    return {name: ("{" + name + "}",) for name in named} | dict(values)


def sms_of(said: str) -> Sms:
    """How a text travels as SMS."""
    text = in_gsm(said)
    cost = cost_of(text)
    one, part = (160, 153) if cost.alphabet == "gsm" else (70, 67)
    room = one if cost.segments == 1 else part * cost.segments
    rare = dict.fromkeys(letter for letter in text if letter not in GSM_BASIC and letter not in GSM_EXTENDED)
    return Sms(text, cost, room - cost.left, room, " ".join(list(rare)[:8]))
