"""Local servers that stand for Colissimo, Mondial Relay and La Poste: they check what those document (fields, their order, signatures,
credentials) and count the labels they made.

Written from the public references, not from our adapters. `say` makes a server answer something else instead; `then` spoils a good
answer after the label was made: it stalls, hangs up, or cuts what it sends.
"""

import base64
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

Said = tuple[int, bytes, dict[str, str]]
EVERY_BYTE = bytes(range(256))
PDF = (
    b"%PDF-1.4\r\n%"
    + EVERY_BYTE
    + b"\r\n\r\n--no-boundary\r\n\n\r\r\n"
    + EVERY_BYTE[::-1]
    + b"\x85\x1c\x0b\r\n%%EOF\r\n"
)
ZPL = "^XA^CI28^FO40,40^A0N,50^FDGENEVIÈVE^FS\r\n^XZ\n^XA^FO40,40^FD2/2^FS^XZ\r\n".encode()


class CarrierServer:
    """One carrier on a free port of this machine. `labels`: the request of each label that was made, by parcel number."""

    def __init__(self, judge: "Callable[[CarrierServer, Asked], Said]") -> None:
        self.judge = judge
        self.labels: dict[str, Any] = {}
        self.refused: list[str] = []
        self.asked: list[Asked] = []
        self.say: list[Said | Literal["endless"]] = []
        """What the next calls are answered, one after the other, without anything being made."""
        self.then: Literal["tell", "stall", "hang up", "cut", "drip", "drip the label"] = "tell"
        self.label: bytes | None = None
        self.tracked: dict[str, Any] = {}
        self.address = ""
        self.go_on = threading.Event()

    def no(self, why: str, said: Said) -> Said:
        self.refused.append(why)
        return said


class Asked:
    """A request as it arrived."""

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.headers, self.body = method, headers, body
        parts = urlsplit(target)
        self.path, self.query = parts.path, parse_qs(parts.query)


