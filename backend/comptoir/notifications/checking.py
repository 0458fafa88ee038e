"""What is wrong with a text before anybody receives it, each fault with the piece that it is about. Pure."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from comptoir.kit.text import bad_text
from comptoir.notifications.filling import for_a_lock_screen
from comptoir.notifications.model import BUYER, FIRST_NAME, LINK
from comptoir.notifications.numbers import cost_of, in_gsm
from comptoir.notifications.occasions import OCCASIONS, Language, Occasion
from comptoir.notifications.placeholders import Text, compose_text, names_in, stray_brace
from comptoir.notifications.planning import COURSES
from comptoir.notifications.render import values_of
from comptoir.notifications.samples import SAMPLE_BUYER, SAMPLES, Sample, sample

LONGEST_SUBJECT: Final = 120
LONGEST: Final = {"body": 5000, "sms": 1000, "push": 240}
MOST_SEGMENTS: Final = 4
"""On an ordinary order; one with long names may take more, and its preview says so."""
_A_LINK: Final = "https://commandes.example.fr/o/" + "0" * 26
_LETTERS: Final = "ABC DEF"
_OPENS: Final = ("link", "pass")
_ANY_DAY: Final = datetime(2026, 9, 23, 9, 0, tzinfo=UTC)
"""A Wednesday in September: the longest names of day and month, so that no other day makes a text much longer."""


class Fault(msgspec.Struct, frozen=True):
    """`code` has words in texts.toml; `piece` is what is wrong, as it was typed; `where` is the field."""

    code: str
    where: str
    piece: str = ""


def find_faults(occasion: Occasion, language: Language, text: Text) -> list[Fault]:
    """Everything that keeps a text from being saved; empty when it is fit to be sent."""
    faults = [*_faults_of(occasion, "subject", text.subject), *_faults_of(occasion, "body", text.body)]
    if "\n" in text.subject or "\r" in text.subject:
        faults.append(Fault("line_break", "subject"))
    if len(text.subject) > LONGEST_SUBJECT:
        faults.append(Fault("subject_long", "subject", str(LONGEST_SUBJECT)))
    faults += _faults_of_what_it_is_for(occasion, "body", text.body)
    for medium, words in text.own.items():
        faults += _faults_of(occasion, medium, words)
        # A notification needs none of it: a tap on it opens the page.
        faults += _faults_of_what_it_is_for(occasion, medium, words) if medium == "sms" else []
    for where, words in {"body": text.body, **text.own}.items():
        if len(words) > LONGEST[where]:
            faults.append(Fault("body_long", where, str(LONGEST[where])))
    return faults or _faults_of_length(occasion, language, text)


def _faults_of_what_it_is_for(occasion: Occasion, where: str, words: str) -> list[Fault]:
    """What the message is for must be in it, whatever is empty on the day."""
    kind, named = OCCASIONS[occasion], set(names_in(words))
    faults = [Fault("missing", where, name) for name in kind.needs if name not in named]
    # A line that falls away would take what the message is for with it.
    beside = {other for line in words.split("\n") for other in _beside(line, kind.needs)} & set(kind.maybe)
    return faults + [Fault("beside", where, name) for name in sorted(beside)]


def _beside(line: str, needed: tuple[str, ...]) -> set[str]:
    names = set(names_in(line))
    return names - set(needed) if names & set(needed) else set()


def _faults_of(occasion: Occasion, where: str, text: str) -> list[Fault]:
    if not text.strip():
        return [Fault("empty", where)]
    kind = OCCASIONS[occasion]
    faults = []
    if where in ("sms", "push") and where not in COURSES[kind.template].media:
        faults.append(Fault("never_goes", where))
    if bad_text(text):
        faults.append(Fault("control", where))
    stray = stray_brace(text)
    if stray is not None:
        faults.append(Fault("brace", where, stray))
    if "[[" in text or "]]" in text:
        faults.append(Fault("brackets", where))
    for name in names_in(text):
        if name not in kind.names:
            faults.append(Fault("unknown", where, name))
        elif where == "subject" and name not in kind.in_subject:
            faults.append(Fault("not_in_subject", where, name))
        elif where == "push" and name in _OPENS:
            faults.append(Fault("not_on_lock_screen", where, name))
    return faults


def _faults_of_length(occasion: Occasion, language: Language, text: Text) -> list[Fault]:
    """Measured on the sample orders, as the customers' phones would get it."""
    media = COURSES[OCCASIONS[occasion].template].media
    for name in SAMPLES:
        one = sample(occasion, name, language, _ANY_DAY)
        said = compose_text(text, values_of(one.draft, one.facts, _ANY_DAY, language))
        segments = cost_of(in_gsm(stand_in(said.words_on("sms"), one))).segments
        if "sms" in media and name != "long" and segments > MOST_SEGMENTS:
            return [Fault("too_many_segments", "sms" if "sms" in text.own else "body", str(segments))]
        if "push" in media and not for_a_lock_screen(said.words_on("push"), one.first_name):
            return [Fault("lock_screen", "push" if "push" in text.own else "body")]
    return []


def stand_in(body: str, one: Sample) -> str:
    """The body with something of the right length in the places of its marks."""
    said = body.replace(FIRST_NAME, one.first_name).replace(LINK, _A_LINK).replace(BUYER, SAMPLE_BUYER)
    for work in one.facts.works:
        said = said.replace(f"[[letters {work.place.id}]]", _LETTERS)
    return said
