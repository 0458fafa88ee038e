"""Price lists: what a parcel costs by place, weight and size, who is chosen and why the others are not, and the label that we draw."""

import re
from datetime import date
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from comptoir.carriers import statuses
from comptoir.carriers.comparing import Why, compare
from comptoir.carriers.hours import fours_of, spans_of
from comptoir.carriers.known import BadAccount, make_carrier
from comptoir.carriers.letters import cut, fold, is_mobile, national, plain
from comptoir.carriers.markup import parse
from comptoir.carriers.model import (
    AccountRefused,
    Address,
    Busy,
    Capabilities,
    LabelFormat,
    NotOffered,
    NumberWanted,
    ParcelMeasures,
    Rate,
    RateAnswer,
    Rated,
    Refused,
    Service,
    Shipment,
    TrackingStatus,
)
from comptoir.carriers.mondial_relay import MondialRelayAccount, allowed, signature
from comptoir.carriers.papers import whole_pdf, whole_zpl
from comptoir.carriers.tariffs import Tariff, chargeable_g, prices, zone_of
from comptoir.network.model import Opening

KEY = UUID("01920000-0000-7000-8000-000000000001")
SENDER = Address("Camille Roux", "12 place Bellecour", "69002", "Lyon", company="Orme")
RECIPIENT = Address("Łukasz Œuvrard ^XZ", "21 bis rue de l’Église", "33000", "Bordeaux", phone="+33612345678")
SHIPMENT = Shipment("P-2026-000417", "C-1042", SENDER, RECIPIENT, "DAY", ParcelMeasures(300, 200, 100, 1500), date(2026, 11, 23))  # fmt: skip
PRICES: dict[str, Any] = {
    "services": [
        {"code": "DAY", "kind": "express", "name": "Le lendemain"}, {"code": "ECO", "kind": "home", "name": "Économique"},
    ],
    "zones": [
        {"code": "corsica", "countries": ["FR"], "postcodes": ["20"]},
        {"code": "far", "countries": ["GP", "MQ", "RE"]},
        {"code": "france", "countries": ["FR", "MC"]},
        {"code": "near", "countries": ["DE", "BE"], "except_postcodes": ["27498"]},
    ],
    "rows": [
        {"service": "DAY", "zone": "france", "days": 1, "bands": [{"up_to_g": 1000, "minor": 900}, {"up_to_g": 5000, "minor": 1200}], "per_kg_minor": 100},
        {"service": "ECO", "zone": "france", "days": 3, "bands": [{"up_to_g": 2000, "minor": 500}], "most_g": 2000},
        {"service": "ECO", "zone": "corsica", "days": 5, "bands": [{"up_to_g": 5000, "minor": 800}]},
        {"service": "ECO", "zone": "far", "bands": [{"up_to_g": 5000, "minor": 2500}]},
    ],
    "surcharges": [
        {"code": "island", "minor": 350, "zones": ["corsica"]},
        {"code": "oversize", "minor": 600, "longest_over_mm": 1000},
        {"code": "fuel", "basis_points": 1075, "services": ["DAY"]},
    ],
    "volume_divisor": 5000, "longest_mm": 1500,
}  # fmt: skip
TARIFF = msgspec.convert(PRICES, Tariff)


def priced(country: str = "FR", postcode: str = "33000", grams: int = 1500, sides: tuple[int, int, int] = (300, 200, 100)) -> dict[str, tuple[int, dict[str, int]]]:  # fmt: skip
    to = msgspec.structs.replace(RECIPIENT, country=country, postcode=postcode)
    shipment = msgspec.structs.replace(SHIPMENT, recipient=to, parcel=ParcelMeasures(*sides, grams))
    found = list(prices("coursier", TARIFF, shipment))
    assert all(rate.minor == sum(part.minor for part in rate.parts) for rate in found)
    return {rate.service: (rate.minor, {part.code: part.minor for part in rate.parts}) for rate in found}


def test_a_parcel_costs_its_band_and_every_surcharge_that_applies() -> None:
    assert priced() == {"DAY": (1329, {"base": 1200, "fuel": 129}), "ECO": (500, {"base": 500})}
    assert priced(grams=1000, sides=(200, 100, 100))["DAY"][1] == {"base": 900, "fuel": 97}
    assert priced(grams=1001, sides=(200, 100, 100))["DAY"][1]["base"] == 1200
    assert priced(grams=5001)["DAY"][1]["base"] == 1300
    assert priced(grams=6001)["DAY"][1]["base"] == 1400
    assert priced(postcode="20 090") == {"ECO": (1150, {"base": 800, "island": 350})}
    assert priced(grams=900, sides=(1001, 50, 50))["DAY"] == (1661, {"base": 900, "oversize": 600, "fuel": 161})


def test_volume_counts_as_weight_and_what_is_too_much_is_not_carried() -> None:
    assert chargeable_g(ParcelMeasures(400, 300, 250, 900), 5000) == 6000
    assert chargeable_g(ParcelMeasures(400, 300, 250, 9000), 5000) == 9000
    assert chargeable_g(ParcelMeasures(400, 300, 250, 900), 0) == 900
    assert "ECO" not in priced(grams=2001)
    assert priced(grams=100, sides=(400, 300, 250))["DAY"][1]["base"] == 1300
    assert priced(sides=(1501, 10, 10)) == {}
    assert "DAY" not in priced(grams=30_001)


