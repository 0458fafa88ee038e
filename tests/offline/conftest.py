"""One site for all stories of this folder."""

from collections.abc import Iterator

import pytest

from tests.offline.site import Site, opened


@pytest.fixture(scope="session")
def site(chromium_path: str) -> Iterator[Site]:
    with opened() as made:
        yield made
