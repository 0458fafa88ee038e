"""A scanned text means one thing, whatever scanner sent it and whatever somebody printed on a label."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.kit.codes import IN_STORE, Scanned, check_digit, gtin14, parse
from comptoir.kit.gs1 import upc_e

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors/codes.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_the_shared_vector_is_read_as_written(vector: dict[str, Any]) -> None:
    raw = vector["raw"]
    text = raw if isinstance(raw, str) else raw["repeat"] * raw["times"]
    assert msgspec.to_builtins(parse(text)) == vector["parsed"]


@given(st.text(max_size=600))
def test_any_text_gets_an_answer(text: str) -> None:
    parse(text)


@given(st.text(alphabet="01279()|]Cd~AB:%/.?=htps\x1d\x00", max_size=60))
def test_any_text_that_looks_like_a_code_gets_an_answer(text: str) -> None:
    scanned = parse(text)
    assert bool(scanned.code) != bool(scanned.reason) or scanned.reason == "in_store"


@given(
    st.from_regex(r"[0-9]{12}", fullmatch=True).filter(lambda digits: digits.strip("0") and digits[:2] not in IN_STORE)
)
def test_every_ean_13_with_its_check_digit_is_an_article(digits: str) -> None:
    assert parse(digits + check_digit(digits)).code == "0" + digits + check_digit(digits)


@given(
    st.sampled_from(sorted(IN_STORE)),
    st.from_regex(r"[0-9]{10}", fullmatch=True).filter(lambda digits: digits.strip("0")),
)
def test_a_number_of_one_store_is_no_article_by_itself_and_keeps_its_whole_number(prefix: str, digits: str) -> None:
    code = prefix + digits + check_digit(prefix + digits)
    assert parse(code) == Scanned("unknown", "0" + code, reason="in_store")


NOUGHT = ("000000", "000003", "000004")
"""Their last digit only says how many noughts were left out: written out they are nothing but noughts, which is no article."""


@given(st.from_regex(r"[0-9]{6}", fullmatch=True).filter(lambda digits: digits not in NOUGHT))
def test_a_upc_e_is_the_article_of_its_long_form(digits: str) -> None:
    long = upc_e(digits)
    assert long is not None
    assert parse(long.removeprefix("00")) == parse(f"]E00{digits}{long[-1]}") == parse(f"]E0{digits}")


@pytest.mark.parametrize("digits", NOUGHT)
def test_a_upc_e_that_stands_for_nothing_but_noughts_is_no_article(digits: str) -> None:
    assert upc_e(digits) is None


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(1, 9))
def test_one_wrong_digit_is_never_an_article(digits: str, off: int) -> None:
    wrong = str((int(check_digit(digits)) + off) % 10)
    assert gtin14(digits + wrong) is None
