"""Colissimo: labels and hand-over slips by JSON (the answer is multipart, read as bytes), relays by SOAP, tracking by La Poste Suivi v2.

Lengths go in millimeters, weights in kilograms, money in cents. There is no key against doubles, no way to void (a label that is never
scanned is not billed) and no way to ask for a price.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from email import policy
from email.parser import BytesParser
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID
from xml.etree.ElementTree import Element

import msgspec

from comptoir.carriers import markup, model
from comptoir.carriers.base import Base
from comptoir.carriers.hours import spans_of
from comptoir.carriers.http import Line, Patience, Said
from comptoir.carriers.la_poste import LaPoste, LaPosteAccount
from comptoir.carriers.letters import cut, fold, is_mobile, national, plain
from comptoir.carriers.model import (
    PDF,
    AccountRefused,
    Address,
    Busy,
    Capabilities,
    Closure,
    Document,
    Field,
    LabelAnswer,
    Labeled,
    LabelFormat,
    Manifest,
    ManifestAnswer,
    NotOffered,
    Reason,
    Refused,
    Relay,
    RelayAnswer,
    RelayQuery,
    Relays,
    Service,
    Shipment,
    TrackAnswer,
    label_of,
    sha256,
)
from comptoir.carriers.papers import whole, whole_pdf
from comptoir.carriers.tariffs import OVERSEAS as OVERSEAS_POSTCODES
from comptoir.carriers.tariffs import Tariff, place
from comptoir.network.markets import LIKE_FRANCE, ONE_MARKET

BASE: Final = "https://ws.colissimo.fr"
LABELS: Final = "/sls-ws/SlsServiceWSRest/2.0"
POINTS: Final = "/pointretrait-ws-cxf/PointRetraitServiceWS/2.0"
POINTS_NAMESPACE: Final = "http://v2.pointretrait.geopost.com/"
FORMATS: Final = {
    LabelFormat.PDF_A4: "PDF_A4_300dpi", LabelFormat.PDF_10X15: "PDF_10x15_300dpi",
    LabelFormat.ZPL_203: "ZPL_10x15_203dpi", LabelFormat.ZPL_300: "ZPL_10x15_300dpi",
}  # fmt: skip
MOST_GRAMS: Final = 30_000
MOST_INSURED: Final = 150_000
SLIP_AT_ONCE: Final = 50
OVERSEAS: Final = tuple(OVERSEAS_POSTCODES.values())
SERVICES: Final = (
    Service("DOM", "home", "Colissimo Domicile sans signature", ("FR", "MC", "AD"), most_weight_g=MOST_GRAMS),
    Service("DOS", "home", "Colissimo Domicile avec signature", signed=True, most_weight_g=MOST_GRAMS),
    Service("HD", "relay", "Colissimo Point Retrait", most_weight_g=MOST_GRAMS),
    Service("COM", "home", "Colissimo Outre-Mer sans signature", OVERSEAS, most_weight_g=MOST_GRAMS),
    Service("CDS", "home", "Colissimo Outre-Mer avec signature", OVERSEAS, signed=True, most_weight_g=MOST_GRAMS),
    Service("CORE", "return", "Colissimo Retour France", ("FR",), most_weight_g=MOST_GRAMS),
    Service("CORI", "return", "Colissimo Retour International", ("FR",), most_weight_g=MOST_GRAMS),
)
KINDS: Final = {"BPR": "post_office", "A2P": "shop", "PCS": "locker", "CMT": "shop", "BDP": "post_office"}
DAYS: Final = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche")


class ColissimoAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Contract and password, or an API key; `commercial_name` stands in the messages that Colissimo sends to customers.

    `okapi_key` is La Poste's key for tracking; without one there is no tracking.
    """

    contract: str = ""
    password: str = ""
    api_key: str = ""
    commercial_name: str = ""
    okapi_key: str = ""
    base: str = BASE
    tracking_base: str = ""

    def __repr__(self) -> str:
        return f"ColissimoAccount({self.contract})"


