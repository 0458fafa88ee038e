"""The proof can see: with a bug planted in the page, the verdict is bad. Minutes: with COMPTOIR_LONG=1."""

import os
import re
import shutil
from pathlib import Path

from playwright.sync_api import Playwright

from tests.offline.site import opened
from tests.offline.story import tell

STATIC = Path(__file__).parents[2] / "pwa" / "static"
HONEST = re.compile(r'return \{ next: "offline", wait \};')
# What common tutorials do: an answer is an answer, and what was sent is done with.
PLANTED = """if (status === 503) {
    await journal.ack({ acked_through: events.at(-1).seq, outcomes: events.map(({ seq, id }) => ({ seq, id, outcome: "applied" })), packs: [] }, id);
    return { next: "more" };
  }
  return { next: "offline", wait };"""


if os.environ.get("COMPTOIR_LONG"):

    def test_a_page_that_takes_a_503_for_an_answer_loses_facts(
        chromium_path: str, playwright: Playwright, tmp_path: Path
    ) -> None:
        static = tmp_path / "static"
        shutil.copytree(STATIC, static)
        sync = static / "js" / "sync.js"
        changed, count = HONEST.subn(PLANTED, sync.read_text(encoding="utf-8"))
        assert count == 1
        sync.write_text(changed, encoding="utf-8")
        with opened(static, playwright) as site:
            line = tell(site, 1, scans=60)
        assert line.verdict == "WRONG"
        assert line.lost > 0
