"""Every code that the program can refuse with is explained, in both languages."""

import ast
import re
from pathlib import Path

from comptoir.kit.i18n import messages

SOURCE = Path(__file__).resolve().parents[2] / "backend" / "comptoir"
REFUSALS = {
    "Refusal", "Malformed", "Unknown", "Forbidden", "NotFound", "Conflict", "Invalid", "TooMany", "Outage",
    "WrongMediaType", "TooLarge", "WrongMethod", "Broken",
}  # fmt: skip


def codes_in(path: Path) -> set[str]:
    """The codes that a module names: first argument of a refusal, or `default_code` of its class."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS and node.args:
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                found.add(code.value)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            names = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(name, ast.Name) and name.id == "default_code" for name in names):
                assert isinstance(node.value, ast.Constant)
                found.add(str(node.value.value))
    return found


def test_every_code_has_a_title_a_sentence_and_a_next_step_in_both_languages() -> None:
    codes = {code for path in SOURCE.rglob("*.py") for code in codes_in(path)}
    missing = [
        f"{code}.{part} ({lang})"
        for code in sorted(codes) for lang in ("fr", "en") for part in ("title", "what", "next")
        if f"problems.{code}.{part}" not in messages().keys(lang)
    ]  # fmt: skip
    assert not missing, "\n".join(missing)


def test_codes_are_written_alike() -> None:
    codes = {key.split(".")[1] for key in messages().keys("fr") if key.startswith("problems.")}
    assert [code for code in sorted(codes) if not re.fullmatch(r"[a-z][a-z_]*[a-z]", code)] == []
