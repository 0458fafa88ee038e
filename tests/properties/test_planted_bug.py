"""The random journeys can fail: a bug that is planted in a flow is found by them."""

import os
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from comptoir.kit import ids
from comptoir.stock import sql as stock_sql
from tests.properties import test_journeys
from tests.properties.test_journeys import STEPS, Journeys, Rig


def test_journeys_find_a_cancellation_that_forgets_to_release_what_it_reserved(
    world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgets(*_: Any) -> None:
        """Releases nothing."""

    monkeypatch.setattr(stock_sql, "release_reservations", forgets)
    # Which walks are drawn changes with every line of the program: whoever mostly cancels walks into it soon on any of them.
    monkeypatch.setattr(test_journeys, "ACTIONS", ("cancel", "cancel", "place", "hold", "pay"))
    Journeys.rig = Rig(world)
    found = settings(
        max_examples=100, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate,), report_multiple_bugs=False,
    )  # fmt: skip
    try:
        with pytest.raises((AssertionError, ExceptionGroup)):
            run_state_machine_as_test(Journeys, settings=found)
    finally:
        ids.os, ids.time = os, time  # type: ignore[attr-defined]
        Journeys.rig.close()
