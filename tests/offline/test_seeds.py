"""Half an hour with no network, two falls, a clone and a network that lies: a few seeds of it; bin/prove-offline tells the others."""

import os

import pytest

from tests.offline.site import Site
from tests.offline.story import tell

SEEDS = range(1, 21) if os.environ.get("COMPTOIR_LONG") else range(1, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_fact_is_lost_or_counted_twice(site: Site, seed: int) -> None:
    line = tell(site, seed)
    assert (line.lost, line.doubled, line.wrong) == (0, 0, [])
    assert line.scans >= 300
    assert line.kills >= 2
    for kind in ("reply_lost", "unavailable", "portal", "401", "new_app"):
        assert line.faults.get(kind, 0) >= 1, kind
