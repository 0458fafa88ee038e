"""The shelf as a device knows it, by the browser's own module: what the server said, plus what this journal has done since."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.counterpart import Counterpart

RUN = """async ([kept, facts, acked, packs]) => {
  const { foldCounter } = await import("/static/js/counter-fold.js");
  return foldCounter(kept, { id: "J", facts, acked }, packs).map(({ order, fresh, works }) => [order, fresh, works.map(({ id, bags }) => [id, bags.map(({ tag }) => tag)])]);
}"""
STANDING = """async ([lease, now]) => { const { standing } = await import("/static/js/counter-fold.js"); const { may, why } = standing(lease && { lease }, now); return [may, why]; }"""

LINE = {"line": "1", "name": "Pull", "variant": "écru", "deciding": "M", "picture": "", "staged": 1}


def order(name: str, *works: tuple[str, str]) -> dict[str, Any]:
    return {"order": name, "number": "W-1", "name": "Inès A.", "works": [
        {"id": work, "collect_until": None, "lines": [LINE], "bags": [{"tag": tag, "place": "R1"}]} for work, tag in works
    ]}  # fmt: skip


def kept(*orders: dict[str, Any], through: int = 0, journal: str = "J", **left: Any) -> dict[str, Any]:
    return {"orders": list(orders), "through": {"journal": journal, "seq": through}, "left": left}


def hand_over(seq: int, of: str, *works: str) -> dict[str, Any]:
    return {"seq": seq, "id": f"h{seq}", "type": "hand_over", "body": {"order": of, "works": list(works)}}


def undo(seq: int, event: str) -> dict[str, Any]:
    return {"seq": seq, "id": f"u{seq}", "type": "undo", "body": {"event": event}}


PACK = {
    "id": "P", "counted_through": 0,
    "works": [{
        "id": "w9", "order": "o9", "order_number": "W-9", "kind": "pickup", "collector": "Marc P.", "bags": [],
        "lines": [{"line": "1", "quantity": 1, "picked": 0, "short": 0, "name": "Pull", "variant": "", "deciding": "M", "picture": ""}],
    }],
}  # fmt: skip
PICK = {"seq": 1, "id": "p1", "type": "pick", "pack_id": "P", "body": {"work": "w9", "line": "1", "quantity": 1}}
STAGE = {"seq": 2, "id": "s2", "type": "stage", "pack_id": "P", "body": {"work": "w9", "bag": "B:9", "place": "L:R2"}}
O1 = ["o1", False, [["w1", ["11"]]]]
O9 = ["o9", True, [["w9", ["9"]]]]


@pytest.fixture
def module(page: Page, counterpart: Counterpart) -> Page:
    counterpart.pages["/"] = lambda: '<!doctype html><html lang="en"><title>x</title>'
    page.goto(counterpart.address)
    return page


def test_the_shelf_is_what_the_server_said_and_what_was_done_since(module: Page) -> None:
    one = order("o1", ("w1", "11"))
    two = order("o1", ("w1", "11"), ("w2", "12"))
    cases: dict[str, tuple[Any, list[Any], int, list[Any], Any]] = {
        "nothing was done": (kept(one), [], 0, [], [O1]),
        "handed over here": (kept(one), [hand_over(1, "o1", "w1")], 0, [], []),
        "handed over here, the server has it": (kept(one), [hand_over(1, "o1", "w1")], 1, [], []),
        "refused by the server": (kept(one), [hand_over(1, "o1", "w1") | {"refused": True}], 1, [], [O1]),
        "handed over and taken back": (kept(one), [hand_over(1, "o1", "w1"), undo(2, "h1")], 0, [], [O1]),
        "one work of two": (kept(two), [hand_over(1, "o1", "w2")], 0, [], [O1]),
        "counted in already, and back since": (kept(one, through=1), [hand_over(1, "o1", "w1")], 1, [], [O1]),
        "taken back after the server last spoke": (
            kept(through=1, h1=one), [hand_over(1, "o1", "w1"), undo(2, "h1")], 1, [], [O1],
        ),
        "taken back before the server last spoke": (
            kept(through=2, h1=one), [hand_over(1, "o1", "w1"), undo(2, "h1")], 2, [], [],
        ),
        "another journal's count says nothing here": (
            kept(one, through=9, journal="K"), [hand_over(1, "o1", "w1")], 0, [], [],
        ),
        "put on the shelf here": (kept(one), [PICK, STAGE], 0, [PACK], [O1, O9]),
        "put there and taken off again": (kept(), [PICK, STAGE, undo(3, "s2")], 0, [PACK], []),
        "put there, and the server knows": (kept(through=2), [PICK, STAGE], 2, [PACK], []),
    }  # fmt: skip
    found = {name: module.evaluate(RUN, list(case[:4])) for name, case in cases.items()}
    assert found == {name: case[4] for name, case in cases.items()}


def test_a_device_may_hand_over_only_while_the_counter_is_its_own(module: Page) -> None:
    until = "2026-11-22T12:00:00Z"
    noon = module.evaluate("(text) => Date.parse(text)", until)
    mine, other = ({"mine": is_mine, "until": until, "holder": "TC-14"} for is_mine in (True, False))
    cases = [(mine, noon - 1), (mine, noon), (other, noon - 1), (other, noon), (None, noon)]
    found = [module.evaluate(STANDING, list(case)) for case in cases]
    assert found == [[True, "mine"], [False, "over"], [False, "other"], [False, "nobody"], [False, "nobody"]]
