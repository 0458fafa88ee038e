"""Third-party files are byte for byte what their README says they are."""

import hashlib
import re
from pathlib import Path

import brotli
import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "pwa/static/vendor", ROOT / "tests/vendor/axe")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_vendored_script_has_the_digest_that_its_readme_names(folder: Path) -> None:
    named = dict(re.findall(r"\| ([\w.-]+\.(?:js|wasm)) \|.*?([0-9a-f]{64}) \|", (folder / "README.md").read_text()))
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.suffix in (".js", ".wasm")
    }
    assert found == named


def test_what_lies_compressed_beside_a_file_is_that_file() -> None:
    squeezed = sorted((ROOT / "pwa/static/vendor").glob("*.br"))
    assert [
        path.name for path in squeezed if brotli.decompress(path.read_bytes()) != path.with_suffix("").read_bytes()
    ] == []
    assert [path.name for path in squeezed] == ["zxing-reader.wasm.br"]


def test_the_reader_and_its_bytes_are_of_one_build() -> None:
    folder = ROOT / "pwa/static/vendor"
    digest = hashlib.sha256((folder / "zxing-reader.wasm").read_bytes()).hexdigest()
    assert digest in (folder / "zxing-reader.js").read_text()