def test_overseas_is_not_france_even_when_the_address_says_so() -> None:
    assert priced(postcode="97110") == priced("GP", "97110") == {"ECO": (2500, {"base": 2500})}
    assert [zone_of(TARIFF, *there) for there in (("FR", "97300"), ("MC", "98000"), ("DE", "27498"), ("DE", "10115"), ("US", "1"))] == [None, "france", None, "near", None]  # fmt: skip


def test_a_price_list_that_cannot_be_right_is_refused() -> None:
    row = PRICES["rows"][0]
    bad: list[tuple[dict[str, Any], str]] = [
        ({"rows": [{**row, "zone": "moon"}]}, "DAY/moon: unknown zone"), ({"rows": [{**row, "service": "X"}]}, "unknown service"),
        ({"rows": [{**row, "bands": []}]}, "no price"), ({"rows": [{**row, "bands": row["bands"][::-1]}]}, "do not rise"),
        ({"rows": [row, row]}, "told twice"), ({"surcharges": [{"code": "fuel", "zones": ["moon"]}]}, "fuel: unknown zone"),
        ({"speed": 3}, "unknown field"),
    ]  # fmt: skip
    for change, words in bad:
        with pytest.raises(BadAccount, match=words):
            make_carrier("table", {"name": "Coursier"}, {**PRICES, **change})


OFFERED = {
    name: Capabilities((Service("E", "home", "e"), Service("S", "home", "s"), Service("R", "relay", "r")))
    for name in ("a", "b", "c")
}


def test_the_cheapest_that_arrives_by_the_promise_is_taken_and_the_others_say_why() -> None:
    answers: dict[str, RateAnswer] = {
        "a": Rated((Rate("a", "E", 900, days=1), Rate("a", "S", 500, days=3), Rate("a", "R", 100, days=1))),
        "b": Rated((Rate("b", "E", 800, days=2), Rate("b", "S", 300), Rate("b", "S", 10, "USD", 1))),
        "c": Busy("away"),
    }  # fmt: skip
    choice = compare(answers, OFFERED, ["home"], 2)
    assert (choice.taken, choice.late) == (Rate("b", "E", 800, days=2), False)
    assert {(one.carrier, one.service, one.minor, one.why) for one in choice.left_out} == {
        ("a", "E", 900, "dearer"), ("a", "S", 500, "too_late"), ("a", "R", 100, "other_kind"), ("b", "S", 300, "days_unknown"),
        ("b", "S", 10, "other_currency"), ("c", "", None, "no_answer"),
    }  # fmt: skip
    assert compare(answers, OFFERED, ["home"], None).taken == Rate("b", "S", 300)
    late = compare(answers, OFFERED, ["home"], 0)
    assert (late.taken, late.late) == (Rate("a", "E", 900, days=1), True)
    assert compare(dict(reversed(answers.items())), OFFERED, ["home"], 2) == choice


def test_who_has_no_price_is_named_with_a_reason() -> None:
    nothing = compare({"a": AccountRefused("x"), "b": NotOffered(), "c": Rated(())}, OFFERED, ["home"], 2)
    assert nothing.taken is None
    assert not nothing.late
    assert {(one.carrier, one.why) for one in nothing.left_out} == {("a", "account_refused"), ("b", "no_prices"), ("c", "not_carried")}  # fmt: skip
    assert {one.why for one in nothing.left_out} <= set(get_args(Why))
    assert compare({"a": Refused(())}, OFFERED, ["home"], None).left_out[0].why == "refused"
    blind = compare({"a": Rated((Rate("a", "E", 9), Rate("a", "S", 8)))}, OFFERED, ["home"], 1)
    assert (blind.taken, blind.late) == (Rate("a", "S", 8), True)


@pytest.mark.anyio
async def test_a_carrier_of_tables_has_prices_a_label_of_ours_and_asks_for_a_number() -> None:
    carrier = make_carrier("table", {"name": "Coursier"}, PRICES)
    answer = await carrier.rates(SHIPMENT)
    assert isinstance(answer, Rated)
    assert {rate.carrier for rate in answer.rates} == {"Coursier"}
    for format in LabelFormat:
        wanted = await carrier.create_label(SHIPMENT, format, KEY)
        assert isinstance(wanted, NumberWanted)
        assert wanted.label is not None
        again = await carrier.create_label(SHIPMENT, format, KEY)
        assert wanted == again, "the same shipment gives the same bytes"
        assert (wanted.label.numbers, wanted.label.media_type) == ((), format.media_type)
        assert (whole_pdf if format.value.startswith("pdf") else whole_zpl)(wanted.label.content)
    unheard = msgspec.structs.replace(SHIPMENT, service="X")
    assert isinstance(await carrier.create_label(unheard, LabelFormat.ZPL_203, KEY), Refused)
    sold = make_carrier("colissimo", {"contract": "1", "password": "x"}, PRICES)
    assert sold.capabilities.rates
    assert isinstance(await sold.rates(SHIPMENT), Rated)
    await sold.close()


