"""Half an hour with no network, falls, hand-overs, a clone and a network that lies: a short story of it.

With COMPTOIR_LONG=1 twenty whole ones; bin/prove-offline tells the others.
"""

import os

import pytest

from tests.offline.site import Site
from tests.offline.story import tell

LONG = bool(os.environ.get("COMPTOIR_LONG"))
SEEDS = range(1, 21) if LONG else range(1, 2)
SCANS = 300 if LONG else 24


@pytest.mark.parametrize("seed", SEEDS)
def test_no_fact_is_lost_or_counted_twice(site: Site, seed: int) -> None:
    line = tell(site, seed, scans=SCANS)
    assert (line.lost, line.doubled, line.wrong) == (0, 0, [])
    assert line.scans >= SCANS
    assert line.kills >= 2
    for kind in ("reply_lost", "unavailable", "portal", "401", "new_app"):
        assert line.faults.get(kind, 0) >= 1, kind
