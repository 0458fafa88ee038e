"""The demo's own carrier: its labels are numbered and printed on this machine, and nothing is sent anywhere. Not in production."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from comptoir.carriers import model as said
from comptoir.carriers.model import Capabilities, LabelAnswer, LabelFormat, RelayQuery, Service, Shipment, label_of
from comptoir.network.model import Opening

SERVICES: Final = (
    Service("DOM", "home", "Domicile"), Service("REL", "relay", "Point relais"), Service("EXP", "express", "Express"),
    Service("RET", "return", "Retour"), Service("RRE", "return", "Retour en point relais"),
)  # fmt: skip


_SHOP: Final = tuple(Opening(day, 540, 1170) for day in range(6))
RELAYS: Final[tuple[tuple[str, str, int, tuple[Opening, ...]], ...]] = (
    ("Tabac de la Gare", "3 place de la Gare", 350, (*_SHOP, Opening(6, 540, 720))),
    ("Fleurs Vauban", "18 rue Vauban", 900, _SHOP),
    ("Consigne du Parc", "2 allée du Parc", 1600, tuple(Opening(day, 360, 1380) for day in range(7))),
)


class DemoCarrier:
    """Takes every parcel of 30 kg at most. The number comes from the key, so the same wish gives the same label."""

    name = "demo"
    capabilities = Capabilities(SERVICES, (LabelFormat.PDF_10X15,), labels=True, void=True, relays=True)

    async def create_label(self, shipment: Shipment, format: LabelFormat, key: UUID) -> LabelAnswer:
        if shipment.parcel.weight_g > 30_000:
            return said.Refused((said.Reason("parcel.weight_g", "too_heavy", "30 kg au plus"),))
        if not shipment.recipient.postcode:
            return said.Refused((said.Reason("recipient.postcode", "missing", "Code postal manquant"),))
        number = f"6D{key.int % 10**11:011d}"
        return said.Labeled(label_of((number,), _draw(shipment, number), LabelFormat.PDF_10X15, cost_minor=690))

    async def reprint(self, shipment: str, format: LabelFormat) -> LabelAnswer:
        return said.NotOffered()

    async def void(self, shipment: str) -> said.VoidAnswer:
        return said.Voided()

    async def rates(self, shipment: Shipment) -> said.RateAnswer:
        return said.NotOffered()

    async def track(self, numbers: Sequence[str]) -> said.TrackAnswer:
        return said.NotOffered()

    async def relays(self, query: RelayQuery) -> said.RelayAnswer:
        """Three places that never were, wherever somebody asks."""
        if not query.postcode.isdigit():
            return said.Relays(())
        return said.Relays(tuple(_relay(query, n, *row) for n, row in enumerate(RELAYS)))

    async def manifest(self, numbers: Sequence[str]) -> said.ManifestAnswer:
        return said.NotOffered()

    async def close(self) -> None:
        """Nothing was opened."""


def _relay(query: RelayQuery, n: int, name: str, street: str, meters: int, hours: tuple[Opening, ...]) -> said.Relay:
    where = said.Address(name, street, query.postcode, query.city or "Centre", query.country)
    return said.Relay(
        f"D{query.postcode}{n}", name, where, 45.76, 4.86, hours, meters, ("locker" if n == 2 else "shop",)
    )


def make_demo(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> DemoCarrier:
    return DemoCarrier()


def _draw(shipment: Shipment, number: str) -> bytes:
    """10 x 15 cm: from, to, number, weight; a Code 128 stands where carriers put theirs."""
    # What draws a PDF is loaded by the first process that draws one.
    from fpdf import FPDF

    from comptoir.invoices.letters import BOLD, REGULAR, slim
    from comptoir.invoices.sheet import writable

    pdf = FPDF(unit="mm", format=(100, 150))
    pdf.add_font("sans", "", slim(REGULAR))
    pdf.add_font("sans", "B", slim(BOLD))
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    pdf.add_page()
    to, sender = shipment.recipient, shipment.sender
    rows = [
        ("B", 15, 8, "DÉMO, ne voyage pas"), ("", 9, 17, f"{sender.name}, {sender.postcode} {sender.city}"),
        ("B", 15, 34, to.name), ("", 13, 42, to.street), ("", 13, 49, to.street2), ("B", 15, 57, f"{to.postcode} {to.city}"),
        ("", 10, 72, f"{shipment.reference} · {shipment.parcel.weight_g / 1000:.2f} kg · {shipment.service}"), ("B", 14, 128, number),
    ]  # fmt: skip
    for style, size, y, words in rows:
        pdf.set_font("sans", style, size)
        pdf.set_xy(7, y)
        pdf.cell(86, 6, writable(words))
    pdf.line(5, 27, 95, 27)
    pdf.line(5, 68, 95, 68)
    _bars(pdf, number)
    return bytes(pdf.output())


_WIDTHS: Final = [
    "212222",
    "222122",
    "222221",
    "121223",
    "121322",
    "131222",
    "122213",
    "122312",
    "132212",
    "221213",
    "221312",
    "231212",
    "112232",
    "122132",
    "122231",
    "113222",
    "123122",
    "123221",
    "223211",
    "221132",
    "221231",
    "213212",
    "223112",
    "312131",
    "311222",
    "321122",
    "321221",
    "312212",
    "322112",
    "322211",
    "212123",
    "212321",
    "232121",
    "111323",
    "131123",
    "131321",
    "112313",
    "132113",
    "132311",
    "211313",
    "231113",
    "231311",
    "112133",
    "112331",
    "132131",
    "113123",
    "113321",
    "133121",
    "313121",
    "211331",
    "231131",
    "213113",
    "213311",
    "213131",
    "311123",
    "311321",
    "331121",
    "312113",
    "312311",
    "332111",
    "314111",
    "221411",
    "431111",
    "111224",
    "111422",
    "121124",
    "121421",
    "141122",
    "141221",
    "112214",
    "112412",
    "122114",
    "122411",
    "142112",
    "142211",
    "241211",
    "221114",
    "413111",
    "241112",
    "134111",
    "111242",
    "121142",
    "121241",
    "114212",
    "124112",
    "124211",
    "411212",
    "421112",
    "421211",
    "212141",
    "214121",
    "412121",
    "111143",
    "111341",
    "131141",
    "114113",
    "114311",
    "411113",
    "411311",
    "113141",
    "114131",
    "311141",
    "411131",
    "211412",
    "211214",
    "211232",
]
_STOP: Final = "2331112"


def _bars(pdf: Any, text: str) -> None:
    """Code 128 B, 40 mm high."""
    codes = [104, *(ord(letter) - 32 for letter in text)]
    codes.append((codes[0] + sum(place * code for place, code in enumerate(codes[1:], 1))) % 103)
    widths = "".join(_WIDTHS[code] for code in codes) + _STOP
    unit, x = 84 / sum(int(width) for width in widths), 8.0
    for place, width in enumerate(widths):
        if place % 2 == 0:
            pdf.rect(x, 84, int(width) * unit, 38, "F")
        x += int(width) * unit
