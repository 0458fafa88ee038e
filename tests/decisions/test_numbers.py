"""Numbers as carriers want them, texts in the phone's own letters, and what they cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.notifications.numbers import GSM_BASIC, Cost, cost_of, e164, in_gsm, takes_sms


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+33 6 12 34 56 78", "FR", "+33612345678"),
        ("0033612345678", "FR", "+33612345678"),
        ("0470 12 34 56", "BE", "+32470123456"),
        ("+44 7400 123456", "FR", "+447400123456"),
        ("12", "FR", None),
        ("not a number", "FR", None),
        ("", "FR", None),
        ("+999999999999", "FR", None),
    ],
)
def test_a_number_is_written_in_one_way_or_is_none(typed: str, country: str, number: str | None) -> None:
    assert e164(typed, country) == number


def test_a_landline_gets_no_sms() -> None:
    assert takes_sms("+33612345678")
    assert not takes_sms("+33472000000")


def test_a_number_that_no_list_knows_yet_may_be_a_mobile() -> None:
    assert e164("06 39 98 00 01") == "+33639980001"
    assert takes_sms("+33639980001")


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("", Cost("gsm", 1, 160)),
        ("a" * 160, Cost("gsm", 1, 0)),
        ("a" * 161, Cost("gsm", 2, 306 - 161)),
        ("€" * 80, Cost("gsm", 1, 0)),
        ("a" * 152 + "€" + "a" * 20, Cost("gsm", 2, 153 - 22)),
        ("ê" + "a" * 69, Cost("ucs2", 1, 0)),
        ("ê" + "a" * 70, Cost("ucs2", 2, 134 - 71)),
        ("👟" * 35, Cost("ucs2", 1, 0)),
        ("👟" * 36, Cost("ucs2", 2, 67 - 6)),
    ],
)
def test_segments_are_counted_as_carriers_do(text: str, cost: Cost) -> None:
    assert cost_of(text) == cost


def test_typographic_french_fits_the_phones_letters() -> None:
    text = in_gsm("C’est prêt, Inès… « à bientôt »\u00a0! 129,00\u00a0€")
    assert text == 'C\'est pret, Inès... "à bientot" ! 129,00 €'.replace('"à bientot"', '" à bientot "')
    assert cost_of(text).alphabet == "gsm"


@given(st.text(max_size=400))
def test_any_text_has_a_cost_and_what_it_lacks_is_only_ever_replaced(text: str) -> None:
    cost = cost_of(in_gsm(text))
    assert cost.segments >= 1
    assert cost.left >= 0
    assert (
        in_gsm("".join(letter for letter in text if letter in GSM_BASIC))
        == "".join(letter for letter in text if letter in GSM_BASIC)
        or "À" in text
    )
