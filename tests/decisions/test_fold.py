"""The screen is the pack plus the journal: the vectors that the browser passes too, and what holds for any journal."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.fulfillment.fold import Fact, Pack, PackLine, PackWork, Place, fold

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors/fold.json").read_text())
PACK = Pack(
    works=(
        PackWork(
            "camille", (PackLine("derby", 2, place=Place("B", 12, 3)), PackLine("marin", 1, place=Place("B", 14, 2)))
        ),
        PackWork("thomas", (PackLine("vase", 3, place=Place("A", 2, 1)),)),
    )
)
SPOTS = [("camille", "derby"), ("camille", "marin"), ("thomas", "vase"), ("thomas", "boots")]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_the_shared_vector_folds_as_written(vector: dict[str, Any]) -> None:
    view = fold(
        msgspec.convert(vector["pack"], Pack),
        [msgspec.convert(fact, Fact) for fact in vector["journal"]],
        vector["acked_through"],
    )
    assert msgspec.to_builtins(view) == vector["view"]


@st.composite
def journals(draw: st.DrawFn) -> list[Fact]:
    """Up to twenty facts of any kind, undos of anything earlier or later among them."""
    facts = []
    for seq in range(1, draw(st.integers(0, 20)) + 1):
        work, line = draw(st.sampled_from(SPOTS))
        kind = draw(st.sampled_from(["pick", "short", "look_again", "undo", "stage", "note", "dance"]))
        body: dict[str, Any] = {"work": work, "line": line, "quantity": draw(st.integers(-1, 4))}
        if kind == "undo":
            body = {"event": f"e{draw(st.integers(1, 20))}"}
        elif kind == "stage":
            body = {"work": work, "bag": f"B:T-{draw(st.integers(1, 3))}", "place": "L:R7"}
        facts.append(Fact(seq, f"e{seq}", kind, body))
    return facts


@given(journals(), st.integers(0, 20))
def test_counts_stay_between_nothing_and_the_quantity(journal: list[Fact], acked: int) -> None:
    for work in fold(PACK, journal, acked).works:
        for line in work.lines:
            assert line.picked + line.short + line.remaining == line.quantity
            assert min(line.picked, line.short, line.remaining, line.saved, line.sent) >= 0
            assert line.saved + line.sent == line.picked


@given(journals())
def test_what_the_server_acknowledges_changes_only_who_knows_it(journal: list[Fact]) -> None:
    before, after = fold(PACK, journal, 0), fold(PACK, journal, len(journal))
    counts = [
        [(line.picked, line.short, line.state) for work in view.works for line in work.lines]
        for view in (before, after)
    ]
    assert counts[0] == counts[1]
    assert after.unsent == 0 and all(work.sent for work in after.works)


@given(journals())
def test_an_undo_and_its_undo_leave_the_screen_as_it_was(journal: list[Fact]) -> None:
    last = len(journal)
    again = [
        *journal,
        Fact(last + 1, "undo", "undo", {"event": f"e{last}"}),
        Fact(last + 2, "redo", "undo", {"event": "undo"}),
    ]
    assert fold(PACK, again, last + 2) == fold(PACK, journal, last)


@given(journals())
def test_the_order_in_which_facts_are_handed_over_does_not_matter(journal: list[Fact]) -> None:
    assert fold(PACK, list(reversed(journal)), 0) == fold(PACK, journal, 0)
