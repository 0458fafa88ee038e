"""The proof can see: with a bug planted in the page or in the server, the verdict is bad."""

import re

from tests.offline.site import opened
from tests.offline.story import tell

SYNC = r"^/static/js/sync\.[0-9a-f]{12}\.js$"


def drops_on_503(body: bytes) -> bytes:
    """What common tutorials do: an answer is an answer."""
    honest = re.compile(rb"return\s*\{\s*next:\s*\"offline\",\s*wait\s*\}")
    planted = b'if (status === 503) { await journal.ack({ acked_through: events.at(-1).seq, outcomes: events.map(({ seq, id }) => ({ seq, id, outcome: "applied" })), packs: [] }, id); return { next: "more" }; } return { next: "offline", wait }'
    changed, count = honest.subn(lambda _: planted, body)
    assert count == 1
    return changed


def test_a_page_that_takes_a_503_for_an_answer_loses_facts(chromium_path: str) -> None:
    with opened({SYNC: drops_on_503}) as site:
        line = tell(site, 1)
    assert line.verdict == "WRONG"
    assert line.lost > 0


def test_a_server_that_forgets_what_it_was_told_counts_twice(chromium_path: str) -> None:
    with opened() as site:
        line = tell(site, 1, "applies_again")
    assert line.verdict == "WRONG"
    assert line.doubled > 0
