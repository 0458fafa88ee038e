"""Every pair of colors that meets on a screen is readable in a bright shop, by day and by night."""

import re
from pathlib import Path

import pytest

SHEET = (Path(__file__).resolve().parents[2] / "pwa/static/css/tokens.css").read_text()
COLORS = {name: (day, night) for name, day, night in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", SHEET)}
COLORS["white"] = ("#fff", "#fff")

TEXT, GRAPHIC = 7.0, 3.0
PAIRS = [(TEXT, text, ground) for text in ("ink", "muted") for ground in ("ground", "surface", "sunk")]
PAIRS += [
    (TEXT, tone, ground) for tone in ("go", "ok", "warn", "bad") for ground in ("ground", "surface", f"{tone}-tint")
]
PAIRS += [(TEXT, "on-ink", "ink"), (TEXT, "ink-soft", "ink"), (TEXT, "white", "plate")]
PAIRS += [(TEXT, "on-ok", "ok-fill"), (TEXT, "on-bad", "bad-fill"), (TEXT, "ink", "ok-tint"), (TEXT, "go", "ground")]
PAIRS += [(TEXT, "h-low", f"h{step}") for step in (1, 2, 3, 4)] + [(TEXT, "h-high", f"h{step}") for step in (5, 6)]
PAIRS += [(GRAPHIC, "edge", "ground"), (GRAPHIC, "edge", "surface"), (GRAPHIC, "amber", "surface")]
PAIRS += [(GRAPHIC, "hand", "surface"), (GRAPHIC, "go", "ground"), (GRAPHIC, "go", "surface")]


def luminance(color: str) -> float:
    """Relative luminance of a #rgb or #rrggbb color, 0 to 1 (WCAG 2.2)."""
    digits = color.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits[:6]
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """Contrast of two colors, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["day", "night"])
@pytest.mark.parametrize(("floor", "above", "below"), PAIRS)
def test_the_pair_is_readable(floor: float, above: str, below: str, theme: int) -> None:
    assert ratio(COLORS[above][theme], COLORS[below][theme]) >= floor


def test_a_browser_without_light_dark_gets_the_day_colors() -> None:
    plain = dict(re.findall(r"--([\w-]+): (#\w+);", SHEET.split("@supports")[0]))
    assert {name: color for name, color in plain.items() if name in COLORS} == {
        name: day for name, (day, _) in COLORS.items() if name in plain
    }
