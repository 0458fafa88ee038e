"""The words of the catalog, and the commands that change it. Prices are integers in minor units, VAT included."""

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.codes import gtin14
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Code, Currency, Maybe, Minor, Note, Units, Word

BarcodeKind = Literal["gtin", "internal"]
Grams = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
WHOLE_BP = 10_000


class Barcode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What scanners read: a GTIN-8, -12, -13 or -14 (kept as 14 digits), or a code of the retailer's own as printed."""

    code: Code
    kind: BarcodeKind = "gtin"


class KitPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one kit needs of one SKU, and that SKU's share of the kit's price; the shares sum to 10,000."""

    sku: Code
    quantity: Units
    price_share_bp: BasisPoints


Excluded = Literal["made_to_measure", "perishable", "mixed", "market_price", "press"]
"""Why the law gives no right to withdraw from this article, whatever became of it. A seal that was broken is seen on the goods alone."""

Dangerous = Literal[
    "lithium_in_equipment", "lithium_with_equipment", "lithium_alone", "aerosol", "perfume", "flammable_liquid", "corrosive",
    "lighter",
]  # fmt: skip
"""What may hurt on the way: as the rules of transport sort it, in the words of a shop."""

Millimeters = Annotated[int, msgspec.Meta(ge=1, le=20_000)]


class ArticleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The wire form of a SKU as head office keeps it."""

    name: Word
    style: Code
    price_minor: Annotated[int, msgspec.Meta(ge=0, le=2_000_000_000)]
    vat_rate_bp: BasisPoints
    variant: Maybe = ""
    deciding: Maybe = ""
    picture: Maybe = ""
    currency: Currency = "EUR"
    weight_grams: Grams = 0
    minimum_age: Annotated[int, msgspec.Meta(ge=1, le=99)] | None = None
    returnable: bool = True
    withdrawal_excluded: Excluded | None = None
    length_mm: Millimeters | None = None
    width_mm: Millimeters | None = None
    height_mm: Millimeters | None = None
    dangerous: Dangerous | None = None
    dangerous_amount: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    """Of one piece: watt-hours of its battery, milliliters of everything else."""
    fragile: bool = False
    ships_alone: bool = False
    category: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^([a-z0-9][a-z0-9-]*)?\Z")] = ""
    """What rules of sourcing know it by."""
    barcodes: Annotated[tuple[Barcode, ...], msgspec.Meta(max_length=20)] = ()
    parts: Annotated[tuple[KitPart, ...], msgspec.Meta(max_length=20)] = ()


class PutArticle(msgspec.Struct, frozen=True):
    """Make a SKU, or change it. `version` is the one the sender saw; None makes a new one only."""

    id: UUID
    sku: str
    version: int | None
    body: ArticleBody


class BlockSku(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stop a SKU everywhere at once: no sale, no pick, no hand-over, no shelf."""

    id: UUID
    sku: Code
    reason: Annotated[Note, msgspec.Meta(min_length=1)]


class UnblockSku(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let a SKU be sold again."""

    id: UUID
    sku: Code
    note: Note = ""


class Article(msgspec.Struct, frozen=True):
    """A SKU as it stands. `blocked_reason` stops it everywhere; a kit has `parts` and no stock of its own."""

    sku: str
    version: int
    name: str
    variant: str
    deciding: str
    style: str
    picture: str
    price_minor: Minor
    currency: str
    vat_rate_bp: int
    weight_grams: int
    minimum_age: int | None
    returnable: bool
    withdrawal_excluded: Excluded | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    dangerous: Dangerous | None
    dangerous_amount: int | None
    fragile: bool
    ships_alone: bool
    category: str
    blocked_reason: str | None
    barcodes: tuple[Barcode, ...]
    parts: tuple[KitPart, ...]

    @property
    def etag(self) -> str:
        return f'"{self.version}"'


def check(sku: str, body: ArticleBody, kits: Mapping[str, bool]) -> ArticleBody:
    """The body with barcodes in their one spelling. `kits` says of each named part whether it exists and is a kit.

    Raises Invalid `size_incomplete`, `bad_barcode`, `barcode_twice`, `part_unknown`, `part_is_kit`, `part_twice`, `shares_differ`.
    """
    if len({side is None for side in (body.length_mm, body.width_mm, body.height_mm)}) > 1:
        raise Invalid("size_incomplete")
    barcodes: list[Barcode] = []
    for barcode in body.barcodes:
        code = gtin14(barcode.code) if barcode.kind == "gtin" else barcode.code
        if code is None:
            raise Invalid("bad_barcode", barcode=barcode.code)
        if any(code == other.code for other in barcodes):
            raise Invalid("barcode_twice", barcode=barcode.code)
        barcodes.append(Barcode(code, barcode.kind))
    named = [part.sku for part in body.parts]
    for part in named:
        if part == sku or kits.get(part) is True:
            raise Invalid("part_is_kit", sku=part)
        if part not in kits:
            raise Invalid("part_unknown", sku=part)
    if len(set(named)) != len(named):
        raise Invalid("part_twice", sku=next(part for part in named if named.count(part) > 1))
    shares = sum(part.price_share_bp for part in body.parts)
    if body.parts and shares != WHOLE_BP:
        raise Invalid("shares_differ", expected_bp=WHOLE_BP, sent_bp=shares)
    return msgspec.structs.replace(body, barcodes=tuple(sorted(barcodes, key=lambda b: b.code)))


def meet(current: Article | None, version: int | None) -> None:
    """Does the sender know what it overwrites? Conflict `already_there`, `changed_meanwhile` (with the version)."""
    if current is None:
        if version is not None:
            raise Conflict("changed_meanwhile", version=None)
        return
    if version is None:
        raise Conflict("already_there", sku=current.sku, version=current.version)
    if version != current.version:
        raise Conflict("changed_meanwhile", version=current.version)
