"""One site for all stories of this folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.offline.site import Site, opened


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def site(chromium_path: str, playwright: Playwright) -> Iterator[Site]:
    with opened(playwright=playwright) as made:
        yield made
