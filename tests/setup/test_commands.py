"""The `comptoir` command: every sub-command is reachable and says what it is for."""

import pytest

from comptoir import cli, drawing
from comptoir.fulfillment.lifecycles import PICKUP


def test_help_names_every_sub_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ")}
    assert listed >= {"serve", "web", "worker", "migrate", "seed", "bench", "check", "routes", "lifecycles"}


@pytest.mark.parametrize("words", [["serve", "--bogus"], ["migrate", "now"], ["polish"], []])
def test_words_that_mean_nothing_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    assert "usage: comptoir" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["seed", "bench"])
def test_commands_with_words_of_their_own_explain_them(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert f"comptoir {name}" in capsys.readouterr().out


def test_routes_are_listed_with_the_function_behind_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["routes"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["GET", "/health"] in [line[:2] for line in lines]
    assert all(line[-1].startswith(("comptoir.", "litestar.")) for line in lines)


def test_a_lifecycle_is_drawn_with_every_step_of_its_table() -> None:
    lines = list(drawing.drawn(PICKUP))
    assert lines[:2] == ["stateDiagram-v2", "    [*] --> open"]
    assert "    staged --> handed_over: hand_over" in lines
    assert len([line for line in lines if "[*]" not in line]) == 1 + len(PICKUP.steps)
