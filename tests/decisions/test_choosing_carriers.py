"""Which carrier takes a parcel: the customer's choice, then goods and size, then what leaves today, then the price; and why."""

import pytest

from comptoir.shipping.advice import advise
from comptoir.shipping.choosing import Chosen, NobodyTakes, Offer, choose
from comptoir.shipping.goods_rules import Limits
from comptoir.shipping.model import Account, Box, Delivery, Piece, Size
from comptoir.shipping.services import offer_of


def account(carrier: str, *, refused: bool = False, **settings: object) -> Account:
    return Account(f"{carrier}-orme", carrier, carrier, {"home": "DOM", "relay": "24R"}, settings, "pdf_10x15", refused)


CHEAP, DEAR = Offer(account("colissimo"), "DOM", cost_minor=590), Offer(account("ups"), "DOM", cost_minor=990)
LATE = Offer(account("geodis"), "DOM", cost_minor=390, in_time=False)
SMALL = Offer(account("postman"), "DOM", limits=Limits(500), cost_minor=290)
PERFUME = Piece("perfume", 300, Size(40, 40, 90), "perfume", 100)


@pytest.mark.parametrize(
    ("delivery", "offers", "taken", "because"),
    [
        (Delivery(), [DEAR, CHEAP, LATE, SMALL], "colissimo", "cheapest"),
        (Delivery(carrier="ups"), [DEAR, CHEAP], "ups", "asked"),
        (Delivery(), [LATE], "geodis", "only"),
        (Delivery(), [LATE, DEAR], "ups", "in_time"),
        (Delivery(), [Offer(account("b"), "DOM"), Offer(account("a"), "DOM")], "b", "first"),
    ],
)
def test_the_choice_and_its_reason(delivery: Delivery, offers: list[Offer], taken: str, because: str) -> None:
    found = choose(delivery, [], 900, None, offers)
    assert isinstance(found, Chosen)
    assert (found.offer.account.carrier, found.because) == (taken, because)


@pytest.mark.parametrize(
    ("delivery", "offers", "why", "mend"),
    [
        (Delivery(), [], "no_account", "account"),
        (Delivery(carrier="fedex"), [CHEAP], "not_with_us", "service"),
        (Delivery("relay"), [CHEAP], "relay_missing", "relay"),
        (Delivery(), [Offer(account("ups", refused=True), "DOM")], "account_refused", "account"),
        (Delivery(), [SMALL], "too_heavy", "weight"),
        (Delivery("relay", relay_id="1"), [Offer(account("mondial_relay"), "24R", "relay")], "no_relay", "goods"),
    ],
)
def test_nobody_takes_it_and_what_is_to_be_mended(delivery: Delivery, offers: list[Offer], why: str, mend: str) -> None:
    found = choose(delivery, [PERFUME], 900, None, offers)
    assert isinstance(found, NobodyTakes)
    assert (found.why, found.mend) == (why, mend)


def test_an_accounts_own_words_replace_what_is_known_of_its_carrier() -> None:
    plain = offer_of(account("mondial_relay"), "24R", 900)
    assert (plain.way, plain.limits, plain.cost_minor) == ("relay", Limits(25_000, 1200, 1500), None)
    told = account(
        "fedex", ways={"DOM": "road"}, limits={"DOM": {"grams": 9000}}, prices={"DOM": [[500, 300], [1000, 450]]}
    )
    offer = offer_of(told, "DOM", 900)
    assert (offer.way, offer.limits, offer.cost_minor) == ("road", Limits(9000), 450)
    assert (offer_of(told, "DOM", 1001).cost_minor, offer_of(account("fedex"), "DOM", 1).way) == (None, "air")


def test_a_packer_hears_of_each_thing_once_before_the_first_scan() -> None:
    vase = Piece("vase", 900, Size(180, 180, 280), fragile=True)
    box = Box("l", {}, Size(600, 400, 330), 300, 9000)
    said = advise([vase, vase, PERFUME], [box], "road")
    assert said.hints == (("fragile", "vase"), ("mark_limited_quantity", "perfume"))
    assert [(one.box, one.grams) for one in said.parcels] == [("l", 2400)]
    assert advise([PERFUME], [box], "relay").hints == (("no_relay", "perfume"),)
