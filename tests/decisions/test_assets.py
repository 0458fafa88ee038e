"""What a browser keeps for ever has an address that changes with its bytes, and is small."""

from pathlib import Path

import pytest

from comptoir.web.assets import Assets, CircularImport, tighten, tighten_script
from comptoir.web.rendering import environment

ASSETS = Assets()
STYLE_LIMIT, SCRIPT_LIMIT, PAGE_LIMIT = 14_000, 25_000, 60_000
LIVE = ("vendor/htmx.min.js", "vendor/hx-sse.min.js", "vendor/hx-upsert.min.js")


def weight(*names: str) -> int:
    """Bytes on the wire of these and of all they import at once, brotli."""
    ours = ASSETS.script_urls(*(name for name in names if name.startswith("js/")))
    urls = (*ours, *(ASSETS.url(name) for name in names if not name.startswith("js/")))
    found = [ASSETS.find(url.removeprefix("/static/")) for url in urls]
    return sum(len(asset[0].brotli) for asset in found if asset)


@pytest.mark.parametrize(("name", "most"), [("comptoir.css", STYLE_LIMIT - 2_000), ("office.css", STYLE_LIMIT)])
def test_a_page_s_one_style_sheet_fits_its_budget(name: str, most: int) -> None:
    found = ASSETS.find(ASSETS.url(name).removeprefix("/static/"))
    assert found is not None
    assert len(found[0].gzip) <= most


@pytest.mark.parametrize(
    "scripts",
    [("js/pick.js",), ("js/counts.js",), ("js/handover.js",), ("js/stream.js",), (*LIVE, "js/manager.js")],
)
def test_the_scripts_of_every_page_fit_their_budget(scripts: tuple[str, ...]) -> None:
    assert weight(*scripts) <= SCRIPT_LIMIT


def test_a_page_s_scripts_are_one_file_of_its_own_and_one_that_all_handhelds_share() -> None:
    found = ASSETS.find(ASSETS.url("js/pick.js").removeprefix("/static/"))
    assert found is not None
    assert ASSETS.url("js/core.js").removeprefix("/static/js/").encode() in found[0].plain
    assert b'"./core.js"' not in found[0].plain
    assert ASSETS.script_urls("js/pick.js")[:2] == (ASSETS.url("js/pick.js"), ASSETS.url("js/core.js"))
    assert len(ASSETS.script_urls("js/pick.js")) <= 6


def test_the_pages_of_others_do_without_a_handheld_s_scripts() -> None:
    assert ASSETS.script_urls("js/manager.js") == (ASSETS.url("js/manager.js"),)
    assert ASSETS.script_urls("js/customer.js") == (ASSETS.url("js/customer.js"),)


def test_a_script_that_is_loaded_when_needed_is_renamed_but_not_fetched_ahead(tmp_path: Path) -> None:
    for name in ("css", "js", "icons"):
        (tmp_path / name).mkdir()
    (tmp_path / "icons/icons.svg").write_text("<svg/>")
    (tmp_path / "js/a.js").write_text('import "./b.js";\nconst late = () => import("./c.js");\n')
    (tmp_path / "js/b.js").write_text("export const b = 1;\n")
    (tmp_path / "js/c.js").write_text("export const c = 1;\n")
    assets = Assets(tmp_path)
    found = assets.find(assets.url("js/a.js").removeprefix("/static/"))
    assert found is not None
    assert assets.url("js/c.js").removeprefix("/static/js/").encode() in found[0].plain
    assert assets.script_urls("js/a.js") == (assets.url("js/a.js"),)
    assert b"export const b" not in found[0].plain
    assert assets.with_imports("js/a.js", later=True) == ("js/a.js", "js/c.js")


def test_a_changed_file_changes_its_own_address_and_that_of_whoever_imports_it(tmp_path: Path) -> None:
    for name in ("css", "js", "icons"):
        (tmp_path / name).mkdir()
    (tmp_path / "icons/icons.svg").write_text("<svg/>")
    (tmp_path / "js/a.js").write_text('import { b } from "./b.js";\n')
    (tmp_path / "js/b.js").write_text("export const b = 1;\n")
    before = Assets(tmp_path)
    (tmp_path / "js/b.js").write_text("export const b = 2;\n")
    after = Assets(tmp_path)
    assert before.url("js/a.js") != after.url("js/a.js")
    assert before.url("icons.svg") == after.url("icons.svg")


def test_two_scripts_that_import_each_other_are_refused_at_start(tmp_path: Path) -> None:
    for name in ("css", "js", "icons"):
        (tmp_path / name).mkdir()
    (tmp_path / "icons/icons.svg").write_text("<svg/>")
    (tmp_path / "js/a.js").write_text('import "./b.js";\n')
    (tmp_path / "js/b.js").write_text('import "./a.js";\n')
    with pytest.raises(CircularImport):
        Assets(tmp_path)


def test_an_address_in_a_script_becomes_the_hashed_one_of_our_file(tmp_path: Path) -> None:
    for name in ("css", "js", "icons", "vendor"):
        (tmp_path / name).mkdir()
    (tmp_path / "icons/icons.svg").write_text("<svg/>")
    (tmp_path / "vendor/reader.wasm").write_bytes(b"\0asm")
    (tmp_path / "js/a.js").write_text('new Worker("/static/js/w.js");\nconst at = "/static/elsewhere.png";\n')
    (tmp_path / "js/w.js").write_text('fetch("/static/vendor/reader.wasm");\n')
    assets = Assets(tmp_path)
    found = assets.find("js/a.js")
    assert found is not None
    assert found[0].plain.decode() == f'new Worker("{assets.url("js/w.js")}");\nconst at = "/static/elsewhere.png";'
    worker = assets.find("js/w.js")
    assert worker is not None
    assert assets.url("vendor/reader.wasm").encode() in worker[0].plain


def test_web_assembly_travels_compressed_and_under_its_type() -> None:
    found = ASSETS.find("vendor/zxing-reader.wasm")
    assert found is not None
    assert found[0].media_type == "application/wasm"
    assert len(found[0].brotli) < 340_000


@pytest.mark.parametrize("name", ["../settings.py", "css/../../x", "js/nothing.js", "", "comptoir.000000000000.css"])
def test_nothing_but_the_known_files_is_served(name: str) -> None:
    assert ASSETS.find(name) is None


def test_tightening_drops_comments_and_breaks_only() -> None:
    assert tighten(b"a {\n  b: c; /* d */\n}\n") == b"a { b: c; }"
    assert tighten_script(b'  // why\n  const a = "x // y";\n\n') == b'const a = "x // y";'


def test_no_script_of_ours_holds_a_text_over_several_lines() -> None:
    for path in (ASSETS.folder / "js").glob("*.js"):
        assert all(line.count("`") % 2 == 0 for line in path.read_text().splitlines()), path.name


def test_no_page_has_an_inline_style_or_script() -> None:
    folder = Path(str(environment(ASSETS).loader.searchpath[0]))  # type: ignore[union-attr]
    for path in folder.rglob("*.html"):
        text = path.read_text()
        assert " style=" not in text, path
        assert "<script>" not in text and " onclick=" not in text, path
