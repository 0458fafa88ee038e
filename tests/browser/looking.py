"""What every page is looked at for: accessibility by axe, targets that a glove hits, no third party."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).resolve().parents[1] / "vendor/axe/axe.min.js").read_text()
SMALLEST = 48
# Enhanced contrast (7:1) is our floor; axe leaves it out unless asked, and says nothing there of what the ordinary rule finds.
RUN = """(only) => axe.run(document, only ? {resultTypes: ["violations"], runOnly: {type: "rule", values: only}} : {
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: {"color-contrast-enhanced": {enabled: true}, "target-size": {enabled: true}},
})"""
CONTRAST_ONLY = ("color-contrast", "color-contrast-enhanced")
"""All that another theme changes."""
PRESSED = "a[href], button, summary, select, [role=button], label.choice, input:not([type=hidden])"
SMALL = """([smallest, pressed]) => [...document.querySelectorAll(pressed)]
  .filter((node) => node.checkVisibility() && !node.closest("label.choice > *") && !node.matches("label.choice input"))
  .map((node) => [node.outerHTML.slice(0, 120), node.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < smallest - 0.5 || box.height < smallest - 0.5))
  .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)"""


def axe(page: Page, only: tuple[str, ...] | None = None) -> list[str]:
    """The violations that axe sees, one line each: rule, impact, first node. `only` names the rules asked, else all."""
    # The page's own policy forbids foreign scripts; the inspector brings axe in beside it. Handed to the engine itself the
    # second page finds it compiled: a third of the time.
    if not page.evaluate("() => 'axe' in window"):
        inspector = page.context.new_cdp_session(page)
        inspector.send("Runtime.evaluate", {"expression": AXE})
        inspector.detach()
    found: dict[str, Any] = page.evaluate(RUN, only and list(only))
    return [
        f"{rule['id']} ({rule['impact']}): {rule['nodes'][0]['html'][:160]} {rule['nodes'][0]['failureSummary'][:200]}"
        for rule in found["violations"]
    ]


def eventually(page: Page, script: str, argument: Any = None) -> None:
    """Until an asynchronous question is answered with yes. `wait_for_function` takes the promise itself for a yes."""
    for _ in range(200):
        if page.evaluate(script, argument):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came about: {script[:200]}")


def assert_nothing_to_say(page: Page) -> None:
    """axe has nothing to say about the page as it stands."""
    assert axe(page) == []


def assert_targets_are_large_enough(page: Page, smallest: int = SMALLEST) -> None:
    """Everything one can press is at least `smallest` px wide and high."""
    assert page.evaluate(SMALL, [smallest, PRESSED]) == []
