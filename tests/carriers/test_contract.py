"""One contract for every carrier, tried against servers that check what the carriers document and count the labels they make."""

import asyncio
import gzip
import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.carriers.following import standing
from comptoir.carriers.http import Patience
from comptoir.carriers.known import KNOWN, MAKERS, BadAccount, make_carrier
from comptoir.carriers.model import (
    AccountRefused,
    Address,
    Busy,
    Carrier,
    ContentLine,
    LabelAnswer,
    Labeled,
    LabelFormat,
    Manifest,
    NotOffered,
    ParcelMeasures,
    Reason,
    Refused,
    RelayQuery,
    Relays,
    Shipment,
    Tracked,
    Unknown,
)
from comptoir.network.model import Opening
from tests.carriers import carrier_servers
from tests.carriers.carrier_servers import CarrierServer, traced

pytestmark = pytest.mark.anyio
KEY = UUID("01920000-0000-7000-8000-000000000001")
SOON = Patience(connect=0.5, read=0.3, total=0.6, after=0.3)
SENDER = Address("Camille Roux", "12 place Bellecour", "69002", "Lyon", company="Orme Lyon", phone="+33478000000")
RECIPIENT = Address(
    "Geneviève Œuvrard-Łukasz", "21 bis rue de l’Église, bâtiment “Les Cèdres”", "33000", "Bordeaux", phone="+33612345678", email="g@example.com",
)  # fmt: skip
PARCEL = ParcelMeasures(300, 200, 105, 1250)
SHIPMENT = Shipment("P-2026-000417", "C-1042", SENDER, RECIPIENT, "", PARCEL, date(2026, 11, 23), value_minor=8900, carriage_minor=490)  # fmt: skip
QUERY = RelayQuery("FR", "69002", "Lyon", date(2026, 11, 23), street="2 rue de la République", weight_g=1250)
PDFS, ZPL = (LabelFormat.PDF_10X15, LabelFormat.PDF_A4), LabelFormat.ZPL_203


class Kind(msgspec.Struct, frozen=True):
    """How one carrier is tried: its server, its account there, what is wrong in another, services, a relay."""

    judge: Any
    account: Callable[[str], dict[str, Any]]
    wrong: dict[str, str]
    home: str
    relay_service: str
    relay: str
    back: str


KINDS = {
    "colissimo": Kind(
        carrier_servers.colissimo,
        lambda base: {"contract": "123456", "password": "pass-of-tests", "commercial_name": "Orme", "okapi_key": "okapi-of-tests",
                      "base": base, "tracking_base": f"{base}/suivi/v2"},
        {"password": "expired", "okapi_key": "expired"}, "DOM", "HD", "690021", "CORE",
    ),
    "mondial_relay": Kind(
        carrier_servers.mondial_relay,
        lambda base: {"enseigne": "BDTEST13", "key": "TestAPI1key", "login": "tests@business-api.example", "password": "pass-of-tests",
                      "customer_id": "BDTEST13", "labels": f"{base}/api/shipment", "soap": f"{base}/Web_Services.asmx", "pages": base,
                      "label_hosts": ["127.0.0.1"]},
        {"password": "expired", "key": "expired"}, "HOM", "24R", "034439", "LCC",
    ),
}  # fmt: skip


