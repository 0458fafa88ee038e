"""The browser reads codes and folds journals exactly as the server does."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.counterpart import Counterpart

TESTS = Path(__file__).resolve().parents[1]
ENOUGH = 140


def test_every_shared_vector_comes_out_the_same_in_the_browser(page: Page, counterpart: Counterpart) -> None:
    for name in ("codes", "fold"):
        counterpart.files[f"/vectors/{name}.json"] = ((TESTS / f"vectors/{name}.json").read_bytes(), "application/json")
    counterpart.files["/vectors.js"] = ((TESTS / "browser/js/vectors.js").read_bytes(), "text/javascript")
    counterpart.pages["/"] = lambda: '<!doctype html><html lang="en"><script type="module" src="/vectors.js"></script>'
    page.goto(counterpart.address)
    expect(page).to_have_title("done")
    result = page.evaluate("window.result")
    assert result["failures"] == []
    assert result["total"] >= ENOUGH
