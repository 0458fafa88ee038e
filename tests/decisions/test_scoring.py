"""`comptoir score` on a tiny week: every policy is told, nobody is below the bound, and the last line is for machines."""

import json

import pytest

from comptoir.bench.sourcing.policies import policies
from comptoir.bench.sourcing.scoring import run

TINY = ["--stores", "3", "--orders", "30", "--skus", "12", "--seeds", "1"]


def test_each_policy_on_each_seed_stands_in_the_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TINY, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["id"] == "sourcing"
    assert [(row["seed"], row["policy"]) for row in told["rows"]] == [(1, name) for name in policies()]
    for row in told["rows"]:
        parts = ("carriage", "late", "labor", "markdown", "declined", "canceled", "walk_in")
        assert abs(sum(row[part] for part in parts) - row["cost_per_order_minor"]) <= len(parts)
        assert row["ratio"] >= 1.0
        assert 0 < row["decision_us"] <= row["decision_p99_us"]
    assert len({row["bound_per_order_minor"] for row in told["rows"]}) == 1


def test_factors_change_the_costs_they_name(capsys: pytest.CaptureFixture[str]) -> None:
    def scored(*more: str) -> dict[str, int]:
        assert (
            run(["--stores", "4", "--orders", "40", "--seeds", "1", "--policies", "nearest", "--no-bound", *more]) == 0
        )
        *words, line = capsys.readouterr().out.splitlines()
        assert words[0].startswith("seed 1   nearest")
        (row,) = json.loads(line)["rows"]
        assert row["ratio"] is None
        return row  # type: ignore[no-any-return]

    plain, dear, faded = scored(), scored("--labor", "2"), scored("--markdown", "0.5")
    assert (dear["labor"], dear["carriage"]) == (2 * plain["labor"], plain["carriage"])
    assert abs(faded["markdown"] - plain["markdown"] / 2) <= 1


def test_an_unknown_policy_is_named_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TINY, "--policies", "luck"]) == 2
    told = capsys.readouterr().err
    assert "'luck'" in told
    assert "bid prices" in told
