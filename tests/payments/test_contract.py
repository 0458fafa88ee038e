"""What every provider does the same way, against a server of its own: one effect for one key, and a true word about what is in doubt."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid5

import msgspec
import pytest

from comptoir.kit.ids import new_id
from comptoir.payments.links import AskLink, Link, MakesLinks, Over, Paid
from comptoir.payments.model import (
    Again,
    Ask,
    Capture,
    Done,
    InDoubt,
    Listed,
    NotMine,
    NotThere,
    Provider,
    Refund,
    Refused,
    Void,
)
from comptoir.payments.providers.http import check_base
from comptoir.payments.providers.known import KNOWN, BadAccount, make_provider
from tests.payments.payment_servers import JUDGES, NOON, Books, account_of, pay_session, standing

pytestmark = pytest.mark.anyio

ORDERS = {
    "stripe": ("pi_1", ""),
    "shopify": ("order 820982911946154508", "820982911946154508"),
    "woocommerce": ("order 727", "727"),
}
IN_TIME = 2.0
IMPATIENT = 0.4


def provider_of(kind: str, address: str, seconds: float = IN_TIME) -> Provider:
    made = KNOWN[kind]
    account = msgspec.convert(account_of(kind, address), made.account)
    make: Any = made.make
    found: Provider = make(account, seconds)
    return found


def ask_of(kind: str, what: type[Ask] = Refund, amount: int = 4_000) -> Ask:
    payment, order = ORDERS[kind]
    return what(key=new_id(), payment=payment, amount_minor=amount, currency="EUR", shop_order=order, number="W-104233")


@pytest.mark.parametrize("kind", JUDGES)
async def test_a_refund_is_made_once_for_its_key_and_found_again_whatever_the_answer_was(kind: str) -> None:
    books = Books()
    with standing(kind, books) as server:
        provider = provider_of(kind, server.address)
        ask = ask_of(kind)
        assert await provider.look(ask) == NotThere()
        made = await provider.make(ask)
        assert isinstance(made, Done) and made.settled, made
        assert [await provider.make(ask), await provider.look(ask)] == [made, made]
        assert books.refunded == 4_000 and server.refused == []

        other = ask_of(kind)
        hasty = provider_of(kind, server.address, IMPATIENT)
        books.stall = True
        assert await hasty.make(other) == InDoubt("timed_out")
        found = await provider.look(other)
        assert isinstance(found, Done) and found.reference != made.reference
        assert await provider.make(other) == found
        assert books.refunded == 8_000

        books.pending = True
        waiting = await provider.make(ask_of(kind, amount=300))
        assert isinstance(waiting, Done) and (not waiting.settled or kind == "woocommerce")

        too_much = await provider.make(ask_of(kind, amount=16_000))
        assert isinstance(too_much, Refused) and too_much.final and too_much.words
        assert books.refunded == 8_300
        await provider.close()
        await hasty.close()


@pytest.mark.parametrize("kind", JUDGES)
async def test_a_provider_that_is_dead_busy_or_talks_nonsense_moves_nothing_and_says_what_is_known(kind: str) -> None:
    books = Books()
    with standing(kind, books) as server:
        provider, ask, address = provider_of(kind, server.address), ask_of(kind), server.address
        busy = (429, b"{}", {"retry-after": "7", "content-type": "application/json"})
        server.say = [busy, busy]
        assert [await provider.make(ask), await provider.look(ask)] == [Again("http_429", 7.0)] * 2
        for said in ((200, b"<html>", {}), (502, b"Bad gateway", {}), (302, b"", {"location": "http://127.0.0.1:9/"})):
            server.say = [said]
            assert isinstance(await provider.make(ask), Again | InDoubt)
            server.say = [said]
            assert isinstance(await provider.look(ask), Again)
        server.then = "hang up"
        assert isinstance(await provider.look(ask), Again)
        server.then = "tell"
        stranger = provider_of(kind, server.address)
        stranger.line.headers.update({"authorization": "x", "x-shopify-access-token": "x"})  # type: ignore[attr-defined]
        assert isinstance(await stranger.make(ask), Again) and isinstance(await stranger.look(ask), Again)
        assert books.refunded == 0
    gone = provider_of(kind, address)
    assert [await gone.make(ask), await gone.look(ask)] == [Again("away")] * 2
    assert await gone.listed(datetime.now(UTC), datetime.now(UTC), None) == Again("away")
    await gone.close()


@pytest.mark.parametrize("kind", JUDGES)
async def test_the_list_of_a_day_has_every_refund_of_it_with_our_key_where_it_is_ours(kind: str) -> None:
    books = Books()
    with standing(kind, books) as server:
        provider, ask = provider_of(kind, server.address), ask_of(kind)
        made = await provider.make(ask)
        assert isinstance(made, Done)
        books.add(500)
        books.at = NOON - 3 * 86_400
        books.add(700)
        day = datetime(2026, 11, 20, tzinfo=UTC)
        listed = await provider.listed(day, day + timedelta(days=1), None)
        assert isinstance(listed, Listed) and listed.following is None
        assert sorted((one.amount_minor, one.key) for one in listed.entries if one.key) == [(4_000, ask.key)]
        assert sorted(one.amount_minor for one in listed.entries) == [500, 4_000]
        assert made.reference in [one.reference for one in listed.entries]
        await provider.close()


async def test_a_link_to_pay_is_one_for_its_key_and_says_whether_it_was_paid() -> None:
    books = Books()
    with standing("stripe", books) as server:
        provider = provider_of("stripe", server.address)
        hasty = provider_of("stripe", server.address, IMPATIENT)
        assert isinstance(provider, MakesLinks) and isinstance(hasty, MakesLinks)
        until = datetime.fromtimestamp(books.at, UTC) + timedelta(hours=23)
        ask = AskLink(
            key=new_id(),
            amount_minor=2_500,
            currency="EUR",
            number="W-1",
            expires_at=until,
            back="https://orme.example.fr/paid",
        )
        books.stall = True
        assert await hasty.make_link(ask) == InDoubt("timed_out")
        made = await provider.make_link(ask)
        assert isinstance(made, Link) and made.url.startswith("https://") and len(books.sessions) == 1
        assert await provider.look_at_link(made.reference) == Link(made.reference)
        pay_session(books, made.reference)
        paid = Paid("pi_of_cs_test_1", 2_500)
        # Paid a moment before it was to be closed: that is heard.
        assert [await provider.look_at_link(made.reference), await provider.close_link(made.reference)] == [paid, paid]
        other = await provider.make_link(msgspec.structs.replace(ask, key=new_id()))
        assert isinstance(other, Link)
        assert [await provider.close_link(other.reference) for _ in range(2)] == [Over(), Over()]
        assert await provider.look_at_link("cs_unknown") == Refused("no_such_link")
        soon = msgspec.structs.replace(ask, key=new_id(), expires_at=until - timedelta(hours=23))
        assert isinstance(await provider.make_link(soon), Refused) and server.refused == []
        server.say = [(429, b"{}", {"retry-after": "7"}), (200, b"<html>", {}), (200, b"[]", {})]
        assert await provider.look_at_link(made.reference) == Again("http_429", 7.0)
        assert [type(await provider.look_at_link(made.reference)) for _ in range(2)] == [Again, Again]
        await provider.close()
        await hasty.close()


@pytest.mark.parametrize("kind", ["stripe", "shopify"])
async def test_what_was_authorized_is_captured_or_let_go_once(kind: str) -> None:
    for what, then in ((Capture, (4_000, False)), (Void, (0, True))):
        books = Books(captured=0)
        with standing(kind, books) as server:
            provider, ask = provider_of(kind, server.address), ask_of(kind, what)
            assert await provider.look(ask) == NotThere()
            first = await provider.make(ask)
            assert isinstance(first, Done), first
            # The provider has forgotten the key by now: what it has on file says that it is done.
            books.answers.clear()
            assert [await provider.make(ask), await provider.look(ask)] == [first, first]
            assert (books.captured, books.voided) == then
            await provider.close()
    wrong = Books()
    with standing(kind, wrong) as server:
        provider = provider_of(kind, server.address)
        assert isinstance(await provider.make(ask_of(kind, Void)), Refused)
        await provider.close()


async def test_a_shops_refund_comes_from_the_captures_that_still_hold_it_the_newest_first() -> None:
    books = Books(captured=0)
    with standing("shopify", books) as server:
        provider = provider_of("shopify", server.address)
        for minor in (6_000, 5_000):
            done = await provider.make(msgspec.structs.replace(ask_of("shopify", Capture, minor), known=("t/c1",)))
            assert isinstance(done, Done)
        for minor in (4_000, 3_000, 4_000):
            assert isinstance(await provider.make(ask_of("shopify", Refund, minor)), Done)
        given = [one["from"] for one in books.refunds]
        assert given == [{"t/c2": 4_000}, {"t/c2": 1_000, "t/c1": 2_000}, {"t/c1": 4_000}]
        assert isinstance(await provider.make(ask_of("shopify", Refund, 1)), Refused)
        await provider.close()


async def test_what_is_not_a_providers_is_a_persons() -> None:
    with standing("stripe", Books()) as server:
        stripe, shop = provider_of("stripe", server.address), provider_of("woocommerce", server.address)
        assert await stripe.make(Refund(key=new_id(), payment="order 727", amount_minor=1, currency="EUR")) == NotMine()
        assert await shop.make(ask_of("woocommerce", Capture)) == NotMine()
        assert await make_provider("manual", {}).make(ask_of("stripe")) == NotMine()
        assert server.asked == []


async def test_a_shop_that_died_before_it_kept_our_key_is_known_by_the_refunds_reason() -> None:
    books, ask = Books(), ask_of("woocommerce")
    books.add(4_000, reason=f"W-104233 {ask.key}")
    with standing("woocommerce", books) as server:
        provider = provider_of("woocommerce", server.address)
        assert await provider.make(ask) == Done("1")
        assert books.refunded == 4_000
        await provider.close()


async def test_a_second_refund_under_another_key_is_another_refund() -> None:
    for kind in JUDGES:
        books, ask = Books(), ask_of(kind)
        with standing(kind, books) as server:
            provider = provider_of(kind, server.address)
            await provider.make(ask)
            await provider.make(msgspec.structs.replace(ask, key=uuid5(ask.key, "again")))
            assert books.refunded == 8_000
            await provider.close()


async def test_keys_and_addresses_that_will_not_do_are_refused_without_being_shown() -> None:
    for base in ("http://api.stripe.com", "https://user:pass@api.stripe.com", "ftp://x", "https://a.example/?x=1"):
        with pytest.raises(ValueError):
            check_base(base)
    with pytest.raises(BadAccount, match="consumer_secret"):
        make_provider("woocommerce", {"consumer_key": "ck", "base": "https://shop.example"})
    assert "sk_" not in repr(msgspec.convert(account_of("stripe", "https://x"), KNOWN["stripe"].account))
