"""Which labels of the way back there are from where, and when a person has to ask for a parcel that was sent."""

from datetime import UTC, datetime, timedelta

import pytest

from comptoir.network.markets import crossing
from comptoir.shipping.model import Account, Piece
from comptoir.shipping.way_back import next_look, ways_back

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SERVICES = {"return_post": "CORE", "return_post_abroad": "CORI", "return_relay": "LCC"}
ACCOUNT = Account("colissimo-orme", "colissimo", "Colissimo", SERVICES, {}, "pdf_10x15")


@pytest.mark.parametrize(
    ("country", "postcode", "services"),
    [
        ("FR", "69002", ["LCC", "CORE"]), ("MC", "98000", ["LCC", "CORE"]), ("BE", "1000", ["CORI"]), ("CH", "1204", []),
        ("FR", "97110", []), ("FR", "97 110", []), ("GP", "97110", []),
    ],
)  # fmt: skip
def test_a_label_starts_where_its_carrier_takes_it_and_crosses_no_customs(
    country: str, postcode: str, services: list[str]
) -> None:
    ways = ways_back([ACCOUNT], [Piece("DERBY", 900)], 1100, crossing(country, postcode, "FR"))
    assert [way.service for way in ways] == services


def test_an_account_without_the_service_for_abroad_offers_none_there() -> None:
    only = Account("colissimo-orme", "colissimo", "Colissimo", {"return_post": "CORE"}, {}, "pdf_10x15")
    assert ways_back([only], [Piece("DERBY", 900)], 1100, crossing("BE", "1000", "FR")) == []


def test_silence_is_counted_from_the_last_sign_and_never_from_one_that_is_still_to_come() -> None:
    earlier = NOW - timedelta(days=2)
    assert next_look("in_transit", earlier, True, NOW) == earlier + timedelta(days=7)
    assert next_look("delivered", earlier, True, NOW) == earlier + timedelta(days=3)
    assert next_look("in_transit", NOW + timedelta(days=30), True, NOW) == NOW + timedelta(days=7)
    # Sent, and then stopped or turned around by its carrier: nobody else would ask.
    assert next_look("return_to_sender", None, True, NOW) == NOW + timedelta(days=7)
    assert (next_look("pending", NOW, False, NOW), next_look("cancelled", NOW, False, NOW)) == (None, None)
