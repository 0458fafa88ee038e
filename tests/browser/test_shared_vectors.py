"""The browser reads codes and folds journals exactly as the server does."""

import json
import random
from pathlib import Path

import msgspec
from playwright.sync_api import Page, expect

from comptoir.kit.codes import parse
from tests.browser.counterpart import Counterpart

TESTS = Path(__file__).resolve().parents[1]
ENOUGH = 200
MANY = 8_000
PIECES = (
    "~", "]E0", "]E3", "]E4", "]C0", "]C1", "]d1", "]d2", "]Q1", "]Q3", "]I1", "]X0", "]e0", "|", "\x1d", "(", ")", "01", "02", "00",
    "10", "11", "15", "17", "21", "22", "37", "3103", "3922", "400", "410", "91", "09521234543213", "9506000134352", "01234565",
    "106141412345678908", "261231", "260230", "261300", "ABC", "a", "-", ".", "/", "P1:", "b:", "L:", "T:", "U:", "W:", " ", "\t", "\r\n",
    "https://id.gs1.org/01/", "http://", "/10/", "/21/", "?17=", "&11=", "#", "%41", "%00", "ARFKk4XB0CDKWcnpq", "__proto__", "constructor",
    "é", "ſ", "\u0664", "\U0001f4e6", "\ud800", "\x00", "\x7f", "9", "4006381333931",
)  # fmt: skip


def strange_texts() -> list[str]:
    """The same texts in every run: pieces of codes thrown together, and plain noise."""
    dice = random.Random(15424)
    thrown = ["".join(dice.choices(PIECES, k=dice.randint(1, 6))) for _ in range(MANY)]
    digits = ["".join(dice.choices("0123456789", k=dice.randint(5, 20))) for _ in range(MANY // 4)]
    noise = ["".join(chr(dice.randint(0, 0x2FF)) for _ in range(dice.randint(0, 30))) for _ in range(MANY // 8)]
    return [*thrown, *digits, *noise, "\U0001f4e6" * 512, "\U0001f4e6" * 513, "9" * 512]


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


def test_any_text_means_the_same_in_the_browser_as_on_the_server(page: Page, counterpart: Counterpart) -> None:
    texts = strange_texts()
    counterpart.files["/texts.json"] = (json.dumps(texts).encode(), "application/json")
    counterpart.pages["/"] = lambda: '<!doctype html><html lang="en"><title>x</title>'
    page.goto(counterpart.address)
    read = page.evaluate(
        """async () => { const [{ parse }, texts] = await Promise.all([import("/static/js/codes.js"), fetch("/texts.json").then((answer) => answer.json())]);
        return texts.map((text) => parse(text)); }"""
    )
    told = [msgspec.to_builtins(parse(text)) for text in texts]
    assert [row for row in zip(texts, read, told, strict=True) if row[1] != row[2]] == []
    assert len({(row["kind"], row.get("reason", "")) for row in told}) >= 16
