"""What suppliers bring to the demo's stores, and what stores ask of one another: one to count, one half counted, one that differed."""

from datetime import date, datetime, timedelta

import msgspec

from comptoir.world.stores import LYON, STORES

CONFLUENCE = next(store for store in STORES if store.id == "lyon-confluence").id
SSCC = ("003456789012345670", "003456789012345687")


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """One purchase order: units by article, its cartons, what came (good, damaged) and whether that was all of it."""

    key: str
    supplier: str
    number: str
    units: dict[str, int]
    ordered_at: datetime
    expected_on: date
    by: str
    location: str = LYON.id
    delivery_note: str = ""
    note: str = ""
    cartons: dict[str, dict[str, int]] = {}
    came_at: datetime | None = None
    came: dict[str, tuple[int, int]] = {}
    ended: bool = False
    claimed: str = ""
    """The article whose difference head office has claimed."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One store asks another for goods; `answer` declines."""

    key: str
    source: str | None
    to: str
    units: dict[str, int]
    at: datetime
    by: str
    note: str = ""
    answered_at: datetime | None = None
    answer: str = ""


def brought(now: datetime, day: date) -> tuple[Brought, ...]:
    """The purchase orders as they stand at `now`."""
    shoes = {"DERBY-HELENE-NOIR-38": 8, "DERBY-HELENE-NOIR-39": 12, "DERBY-HELENE-COGNAC-39": 6}
    ago = now - timedelta(days=9)
    return (
        Brought(key="today", supplier="Tannerie Roux", number="PO-2026-0417", units=shoes, ordered_at=ago, expected_on=day, by="odile-ferrand",
                delivery_note="BL-88412", note="Deux cartons, quai de la rue du Lac",
                cartons={SSCC[0]: {"DERBY-HELENE-NOIR-38": 8, "DERBY-HELENE-COGNAC-39": 6}, SSCC[1]: {"DERBY-HELENE-NOIR-39": 12}}),
        Brought(key="begun", supplier="Poterie des Monts", number="PO-2026-0409", units={"BOL-GRES-BLEU": 20, "TASSE-MATIN-BLEU": 24},
                ordered_at=ago, expected_on=day, by="odile-ferrand", delivery_note="BL-88390", came_at=now - timedelta(minutes=40),
                came={"BOL-GRES-BLEU": (12, 0)}),
        Brought(key="differed", supplier="Bougies Garrigue", number="PO-2026-0398",
                units={"BOUGIE-GARRIGUE-FIGUIER-180-G": 24, "SERVIETTE-ONDE-SAUGE-50-X-100": 10}, ordered_at=ago,
                expected_on=day - timedelta(days=1), by="odile-ferrand", came_at=now - timedelta(hours=22),
                came={"BOUGIE-GARRIGUE-FIGUIER-180-G": (19, 3), "SERVIETTE-ONDE-SAUGE-50-X-100": (12, 0)}, ended=True,
                claimed="BOUGIE-GARRIGUE-FIGUIER-180-G"),
        Brought(key="later", supplier="Tannerie Roux", number="PO-2026-0431", units={"DERBY-HELENE-NOIR-39": 10}, ordered_at=now - timedelta(days=2),
                expected_on=day + timedelta(days=6), by="odile-ferrand"),
    )  # fmt: skip


SOLD: dict[str, int] = {"DERBY-HELENE-COGNAC-37": 30, "DERBY-HELENE-NOIR-41": 28}
"""What Confluence's till sold within four weeks, and got again."""


def asked(now: datetime) -> tuple[Asked, ...]:
    """What stores have asked for."""
    return (
        Asked(key="weekend", source=LYON.id, to=CONFLUENCE, units={"DERBY-HELENE-NOIR-38": 3, "BOL-GRES-BLEU": 5}, at=now - timedelta(hours=3),
              by="nour-benali", note="Il nous en faut pour samedi"),
        Asked(key="vain", source=CONFLUENCE, to=LYON.id, units={"TASSE-MATIN-BLEU": 6}, at=now - timedelta(days=1), by="sam-diallo",
              answered_at=now - timedelta(hours=20), answer="Il ne nous en reste que deux"),
    )  # fmt: skip