@pytest.mark.anyio
async def test_no_word_of_an_address_is_a_command_to_a_printer() -> None:
    carrier = make_carrier("table", {"name": "Coursier"}, PRICES)
    hostile = msgspec.structs.replace(SHIPMENT, recipient=msgspec.structs.replace(RECIPIENT, street="~JA^XZ^XA_5E \\&"))
    answer = await carrier.create_label(hostile, LabelFormat.ZPL_203, KEY)
    assert isinstance(answer, NumberWanted) and answer.label is not None
    text = answer.label.content.decode("ascii")
    assert (text.count("^XA"), text.count("^XZ"), text.count("~")) == (1, 1, 0)
    assert "_7EJA_5EXZ_5EXA_5F5E _5C&" in text
    fields = [bytes.fromhex("".join(f"{ord(one):02x}" if len(one) == 1 else one[1:] for one in re.findall(r"_[0-9A-F]{2}|.", field))).decode() for field in re.findall(r"\^FD(.*?)\^FS", text)]  # fmt: skip
    assert "Lukasz OEuvrard ^XZ" in fields
    assert fields[-1] == SHIPMENT.reference


def test_every_documented_code_means_something_in_our_vocabulary() -> None:
    documented = {
        "la_poste": "DR1 DR2 PC1 PC2 ET1 ET2 ET3 ET4 EP1 DO1 DO2 DO3 PB1 PB2 MD2 ND1 AG1 RE1 DI0 DI1 DI2 DI3 ID0",
        "mondial_relay": "80 81 82 83",
    }
    for carrier, codes in documented.items():
        table = statuses.table(carrier)
        assert set(codes.split()) <= table.keys()
        assert set(table.values()) <= set(get_args(TrackingStatus)) - {"unknown"}
        assert statuses.meaning(carrier, "never heard of") == "unknown"


def test_texts_and_numbers_are_written_as_carriers_take_them() -> None:
    assert plain("  Œuvre d’Łódź –\tß 日本 é\n") == "OEuvre d'Lodz - ss e"
    assert [cut("12 rue de la République", most) for most in (40, 15, 5)] == ["12 rue de la République", "12 rue de la", "12 ru"]  # fmt: skip
    assert cut("Donaudampfschifffahrt", 8) == "Donaudam"
    assert fold("21 bis rue de l’Église, bâtiment Les Cèdres, escalier B", 30, 2) == ["21 bis rue de l’Église", "bâtiment Les Cèdres, escalier"]  # fmt: skip
    assert [national(number, "FR") for number in ("+33612345678", "0612345678", "+32470123456", "pas de numéro")] == ["0612345678", "0612345678", "+32470123456", ""]  # fmt: skip
    assert [is_mobile(number, "FR") for number in ("+33612345678", "+33478000000", "", "12")] == [True, False, False, False]  # fmt: skip


def test_hours_are_spans_of_minutes_whatever_form_they_come_in() -> None:
    assert spans_of(["09:00-12:30 14:00-19:00", "00:00-00:00", "", "?", "9:00 - 24:00", "", ""]) == (
        Opening(0, 540, 750), Opening(0, 840, 1140), Opening(4, 540, 1440),
    )  # fmt: skip
    assert fours_of([["0930", "1900", "0000", "0000"], [], ["0900"], ["x", "1900"], ["1900", "0900"]]) == (Opening(0, 570, 1140),)  # fmt: skip


def test_a_call_to_mondial_relay_is_signed_over_its_values_and_the_key() -> None:
    # The digest of "BDTEST13FR69002TestAPI1key", reckoned by md5sum.
    assert signature(["BDTEST13", "FR", "", "69002"], "TestAPI1key") == "E1EDFFF8314277D775D2D752C3E4DAAB"


def test_xml_that_brings_a_document_type_is_no_xml() -> None:
    assert parse(b"<a>b</a>") is not None
    assert [parse(raw) for raw in (b"<!DOCTYPE a><a/>", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', b"<a>", b"", b"\xff\xfe\x00")] == [None] * 5  # fmt: skip


def test_labels_are_fetched_over_https_from_known_hosts_alone() -> None:
    account = MondialRelayAccount("BDTEST13", "k")
    good = ("https://www.mondialrelay.com/ww2/x.pdf", "https://mondialrelay.fr/x", "https://connect.mondialrelay.com:443/x?a=b")  # fmt: skip
    bad = (
        "http://www.mondialrelay.com/x", "https://mondialrelay.com.evil.example/x", "https://evilmondialrelay.com/x", "https://169.254.169.254/x",
        "https://a:b@www.mondialrelay.com/x", "https://www.mondialrelay.com:8443/x", "file:///etc/passwd", "https://[::1/x", "",
    )  # fmt: skip
    assert all(allowed(url, account) for url in good)
    assert not [url for url in bad if allowed(url, account)]
