"""One contract for every SMS provider, tried against servers that check what OVHcloud, Twilio and Brevo document."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.notifications.providers import brevo, ovh, twilio
from comptoir.notifications.providers.http import retry_after
from comptoir.notifications.providers.port import Answer, Letter, Provider
from tests.notifications import sms_servers
from tests.notifications.sms_servers import SmsServer

pytestmark = pytest.mark.anyio
ID = UUID("01920000-0000-7000-8000-000000000001")
LETTER = Letter(ID, "+33612345678", "fr", "C’est prêt", "C’est prêt, Inès. Votre page : https://orme.example/o/0123")

Make = Callable[[str], Provider]


def by_ovh(base: str, **wrong: str) -> Provider:
    account = ovh.OvhAccount(sms_servers.OVH["service"], "ORME", sms_servers.OVH["key"], sms_servers.OVH["secret"], sms_servers.OVH["consumer"], base)  # fmt: skip
    return ovh.OvhProvider(msgspec.structs.replace(account, **wrong))


def by_twilio(base: str, **wrong: str) -> Provider:
    account = twilio.TwilioAccount(
        sms_servers.TWILIO["sid"], sms_servers.TWILIO["token"], "ORME", "https://orme.example/receipts", base
    )
    return twilio.TwilioProvider(msgspec.structs.replace(account, **wrong))


def by_brevo(base: str, **wrong: str) -> Provider:
    account = brevo.BrevoAccount(sms_servers.BREVO["key"], "ORME", "https://orme.example/receipts", base)
    return brevo.BrevoProvider(msgspec.structs.replace(account, **wrong))


KINDS: dict[str, tuple[Any, Any, dict[str, str]]] = {
    "ovh": (sms_servers.ovh, by_ovh, {"application_secret": "another"}),
    "twilio": (sms_servers.twilio, by_twilio, {"token": "another"}),
    "brevo": (sms_servers.brevo, by_brevo, {"key": "another"}),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(kind: str) -> Iterator[SmsServer]:
    with sms_servers.serving(KINDS[kind][0]) as running:
        yield running


def provider(kind: str, server: SmsServer, **wrong: str) -> Provider:
    made: Provider = KINDS[kind][1](server.address, **wrong)
    return made


async def test_a_letter_is_taken_whole_and_named_for_its_receipt(kind: str, server: SmsServer) -> None:
    answer = await provider(kind, server).send(LETTER)
    assert (answer.outcome, server.refused) == ("accepted", [])
    assert answer.ref
    (taken,) = server.taken
    assert LETTER.text in taken.values()


async def test_two_letters_have_two_names(kind: str, server: SmsServer) -> None:
    carrier = provider(kind, server)
    assert (await carrier.send(LETTER)).ref != (await carrier.send(LETTER)).ref


async def test_a_wrong_key_is_no_fault_of_the_letter(kind: str, server: SmsServer) -> None:
    answer = await provider(kind, server, **KINDS[kind][2]).send(LETTER)
    assert answer == Answer("busy", "login_refused")
    assert server.taken == []


async def test_a_number_that_nobody_has_is_refused(kind: str, server: SmsServer) -> None:
    answer = await provider(kind, server).send(msgspec.structs.replace(LETTER, to="+12x"))
    assert answer.outcome == "refused"
    assert answer.code


async def test_who_asks_for_patience_gets_it(kind: str, server: SmsServer) -> None:
    server.say = (429, {"message": "slow down"}, {"retry-after": "90"})
    assert await provider(kind, server).send(LETTER) == Answer("busy", "http_429", wait_seconds=90)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ((200, b"<html>Welcome to the hotel</html>", {}), "nonsense"),
        ((200, {"unheard": "of"}, {}), "nonsense"),
        ((201, b"[1, 2]", {}), "nonsense"),
        ((500, {"message": "oops"}, {}), "http_500"),
        ((502, b"", {}), "http_502"),
        ((302, b"", {"location": "http://127.0.0.1:1/"}), "http_302"),
        ("hangs up", "cut_off"),
    ],
)
async def test_what_may_have_gone_out_is_in_doubt(kind: str, server: SmsServer, said: Any, code: str) -> None:
    carrier = provider(kind, server)
    server.say = said
    assert await carrier.send(LETTER) == Answer("unknown", code)


async def test_what_never_reached_anybody_is_only_late(kind: str) -> None:
    with sms_servers.serving(KINDS[kind][0]) as server:
        pass
    assert await provider(kind, server).send(LETTER) == Answer("busy", "away")


async def test_ovh_is_signed_at_its_own_time() -> None:
    with sms_servers.serving(sms_servers.ovh) as server:
        server.off_seconds = 5_000
        assert (await by_ovh(server.address).send(LETTER)).outcome == "accepted"


async def test_whoever_asked_twilio_for_nothing_more_is_told_apart() -> None:
    with sms_servers.serving(sms_servers.twilio) as server:
        answer = await by_twilio(server.address).send(msgspec.structs.replace(LETTER, to="+33600000000"))
    assert answer == Answer("refused", "opted_out")


def test_twilios_published_signature_is_ours() -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    assert (
        twilio.signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields)
        == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    )


def test_every_state_that_the_references_name_means_something_here() -> None:
    documented = "queued sending sent failed delivered undelivered receiving received accepted scheduled read partially_delivered canceled"
    assert set(documented.split()) <= set(twilio.STATUSES)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "999999"}, 3600),
        ({"retry-after": "Sat, 21 Nov 2026 09:02:00 GMT", "date": "Sat, 21 Nov 2026 09:00:00 GMT"}, 120),
        ({"retry-after": "Sat, 21 Nov 2026 08:00:00 GMT", "date": "Sat, 21 Nov 2026 09:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "²"}, 0),
        ({}, 0),
    ],
)
def test_a_wait_is_read_in_each_of_its_forms(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers) == seconds


def test_no_account_shows_its_secret() -> None:
    for account in (
        ovh.OvhAccount("s", "o", "k-1", "k-2", "k-3"),
        twilio.TwilioAccount("AC", "k-4", "o"),
        brevo.BrevoAccount("k-5", "o"),
    ):
        assert "k-" not in repr(account)
