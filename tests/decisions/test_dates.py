"""Days in words: what French does with the first of a month, and that there is one place that says days."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

from comptoir.app import kept_assets
from comptoir.kit.dates import date_words
from comptoir.web.rendering import environment

FIRST = date(2026, 12, 1)
PACKAGE = Path(__file__).resolve().parents[2] / "backend" / "comptoir"


def test_the_first_of_a_month_is_1er_in_french_and_no_other_day_is() -> None:
    for value, pattern, language, expected in (
        (FIRST, "EEEE d MMMM", "fr", "mardi 1er décembre"), (FIRST, "d MMM", "fr", "1er déc."), (FIRST, "EEE d", "fr", "mar. 1er"),
        (FIRST, "long", "fr", "1er décembre 2026"), (FIRST, "long", "fr_FR", "1er décembre 2026"), (FIRST, "MMMM y", "fr", "décembre 2026"),
        (datetime(2026, 12, 1, 15, 40, tzinfo=UTC), "EEEE d MMMM 'à' HH:mm", "fr", "mardi 1er décembre à 15:40"),
        (date(2026, 12, 11), "d MMMM", "fr", "11 décembre"), (date(2026, 12, 21), "d MMMM", "fr", "21 décembre"),
        (FIRST, "EEEE d MMMM", "en", "Tuesday 1 December"),
    ):  # fmt: skip
        assert date_words(value, pattern, language) == expected


def test_a_day_of_another_year_is_said_with_its_year_once_half_a_year_lies_between() -> None:
    said = environment(kept_assets()).from_string("{{ at | day }}")
    now = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    for value, expected in (
        (date(2025, 11, 1), "samedi 1er novembre 2025"), (date(2027, 6, 1), "mardi 1er juin 2027"), (date(2027, 1, 2), "samedi 2 janvier"),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "mardi 24 novembre"),
    ):  # fmt: skip
        assert said.render(at=value, now=now, lang="fr") == expected


def test_days_are_said_in_one_place() -> None:
    others = [
        path.name for path in PACKAGE.rglob("*.py")
        if path.name != "dates.py" and re.search(r"babel\.dates import.*format_|\bformat_date\(", path.read_text())
    ]  # fmt: skip
    assert others == []
