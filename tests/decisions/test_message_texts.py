"""A text of a message can say what it names and nothing else; what would not reach a customer whole is refused before it is saved."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comptoir.kit.i18n import messages
from comptoir.kit.ids import Seal
from comptoir.notifications import checking
from comptoir.notifications.checking import find_faults
from comptoir.notifications.numbers import cost_of, in_gsm
from comptoir.notifications.occasions import OCCASIONS, Occasion, occasion_of
from comptoir.notifications.placeholders import Text, UnknownPlaceholder, compose, read
from comptoir.notifications.planning import COURSES
from comptoir.notifications.previewing import Preview, previews
from comptoir.notifications.render import LANGUAGES, TEMPLATES, delivered, render, values_of
from comptoir.notifications.samples import SAMPLES, sample
from comptoir.notifications.trying import WHYS

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
READY = Text("Prêt : {order}", "{first_name}, venez.\nBon : {pass}\nPage : {link}")


def faults(
    subject: str | None = None, body: str | None = None, occasion: Occasion = "ready"
) -> list[tuple[str, str, str]]:
    text = Text(READY.subject if subject is None else subject, READY.body if body is None else body)
    return [(fault.code, fault.where, fault.piece) for fault in find_faults(occasion, "fr", text)]


def looked(text: Text, occasion: Occasion = "ready") -> list[Preview]:
    return previews(occasion, "fr", text, Seal(b"s" * 32), "https://orme.example", NOW)


def test_a_line_falls_away_when_something_in_it_is_empty() -> None:
    values = {"order": ("W-1",), "until": (), "store": ("Lyon",)}
    assert compose("{order}\nJusqu’au {until} à {store}\n{store}", values) == "W-1\nLyon"


def test_a_line_is_written_for_each_value_and_beside_them_what_there_is_one_of() -> None:
    values = {"store": ("Lyon", "Nice"), "by": ("10:00", "11:00"), "order": ("W-1",)}
    assert compose("{order} : {store} à {by}", values) == "W-1 : Lyon à 10:00\nW-1 : Nice à 11:00"


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    assert compose("{a} {b}", {"a": ("{b}",), "b": ("x",)}) == "{b} x"


def test_what_falls_away_leaves_one_blank_line_at_most() -> None:
    assert compose("a\n\n{x}\n\nb\n", {"x": ()}) == "a\n\nb"


def test_an_unknown_placeholder_is_told_and_never_guessed() -> None:
    with pytest.raises(UnknownPlaceholder):
        compose("{nobody}", {})


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% for x in y %}", "{order.__class__}", "{order!r}", "{0}", "{Order}"])
def test_nothing_is_ever_evaluated(text: str) -> None:
    assert compose(text, {"order": ("W-1",)}) == text
    assert any(code == "brace" for code, _, _ in faults(body=f"{READY.body}\n{text}"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_every_text_that_comes_along_may_be_saved_as_it_is(occasion: Occasion, language: str) -> None:
    assert find_faults(occasion, "en" if language == "en" else "fr", delivered(occasion, language)) == []


def test_there_is_a_text_for_every_occasion_and_an_occasion_for_every_message() -> None:
    for language in LANGUAGES:
        assert {path.stem for path in (TEMPLATES / language).glob("*.txt")} == set(OCCASIONS)
    assert {kind.template for kind in OCCASIONS.values()} == set(COURSES)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_what_a_list_calls_always_filled_is(occasion: Occasion, name: str) -> None:
    one = sample(occasion, next(known for known in SAMPLES if known == name), "fr", NOW)
    values = values_of(one.draft, one.facts, NOW, "fr")
    assert occasion_of(one.draft) == occasion
    assert [
        always for always in (*OCCASIONS[occasion].always, "first_name", "order", "link") if not values[always]
    ] == []
    assert set(OCCASIONS[occasion].names) <= set(values)


@pytest.mark.parametrize(
    ("subject", "body", "fault"),
    [
        (None, "{first_name}\n{pass}", ("missing", "body", "link")),
        (None, "Venez.\n{link}", ("missing", "body", "pass")),
        (None, READY.body + "\n{prenom}", ("unknown", "body", "prenom")),
        (None, READY.body + "\n{refund}", ("unknown", "body", "refund")),
        ("{link}", None, ("not_in_subject", "subject", "link")),
        ("{hours}", None, ("not_in_subject", "subject", "hours")),
        ("Prêt\nvite", None, ("line_break", "subject", "")),
        ("x" * 121, None, ("subject_long", "subject", "120")),
        (" ", None, ("empty", "subject", "")),
        (None, READY.body + "\nx" * 2500, ("body_long", "body", "5000")),
        (None, READY.body + " { ", ("brace", "body", "ge : {link} {")),
        (None, READY.body + "\x07", ("control", "body", "")),
        (None, READY.body + "[[letters lyon]]", ("brackets", "body", "")),
        (None, "Venez.\n{directions} {link}\n{pass}", ("beside", "body", "directions")),
        (None, READY.body + "\nx" * 400, ("too_many_segments", "body", "6")),
        (None, "{link} {pass}", ("lock_screen", "body", "")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(subject: str | None, body: str | None, fault: tuple[str, str, str]) -> None:
    found = faults(subject, body)
    assert [code for code, _, _ in found] == [fault[0]]
    assert found[0][1:] == fault[1:] or fault[0] in ("brace", "too_many_segments")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert [code for code, _, _ in faults("{link}", "{x}")] == ["not_in_subject", "unknown", "missing", "missing"]


def test_a_saved_text_that_names_what_there_is_no_more_gives_way() -> None:
    one = sample("ready", "plain", "fr", NOW)
    assert render(one.draft, one.facts, NOW, Text("{gone}", "{link}")) == render(one.draft, one.facts, NOW)


def test_a_value_from_the_catalog_cannot_put_a_mark_into_the_ledger() -> None:
    one = sample("short", "plain", "fr", NOW)
    draft = msgspec.structs.replace(one.draft, article="[[letters lyon]]")
    assert "[[letters" not in render(draft, one.facts, NOW, Text("{order}", "{article} {link}")).body


def test_the_preview_counts_segments_as_the_carrier_does() -> None:
    plain, _, long = looked(Text("x", "é" * 160 + "{link}"))
    assert (plain.sms.cost.alphabet, plain.sms.cost.segments, plain.sms.room) == ("gsm", 2, 306)
    assert plain.sms.used == 160 + len("https://orme.example/o/") + 26
    assert long.sms.rare == ""


def test_one_rare_letter_makes_every_sms_short_and_is_named() -> None:
    assert [one.sms.rare for one in looked(Text("x", "venez ✓ {link}"))] == ["✓"] * 3
    assert looked(Text("x", "venez ✓ {link}"))[0].sms.room == 70


def test_the_sign_of_times_no_longer_doubles_the_price_of_a_message() -> None:
    assert cost_of(in_gsm("2 × Basket")).alphabet == "gsm"


def test_the_preview_of_a_locked_screen_shows_neither_link_nor_letters() -> None:
    assert looked(READY)[0].lock_screen == "Inès, venez."


def test_what_nobody_knows_stays_in_the_preview_as_it_was_typed() -> None:
    assert looked(Text("{x}", "{y} {order}"))[0].body == "{y} W-10482"


def test_a_medium_with_words_of_its_own_says_them_and_every_other_says_the_text() -> None:
    one = sample("ready", "plain", "fr", NOW)
    words = Text(READY.subject, READY.body, sms="{order} : {pass} {link}", push="{order}, venez.")
    said = render(one.draft, one.facts, NOW, words)
    assert said.words_on("sms") == "W-10482 : [[letters sample-1]] [[link]]"
    assert said.words_on("push") == "W-10482, venez."
    assert said.words_on("email") == said.body == render(one.draft, one.facts, NOW, READY).words_on("sms")
    shown = looked(words)[0]
    assert (shown.lock_screen, shown.sms.text[:10]) == ("W-10482, venez.", "W-10482 : ")
    assert shown.sms.used == len(shown.sms.text) < len(shown.body)
    assert "W-10482 : " not in shown.body


def test_words_of_one_medium_are_checked_like_the_text_and_spare_it_their_rules() -> None:
    def found(sms: str = "", push: str = "", body: str = READY.body, occasion: Occasion = "ready") -> list[Any]:
        return [(fault.code, fault.where) for fault in find_faults(occasion, "fr", Text("x", body, sms, push))]

    short = "{pass} {link}"
    assert found("{prenom}") == [("unknown", "sms"), ("missing", "sms"), ("missing", "sms")]
    assert found("{directions} {pass} {link}") == [("beside", "sms")]
    assert found(short + "\nx" * 400) == [("too_many_segments", "sms")]
    assert found(push="{order} {link}") == [("not_on_lock_screen", "push")]
    assert found(push="x" * 241) == [("body_long", "push")]
    assert found("{link}", body="{link}", occasion="survey") == [("never_goes", "sms")]
    long, bare = READY.body + "\nx" * 400, "{link} {pass}"
    assert (found(body=long), found(short, body=long)) == ([("too_many_segments", "body")], [])
    assert (found(body=bare), found(push="Venez.", body=bare)) == ([("lock_screen", "body")], [])


def test_the_first_line_of_a_file_is_its_subject() -> None:
    assert read("Objet\n\nUn\nDeux\n") == Text("Objet", "Un\nDeux")


def test_whatever_can_be_told_about_a_text_has_words() -> None:
    known = messages().keys("fr")
    codes = set(re.findall(r"Fault\(\s*\"(\w+)\"", Path(checking.__file__).read_text(encoding="utf-8")))
    said = {f"fault.{code}" for code in codes} | {f"names.{name}" for kind in OCCASIONS.values() for name in kind.names}
    said |= (
        {f"occasion.{occasion}" for occasion in OCCASIONS}
        | {f"why.{why}" for why in WHYS}
        | {f"sample_{name}" for name in SAMPLES}
    )
    assert len(codes) == 15
    assert {f"texts.{key}" for key in said} - known == set()
