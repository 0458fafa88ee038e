"""Mondial Relay: labels by its newer API (XML), relays, tracking and labels again by the older one (SOAP, signed with MD5).

Texts go without accents in capitals, weights in grams. There is no key against doubles, no void, no price.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit
from uuid import UUID
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import msgspec

from comptoir.carriers import markup, model, statuses
from comptoir.carriers.base import Base
from comptoir.carriers.hours import fours_of
from comptoir.carriers.http import MOST_LABEL, Line, Patience, Said
from comptoir.carriers.letters import cut, plain
from comptoir.carriers.markup import leaf, tag, text
from comptoir.carriers.model import (
    AccountRefused,
    Address,
    Busy,
    Capabilities,
    Closure,
    Field,
    LabelAnswer,
    Labeled,
    LabelFormat,
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
    Tracked,
    TrackingEvent,
    label_of,
)
from comptoir.carriers.papers import whole
from comptoir.carriers.tariffs import Tariff
from comptoir.network.markets import crossing

LABELS: Final = "https://connect-api.mondialrelay.com/api/shipment"
SOAP: Final = "https://api.mondialrelay.com/Web_Services.asmx"
PAGES: Final = "https://www.mondialrelay.com"
REQUEST: Final = "http://www.example.org/Request"
NAMESPACE: Final = "http://www.mondialrelay.fr/webservice/"
PARIS: Final = ZoneInfo("Europe/Paris")
FORMATS: Final = {
    LabelFormat.PDF_A4: ("A4", "PdfUrl"), LabelFormat.PDF_10X15: ("10x15", "PdfUrl"), LabelFormat.ZPL_203: ("Generic_ZPL_10x15_200dpi", "ZplCode"),
}  # fmt: skip
AGAIN: Final = {LabelFormat.PDF_A4: "URL_PDF_A4", LabelFormat.PDF_10X15: "URL_PDF_10x15"}
SERVICES: Final = (
    Service("24R", "relay", "Point Relais", most_weight_g=30_000),
    Service("24L", "relay", "Point Relais XL", most_weight_g=50_000),
    Service("HOM", "home", "Domicile", most_weight_g=30_000),
    Service("LCC", "return", "Retour en Point Relais", most_weight_g=30_000),
)
LEAST_GRAMS: Final = 10
DAYS: Final = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche")
FOUND: Final = ("0", "80", "81", "82", "83")
ABSENT: Final = ("24", "94")
NONE_HERE: Final = ("93",)


class MondialRelayAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`enseigne` and `key` sign the older calls; `login`, `password` and `customer_id` are of the newer ones.

    `collection`: the driver comes to us (CCC) or we take parcels to a relay (REL). Labels are fetched from `label_hosts` alone.
    """

    enseigne: str
    key: str
    login: str = ""
    password: str = ""
    customer_id: str = ""
    collection: Literal["CCC", "REL"] = "CCC"
    labels: str = LABELS
    soap: str = SOAP
    pages: str = PAGES
    label_hosts: tuple[str, ...] = ("mondialrelay.com", "mondialrelay.fr")

    def __repr__(self) -> str:
        return f"MondialRelayAccount({self.enseigne})"


class Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Codes of one API: our contract, ask again later, nobody knows; and the field of every other that has one."""

    source: str
    account: tuple[str, ...]
    later: tuple[str, ...]
    doubt: tuple[str, ...]
    fields: dict[str, Field]


@cache
def codes(api: Literal["labels", "soap"]) -> Codes:
    """One half of `mondial_relay_refusals.toml`."""
    raw = files(__package__).joinpath("mondial_relay_refusals.toml").read_bytes()
    return msgspec.toml.decode(raw, type=dict[str, Codes])[api]


def signature(values: Iterable[str], key: str) -> str:
    """MD5 of the values in their order, empty ones say nothing, and the key; capitals, from ISO-8859-1."""
    return hashlib.md5(("".join(values) + key).encode("iso-8859-1"), usedforsecurity=False).hexdigest().upper()


class MondialRelay(Base):
    """Labels when the account has a login for them; relays and tracking always."""

    name = "mondial_relay"

    def __init__(self, account: MondialRelayAccount, patience: Patience | None = None, tariff: Tariff | None = None) -> None:  # fmt: skip
        self.account, self.tariff = account, tariff
        self.line = Line(patience)
        labels = bool(account.login)
        self.capabilities = Capabilities(
            SERVICES, tuple(FORMATS) if labels else (), rates=tariff is not None, labels=labels, reprint=True, relays=True, tracking=True, track_at_once=1,
        )  # fmt: skip

    async def close(self) -> None:
        await self.line.close()

    # ------------------------------------------------------------ labels

    async def create_label(self, shipment: Shipment, format: LabelFormat, key: UUID) -> LabelAnswer:
        """The shipment and its label. A PDF lies at an address, which is fetched at once; when that fails, `reprint` fetches it."""
        if not self.capabilities.labels:
            return NotOffered()
        wrong = faults(shipment, format)
        if wrong:
            return Refused(wrong)
        headers = {"content-type": "text/xml", "accept": "application/xml"}
        said = await self.line.buy("POST", self.account.labels, content=self._request(shipment, format), headers=headers)  # fmt: skip
        if not isinstance(said, Said):
            return said
        root = markup.parse(said.body)
        if root is None or root.tag != "ShipmentCreationResponse":
            return _unread(said)
        made = root.find("ShipmentsList/Shipment")
        number = "" if made is None else made.get("ShipmentNumber", "").strip()
        numbers = (number,) if number else ()
        told = [(status.get("Code", ""), status.get("Level", ""), status.get("Message", "")) for status in root.findall("StatusList/Status")]  # fmt: skip
        errors = [(code, words) for code, level, words in told if level.lower().endswith("error")]
        if errors:
            return model.Unknown(f"code_{errors[0][0]}", numbers) if numbers else _refusal(errors)
        output = text(made, "LabelList/Label/Output")
        if not numbers or not output:
            return _unread(said) if not numbers else model.Unknown("label_missing", numbers)
        content = await self._content(output, format)
        if not isinstance(content, bytes) or not whole(content, format):
            return model.Unknown("label_broken" if isinstance(content, bytes) else content, numbers)
        return Labeled(label_of(numbers, content, format), tuple(words for _, level, words in told if words))

    async def reprint(self, shipment: str, format: LabelFormat) -> LabelAnswer:
        """The PDF of a shipment that exists; in ZPL there is none to be had again."""
        if format not in AGAIN:
            return NotOffered()
        result = await self._call("WSI3_GetEtiquettes", [("Expeditions", shipment), ("Langue", "FR")])
        if not isinstance(result, Element):
            return result
        stat = text(result, "STAT")
        if stat != "0":
            return _stat(stat)
        content = await self._content(text(result, AGAIN[format]), format)
        if not isinstance(content, bytes):
            return Busy(content)
        return Labeled(label_of((shipment,), content, format)) if whole(content, format) else Busy("label_broken")

    async def _content(self, output: str, format: LabelFormat) -> bytes | str:
        """The label's bytes, or in one word why there are none."""
        if FORMATS[format][1] == "ZplCode":
            return _zpl(output)
        url = urljoin(self.account.pages, output)
        if not allowed(url, self.account):
            return "label_elsewhere"
        said = await self.line.ask(
            "GET", url, headers={"accept": "application/pdf"}, most=MOST_LABEL, total=self.line.patience.after
        )
        if isinstance(said, Busy):
            return "label_not_fetched"
        return said.body if said.status == 200 else "label_not_fetched"

    def _request(self, shipment: Shipment, format: LabelFormat) -> bytes:
        account, size = self.account, shipment.parcel
        returned = shipment.service == "LCC"
        context = (
            leaf("Login", account.login) + leaf("Password", account.password) + leaf("CustomerId", account.customer_id)
            + leaf("Culture", "fr-FR") + leaf("VersionAPI", "1.0")
        )  # fmt: skip
        options = leaf("OutputFormat", FORMATS[format][0]) + leaf("OutputType", FORMATS[format][1])
        content = cut(_capitals(shipment.contents[0].description), 40) if shipment.contents else "ARTICLES"
        measures = "".join(
            tag(name, Value=str(-(-value // 10)), Unit="cm")
            for name, value in (("Length", size.length_mm), ("Width", size.width_mm), ("Depth", size.height_mm))
            if value
        )
        parcel = leaf("Content", content) + measures + tag("Weight", Value=str(size.weight_g), Unit="gr")
        location = {"Location": f"{shipment.recipient.country}{shipment.relay}"} if shipment.relay else {}
        made = tag(
            "Shipment",
            leaf("OrderNo", _code(shipment.reference, 15)) + leaf("ParcelCount", "1")
            + leaf("DeliveryInstruction", cut(_capitals(shipment.instructions), 31))
            + tag("DeliveryMode", Mode=shipment.service, **location)
            + tag("CollectionMode", Mode="REL" if returned else account.collection)
            + tag("Parcels", tag("Parcel", parcel))
            + tag("Sender", _address(shipment.sender)) + tag("Recipient", _address(shipment.recipient)),
        )  # fmt: skip
        body = tag("Context", context) + tag("OutputOptions", options) + tag("ShipmentsList", made)
        return f'<?xml version="1.0" encoding="utf-8"?>{tag("ShipmentCreationRequest", body, xmlns=REQUEST)}'.encode()

    # ------------------------------------------------------------ relays

    async def relays(self, query: RelayQuery) -> RelayAnswer:
        """Near a point when both coordinates are given, else near a postcode, else a town."""
        here = query.latitude is not None and query.longitude is not None
        by_code = not here and bool(query.postcode)
        result = await self._call("WSI4_PointRelais_Recherche", [
            ("Pays", query.country), ("NumPointRelais", ""),
            ("Ville", "" if here or by_code else cut(_capitals(query.city), 25)), ("CP", query.postcode if by_code else ""),
            ("Latitude", f"{query.latitude:.7f}" if here else ""), ("Longitude", f"{query.longitude:.7f}" if here else ""),
            ("Taille", ""), ("Poids", str(max(query.weight_g, LEAST_GRAMS))), ("Action", query.service or "24R"), ("DelaiEnvoi", "0"),
            ("RayonRecherche", str(max(1, round(query.radius_m / 1000)))), ("TypeActivite", ""), ("NACE", ""),
            ("NombreResultats", str(min(max(query.limit, 1), 30))),
        ])  # fmt: skip
        if not isinstance(result, Element):
            return result
        stat = text(result, "STAT")
        if stat in NONE_HERE:
            return Relays(())
        if stat != "0":
            return _stat(stat)
        found = [relay for relay in map(_relay, result.findall("PointsRelais/PointRelais_Details")) if relay is not None]  # fmt: skip
        near = sorted(found, key=lambda relay: relay.distance_m if relay.distance_m is not None else 1_000_000)
        return Relays(tuple(near[: query.limit]))

    # ------------------------------------------------------------ tracking

    async def track(self, numbers: Sequence[str]) -> TrackAnswer:
        """One call per number. What stands is told as an event too, under its STAT and the time of the newest event."""
        events: list[TrackingEvent] = []
        absent: list[str] = []
        again: list[str] = []
        asked = list(dict.fromkeys(numbers))
        for at, number in enumerate(asked):
            result = await self._call("WSI2_TracingColisDetaille", [("Expedition", number), ("Langue", "FR")])
            if isinstance(result, Busy):
                if at == 0:
                    return result
                return Tracked(tuple(events), tuple(absent), (*again, *asked[at:]), result.wait_seconds)
            if isinstance(result, AccountRefused):
                return result
            stat = text(result, "STAT")
            if stat in FOUND:
                events += _events(number, stat, result)
            elif stat in ABSENT:
                absent.append(number)
            elif stat in codes("soap").account:
                return AccountRefused(f"stat_{stat}")
            else:
                again.append(number)
        return Tracked(tuple(events), tuple(absent), tuple(again))

    async def _call(self, operation: str, fields: list[tuple[str, str]]) -> Element | Busy | AccountRefused:
        """The operation's result. Empty parameters are left out, of the call and of the signature."""
        said_fields = [("Enseigne", self.account.enseigne), *((name, plain(value)) for name, value in fields if value)]
        signed = [*said_fields, ("Security", signature((value for _, value in said_fields), self.account.key))]
        headers = {"content-type": "text/xml; charset=utf-8", "soapaction": f'"{NAMESPACE}{operation}"'}
        said = await self.line.ask("POST", self.account.soap, content=markup.envelope(NAMESPACE, operation, signed), headers=headers)  # fmt: skip
        if isinstance(said, Busy):
            return said
        if said.status in (401, 403):
            return AccountRefused(f"http_{said.status}")
        root = markup.parse(said.body)
        result = None if root is None else root.find(f".//{operation}Result")
        return Busy("nonsense") if result is None else result


def faults(shipment: Shipment, format: LabelFormat) -> tuple[Reason, ...]:
    """What Mondial Relay refuses for certain, told without asking it."""
    service = next((one for one in SERVICES if one.code == shipment.service), None)
    found: list[Reason] = []
    if format not in FORMATS:
        found.append(Reason("format", "not_offered", format))
    if service is None:
        found.append(Reason("service", "unheard_of", shipment.service))
    elif not LEAST_GRAMS <= shipment.parcel.weight_g <= service.most_weight_g:
        found.append(Reason("parcel.weight_g", "out_of_range"))
    if service and service.kind == "relay" and not re.fullmatch(r"[0-9A-Z]{1,8}", shipment.relay):
        found.append(Reason("relay", "wrong" if shipment.relay else "missing", shipment.relay))
    if service and service.kind == "home" and not shipment.recipient.phone:
        found.append(Reason("recipient.phone", "missing"))
    if shipment.insured_minor:
        found.append(Reason("value", "not_insured_here"))
    recipient = shipment.recipient
    needed: tuple[tuple[Field, str], ...] = (
        ("recipient.name", recipient.name or recipient.company), ("recipient.street", recipient.street),
        ("recipient.postcode", recipient.postcode), ("recipient.city", recipient.city),
    )  # fmt: skip
    found += [Reason(field, "missing") for field, value in needed if not _capitals(value)]
    if service and service.kind == "return":
        sender = shipment.sender
        if not all(_capitals(part) for part in (sender.name, sender.street, sender.postcode, sender.city)):
            found.append(Reason("sender", "missing"))
        if crossing(sender.country, sender.postcode, recipient.country) != "none":
            found.append(Reason("service", "not_from_there", sender.country))
    return tuple(found)


def allowed(url: str, account: MondialRelayAccount) -> bool:
    """Whether a label may be fetched there: a known host, no credentials, its usual port, and HTTPS unless our own base has none."""
    try:
        parts, base = urlsplit(url), urlsplit(account.labels)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".")
    known = any(host == name or host.endswith(f".{name}") for name in account.label_hosts)
    usual = port in (None, 443) if base.scheme == "https" else True
    return known and usual and parts.scheme == base.scheme and parts.username is None and parts.password is None


def _capitals(words: str) -> str:
    """Capitals without accents and only the signs that an address may have."""
    return re.sub(r"\s+", " ", re.sub(r"[^0-9A-Z_\-'., /]", " ", plain(words).upper())).strip()


def _code(words: str, most: int) -> str:
    return re.sub(r"[^0-9A-Z_-]", "", plain(words).upper())[-most:]


def _address(address: Address) -> str:
    name = cut(_capitals(address.name or address.company), 30)
    first, _, last = name.partition(" ")
    who = leaf("Firstname", first) + leaf("Lastname", last) if last else ""
    company = _capitals(address.company) if address.name else ""
    inside = (
        who + leaf("Streetname", cut(_capitals(address.street), 30)) + leaf("CountryCode", address.country)
        + leaf("PostCode", address.postcode.strip()) + leaf("City", cut(_capitals(address.city), 30)) + leaf("AddressAdd1", "" if last else name)
        + leaf("AddressAdd2", cut(company, 30)) + leaf("AddressAdd3", cut(_capitals(address.street2), 30)) + leaf("PhoneNo", address.phone)
        + leaf("Email", address.email if re.fullmatch(r"[\w.@-]{7,70}", plain(address.email)) else "")
    )  # fmt: skip
    return tag("Address", inside)


# ------------------------------------------------------------ reading


def _unread(said: Said) -> Refused | model.Unknown | AccountRefused:
    """What a status alone says: a 4xx made nothing, anything else may have."""
    if said.status in (401, 403):
        return AccountRefused(f"http_{said.status}")
    if 400 <= said.status < 500:
        return Refused((Reason("other", f"http_{said.status}"),))
    return model.Unknown("nonsense" if said.status < 300 else f"http_{said.status}")


def _refusal(errors: list[tuple[str, str]]) -> Refused | model.Unknown | Busy | AccountRefused:
    """What errors without a shipment number mean; the worst of them decides."""
    table = codes("labels")
    for code, words in errors:
        if code in table.account:
            return AccountRefused(f"code_{code}", words)
    for code, _ in errors:
        if code in table.doubt:
            return model.Unknown(f"code_{code}")
    if all(code in table.later for code, _ in errors):
        return Busy(f"code_{errors[0][0]}")
    return Refused(tuple(Reason(table.fields.get(code, "other"), f"code_{code}", words) for code, words in errors))


def _stat(stat: str) -> Refused | Busy | AccountRefused:
    """What a STAT that is not success means to a question."""
    table = codes("soap")
    if stat in table.account:
        return AccountRefused(f"stat_{stat}")
    if stat in table.later or not stat.isdecimal():
        return Busy(f"stat_{stat}" if stat else "nonsense")
    return Refused((Reason(table.fields.get(stat, "other"), f"stat_{stat}"),))


def _zpl(output: str) -> bytes:
    """ZPL stands in the answer, as it is or in base64."""
    if output.lstrip().startswith("^XA"):
        return output.encode()
    try:
        return base64.b64decode("".join(output.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _relay(point: Element) -> Relay | None:
    """None for a relay that has no number or cannot be found on a map."""
    number = text(point, "Num")
    try:
        latitude, longitude = (float(text(point, axis).replace(",", ".")) for axis in ("Latitude", "Longitude"))
    except ValueError:
        return None
    if not number:
        return None
    address = Address(
        "", text(point, "LgAdr3"), text(point, "CP"), text(point, "Ville"), text(point, "Pays") or "FR", street2=text(point, "LgAdr4"),
    )  # fmt: skip
    hours = fours_of([[(one.text or "").strip() for one in point.findall(f"Horaires_{day}/string")] for day in DAYS])
    distance, kind = text(point, "Distance"), text(point, "TypeActivite")
    name = " ".join(part for part in (text(point, "LgAdr1"), text(point, "LgAdr2")) if part)
    return Relay(
        number, name, address, latitude, longitude, hours, int(distance) if distance.isdecimal() else None,
        (kind,) if kind.strip("0") else (), None, tuple(_closures(point)),
    )  # fmt: skip


def _closures(point: Element) -> Iterator[Closure]:
    for told in point.iter("Informations_Dispo"):
        first, last = _day(text(told, "Debut")), _day(text(told, "Fin"))
        if first and last:
            yield Closure(first, last)


def _day(words: str) -> date | None:
    """`2026-08-01...`, `01/08/2026` or `01/08/26`."""
    for form, length in (("%Y-%m-%d", 10), ("%d/%m/%Y", 10), ("%d/%m/%y", 8)):
        try:
            return datetime.strptime(words[:length], form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _events(number: str, stat: str, result: Element) -> Iterator[TrackingEvent]:
    """Oldest first; lines without words are padding. A moment that says no hour counts as noon."""
    told = []
    for line in result.findall("Tracing/ret_WSI2_sub_TracingColisDetaille"):
        words = text(line, "Libelle")
        if words:
            code = plain(words).upper()
            meaning = statuses.meaning("mondial_relay", code)
            told.append(TrackingEvent(number, code, meaning, _moment(text(line, "Date"), text(line, "Heure")), text(line, "Emplacement"), words))  # fmt: skip
    told.sort(key=lambda event: event.at or datetime.min.replace(tzinfo=UTC))
    yield from told
    if stat != "0":
        newest = told[-1].at if told else None
        yield TrackingEvent(number, stat, statuses.meaning("mondial_relay", stat), newest, text(result, "Relais_Libelle"), text(result, "Libelle01"))  # fmt: skip


def _moment(day: str, hour: str) -> datetime | None:
    found = _day(day)
    if found is None:
        return None
    clock = re.fullmatch(r"([01]?\d|2[0-3])[:hH]?([0-5]\d)", hour)
    hours, minutes = (int(clock[1]), int(clock[2])) if clock else (12, 0)
    return datetime(found.year, found.month, found.day, hours, minutes, tzinfo=PARIS).astimezone(UTC)
