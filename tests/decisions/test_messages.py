"""Whatever is said in French is said in English too, with the same blanks to fill in."""

import string
from pathlib import Path

import pytest

from comptoir.kit.i18n import Messages, MissingMessage, choose_language, messages, t

KEYS = sorted(messages().keys("fr") | messages().keys("en"))


def blanks(key: str, lang: str) -> set[str]:
    found = messages().find(key, lang, {"n": 2})
    return {name for _, name, _, _ in string.Formatter().parse(found) if name}


def test_both_languages_have_every_key() -> None:
    assert messages().keys("fr") ^ messages().keys("en") == set()


@pytest.mark.parametrize("key", KEYS)
def test_both_languages_leave_the_same_blanks(key: str) -> None:
    assert blanks(key, "fr") == blanks(key, "en")


def test_the_number_chooses_the_form() -> None:
    assert t("pick.short_act", "fr", n=1) == "Déclarer 1 manquant"
    assert t("pick.short_act", "fr", n=2) == "Déclarer 2 manquants"


def test_french_zero_is_singular_and_english_zero_is_plural() -> None:
    assert t("count.counted", "fr", n=0).startswith("0 compté")
    assert t("pick.staged_more", "en", n=0, name="Camille") == "Camille, 0 items"


def test_a_missing_key_is_an_error_while_strict() -> None:
    with pytest.raises(MissingMessage):
        t("pick.no_such_sentence", "fr")


def test_a_missing_key_shows_itself_to_a_customer_and_breaks_nothing(tmp_path: Path) -> None:
    assert Messages(tmp_path, strict=False).say("order.ready", "en", {}) == "order.ready"


def test_markup_of_ours_is_kept_and_what_goes_in_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "order.toml").write_text('[fr]\nfor = "Pour <b>{name}</b>"\n[en]\nfor = "For <b>{name}</b>"\n')
    said = Messages(tmp_path).say_html("order.for", "fr", {"name": "<script>"})
    assert said == "Pour <b>&lt;script&gt;</b>"


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("fr;q=0.2,en;q=0.9", "en"),
        ("de,es", "fr"),
        (None, "fr"),
        ("en;q=x", "fr"),
        ("en;q=0", "fr"),
    ],
)
def test_the_browser_chooses_the_language_we_have(accepted: str | None, chosen: str) -> None:
    assert choose_language(accepted) == chosen