class Meanings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How refusals are read: ids that mean our contract, and words that name a field, the first that is found."""

    source: str
    account: tuple[str, ...]
    account_words: tuple[str, ...]
    points_account: tuple[str, ...]
    points_none: tuple[str, ...]
    points_later: tuple[str, ...]
    words: tuple[tuple[str, Field], ...]


@cache
def meanings() -> Meanings:
    """The table `colissimo_refusals.toml`."""
    return msgspec.toml.decode(files(__package__).joinpath("colissimo_refusals.toml").read_bytes(), type=Meanings)


class Colissimo(Base):
    """Labels, relays, slips; tracking when the account has a key for it."""

    name = "colissimo"

    def __init__(self, account: ColissimoAccount, patience: Patience | None = None, tariff: Tariff | None = None) -> None:  # fmt: skip
        self.account, self.tariff = account, tariff
        self.line = Line(patience)
        self._tracker: LaPoste | None = None
        if account.okapi_key:
            tracking = LaPosteAccount(account.okapi_key)
            if account.tracking_base:
                tracking = msgspec.structs.replace(tracking, base=account.tracking_base)
            self._tracker = LaPoste(tracking, patience)
        self.capabilities = Capabilities(
            SERVICES, tuple(FORMATS), rates=tariff is not None, labels=True, relays=True, manifest=True, manifest_at_once=SLIP_AT_ONCE,
            tracking=self._tracker is not None, track_at_once=10,
        )  # fmt: skip

    # ------------------------------------------------------------ labels

    async def create_label(self, shipment: Shipment, format: LabelFormat, key: UUID) -> LabelAnswer:
        """The parcel and its label. Colissimo takes no key; a person finds a lost parcel by `shipment.reference`."""
        wrong = faults(shipment)
        if wrong:
            return Refused(wrong)
        said = await self._post("generateLabel", self._letter(shipment, format))
        if not isinstance(said, Said):
            return said
        read = _parts(said)
        if read is None:
            return _unread(said)
        parts, complete = read
        infos = _infos(parts.get("jsonInfos"))
        numbers = _numbers(infos)
        refusal = _refusal(said, infos)
        if refusal is not None:
            # A number beside an error: the parcel may be there all the same.
            return model.Unknown("error_with_number", numbers) if numbers else refusal
        label = parts.get("label", b"")
        if not numbers or not complete or not whole(label, format):
            return model.Unknown("label_broken" if numbers else "nonsense", numbers)
        customs = parts.get("cn23", b"")
        if customs and not whole_pdf(customs):
            return model.Unknown("customs_broken", numbers)
        papers = (Document("customs", customs, PDF, sha256(customs)),) if customs else ()
        return Labeled(label_of(numbers, label, format, documents=papers), _notes(infos))

    def _letter(self, shipment: Shipment, format: LabelFormat) -> dict[str, Any]:
        service: dict[str, Any] = {
            "productCode": shipment.service, "depositDate": shipment.ship_on.isoformat(), "orderNumber": shipment.order_number[:30],
            "commercialName": self.account.commercial_name or shipment.sender.company or shipment.sender.name,
            "transportationAmount": shipment.carriage_minor, "totalAmount": shipment.carriage_minor, "returnTypeChoice": 3,
        }  # fmt: skip
        parcel: dict[str, Any] = {"weight": f"{shipment.parcel.weight_g / 1000:.3f}"}
        if shipment.insured_minor:
            parcel["insuranceValue"] = shipment.insured_minor
        if shipment.instructions:
            parcel["instructions"] = cut(shipment.instructions, 35)
        if shipment.relay:
            parcel["pickupLocationId"] = shipment.relay
        letter: dict[str, Any] = {
            "service": service, "parcel": parcel,
            "sender": {"senderParcelRef": shipment.reference[-17:], "address": _address(shipment.sender)},
            "addressee": {"addresseeParcelRef": shipment.reference[-15:], "codeBarForReference": False, "address": _address(shipment.recipient)},
        }  # fmt: skip
        if shipment.contents and _country(shipment.recipient) not in ONE_MARKET:
            letter["customsDeclarations"] = _customs(shipment)
        size = shipment.parcel
        fields = [("LENGTH", size.length_mm), ("WIDTH", size.width_mm), ("HEIGHT", size.height_mm)]
        return {
            "outputFormat": {"x": 0, "y": 0, "outputPrintingType": FORMATS[format]}, "letter": letter,
            "fields": {"field": [{"key": name, "value": str(value)} for name, value in fields if value]},
        }  # fmt: skip

    # ------------------------------------------------------------ slips

    async def manifest(self, numbers: Sequence[str]) -> ManifestAnswer:
        """One slip for at most fifty parcels."""
        asked = tuple(dict.fromkeys(numbers))
        if not 0 < len(asked) <= SLIP_AT_ONCE:
            return Refused((Reason("other", "too_many" if asked else "none"),))
        said = await self._post(
            "generateBordereauByParcelsNumbers", {"generateBordereauParcelNumberList": {"parcelsNumbers": list(asked)}}
        )
        if not isinstance(said, Said):
            return said
        read = _parts(said)
        if read is None:
            return _unread(said)
        parts, complete = read
        infos = _infos(parts.pop("jsonInfos", None))
        refusal = _refusal(said, infos)
        if refusal is not None:
            return refusal
        paper = next((part for part in parts.values() if part.startswith(b"%PDF-")), b"")
        if not complete or not whole_pdf(paper):
            return model.Unknown("slip_broken")
        inside = infos.get("bordereau") if isinstance(infos.get("bordereau"), dict) else infos
        header = inside.get("bordereauHeader") if isinstance(inside, dict) else None
        number = header.get("bordereauNumber") if isinstance(header, dict) else None
        document = Document("manifest", paper, PDF, sha256(paper))
        return Manifest(str(number) if isinstance(number, str | int) else "", document, asked)

    async def _post(self, method: str, body: dict[str, Any]) -> Said | Busy | model.Unknown:
        headers = {"content-type": "application/json", "accept": "*/*"}
        if self.account.api_key:
            headers["apikey"] = self.account.api_key
        else:
            body = {"contractNumber": self.account.contract, "password": self.account.password, **body}
        return await self.line.buy("POST", f"{self.account.base}{LABELS}/{method}", content=msgspec.json.encode(body), headers=headers)  # fmt: skip

    # ------------------------------------------------------------ relays

    async def relays(self, query: RelayQuery) -> RelayAnswer:
        """Points near an address. Colissimo searches by address alone: coordinates and radius are not read."""
        login = [("apikey", self.account.api_key), ("codTiersPourPartenaire", self.account.contract)]
        if not self.account.api_key:
            login = [("accountNumber", self.account.contract), ("password", self.account.password)]
        fields = [
            *login, ("address", query.street), ("zipCode", query.postcode), ("city", query.city), ("countryCode", query.country),
            ("weight", str(query.weight_g)), ("shippingDate", query.ship_on.strftime("%d/%m/%Y")), ("filterRelay", "1"),
            ("requestId", ""), ("lang", "FR"), ("optionInter", "0" if query.country == "FR" else "1"),
        ]  # fmt: skip
        content = markup.envelope(POINTS_NAMESPACE, "findRDVPointRetraitAcheminement", [one for one in fields if one[1]], qualified=False)  # fmt: skip
        headers = {"content-type": "text/xml; charset=utf-8", "soapaction": '""'}
        said = await self.line.ask("POST", self.account.base + POINTS, content=content, headers=headers)
        if isinstance(said, Busy):
            return said
        if said.status in (401, 403):
            return AccountRefused(f"http_{said.status}")
        root = markup.parse(said.body)
        answer = None if root is None else root.find(".//return")
        if answer is None:
            return Busy("nonsense")
        code, words = markup.text(answer, "errorCode"), markup.text(answer, "errorMessage")
        if code in meanings().points_account:
            return AccountRefused(code, words)
        if code in meanings().points_later:
            return Busy(f"points_{code}")
        if code in meanings().points_none:
            return Relays(())
        if code not in ("", "0"):
            return Refused((Reason(_field(words), code, words),))
        found = [relay for relay in map(_relay, answer.findall("listePointRetraitAcheminement")) if relay is not None]
        near = sorted(found, key=lambda relay: relay.distance_m if relay.distance_m is not None else 1_000_000)
        return Relays(tuple(near[: query.limit]))

    # ------------------------------------------------------------ tracking

    async def track(self, numbers: Sequence[str]) -> TrackAnswer:
        return await self._tracker.track(numbers) if self._tracker else NotOffered()

    async def close(self) -> None:
        await self.line.close()
        if self._tracker:
            await self._tracker.close()


def faults(shipment: Shipment) -> tuple[Reason, ...]:
    """What Colissimo refuses for certain, told without asking it."""
    service = next((one for one in SERVICES if one.code == shipment.service), None)
    found: list[Reason] = []
    if service is None:
        found.append(Reason("service", "unheard_of", shipment.service))
    elif service.countries and _country(shipment.recipient) not in service.countries:
        found.append(Reason("service", "not_there", _country(shipment.recipient)))
    if service and service.kind == "relay":
        if not shipment.relay:
            found.append(Reason("relay", "missing"))
        if not is_mobile(shipment.recipient.phone, shipment.recipient.country):
            found.append(Reason("recipient.phone", "no_mobile"))
    if not 0 < shipment.parcel.weight_g <= MOST_GRAMS:
        found.append(Reason("parcel.weight_g", "out_of_range"))
    if not 0 <= shipment.insured_minor <= MOST_INSURED:
        found.append(Reason("value", "insurance_out_of_range"))
    for part, field in (("name", "recipient.name"), ("street", "recipient.street"), ("postcode", "recipient.postcode"), ("city", "recipient.city")):  # fmt: skip
        if not getattr(shipment.recipient, part).strip():
            found.append(Reason(field, "missing"))  # type: ignore[arg-type]
    return (*found, *_faults_of_return(shipment)) if service and service.kind == "return" else tuple(found)


def _faults_of_return(shipment: Shipment) -> Iterator[Reason]:
    """The customer sends and we receive. CORE starts in France, CORI abroad; across a customs border it wants papers that we do not write."""
    sender = shipment.sender
    if not all(part.strip() for part in (sender.name, sender.street, sender.postcode, sender.city)):
        yield Reason("sender", "missing")
    country = _country(sender)
    if (country in LIKE_FRANCE) != (shipment.service == "CORE"):
        yield Reason("service", "not_from_there", country)
    elif country not in ONE_MARKET:
        yield Reason("service", "customs", country)


def _country(address: Address) -> str:
    """Overseas departments under their own country, also when the address says France."""
    return place(address.country, address.postcode)[0]


def _address(address: Address) -> dict[str, str]:
    """Line 2 has number and street; lines 0, 1 and 3 what else there is. Empty parts are left out."""
    first, _, last = address.name.strip().rpartition(" ")
    street = fold(address.street, 35, 2)
    extra = fold(address.street2, 35, 1)
    mobile = is_mobile(address.phone, address.country)
    parts = {
        "companyName": cut(address.company, 35), "lastName": cut(last, 35), "firstName": cut(first, 29),
        "line0": "", "line1": extra[0] if extra else "", "line2": street[0] if street else "", "line3": street[1] if len(street) > 1 else "",
        "countryCode": _country(address), "city": cut(address.city, 35), "zipCode": address.postcode, "stateOrProvinceCode": address.state,
        "phoneNumber": "" if mobile else national(address.phone, address.country),
        "mobileNumber": national(address.phone, address.country) if mobile else "",
        "email": address.email, "doorCode1": address.door_code[:8],
    }  # fmt: skip
    return {name: value for name, value in parts.items() if value}


def _customs(shipment: Shipment) -> dict[str, Any]:
    articles = [
        {"description": cut(line.description, 64), "quantity": line.quantity, "weight": f"{line.weight_g / 1000:.3f}",
         "value": f"{line.value_minor / 100:.2f}", "hsCode": line.hs_code, "originCountry": line.origin, "currency": shipment.currency,
         "artref": line.sku[:44]}
        for line in shipment.contents
    ]  # fmt: skip
    category = 6 if shipment.service in ("CORE", "CORI") else 3
    return {"includeCustomsDeclarations": True, "contents": {"article": articles, "category": {"value": category}}}


# ------------------------------------------------------------ reading


def _parts(said: Said) -> tuple[dict[str, bytes], bool] | None:
    """(every part by its Content-ID, byte for byte; whether the answer came to its end); JSON alone counts as `jsonInfos`.

    None for what has no parts.
    """
    kind = said.content_type.partition(";")[0].strip().lower()
    if not kind.startswith("multipart/"):
        return ({"jsonInfos": said.body}, True) if kind == "application/json" or said.body[:1] == b"{" else None
    head = b"Content-Type: " + said.content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    message = BytesParser(policy=policy.HTTP).parsebytes(head + said.body)
    if not message.is_multipart():
        return None
    parts: dict[str, bytes] = {}
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            parts[str(part.get("Content-ID", "")).strip().strip("<>")] = content
    return parts, not message.defects


def _unread(said: Said) -> Refused | model.Unknown | AccountRefused:
    """What a status alone says: a 4xx made nothing, anything else may have."""
    if said.status in (401, 403):
        return AccountRefused(f"http_{said.status}")
    if 400 <= said.status < 500:
        return Refused((Reason("other", f"http_{said.status}"),))
    return model.Unknown("nonsense" if said.status < 300 else f"http_{said.status}")


def _infos(raw: bytes | None) -> dict[str, Any]:
    try:
        return msgspec.json.decode(raw or b"", type=dict[str, Any])
    except msgspec.DecodeError:
        return {}


def _messages(infos: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(id, type, words) of each message."""
    told = infos.get("messages")
    for message in told if isinstance(told, list) else [told]:
        if isinstance(message, dict):
            yield str(message.get("id", "")), str(message.get("type", "")).upper(), str(message.get("messageContent") or "")  # fmt: skip


