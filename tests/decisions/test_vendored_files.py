"""Third-party files are byte for byte what their README says they are."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "pwa/static/vendor", ROOT / "tests/vendor/axe")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_vendored_script_has_the_digest_that_its_readme_names(folder: Path) -> None:
    named = dict(re.findall(r"\| ([\w.-]+\.js) \|.*?([0-9a-f]{64}) \|", (folder / "README.md").read_text()))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")}
    assert found == named