@pytest.fixture(params=KINDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(name: str) -> Iterator[CarrierServer]:
    with carrier_servers.serving(KINDS[name].judge) as running:
        yield running


def at(name: str, address: str, **other: Any) -> Carrier:
    return make_carrier(name, {**KINDS[name].account(address), **other}, patience=SOON)


def home(name: str, **other: Any) -> Shipment:
    return msgspec.structs.replace(SHIPMENT, service=KINDS[name].home, **other)


def to_relay(name: str, **other: Any) -> Shipment:
    return msgspec.structs.replace(SHIPMENT, service=KINDS[name].relay_service, relay=KINDS[name].relay, **other)


def coming_back(name: str, **other: Any) -> Shipment:
    """The customer sends, the house receives; on its label stands the number of the return."""
    changed = {"service": KINDS[name].back, "reference": "R-7KQ2MX-1", "sender": RECIPIENT, "recipient": SENDER} | other
    return msgspec.structs.replace(SHIPMENT, **changed)


async def obey(carrier: Carrier, shipment: Shipment, format: LabelFormat = PDFS[0], tries: int = 3) -> LabelAnswer:
    """Buy as a caller may: again only when nothing was made, never after an outcome that nobody knows."""
    answer = await carrier.create_label(shipment, format, KEY)
    while isinstance(answer, Busy) and tries > 1:
        tries -= 1
        answer = await carrier.create_label(shipment, format, KEY)
    return answer


@contextmanager
def other_bytes(server: CarrierServer, label: bytes) -> Iterator[None]:
    server.label = label
    yield
    server.label = None


async def test_a_label_comes_byte_for_byte_with_its_number_and_hash(name: str, server: CarrierServer) -> None:
    carrier = at(name, server.address)
    for format in carrier.capabilities.formats:
        for shipment in (home(name), to_relay(name)):
            answer = await carrier.create_label(shipment, format, KEY)
            assert isinstance(answer, Labeled), (answer, server.refused)
            label = answer.label
            sent = carrier_servers.PDF if format in PDFS else carrier_servers.ZPL
            assert label.content == sent
            assert (label.sha256, label.format, label.cost_minor) == (hashlib.sha256(sent).hexdigest(), format, None)
            assert label.numbers == (list(server.labels)[-1],) == (label.shipment,)
    assert server.refused == []
    assert len(server.labels) == 2 * len(carrier.capabilities.formats)


async def test_relays_come_nearest_first_with_hours_by_weekday(name: str, server: CarrierServer) -> None:
    carrier = at(name, server.address)
    for query in (QUERY, msgspec.structs.replace(QUERY, latitude=45.7601, longitude=4.832)):
        answer = await carrier.relays(query)
        assert isinstance(answer, Relays), (answer, server.refused)
        near, far = answer.relays
        assert (near.id, near.distance_m, far.distance_m) == (KINDS[name].relay, 120, 900)
        assert abs(near.latitude - 45.76) < 0.001 and abs(near.longitude - 4.83) < 0.01
        assert (near.address.postcode, near.address.city, near.address.country) == ("69002", "LYON", "FR")
        assert near.name == near.name.strip() and "&" in near.name + near.address.street
        monday = [hours for hours in near.hours if hours.weekday == 0]
        assert [hours.opens for hours in monday] == [540 if name == "colissimo" else 570, 840]
        assert Opening(0, 840, 1140) in monday
        assert not [hours for hours in near.hours if hours.weekday == 6]
    none = await carrier.relays(msgspec.structs.replace(QUERY, postcode="99999"))
    assert isinstance(none, Refused) and none.reasons[0].field == "recipient.postcode"


async def test_what_a_person_can_mend_names_its_field(name: str, server: CarrierServer) -> None:
    carrier, kind = at(name, server.address), KINDS[name]
    bad: list[tuple[Shipment, str]] = [
        (home(name, recipient=msgspec.structs.replace(RECIPIENT, postcode="3300")), "recipient.postcode"),
        (home(name, recipient=msgspec.structs.replace(RECIPIENT, street=" ")), "recipient.street"),
        (home(name, parcel=ParcelMeasures(10, 10, 10, 31_000)), "parcel.weight_g"),
        (home(name, insured_minor=9_000_000), "value"),
        (msgspec.structs.replace(SHIPMENT, service="XXX"), "service"),
        (
            to_relay(name) if name == "nobody" else msgspec.structs.replace(SHIPMENT, service=kind.relay_service),
            "relay",
        ),
    ]
    for shipment, field in bad:
        answer = await carrier.create_label(shipment, PDFS[0], KEY)
        assert isinstance(answer, Refused), (field, answer)
        assert field in [reason.field for reason in answer.reasons]
        assert all(reason.code for reason in answer.reasons)
    assert server.labels == {}


async def test_expired_credentials_are_for_head_office(name: str, server: CarrierServer) -> None:
    carrier = at(name, server.address, **KINDS[name].wrong)
    answers: list[Any] = [
        await obey(carrier, home(name)),
        await carrier.relays(QUERY),
        await carrier.track(["6A10000000000"]),
    ]
    if carrier.capabilities.manifest:
        answers.append(await carrier.manifest(["6A10000000000"]))
    server.say += [(401, b"", {}), (403, b"<html>Forbidden</html>", {"content-type": "text/html"})]
    answers += [await obey(carrier, home(name)), await carrier.relays(QUERY)]
    assert [type(answer) for answer in answers] == [AccountRefused] * len(answers)
    assert server.labels == {}


async def test_who_asks_for_patience_gets_it_and_one_label_is_made(name: str, server: CarrierServer) -> None:
    carrier = at(name, server.address)
    server.say += [(429, b"", {"retry-after": "90"}), (503, b"", {})]
    assert await carrier.create_label(home(name), PDFS[0], KEY) == Busy("http_429", 90)
    assert isinstance(await obey(carrier, home(name)), Labeled)
    assert len(server.labels) == 1
    server.say += [(429, b"", {"retry-after": "7"}), (503, b"", {})]
    assert await carrier.relays(QUERY) == Busy("http_429", 7)
    assert isinstance(await carrier.track(["1"]), Busy)


async def test_after_acceptance_nothing_is_bought_twice(name: str, server: CarrierServer) -> None:
    carrier = at(name, server.address)
    for count, (then, code) in enumerate((("stall", "timed_out"), ("hang up", "cut_off"), ("cut", "cut_off"), ("drip", "timed_out")), 1):  # fmt: skip
        server.then = then  # type: ignore[assignment]
        assert await obey(carrier, home(name)) == Unknown(code), then
        assert len(server.labels) == count
    server.then = "tell"
    assert not server.refused


async def test_an_answer_that_nobody_can_read_is_in_doubt(name: str, server: CarrierServer) -> None:
    carrier = at(name, server.address)
    page, bomb = b"<html>Welcome to the hotel</html>", gzip.compress(b"0" * 20_000_000)
    entity = (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><ShipmentCreationResponse>&b;</ShipmentCreationResponse>'
    )
    spoiled: list[tuple[Any, str]] = [
        ((200, page, {"content-type": "text/html"}), "nonsense"), ((200, b"", {}), "nonsense"), ((200, b"{}", {"content-type": "application/json"}), "nonsense"),
        ((200, entity, {"content-type": "application/xml"}), "nonsense"), ((500, b"oops", {}), "http_500"), ((502, page, {}), "http_502"),
        ((302, b"", {"location": "http://127.0.0.1:1/"}), "http_302"), ("endless", "too_long"),
        ((200, bomb, {"content-encoding": "gzip"}), "too_long"), ((200, b"x", {"content-encoding": "br"}), "too_long"),
        ((200, gzip.compress(b"{}" * 500)[:-9], {"content-encoding": "gzip"}), "too_long"),
    ]  # fmt: skip
    for said, code in spoiled:
        server.say.append(said)
        assert await carrier.create_label(home(name), PDFS[0], KEY) == Unknown(code), (said, code)
        server.say.append(said)
        assert isinstance(await carrier.relays(QUERY), Busy), said
        server.say.append(said)
        assert isinstance(await carrier.track(["1"]), Busy), said
    server.say.append((404, page, {"content-type": "text/html"}))
    assert await carrier.create_label(home(name), PDFS[0], KEY) == Refused((Reason("other", "http_404"),))
    assert server.labels == {}


async def test_a_label_without_its_end_is_never_printed(name: str, server: CarrierServer) -> None:
    carrier = at(name, server.address)
    for format, label in (
        (PDFS[0], carrier_servers.PDF[:-20]), (PDFS[0], b""), (PDFS[0], b"<html>%%EOF</html>"),
        (ZPL, carrier_servers.ZPL[:-6]), (ZPL, carrier_servers.PDF), (ZPL, b"^XZ^XA"), (ZPL, b"^XA^FS^XA^FS^XZ"),
    ):  # fmt: skip
        with other_bytes(server, label):
            answer = await obey(carrier, to_relay(name), format)
        assert isinstance(answer, Unknown), (format, label, answer)
        assert answer.numbers == (list(server.labels)[-1],)
    assert len(server.labels) == 7


async def test_nobody_there_is_only_late(name: str) -> None:
    with carrier_servers.serving(KINDS[name].judge) as server:
        pass
    carrier = at(name, server.address)
    assert await carrier.create_label(home(name), PDFS[0], KEY) == Busy("away")
    assert [await carrier.relays(QUERY), await carrier.track(["1"])] == [Busy("away"), Busy("away")]
    await carrier.close()


async def test_nothing_of_a_customer_or_an_account_is_logged(name: str, server: CarrierServer, caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    carrier = at(name, server.address)
    with caplog.at_level(logging.DEBUG):
        await carrier.create_label(home(name), PDFS[0], KEY)
        await carrier.track(["6A10000000000"])
        server.then = "hang up"
        await carrier.create_label(home(name), PDFS[0], KEY)
    said = caplog.text + repr(carrier.__dict__.get("account"))
    assert not [word for word in ("Bordeaux", "612345678", "uvrard", "6A10000000000", "pass-of-tests", "TestAPI1key", "okapi-of-tests") if word in said]  # fmt: skip


async def test_what_is_not_offered_sends_nothing(name: str, server: CarrierServer) -> None:
    carrier = at(name, server.address)
    answers: list[Any] = [await carrier.void("1"), await carrier.rates(home(name)), await carrier.reprint("1", ZPL)]
    if not carrier.capabilities.manifest:
        answers.append(await carrier.manifest(["1"]))
    assert set(map(type, answers)) == {NotOffered}
    assert server.asked == []


async def test_a_label_of_the_way_back_goes_from_the_customer_to_the_house(name: str, server: CarrierServer) -> None:
    carrier = at(name, server.address)
    for format in carrier.capabilities.formats:
        answer = await carrier.create_label(coming_back(name), format, KEY)
        assert isinstance(answer, Labeled), (answer, server.refused)
        assert answer.label.content == (carrier_servers.PDF if format in PDFS else carrier_servers.ZPL)
    sent = list(server.labels.values())[-1]
    if name == "colissimo":
        letter = sent["letter"]
        assert (letter["service"]["productCode"], "pickupLocationId" in letter["parcel"]) == ("CORE", False)
        assert (letter["sender"]["senderParcelRef"], letter["sender"]["address"]["lastName"]) == (
            "R-7KQ2MX-1",
            "Œuvrard-Łukasz",
        )
        to = letter["addressee"]["address"]
        assert (to["companyName"], to["line2"], to["zipCode"]) == ("Orme Lyon", "12 place Bellecour", "69002")
    else:
        assert '<DeliveryMode Mode="LCC"' in sent and '<CollectionMode Mode="REL"' in sent and "Location=" not in sent
        before, after = sent.index("<Sender>"), sent.index("<Recipient>")
        assert before < sent.index("<City>BORDEAUX</City>") < after < sent.index("<City>LYON</City>")
        assert "<OrderNo>R-7KQ2MX-1</OrderNo>" in sent
    made = len(server.labels)
    nameless = msgspec.structs.replace(RECIPIENT, name=" ")
    assert await carrier.create_label(coming_back(name, sender=nameless), PDFS[0], KEY) == Refused(
        (Reason("sender", "missing"),)
    )
    overseas, swiss = (
        msgspec.structs.replace(RECIPIENT, postcode="97110"),
        msgspec.structs.replace(RECIPIENT, country="CH", postcode="1204"),
    )
    belgian = msgspec.structs.replace(RECIPIENT, country="BE", postcode="1000")
    for sender in (overseas, swiss, belgian):
        answer = await carrier.create_label(coming_back(name, sender=sender), PDFS[0], KEY)
        assert isinstance(answer, Refused) and answer.reasons[0].field == "service", sender
    assert (len(server.labels), server.refused) == (made, [])


async def test_a_label_of_the_way_back_fails_as_one_that_leaves_and_is_never_made_twice(
    name: str, server: CarrierServer
) -> None:
    expired = at(name, server.address, **KINDS[name].wrong)
    assert isinstance(await obey(expired, coming_back(name)), AccountRefused)
    carrier, page = at(name, server.address), b"<html>Welcome to the hotel</html>"
    for said, answer in (
        ((429, b"", {"retry-after": "90"}), Busy("http_429", 90)), ((503, b"", {}), Busy("http_503")), ((500, b"oops", {}), Unknown("http_500")),
        ((502, page, {}), Unknown("http_502")), ((200, page, {"content-type": "text/html"}), Unknown("nonsense")), ((200, b"", {}), Unknown("nonsense")),
    ):  # fmt: skip
        server.say.append(said)
        assert await carrier.create_label(coming_back(name), PDFS[0], KEY) == answer, said
    assert server.labels == {}
    server.say.append((429, b"", {}))
    assert isinstance(await obey(carrier, coming_back(name)), Labeled)
    assert len(server.labels) == 1
    for count, (then, code) in enumerate((("stall", "timed_out"), ("hang up", "cut_off"), ("cut", "cut_off")), 2):
        server.then = then  # type: ignore[assignment]
        assert await obey(carrier, coming_back(name)) == Unknown(code), then
        assert len(server.labels) == count
    server.then = "tell"
    with other_bytes(server, carrier_servers.PDF[:-20]):
        broken = await obey(carrier, coming_back(name))
    assert isinstance(broken, Unknown)
    assert broken.numbers == (list(server.labels)[-1],)
    assert (len(server.labels), server.refused) == (5, ["login"])


# ------------------------------------------------------------ what only one of them does


@pytest.fixture
def posts() -> Iterator[CarrierServer]:
    with carrier_servers.serving(carrier_servers.colissimo) as running:
        yield running


@pytest.fixture
def relays() -> Iterator[CarrierServer]:
    with carrier_servers.serving(carrier_servers.mondial_relay) as running:
        yield running


async def test_a_colissimo_parcel_travels_as_documented(posts: CarrierServer) -> None:
    carrier = at("colissimo", posts.address, contract="", password="", api_key="key-of-tests")
    line = ContentLine("Derby Hélène", 2, 4450, 500, hs_code="640399", origin="PT", sku="DERBY-39")
    shipment = to_relay("colissimo", insured_minor=8900, instructions="Sonner deux fois", contents=(line,))
    assert isinstance(await carrier.create_label(shipment, PDFS[0], KEY), Labeled), posts.refused
    (sent,) = posts.labels.values()
    letter = sent["letter"]
    assert letter["parcel"] == {"weight": "1.250", "insuranceValue": 8900, "instructions": "Sonner deux fois", "pickupLocationId": "690021"}  # fmt: skip
    assert (letter["service"]["totalAmount"], letter["service"]["commercialName"], letter["service"]["orderNumber"]) == (490, "Orme", "C-1042")  # fmt: skip
    to = letter["addressee"]["address"]
    assert (to["firstName"], to["lastName"], to["mobileNumber"]) == ("Geneviève", "Œuvrard-Łukasz", "0612345678")
    assert (to["line2"], to["line3"]) == ("21 bis rue de l’Église, bâtiment", "“Les Cèdres”")
    assert letter["addressee"]["addresseeParcelRef"] == "P-2026-000417"
    assert "customsDeclarations" not in letter
    overseas = msgspec.structs.replace(shipment, service="CDS", relay="", recipient=msgspec.structs.replace(RECIPIENT, postcode="97110"))  # fmt: skip
    answer = await carrier.create_label(overseas, PDFS[0], KEY)
    assert isinstance(answer, Labeled)
    assert [(paper.kind, paper.content) for paper in answer.label.documents] == [("customs", carrier_servers.PDF)]
    letter = list(posts.labels.values())[-1]["letter"]
    assert letter["addressee"]["address"]["countryCode"] == "GP"
    assert letter["customsDeclarations"]["contents"]["article"][0]["value"] == "44.50"
    to_france = msgspec.structs.replace(overseas, service="DOM")
    assert await carrier.create_label(to_france, PDFS[0], KEY) == Refused((Reason("service", "not_there", "GP"),))


async def test_a_colissimo_return_from_abroad_has_its_own_product_and_crosses_no_customs(posts: CarrierServer) -> None:
    carrier = at("colissimo", posts.address)
    line = ContentLine("Derby Hélène", 1, 4450, 500)
    abroad = {
        country: msgspec.structs.replace(RECIPIENT, country=country, postcode=postcode)
        for country, postcode in (("BE", "1000"), ("CH", "1204"), ("FR", "33000"), ("MC", "98000"))
    }
    answers = {
        country: await carrier.create_label(
            coming_back("colissimo", service="CORI", sender=sender, contents=(line,)), PDFS[0], KEY
        )
        for country, sender in abroad.items()
    }
    assert isinstance(answers.pop("BE"), Labeled), posts.refused
    (sent,) = posts.labels.values()
    assert (sent["letter"]["sender"]["address"]["countryCode"], "customsDeclarations" in sent["letter"]) == (
        "BE",
        False,
    )
    assert answers == {
        "CH": Refused((Reason("service", "customs", "CH"),)),
        "FR": Refused((Reason("service", "not_from_there", "FR"),)),
        "MC": Refused((Reason("service", "not_from_there", "MC"),)),
    }
    to_belgium = msgspec.structs.replace(SENDER, country="BE", postcode="1000")
    away = await carrier.create_label(coming_back("colissimo", recipient=to_belgium), PDFS[0], KEY)
    assert away == Refused((Reason("service", "not_there", "BE"),))


async def test_an_answer_that_lacks_its_last_boundary_names_its_parcel(posts: CarrierServer) -> None:
    carrier = at("colissimo", posts.address)
    infos = b'{"messages":[{"id":"0","type":"SUCCESS"}],"labelV2Response":{"parcelNumber":"6A1"}}'
    status, raw, headers = carrier_servers.multipart(("jsonInfos", "application/json", infos), ("label", "application/pdf", carrier_servers.PDF))  # fmt: skip
    for cut in (10, 50, len(raw) // 2):
        posts.say.append((status, raw[:-cut], headers))
        assert await carrier.create_label(home("colissimo"), PDFS[0], KEY) == Unknown("label_broken", ("6A1",))
    failed = infos.replace(b"SUCCESS", b"ERROR")
    posts.say.append(carrier_servers.multipart(("jsonInfos", "application/json", failed)))
    assert await carrier.create_label(home("colissimo"), PDFS[0], KEY) == Unknown("error_with_number", ("6A1",))


async def test_a_slip_names_at_most_fifty_parcels(posts: CarrierServer) -> None:
    carrier = at("colissimo", posts.address)
    answer = await carrier.manifest(["6A1", "6A2", "6A1"])
    assert isinstance(answer, Manifest), posts.refused
    assert (answer.number, answer.parcels, answer.document.content) == ("4711", ("6A1", "6A2"), carrier_servers.PDF)
    assert isinstance(await carrier.manifest([str(n) for n in range(51)]), Refused)
    assert isinstance(await carrier.manifest([]), Refused)
    posts.then = "stall"
    assert await carrier.manifest(["6A1"]) == Unknown("timed_out")


async def test_la_poste_is_asked_ten_at_a_time_and_believed_one_by_one(posts: CarrierServer) -> None:
    carrier = at("colissimo", posts.address)
    story = [
        {"code": "DI1", "label": "Distribué", "date": "2026-11-24T10:00:00+01:00"},
        {"code": "ZZ9", "label": "?", "date": "soon"}, "strange",
        {"code": "ET1", "label": "En cours", "date": "2026-11-23T21:30:00"},
        {"code": "DR1", "label": "Annoncé", "date": "2026-11-24T12:00:00+01:00"},
    ]  # fmt: skip
    numbers = [f"6A{n:011d}" for n in range(13)]
    posts.tracked = {numbers[0]: story, numbers[12]: story, numbers[3]: 504}
    answer = await carrier.track([*numbers, numbers[0]])
    assert isinstance(answer, Tracked)
    assert (answer.again, len(answer.absent), len(posts.asked)) == ((numbers[3],), 10, 2)
    for number in (numbers[0], numbers[12]):
        heard = [event for event in answer.events if event.number == number]
        assert [(event.code, event.status) for event in heard] == [("DR1", "pending"), ("ET1", "in_transit"), ("ZZ9", "unknown"), ("DI1", "delivered")]  # fmt: skip
        assert heard[1].at == datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
        stands = standing(heard)
        assert stands is not None and stands.code == "DI1"
    alone = await carrier.track([numbers[0]])
    assert isinstance(alone, Tracked) and len(alone.events) == 4
    posts.say.append((404, b"<html>", {"content-type": "text/html"}))
    assert await carrier.track([numbers[1]]) == Tracked(absent=(numbers[1],))
    posts.say += [carrier_servers.as_json(207, []), (429, b"", {"retry-after": "5"})]
    assert await carrier.track(numbers) == Tracked(again=tuple(numbers), wait_seconds=5)
    for_letters = make_carrier("la_poste", {"okapi_key": "okapi-of-tests", "base": f"{posts.address}/suivi/v2"}, patience=SOON)  # fmt: skip
    assert isinstance(await for_letters.track([numbers[0]]), Tracked)
    assert isinstance(await for_letters.create_label(SHIPMENT, ZPL, KEY), NotOffered)


async def test_mondial_relay_tells_what_stands_whatever_order_its_lines_have(relays: CarrierServer) -> None:
    lines = (
        ("DISPONIBLE AU POINT RELAIS", "25/11/26", "09:12", "LYON"), ("RÉCEPTION DES DONNÉES", "22/11/26", "10:10", ""),
        ("UN MOT NOUVEAU", "24/11/2026", "", "CHEZ NOUS"), ("PRISE EN CHARGE EN AGENCE", "23/11/26", "18:40", "LILLE"),
    )  # fmt: skip
    relays.tracked = {str(stat): (str(stat), traced(*lines)) for stat in (80, 81, 82, 83)}
    relays.tracked["5"] = ("80", "")
    carrier = at("mondial_relay", relays.address)
    answer = await carrier.track(["80", "81", "82", "83", "5", "6"])
    assert isinstance(answer, Tracked), relays.refused
    assert answer.absent == ("6",)
    stands = {number: standing(event for event in answer.events if event.number == number) for number in (*relays.tracked,)}  # fmt: skip
    assert {number: event and event.status for number, event in stands.items()} == {
        "80": "ready_for_pickup", "81": "ready_for_pickup", "82": "delivered", "83": "on_hold", "5": "pending",
    }  # fmt: skip
    heard = [event for event in answer.events if event.number == "81"]
    assert [(event.code, event.status) for event in heard] == [
        ("RECEPTION DES DONNEES", "pending"), ("PRISE EN CHARGE EN AGENCE", "in_transit"), ("UN MOT NOUVEAU", "unknown"),
        ("DISPONIBLE AU POINT RELAIS", "ready_for_pickup"), ("81", "in_transit"),
    ]  # fmt: skip
    assert heard[0].at == datetime(2026, 11, 22, 9, 10, tzinfo=UTC)


async def test_what_is_signed_has_no_accents(relays: CarrierServer) -> None:
    carrier = at("mondial_relay", relays.address)
    by_town = msgspec.structs.replace(QUERY, postcode="", city="L’Haÿ-les-Rosès")
    assert isinstance(await carrier.relays(by_town), Relays), relays.refused
    assert b"<Ville>L'HAY-LES-ROSES</Ville>" in relays.asked[0].body
    await carrier.track(["ÉÀ1"])
    assert relays.refused == []


async def test_a_label_that_was_lost_on_its_way_is_fetched_again(relays: CarrierServer) -> None:
    carrier = at("mondial_relay", relays.address)
    with other_bytes(relays, b"%PDF-"):
        lost = await obey(carrier, to_relay("mondial_relay"))
    assert isinstance(lost, Unknown)
    relays.then = "drip the label"
    (number,) = lost.numbers
    assert await obey(carrier, to_relay("mondial_relay")) == Unknown("label_not_fetched", (list(relays.labels)[-1],))
    assert isinstance(await carrier.reprint(number, PDFS[0]), Busy)
    relays.then = "tell"
    again = await carrier.reprint(number, PDFS[0])
    assert isinstance(again, Labeled)
    assert (again.label.content, again.label.numbers, len(relays.labels)) == (carrier_servers.PDF, (number,), 2)
    assert isinstance(await carrier.reprint("0", PDFS[1]), Refused)


async def test_a_label_is_fetched_from_the_carrier_alone(relays: CarrierServer) -> None:
    carrier = at("mondial_relay", relays.address, label_hosts=["mondialrelay.com"])
    answer = await carrier.create_label(to_relay("mondial_relay"), PDFS[0], KEY)
    assert answer == Unknown("label_elsewhere", (list(relays.labels)[-1],))
    assert [asked.method for asked in relays.asked] == ["POST"]


async def test_mondial_relays_codes_part_doubt_from_refusal(relays: CarrierServer) -> None:
    carrier = at("mondial_relay", relays.address)
    for code, kind in (("10001", AccountRefused), ("10054", Refused), ("12345", Refused), ("99999", Unknown), ("10060", Unknown), ("10081", Busy)):  # fmt: skip
        relays.say.append(carrier_servers._reply((code, "Error", "no")))
        assert isinstance(await carrier.create_label(home("mondial_relay"), PDFS[0], KEY), kind), code
    made = '<Shipment ShipmentNumber="96408887"/>'
    relays.say.append(carrier_servers._reply(("10060", "Error", "no"), shipments=made))
    assert await carrier.create_label(home("mondial_relay"), PDFS[0], KEY) == Unknown("code_10060", ("96408887",))


async def test_ten_labels_at_once_are_ten_labels(posts: CarrierServer) -> None:
    carrier = make_carrier("colissimo", KINDS["colissimo"].account(posts.address))
    answers = await asyncio.gather(*(carrier.create_label(home("colissimo"), PDFS[0], KEY) for _ in range(10)))
    assert len({answer.label.numbers for answer in answers if isinstance(answer, Labeled)}) == 10 == len(posts.labels)


async def test_an_account_is_made_from_settings_and_secrets_that_lie_apart(posts: CarrierServer) -> None:
    account = KINDS["colissimo"].account(posts.address)
    secrets = {name: account.pop(name) for name in KNOWN["colissimo"].secrets if name in account}
    carrier = MAKERS["colissimo"](account, secrets)
    assert isinstance(await carrier.create_label(home("colissimo"), PDFS[0], KEY), Labeled)
    table = MAKERS["table"]({"name": "Coursier", "tariff": {"services": [], "zones": [], "rows": []}}, {})
    assert table.capabilities.rates


def test_an_account_that_cannot_work_says_what_is_missing_and_never_its_secrets() -> None:
    with pytest.raises(BadAccount, match="no such carrier"):
        make_carrier("pigeon", {})
    with pytest.raises(BadAccount, match="key"):
        make_carrier("mondial_relay", {"enseigne": "BDTEST13"})
    with pytest.raises(BadAccount, match="tariff"):
        make_carrier("table", {"name": "Coursier"})
    for name, made in KNOWN.items():
        assert set(made.secrets) <= set(made.account.__struct_fields__), name
        account = made.account(**{field: f"secret-{field}" for field in made.account.__struct_fields__ if field in made.secrets or field in ("name", "enseigne")})  # fmt: skip
        assert not [field for field in made.secrets if f"secret-{field}" in repr(account)]
