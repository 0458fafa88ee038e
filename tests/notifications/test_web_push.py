"""What leaves for a push service: encrypted as RFC 8291 says, signed as RFC 8292 says, and never to a private address."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import webpush
from cryptography.hazmat.primitives.asymmetric import ec

from comptoir.kit.ids import Seal, new_id
from comptoir.notifications.model import Subscription
from comptoir.notifications.providers.push_hosts import Hosts, NotAllowed, Unresolved, is_public
from comptoir.notifications.providers.vapid import Vapid
from comptoir.notifications.providers.web_push import MOST_BYTES, Push, WebPushProvider, encoded, topic_of
from tests.notifications.push_servers import Browser, PushService, push_service, unb64

pytestmark = pytest.mark.anyio
SECRET = b"a secret for tests, 32 bytes long"
FCM = "https://fcm.googleapis.com/fcm/send/abc:def"
PUSH = Push("ref-1", "Un client attend", "Commande W-1, depuis 15:40.", "/counter", "here:1", "fr", 600, True)

# RFC 8291, section 5 and appendix A.
RFC_PLAIN = b"When I grow up, I want to be a watermelon"
RFC_SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RFC_RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
RFC_P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
RFC_AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
RFC_SALT = "DGv6ra1nlYgDCS1FRnbzlw"
RFC_BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unb64(text), "big"), ec.SECP256R1())


def of(browser: Browser) -> Subscription:
    return Subscription(new_id(), **browser.keys)


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
async def provider() -> AsyncIterator[WebPushProvider]:
    made = WebPushProvider(Vapid(Seal(SECRET), "mailto:ops@orme.example"), Hosts(local=True))
    yield made
    await made.client.aclose()


async def test_the_body_is_that_of_rfc_8291_appendix_a(
    provider: WebPushProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webpush.os, "urandom", lambda size: unb64(RFC_SALT))
    monkeypatch.setattr(webpush.ec, "generate_private_key", lambda *_: key_of(RFC_SENDER))
    made = provider.encrypt(Subscription(new_id(), "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV", RFC_P256DH, RFC_AUTH), RFC_PLAIN)  # fmt: skip
    assert made == unb64(RFC_BODY)


async def test_the_counterpart_reads_what_rfc_8291_appendix_a_says() -> None:
    browser = Browser("https://push.example.net/", key_of(RFC_RECEIVER), unb64(RFC_AUTH))
    assert browser.keys["p256dh"] == RFC_P256DH
    assert browser.read(unb64(RFC_BODY)) == RFC_PLAIN


async def test_a_push_arrives_and_can_be_read_by_its_browser_alone(
    provider: WebPushProvider, service: PushService
) -> None:
    browser = service.browser(provider.vapid.public_key)
    said = await provider.push(of(browser), PUSH)
    assert (said.outcome, said.ref) == ("accepted", "ref-1")
    assert browser.got == [
        {"ref": "ref-1", "title": "Un client attend", "body": "Commande W-1, depuis 15:40.", "path": "/counter", "topic": "here:1", "lang": "fr"}
    ]  # fmt: skip
    (heads,) = browser.heads
    assert (heads["ttl"], heads["urgency"], heads["topic"]) == ("600", "high", topic_of("here:1"))
    assert service.refused == []


@pytest.mark.parametrize("given", [{"p256dh": "BAAA"}, {"p256dh": "B" + "A" * 86}])
async def test_keys_that_are_none_are_refused_and_nothing_leaves(
    provider: WebPushProvider, service: PushService, given: dict[str, str]
) -> None:
    browser = service.browser()
    said = await provider.push(Subscription(new_id(), **(browser.keys | given)), PUSH)
    assert (said.outcome, said.code) == ("refused", "bad_keys")
    assert browser.heads == []


async def test_every_process_with_the_secret_has_the_same_key_and_no_other_secret_has_it() -> None:
    one, two = Vapid(Seal(SECRET), "mailto:a@b.c"), Vapid(Seal(SECRET), "mailto:a@b.c")
    assert one.public_key == two.public_key
    assert len(unb64(one.public_key)) == 65
    assert Vapid(Seal(SECRET + b"!"), "mailto:a@b.c").public_key != one.public_key
    assert "PRIVATE" not in repr(one)


async def test_a_token_is_for_one_service_lives_less_than_a_day_and_is_made_anew_in_time() -> None:
    at = [1_700_000_000.0]
    vapid = Vapid(Seal(SECRET), "mailto:ops@orme.example", lambda: at[0])
    first = vapid.authorization("https://fcm.googleapis.com")
    claims = json.loads(unb64(first.split(".")[1]))
    assert claims == {"aud": "https://fcm.googleapis.com", "exp": 1_700_000_000 + 43200, "sub": "mailto:ops@orme.example"}  # fmt: skip
    assert vapid.authorization("https://fcm.googleapis.com") == first
    assert vapid.authorization("https://web.push.apple.com") != first
    at[0] += 3700
    assert vapid.authorization("https://fcm.googleapis.com") != first


async def test_long_words_are_cut_and_a_topic_always_fits() -> None:
    long = Push("ref", "Ô" * 500, "é" * 9000, "/work", "t" * 300, "fr", 60)
    assert len(encoded(long)) <= MOST_BYTES
    assert json.loads(encoded(long))["body"].startswith("ééé")
    assert len(topic_of(long.topic)) == 32


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [(404, "refused", "gone"), (410, "refused", "gone"), (400, "refused", "http_400"), (403, "refused", "http_403"),
     (301, "refused", "http_301"), (429, "busy", "http_429"), (500, "busy", "http_500"), (503, "busy", "http_503")],
)  # fmt: skip
async def test_what_a_service_says_is_told_apart(
    provider: WebPushProvider, service: PushService, status: int, outcome: str, code: str
) -> None:
    browser = service.browser()
    browser.says = [(status, {"location": f"{service.origin}/elsewhere"})]
    said = await provider.push(of(browser), PUSH)
    assert (said.outcome, said.code) == (outcome, code)
    assert len(browser.heads) == 1


async def test_a_busy_service_says_when(provider: WebPushProvider, service: PushService) -> None:
    browser = service.browser()
    browser.says = [(429, {"retry-after": "37"})]
    assert (await provider.push(of(browser), PUSH)).wait_seconds == 37


async def test_a_body_that_is_too_large_goes_once_more_with_its_title_alone(
    provider: WebPushProvider, service: PushService
) -> None:
    browser = service.browser()
    browser.says = [(413, {})]
    assert (await provider.push(of(browser), PUSH)).outcome == "accepted"
    assert (browser.got[0]["title"], browser.got[0]["body"]) == ("Un client attend", "")
    browser.says = [(413, {}), (413, {})]
    assert (await provider.push(of(browser), PUSH)).code == "http_413"
    assert len(browser.heads) == 4


async def test_a_service_that_is_away_is_asked_again_one_that_says_nothing_is_in_doubt(service: PushService) -> None:
    vapid, hosts = Vapid(Seal(SECRET), "mailto:a@b.c"), Hosts(local=True)
    quick = WebPushProvider(vapid, hosts, httpx.AsyncClient(timeout=httpx.Timeout(0.3)))
    browser = service.browser()
    service.slow_seconds = 1.0
    assert (await quick.push(of(browser), PUSH)).outcome == "unknown"
    nobody = Subscription(new_id(), **(browser.keys | {"endpoint": "http://127.0.0.1:9/push/x"}))
    assert (await quick.push(nobody, PUSH)).code == "away"
    await quick.client.aclose()


class Silent(httpx.AsyncBaseTransport):
    """A network that keeps what would have left."""

    def __init__(self) -> None:
        self.left: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.left.append(request)
        return httpx.Response(201)


def over(silent: Silent, *addresses: str, extra: tuple[str, ...] = ()) -> WebPushProvider:
    """A provider for which every name leads to these addresses."""

    async def lookup(name: str, port: int) -> list[str]:
        return list(addresses)

    return WebPushProvider(Vapid(Seal(SECRET), "mailto:a@b.c"), Hosts(extra, lookup=lookup), httpx.AsyncClient(transport=silent))  # fmt: skip


def at(endpoint: str) -> Subscription:
    return Subscription(new_id(), **(Browser(endpoint).keys))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1/x", "https://169.254.169.254/latest/meta-data/", "https://[::ffff:10.0.0.1]/x",
        "https://0.0.0.0/x", "https://2130706433/x", "https://0x7f.1/x", "https://localhost/x", "https://intranet/x", "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x", "https://fcm.googleapis.com:22/x", "https://me:secret@fcm.googleapis.com/x", "https://fcm.googleapis.com@10.0.0.1/x",
        "https://fcm.googleapis.com.evil.example/x", "https://evilfcm.googleapis.com/x", "https://push.apple.com.evil.example/x", "https://xpush.apple.com/x",
        "https://fcm.googleapis.com\\@10.0.0.1/x", "https://fcm.googleapis.com /x", "https://fcm。googleapis.com/x", "ftp://fcm.googleapis.com/x", "file:///etc/passwd",
        "//fcm.googleapis.com/x", "https:///x", "https://fcm.googleapis.com:99999/x", "https://[::1", "http://127.0.0.1:8080/x", "https://fcm.googleapis.com/" + "a" * 1000,
    ],
)  # fmt: skip
async def test_no_push_leaves_for_an_address_that_is_no_known_service(endpoint: str) -> None:
    silent = Silent()
    provider = over(silent, "142.250.0.1")
    with pytest.raises(NotAllowed):
        provider.hosts.check(endpoint)
    said = await provider.push(at(endpoint), PUSH)
    assert said.outcome == "refused"
    assert silent.left == []


PRIVATE = (
    "127.0.0.1", "127.8.8.8", "::1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "::",
    "100.64.0.1", "192.0.2.7", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
    "2002:7f00:1::", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2001:0:a00:1::", "::10.0.0.1", "nonsense",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_push_leaves_for_a_known_name_that_leads_to_a_private_address(address: str) -> None:
    silent = Silent()
    assert not is_public(address)
    assert (await over(silent, address).push(at(FCM), PUSH)).outcome == "refused"
    # One bad address among good ones is enough: nobody knows which one would be called.
    assert (await over(silent, "142.250.0.1", address).push(at(FCM), PUSH)).outcome == "refused"
    assert silent.left == []


@pytest.mark.parametrize("address", ["142.250.0.1", "2a00:1450:4007:80e::200a"])
async def test_the_call_goes_to_the_address_that_was_checked_and_wants_the_names_certificate(address: str) -> None:
    silent = Silent()
    assert (await over(silent, address).push(at(FCM), PUSH)).outcome == "accepted"
    (request,) = silent.left
    assert request.url.host == address
    assert request.url.scheme == "https"
    assert request.headers["host"] == "fcm.googleapis.com"
    assert request.extensions["sni_hostname"] == "fcm.googleapis.com"
    claims = json.loads(unb64(request.headers["authorization"].split(".")[1]))
    assert claims["aud"] == "https://fcm.googleapis.com"


async def test_a_name_that_says_something_else_the_next_time_is_looked_at_each_time() -> None:
    silent, says = Silent(), [["142.250.0.1"], ["127.0.0.1"]]

    async def lookup(name: str, port: int) -> list[str]:
        return says.pop(0)

    provider = WebPushProvider(Vapid(Seal(SECRET), "mailto:a@b.c"), Hosts(lookup=lookup), httpx.AsyncClient(transport=silent))  # fmt: skip
    assert [(await provider.push(at(FCM), PUSH)).outcome for _ in range(2)] == ["accepted", "refused"]
    assert [request.url.host for request in silent.left] == ["142.250.0.1"]


@pytest.mark.parametrize(
    "endpoint",
    [FCM, "https://updates.push.services.mozilla.com/wpush/v2/x", "https://web.push.apple.com/x", "https://wns2-par02p.notify.windows.com/w/?token=x", "https://FCM.googleapis.com:443/x"],
)  # fmt: skip
async def test_the_known_services_are_allowed(endpoint: str) -> None:
    Hosts().check(endpoint)


async def test_a_house_may_add_a_service_of_its_own() -> None:
    Hosts(("push.example.com", "*.push.example.net")).check("https://a.push.example.net/x")
    with pytest.raises(NotAllowed):
        Hosts(("push.example.com",)).check("https://a.push.example.com/x")


async def test_a_name_without_an_address_is_asked_again_later() -> None:
    async def lookup(name: str, port: int) -> list[str]:
        raise OSError("no such name")

    hosts = Hosts(lookup=lookup)
    with pytest.raises(Unresolved):
        await hosts.target(FCM)
    silent: Any = Silent()
    provider = WebPushProvider(Vapid(Seal(SECRET), "mailto:a@b.c"), hosts, httpx.AsyncClient(transport=silent))
    assert (await provider.push(at(FCM), PUSH)).outcome == "busy"
