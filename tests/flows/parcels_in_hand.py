"""A carrier that answers as it is told to, and hands that pack: for tests of parcels and labels."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from comptoir.carriers import model as said
from comptoir.carriers.model import Capabilities, LabelAnswer, LabelFormat, RelayQuery, Shipment, VoidAnswer, label_of
from comptoir.errands import buy_label
from comptoir.errands.carriers import Carriers
from comptoir.kit.ids import new_id
from tests.hands import Handheld, Shop
from tests.world import DERBY, order, shipped

PDF: Final = b"%PDF-1.4 a label"


class Scripted:
    """One account of a carrier: each call gives the next answer of its script, then good ones."""

    name = "scripted"
    capabilities = Capabilities()

    def __init__(self, *script: LabelAnswer | Exception, void: VoidAnswer | None = None) -> None:
        self.script, self.void_answer = list(script), void or said.Voided()
        self.asked: list[Shipment] = []
        self.keys: list[UUID] = []
        self.voided: list[str] = []
        self.gate: asyncio.Event | None = None
        self.heard = asyncio.Event()

    async def create_label(self, shipment: Shipment, format: LabelFormat, key: UUID) -> LabelAnswer:
        self.asked.append(shipment)
        self.keys.append(key)
        if self.gate is not None:
            self.heard.set()
            await self.gate.wait()
        answer = self.script.pop(0) if self.script else None
        if isinstance(answer, Exception):
            raise answer
        return answer or said.Labeled(label_of((f"8R{len(self.asked):05d}",), PDF, format, cost_minor=612))

    async def reprint(self, shipment: str, format: LabelFormat) -> LabelAnswer:
        return said.Labeled(label_of((shipment,), PDF, format))

    async def void(self, shipment: str) -> VoidAnswer:
        self.voided.append(shipment)
        return self.void_answer

    async def rates(self, shipment: Shipment) -> said.RateAnswer:
        return said.NotOffered()

    async def track(self, numbers: Sequence[str]) -> said.NotOffered:
        return said.NotOffered()

    async def relays(self, query: RelayQuery) -> said.NotOffered:
        return said.NotOffered()

    async def manifest(self, numbers: Sequence[str]) -> said.NotOffered:
        return said.NotOffered()

    async def close(self) -> None: ...


class Priced(Scripted):
    """A carrier that also says what it takes, or does not answer about it."""

    def __init__(self, prices: tuple[said.Rate, ...]) -> None:
        super().__init__()
        self.prices: tuple[said.Rate, ...] | Exception = prices

    async def rates(self, shipment: Shipment) -> said.RateAnswer:
        if isinstance(self.prices, Exception):
            raise self.prices
        return said.Rated(self.prices)


class Packing:
    """A shop with boxes, one carrier's account, and a handheld at the packing table."""

    def __init__(self, shop: Shop, hand: Handheld, carrier: Scripted) -> None:
        self.shop, self.hand, self.carrier = shop, hand, carrier
        self.pool, self.clock, self.runner = shop.pool, shop.clock, shop.runner
        self.carriers = Carriers(shop.pool, {}, {})
        self.carriers.put("colissimo-orme", carrier)

    async def picked(self, *lines: Any) -> tuple[UUID, UUID]:
        """An order to be sent, all of it picked: (order, work)."""
        wanted = order(*(lines or (shipped(DERBY, 2),)))
        placed = await self.shop.place(wanted)
        work = placed.works[0]
        await self.hand.start(work.id)
        for number, line in enumerate(work.lines, 1):
            await self.hand.pick(work.id, line.quantity, number)
        return wanted.id, work.id

    async def pack(self, work: UUID, units: int = 1, line: int = 1, parcel: UUID | None = None) -> tuple[UUID, Any]:
        """Put units into a parcel; (its id, what came of it)."""
        parcel = parcel or new_id()
        return parcel, await self.hand.tell("pack_parcel", work=work, parcel=parcel, line=line, quantity=units)

    async def close(self, work: UUID, parcel: UUID, grams: int = 2480) -> Any:
        return await self.hand.tell("close_parcel", work=work, parcel=parcel, box="carton-m", weight_grams=grams)

    async def packed(self, *lines: Any) -> tuple[UUID, UUID, UUID]:
        """An order in one closed parcel: (order, work, parcel)."""
        made, work = await self.picked(*lines)
        parcel = new_id()
        for row in await self.shop.connection.fetch("SELECT line, quantity FROM work_line WHERE work = $1", work):
            await self.pack(work, row["quantity"], row["line"], parcel)
        await self.close(work, parcel)
        return made, work, parcel

    async def buy(self) -> int:
        """One round of the worker's job."""
        return await buy_label.buy_labels(self)  # type: ignore[arg-type]

    async def labels(self, parcel: UUID) -> list[tuple[str, str | None, str | None]]:
        """(state, problem, number) of every label that was asked for a parcel, in order."""
        rows = await self.shop.connection.fetch(
            "SELECT state, problem, tracking_number FROM label_attempt WHERE parcel = $1 ORDER BY n", parcel
        )
        return [tuple(row) for row in rows]

    async def label(self, parcel: UUID) -> UUID:
        """The newest label of a parcel."""
        found: UUID = await self.shop.connection.fetchval(
            "SELECT id FROM label_attempt WHERE parcel = $1 ORDER BY n DESC LIMIT 1", parcel
        )
        return found


async def at_the_table(shop: Shop, *script: LabelAnswer | Exception, void: VoidAnswer | None = None) -> Packing:
    """A store with goods, a box and an account."""
    await shop.connection.execute(
        "INSERT INTO box_type (id, name_fr, name_en, length_mm, width_mm, height_mm, tare_grams, max_grams)"
        " VALUES ('carton-m', 'Carton M', 'Box M', 350, 250, 150, 180, 8000);"
        " INSERT INTO carrier_account (id, carrier, name, services) VALUES ('colissimo-orme', 'colissimo', 'Colissimo', '{\"home\": \"DOM\"}')"
    )
    await shop.receive(10)
    return Packing(shop, await shop.handheld(), Scripted(*script, void=void))