def _refusal(said: Said, infos: dict[str, Any]) -> Refused | AccountRefused | model.Unknown | None:
    """What the messages refuse; None when they refuse nothing and the status is one of success."""
    errors = [(code, words) for code, kind, words in _messages(infos) if kind == "ERROR"]
    if not errors:
        return None if said.status < 300 else _unread(said)
    for code, words in errors:
        if code in meanings().account or any(word in plain(words).lower() for word in meanings().account_words):
            return AccountRefused(code, words)
    return Refused(tuple(Reason(_field(words), code, words) for code, words in errors))


def _field(words: str) -> Field:
    said = plain(words).lower()
    return next((field for word, field in meanings().words if word in said), "other")


def _notes(infos: dict[str, Any]) -> tuple[str, ...]:
    return tuple(words for _, kind, words in _messages(infos) if kind != "SUCCESS" and words)


def _numbers(infos: dict[str, Any]) -> tuple[str, ...]:
    told = infos.get("labelV2Response") or infos.get("labelResponse")
    if not isinstance(told, dict):
        return ()
    named = (told.get("parcelNumber"), told.get("parcelNumberPartner"))
    return tuple(number for number in named if isinstance(number, str) and number)


def _relay(point: Element) -> Relay | None:
    """None for a point that cannot be found on a map or says that it is shut for good: nobody could be sent there."""
    try:
        latitude, longitude = (float(markup.text(point, f"coordGeolocalisation{axis}").replace(",", ".")) for axis in ("Latitude", "Longitude"))  # fmt: skip
    except ValueError:
        return None
    closures = tuple(_closures(point))
    if not markup.text(point, "identifiant") or (markup.text(point, "congesTotal") == "true" and not closures):
        return None
    address = Address(
        "", markup.text(point, "adresse1"), markup.text(point, "codePostal"), markup.text(point, "localite"), markup.text(point, "codePays") or "FR",
        street2=", ".join(line for line in (markup.text(point, "adresse2"), markup.text(point, "adresse3")) if line),
    )  # fmt: skip
    distance, most, kind = markup.text(point, "distanceEnMetre"), markup.text(point, "poidsMaxi"), markup.text(point, "typeDePoint")  # fmt: skip
    return Relay(
        markup.text(point, "identifiant"), markup.text(point, "nom"), address, latitude, longitude,
        spans_of([markup.text(point, f"horairesOuverture{day}") for day in DAYS]), int(distance) if distance.isdecimal() else None,
        (KINDS.get(kind, kind.lower()),) if kind else (), int(most) if most.isdecimal() and int(most) else None, closures,
    )  # fmt: skip


def _closures(point: Element) -> Iterator[Closure]:
    for holiday in point.findall("listeConges"):
        try:
            first, last = (date.fromisoformat(markup.text(holiday, name)[:10]) for name in ("calendarDeDebut", "calendarDeFin"))  # fmt: skip
        except ValueError:
            continue
        yield Closure(first, last)
