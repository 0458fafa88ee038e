"""Whatever the order in which tills and the ERP are heard, and however often, the figures end the same."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from comptoir.stock.feed import Known, ReportedMovement, Standing, correct, sort_movements, take_back_late
from comptoir.stock.model import Fact, Movement

START = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
NOW = START + timedelta(days=1)
KNOWN = Known(frozenset({"DERBY"}), {}, frozenset({"lyon"}))


class Ledger:
    """One row of stock as the flows keep it, in memory."""

    def __init__(self) -> None:
        self.lines: list[Movement] = []

    @property
    def on_hand(self) -> int:
        return sum(line.on_hand for line in self.lines)

    def anchor(self) -> datetime | None:
        held = [
            line.happened_at for line in self.lines if line.fact in (Fact.SNAPSHOT, Fact.COUNT) and line.happened_at
        ]
        return max(held, default=None)

    def hear_movement(self, line: ReportedMovement) -> None:
        kept = {m.id: m for m in self.lines if m.id is not None}
        fresh, _ = sort_movements([line], KNOWN, kept, NOW)
        for movement in fresh:
            beside = take_back_late(movement, self.anchor(), Fact.SNAPSHOT)
            self.lines += [movement] if beside is None else [movement, beside]

    def hear_figure(self, figure: int, as_of: datetime) -> None:
        since = sum(m.on_hand for m in self.lines if m.happened_at is not None and m.happened_at > as_of)
        movement, _ = correct("DERBY", "lyon", figure, as_of, Standing(self.on_hand, since, self.anchor()))
        self.lines += [movement] if movement is not None else []


movements = st.lists(st.tuples(st.integers(0, 40), st.integers(-5, 5).filter(bool)), max_size=8)
# One moment has one figure: two figures for the same moment are the sender's contradiction, and the first one stands.
figures = st.dictionaries(st.integers(0, 40), st.integers(-3, 30), max_size=4)


def at(step: int) -> datetime:
    return START + timedelta(minutes=step)


@settings(max_examples=300, deadline=None)
@given(movements=movements, figures=figures, data=st.data())
def test_any_order_of_movements_and_snapshots_with_repeats_ends_equal(
    movements: list[tuple[int, int]], figures: dict[int, int], data: st.DataObject
) -> None:
    heard: list[object] = [
        ReportedMovement(UUID(int=n + 1), "lyon", "adjustment", units, at(step), sku="DERBY", reason="test")
        for n, (step, units) in enumerate(movements)
    ]
    heard += list(figures.items())
    repeats = data.draw(st.lists(st.sampled_from(heard), max_size=6)) if heard else []
    ledger = Ledger()
    for thing in data.draw(st.permutations(heard + repeats)):
        if isinstance(thing, ReportedMovement):
            ledger.hear_movement(thing)
        else:
            assert isinstance(thing, tuple)
            ledger.hear_figure(thing[1], at(thing[0]))
    last = max(figures, default=None)
    expected = (figures[last] if last is not None else 0) + sum(
        units for step, units in movements if last is None or step > last
    )
    assert ledger.on_hand == expected
