"""What the documents name is there: files, functions in them, tables, links; and drawings are those of the tables."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from comptoir import cli
from comptoir.piccolo_app import APP_CONFIG

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PLACES = (ROOT, ROOT / "backend" / "comptoir", ROOT / "pwa", ROOT / "pwa" / "templates", ROOT / "tests", ROOT / "docs")
FILE = re.compile(r"`(\w[\w./-]+(?:\.(?:py|js|sql|toml|html|md|json|yml|css)|/))(?:: (\w+))?`")
LINK = re.compile(r"(?:\]\(|src=\")(?!https?:|#)([^)\"#]+)")


def named(document: Path) -> Iterator[tuple[str, str]]:
    """(path, name in it or nothing) of everything in backticks that looks like a file or a folder."""
    yield from FILE.findall(document.read_text(encoding="utf-8"))


def found(path: str) -> Path | None:
    """Where it lies: below one of the places, or anywhere for a bare name that several packages have."""
    here = next((place / path for place in PLACES if (place / path).exists()), None)
    if here is None and "/" not in path:
        here = next((file for part in ("backend", "pwa", "tests") for file in ROOT.glob(f"{part}/**/{path}")), None)
    return here


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_and_every_function_that_is_named_exists(document: Path) -> None:
    missing = []
    for path, name in named(document):
        file = None if path.startswith("/") else found(path)
        if not path.startswith("/") and file is None and not path.endswith("/"):
            missing.append(path)
        elif (
            file and name and not re.search(rf"\b(def|class|function|const) {name}\b|^{name}\b", file.read_text(), re.M)
        ):
            missing.append(f"{path}: {name}")
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_the_rows_that_an_order_leaves_are_tables() -> None:
    tables = {table._meta.tablename for table in APP_CONFIG.table_classes}
    lines = re.findall(r"^Rows: (.*)$", (ROOT / "docs" / "data-flow.md").read_text(encoding="utf-8"), re.MULTILINE)
    rows = {name for line in lines for name in re.findall(r"`(\w+)`", line)}
    assert len(rows) > 20
    assert rows - tables == set()


def test_every_decision_and_journey_is_on_the_map() -> None:
    listed = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs") for path in ROOT.glob("docs/*/*.md")]
    assert [str(page) for page in pages if f"({page})" not in listed] == []


def test_the_lifecycles_of_the_docs_are_those_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lifecycles"]) == 0
    assert (ROOT / "docs" / "lifecycles.md").read_text(encoding="utf-8").endswith(capsys.readouterr().out)


def test_pictures_are_light() -> None:
    heavy = [path.name for path in ROOT.glob("docs/screenshots/*.png") if path.stat().st_size > 150_000]
    assert heavy == []