@contextmanager
def serving(judge: Callable[[CarrierServer, Asked], Said]) -> Iterator[CarrierServer]:
    server = CarrierServer(judge)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked = Asked(self.command, self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            server.asked.append(asked)
            said = server.say.pop(0) if server.say else None
            if said == "endless":
                self.send_response(200)
                self.send_header("content-type", "application/pdf")
                self.end_headers()
                while not server.go_on.is_set():
                    self.wfile.write(b"%PDF" * 65_536)
                return
            then = server.then if said is None else "tell"
            if then == "drip the label":
                then = "drip" if self.command == "GET" else "tell"
            status, raw, headers = said or server.judge(server, asked)
            if then == "hang up":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if then == "stall":
                server.go_on.wait(5)
                return
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            if then == "drip":
                for at in range(len(raw)):
                    self.wfile.write(raw[at : at + 1])
                    if server.go_on.wait(0.05):
                        return
            self.wfile.write(raw[: len(raw) // 2] if then == "cut" else raw)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None: ...

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever was called hangs up in the middle of a body that never ends: that is what is tried."""

    http = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.address = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield server
    finally:
        server.go_on.set()
        http.shutdown()
        http.server_close()
        thread.join()


def as_json(status: int, body: Any) -> Said:
    return status, json.dumps(body).encode(), {"content-type": "application/json;charset=UTF-8"}


# ------------------------------------------------------------ Colissimo, and La Poste's tracking for it

COLISSIMO = {"contract": "123456", "password": "pass-of-tests", "key": "key-of-tests", "okapi": "okapi-of-tests"}
LETTER = {
    "outputFormat": {"x", "y", "outputPrintingType"},
    "service": {
        "productCode",
        "depositDate",
        "orderNumber",
        "commercialName",
        "returnTypeChoice",
        "totalAmount",
        "transportationAmount",
    },
    "parcel": {
        "weight",
        "insuranceValue",
        "instructions",
        "pickupLocationId",
        "nonMachinable",
        "COD",
        "CODAmount",
        "returnReceipt",
        "ftd",
        "ddp",
        "recommendationLevel",
        "disabledDeliveryBlockingCode",
    },
    "address": {
        "companyName",
        "firstName",
        "lastName",
        "line0",
        "line1",
        "line2",
        "line3",
        "countryCode",
        "city",
        "zipCode",
        "phoneNumber",
        "mobileNumber",
        "email",
        "doorCode1",
        "doorCode2",
        "stateOrProvinceCode",
    },
}
PRODUCTS = {"DOM", "DOS", "HD", "COM", "CDS", "COLD", "COL", "CORE", "CORI", "ECO"}
PAPERS = {"PDF_A4_300dpi", "PDF_10x15_300dpi", "PDF_10x12", "PDF_10x10", "ZPL_10x15_203dpi", "ZPL_10x15_300dpi"}


def wrong(message: str, code: str, status: int = 400) -> Said:
    return as_json(status, {"messages": [{"id": code, "type": "ERROR", "messageContent": message, "replacementValues": []}], "labelV2Response": None})  # fmt: skip


def multipart(*parts: tuple[str, str, bytes]) -> Said:
    """As the shipping service answers: CRLF, binary, a Content-ID in angles."""
    boundary = "uuid:6b0f0bd4-6d2c-4a9c-9a52-tests"
    raw = b"".join(
        f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{name}>\r\n\r\n".encode() + body + b"\r\n"
        for name, kind, body in parts
    )  # fmt: skip
    head = f'multipart/mixed; type="application/json"; boundary="{boundary}"; start="<jsonInfos>"'
    return 200, raw + f"--{boundary}--\r\n".encode(), {"content-type": head}


def colissimo(server: CarrierServer, asked: Asked) -> Said:
    path = asked.path
    if path.startswith("/sls-ws/SlsServiceWSRest/2.0/"):
        return _shipping(server, asked, path.rpartition("/")[2])
    if path == "/pointretrait-ws-cxf/PointRetraitServiceWS/2.0":
        return _points(server, asked)
    return la_poste(server, asked)


def _shipping(server: CarrierServer, asked: Asked, method: str) -> Said:
    sent = json.loads(asked.body)
    by_key = asked.headers.get("apikey") == COLISSIMO["key"] and "password" not in sent
    by_contract = (sent.pop("contractNumber", None), sent.pop("password", None)) == (COLISSIMO["contract"], COLISSIMO["password"])  # fmt: skip
    if not by_key and not by_contract:
        return server.no("login", wrong("Identifiant ou mot de passe incorrect", "30000"))
    if method == "generateBordereauByParcelsNumbers":
        numbers = sent.get("generateBordereauParcelNumberList", {}).get("parcelsNumbers")
        if set(sent) != {"generateBordereauParcelNumberList"} or not numbers or len(numbers) > 50:
            return server.no("fields", wrong("Liste de colis incorrecte", "31000"))
        slip = {"messages": [{"id": "0", "type": "SUCCESS", "messageContent": ""}], "bordereau": {"bordereauHeader": {"bordereauNumber": 4711, "numberOfParcels": len(numbers)}}}  # fmt: skip
        return multipart(("jsonInfos", "application/json;charset=UTF-8", json.dumps(slip).encode()), ("bordereauDataHandler", "application/octet-stream", PDF))  # fmt: skip
    letter, service, parcel = sent["letter"], sent["letter"]["service"], sent["letter"]["parcel"]
    addresses = [letter["sender"]["address"], letter["addressee"]["address"]]
    known = (
        set(sent) <= {"outputFormat", "letter", "fields"} and set(letter) <= {"service", "parcel", "sender", "addressee", "customsDeclarations"}
        and set(sent["outputFormat"]) <= LETTER["outputFormat"] and set(service) <= LETTER["service"] and set(parcel) <= LETTER["parcel"]
        and all(set(address) <= LETTER["address"] for address in addresses)
    )  # fmt: skip
    if method != "generateLabel" or not known:
        return server.no("fields", wrong("Champ inconnu", "39999"))
    cents = (service["totalAmount"], service["transportationAmount"], parcel.get("insuranceValue", 0))
    right = (
        service["productCode"] in PRODUCTS and sent["outputFormat"]["outputPrintingType"] in PAPERS and date.fromisoformat(service["depositDate"])
        and re.fullmatch(r"\d{1,2}\.\d{1,3}", parcel["weight"]) and all(isinstance(amount, int) for amount in cents)
        and all(address["line2"] and len(address["line2"]) <= 35 and address["countryCode"] for address in addresses)
        and all(set(one) == {"key", "value"} for one in sent["fields"]["field"])
    )  # fmt: skip
    if not right:
        return server.no("values", wrong("Le format d'un champ est incorrect", "30999"))
    to = letter["addressee"]["address"]
    if to["countryCode"] == "FR" and not re.fullmatch(r"\d{5}", to["zipCode"]):
        return server.no("postcode", wrong("Le code postal du destinataire est incorrect", "30204"))
    if service["productCode"] == "HD" and not (parcel.get("pickupLocationId") and re.fullmatch(r"0[67]\d{8}", to.get("mobileNumber", ""))):  # fmt: skip
        return server.no("relay", wrong("Le numéro de portable est obligatoire", "30217", 500))
    if why := _no_return(letter):
        return server.no(why, wrong("Le produit ne correspond pas à l'expéditeur", "30109"))
    number = f"6A{len(server.labels) + 10000000000:011d}"
    server.labels[number] = sent
    zpl = sent["outputFormat"]["outputPrintingType"].startswith("ZPL")
    label = (ZPL if zpl else PDF) if server.label is None else server.label
    infos: dict[str, Any] = {
        "messages": [{"id": "0", "type": "SUCCESS", "messageContent": "La requête a été traitée avec succès", "replacementValues": []}],
        "labelXmlV2Reponse": None,
        "labelV2Response": {"parcelNumber": number, "parcelNumberPartner": None, "pdfUrl": None, "fields": None},
    }  # fmt: skip
    parts = [("jsonInfos", "application/json;charset=UTF-8", json.dumps(infos).encode()), ("label", "application/octet-stream", label)]  # fmt: skip
    if "customsDeclarations" in letter:
        parts.append(("cn23", "application/octet-stream", PDF))
    return multipart(*parts)


def _no_return(letter: dict[str, Any]) -> str:
    """Why a return (CORE from France, CORI from abroad, both to France) is none; empty when it is one, or no return at all."""
    product, parcel = letter["service"]["productCode"], letter["parcel"]
    if product not in ("CORE", "CORI"):
        return ""
    sender, to = letter["sender"]["address"], letter["addressee"]["address"]
    if to["countryCode"] != "FR" or "companyName" not in to or "companyName" in sender or "pickupLocationId" in parcel:
        return "not to the house"
    return "" if (sender["countryCode"] == "FR") == (product == "CORE") else "starts elsewhere"


def soap(operation: str, inside: str, namespace: str) -> Said:
    text = (
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<ns2:{operation}Response xmlns:ns2="{namespace}">{inside}</ns2:{operation}Response></soap:Body></soap:Envelope>'
    )
    return 200, text.encode(), {"content-type": "text/xml;charset=UTF-8"}


POINTS = "http://v2.pointretrait.geopost.com/"


def _points(server: CarrierServer, asked: Asked) -> Said:
    body = ElementTree.fromstring(asked.body)
    (call,) = body.iter(f"{{{POINTS}}}findRDVPointRetraitAcheminement")
    sent = {element.tag: element.text or "" for element in call}

    def say(code: str, words: str, inside: str = "") -> Said:
        return soap("findRDVPointRetraitAcheminement", f"<return><errorCode>{code}</errorCode><errorMessage>{words}</errorMessage>{inside}</return>", POINTS)  # fmt: skip

    if sent.get("apikey") != COLISSIMO["key"] and (sent.get("accountNumber"), sent.get("password")) != (COLISSIMO["contract"], COLISSIMO["password"]):  # fmt: skip
        return server.no("login", say("201", "Identifiant / mot de passe invalide"))
    if not re.fullmatch(r"\d\d/\d\d/\d{4}", sent["shippingDate"]) or sent["optionInter"] not in "01" or not sent["weight"].isdecimal():  # fmt: skip
        return server.no("fields", say("124", "Date estimée de l’envoi incorrecte"))
    if sent["zipCode"] == "99999":
        return server.no("postcode", say("122", "Code postal incorrect"))
    point = """<listePointRetraitAcheminement><accesPersonneMobiliteReduite>true</accesPersonneMobiliteReduite><adresse1>{street}</adresse1>
      <adresse2></adresse2><codePostal>69002</codePostal><congesPartiel>false</congesPartiel><congesTotal>{shut}</congesTotal>
      <coordGeolocalisationLatitude>{latitude}</coordGeolocalisationLatitude><coordGeolocalisationLongitude>4.8320</coordGeolocalisationLongitude>
      <distanceEnMetre>{metres}</distanceEnMetre><horairesOuvertureLundi>09:00-12:30 14:00-19:00</horairesOuvertureLundi>
      <horairesOuvertureDimanche>00:00-00:00 00:00-00:00</horairesOuvertureDimanche><identifiant>{id}</identifiant>
      <listeConges><calendarDeDebut>2026-12-24T00:00:00+01:00</calendarDeDebut><calendarDeFin>2026-12-26T00:00:00+01:00</calendarDeFin></listeConges>
      <localite>LYON</localite><nom>BUREAU DE POSTE {id}</nom><poidsMaxi>20000</poidsMaxi><typeDePoint>BPR</typeDePoint><codePays>FR</codePays>
      </listePointRetraitAcheminement>"""  # fmt: skip
    far = point.format(street="1 RUE LOINTAINE", shut="false", latitude="45.7500", metres=900, id="690020")
    near = point.format(street="2 RUE &amp; PLACE PROCHE", shut="false", latitude="45.7601", metres=120, id="690021")
    lost = point.format(street="3 RUE PERDUE", shut="false", latitude="", metres=10, id="690022")
    return say("0", "Code retour OK", far + near + lost)


def la_poste(server: CarrierServer, asked: Asked) -> Said:
    """GET /suivi/v2/idships/{at most ten ids}: an object for one, 207 and an array for several."""
    if asked.headers.get("x-okapi-key") != COLISSIMO["okapi"]:
        return server.no("login", as_json(401, {"code": "UNAUTHORIZED", "message": "wrong key"}))
    found = re.fullmatch(r"/suivi/v2/idships/([0-9A-Za-z,]+)", asked.path)
    if not found or asked.query.get("lang") != ["fr_FR"] or asked.headers.get("accept") != "application/json":
        return server.no("fields", as_json(400, {"returnCode": 400, "returnMessage": "bad request"}))
    numbers = found[1].split(",")
    if len(numbers) > 10:
        return server.no("too many", as_json(400, {"returnCode": 400}))
    every: list[dict[str, Any]] = []
    for number in numbers:
        if number not in server.tracked:
            every.append({"lang": "fr_FR", "scope": "open", "returnCode": 404, "returnMessage": "unknown", "idShip": number})  # fmt: skip
        elif isinstance(server.tracked[number], int):
            every.append({"lang": "fr_FR", "scope": "open", "returnCode": server.tracked[number], "idShip": number})
        else:
            shipment = {"idShip": number, "holder": 4, "product": "Colissimo", "isFinal": False, "event": server.tracked[number], "timeline": []}  # fmt: skip
            every.append({"lang": "fr_FR", "scope": "open", "returnCode": 200, "idShip": number, "shipment": shipment})
    return as_json(every[0]["returnCode"], every[0]) if len(every) == 1 else as_json(207, every)


# ------------------------------------------------------------ Mondial Relay

RELAY = {"enseigne": "BDTEST13", "key": "TestAPI1key", "login": "tests@business-api.example", "password": "pass-of-tests", "customer": "BDTEST13"}  # fmt: skip
WEB = "http://www.mondialrelay.fr/webservice/"
ORDERS = {
    "WSI4_PointRelais_Recherche": "Enseigne Pays NumPointRelais Ville CP Latitude Longitude Taille Poids Action DelaiEnvoi RayonRecherche TypeActivite NACE NombreResultats Security",
    "WSI2_TracingColisDetaille": "Enseigne Expedition Langue Security",
    "WSI3_GetEtiquettes": "Enseigne Expeditions Langue Security",
}
SHIPMENT = ["OrderNo", "CustomerNo", "ParcelCount", "DeliveryInstruction", "DeliveryMode", "CollectionMode", "Options", "Parcels", "Sender", "Recipient"]  # fmt: skip
ADDRESS = ["Title", "Firstname", "Lastname", "Streetname", "HouseNo", "CountryCode", "PostCode", "City", "AddressAdd1", "AddressAdd2", "AddressAdd3", "PhoneNo", "MobileNo", "Email"]  # fmt: skip
OUTPUTS = {("10x15", "PdfUrl"), ("A4", "PdfUrl"), ("A5", "PdfUrl"), ("Generic_ZPL_10x15_200dpi", "ZplCode")}
R = "{http://www.example.org/Request}"


def in_order(names: list[str], order: list[str]) -> bool:
    return set(names) <= set(order) and names == sorted(names, key=order.index)


def mondial_relay(server: CarrierServer, asked: Asked) -> Said:
    if asked.path == "/api/shipment":
        return _shipment(server, asked)
    if asked.path == "/Web_Services.asmx":
        return _older(server, asked)
    if asked.path.startswith("/labels/") and asked.path[8:-4] in server.labels:
        return 200, PDF if server.label is None else server.label, {"content-type": "application/pdf"}
    return server.no("path", (404, b"", {}))


def _reply(*statuses: tuple[str, str, str], shipments: str = "") -> Said:
    told = "".join(f'<Status Code="{code}" Level="{level}" Message="{message}"/>' for code, level, message in statuses)
    text = (
        '<?xml version="1.0" encoding="utf-8"?><ShipmentCreationResponse xmlns="http://www.example.org/Response">'
        f"<StatusList>{told}</StatusList><ShipmentsList>{shipments}</ShipmentsList></ShipmentCreationResponse>"
    )
    return 200, text.encode(), {"content-type": "application/xml; charset=utf-8"}


def _shipment(server: CarrierServer, asked: Asked) -> Said:
    if (asked.headers.get("content-type"), asked.headers.get("accept")) != ("text/xml", "application/xml"):
        return server.no("headers", (406, b"", {}))
    root = ElementTree.fromstring(asked.body)
    context = {element.tag.removeprefix(R): element.text for element in root.findall(f"{R}Context/*")}
    if (context.get("Login"), context.get("Password")) != (RELAY["login"], RELAY["password"]):
        return server.no("login", _reply(("10001", "Critical Error", "Invalid user and/or password")))
    made = root.find(f"{R}ShipmentsList/{R}Shipment")
    output = (root.findtext(f"{R}OutputOptions/{R}OutputFormat"), root.findtext(f"{R}OutputOptions/{R}OutputType"))
    shape = (
        made is not None and output in OUTPUTS and context.get("VersionAPI") == "1.0" and context.get("Culture") == "fr-FR"
        and context.get("CustomerId") == RELAY["customer"] and in_order([one.tag.removeprefix(R) for one in made], SHIPMENT)
        and all(in_order([one.tag.removeprefix(R) for one in made.find(f"{R}{who}/{R}Address")], ADDRESS) for who in ("Sender", "Recipient"))  # type: ignore[union-attr]
    )  # fmt: skip
    if not shape:
        return server.no("fields", _reply(("99998", "Error", "XML Parse error")))
    assert made is not None
    for who in ("Sender", "Recipient"):
        address = {one.tag.removeprefix(R): one.text or "" for one in made.find(f"{R}{who}/{R}Address") or ()}
        named = address.get("AddressAdd1") or (address.get("Firstname") and address.get("Lastname"))
        if not named or not re.fullmatch(r"[0-9A-Z_\-'., /]{1,40}", address["Streetname"]):
            return server.no("street", _reply(("10039", "Error", "Invalid street name defined in the address.")))
        if address["CountryCode"] == "FR" and not re.fullmatch(r"\d{5}", address["PostCode"]):
            return server.no("postcode", _reply(("10044", "Error", "Invalid postcode defined in the address.")))
    mode = made.find(f"{R}DeliveryMode")
    collected = made.find(f"{R}CollectionMode")
    assert collected is not None
    weight = made.find(f"{R}Parcels/{R}Parcel/{R}Weight")
    assert mode is not None
    assert weight is not None
    if mode.get("Mode") in ("24R", "24L") and not re.fullmatch(r"[A-Z]{2}[0-9]{6}", mode.get("Location", "")):
        return server.no("relay", _reply(("10073", "Error", "Location not allowed for this shipment.")))
    # A return is dropped at any relay and needs none to be named; nothing else is collected at one unless the contract says so.
    if (mode.get("Mode") == "LCC") != (collected.get("Mode") == "REL") or (
        mode.get("Mode") == "LCC" and mode.get("Location")
    ):
        return server.no("collection", _reply(("10070", "Error", "Collection mode not allowed.")))
    if weight.get("Unit") != "gr" or not (weight.get("Value") or "").isdecimal():
        return server.no("weight", _reply(("10034", "Error", "Invalid weight.")))
    number = str(96_408_887 + len(server.labels))
    server.labels[number] = asked.body.decode()
    if output[1] == "PdfUrl":
        inside = f"{server.address}/labels/{number}.pdf"
    else:
        inside = base64.b64encode(ZPL if server.label is None else server.label).decode()
    return _reply(
        ("10015", "Warning", "Invalid customer reference"),
        shipments=f'<Shipment ShipmentNumber="{number}"><LabelList><Label><Output>{inside}</Output></Label></LabelList></Shipment>',
    )


def _older(server: CarrierServer, asked: Asked) -> Said:
    operation = asked.headers.get("soapaction", "").strip('"').removeprefix(WEB)
    (call,) = ElementTree.fromstring(asked.body).iter(f"{{{WEB}}}{operation}")
    sent = [(element.tag.removeprefix(f"{{{WEB}}}"), element.text or "") for element in call]
    named = dict(sent)

    def say(stat: str, inside: str = "") -> Said:
        return soap(operation, f"<{operation}Result><STAT>{stat}</STAT>{inside}</{operation}Result>", WEB)

    if not in_order([name for name, _ in sent], ORDERS[operation].split()):
        return server.no("order", say("40"))
    signed = "".join(value for name, value in sent if name != "Security") + RELAY["key"]
    if named["Enseigne"] != RELAY["enseigne"]:
        return server.no("login", say("1"))
    if named["Security"] != hashlib.md5(signed.encode("iso-8859-1")).hexdigest().upper() or not signed.isascii():
        return server.no("signature", say("97"))
    if operation == "WSI3_GetEtiquettes":
        if named["Expeditions"] not in server.labels:
            return say("24")
        path = f"/labels/{named['Expeditions']}.pdf"
        return say("0", f"<URL_PDF_A4>{path}</URL_PDF_A4><URL_PDF_A5>{path}</URL_PDF_A5><URL_PDF_10x15>{path}</URL_PDF_10x15>")  # fmt: skip
    if operation == "WSI2_TracingColisDetaille":
        told = server.tracked.get(named["Expedition"])
        return say("94") if told is None else say(*told)
    if named.get("CP") == "99999":
        return server.no("postcode", say("36"))
    return say("0", f"<PointsRelais>{''.join(_point(*one) for one in (('012417', '45,7728450', 900), ('034439', '45,7600000', 120)))}</PointsRelais>")  # fmt: skip


def _point(number: str, latitude: str, metres: int) -> str:
    def day(name: str, *four: str) -> str:
        return f"<Horaires_{name}>{''.join(f'<string>{one}</string>' for one in four)}</Horaires_{name}>"

    return (
        f"<PointRelais_Details><STAT/><Num>{number}</Num><LgAdr1>TABAC &amp; PRESSE              </LgAdr1><LgAdr2/><LgAdr3>2 RUE DE LA GARE     </LgAdr3>"
        f"<LgAdr4>  </LgAdr4><CP>69002</CP><Ville>LYON                      </Ville><Pays>FR</Pays><Latitude>{latitude}</Latitude>"
        "<Longitude>04,8304180</Longitude><TypeActivite>000</TypeActivite>"
        + day("Lundi", "0930", "1230", "1400", "1900") + day("Mardi", "0900", "1900", "0000", "0000") + day("Dimanche", "0000", "0000", "0000", "0000")
        + f"<Distance>{metres}</Distance></PointRelais_Details>"
    )  # fmt: skip


def traced(*lines: tuple[str, str, str, str]) -> str:
    """Events as Mondial Relay writes them, and its empty ones."""
    told = [*lines, ("", "", "", "")]
    return "<Libelle01>COLIS</Libelle01><Relais_Libelle>LYON</Relais_Libelle><Tracing>" + "".join(
        f"<ret_WSI2_sub_TracingColisDetaille><Libelle>{words}</Libelle><Date>{day}</Date><Heure>{hour}</Heure><Emplacement>{where}</Emplacement></ret_WSI2_sub_TracingColisDetaille>"
        for words, day, hour, where in told
    ) + "</Tracing>"  # fmt: skip
