"""What Orme sells: 300 SKUs with barcodes, prices and flags; three of them are gift sets made of others."""

import msgspec

from comptoir.world.numbers import gtin, plain, slug
from comptoir.world.styles import STYLES, Style


class Barcode(msgspec.Struct, frozen=True):
    """What a scanner reads off one piece or its carton, as printed."""

    code: str
    kind: str  # gtin13, gtin14, gtin12, gtin8 or internal


class Component(msgspec.Struct, frozen=True):
    """A part of a kit; `share_bp` is its part of the kit's price in basis points, all units together."""

    sku: str
    quantity: int
    share_bp: int


class Article(msgspec.Struct, frozen=True):
    """One SKU. Prices are in euro cents, VAT included; `vat_bp` 2000 means 20 %."""

    sku: str
    style: str
    name: str
    variant: str
    attribute: str
    section: str
    picture: str
    barcodes: tuple[Barcode, ...]
    price_minor: int
    vat_bp: int
    weight_grams: int
    minimum_age: int | None = None
    returnable: bool = True
    blocked: str | None = None
    components: tuple[Component, ...] = ()

    @property
    def ean(self) -> str:
        """The article's own EAN-13."""
        return self.barcodes[0].code


# The scanner's examples in the docs end with 4018, so this one does.
_PINNED = {"DERBY-HELENE-NOIR-39": "379900090401"}
_ITEM_PREFIX = "3799"


def sku_code(*parts: str) -> str:
    """The code of a SKU out of words: ("derby-helene", "noir", "39") -> "DERBY-HELENE-NOIR-39"."""
    return "-".join(slug(part) for part in parts if part).upper()


def _barcodes(sku: str, rank: int, weight_grams: int) -> tuple[Barcode, ...]:
    """An EAN-13 for every SKU; for some a second code of another kind, as suppliers and stores stick them on."""
    found = [Barcode(gtin(_PINNED.get(sku) or f"{_ITEM_PREFIX}{10_000_000 + rank * 40_093}"), "gtin13")]
    if rank % 10 == 0:
        found.append(Barcode(f"ORM{rank:05d}", "internal"))
    if rank % 25 == 3:
        found.append(Barcode(gtin(f"8{10_000_000_00 + rank * 7919:010d}"), "gtin12"))
    if rank % 30 == 7:
        found.append(Barcode(gtin(f"{3_790_000 + rank * 11}"), "gtin8"))
    if weight_grams > 3000:  # sold in its own carton, which carries a code of its own
        found.append(Barcode(gtin("1" + found[0].code[:12]), "gtin14"))
    return tuple(found)


def _variants(style: Style, first: int) -> list[Article]:
    found: list[Article] = []
    for color, words, tint in style.colors:
        for place, attribute in enumerate(style.attributes):
            sku = sku_code(style.key, color, attribute)
            found.append(
                Article(
                    sku=sku,
                    style=style.key,
                    name=style.name,
                    variant=words,
                    attribute=attribute,
                    section=style.section,
                    picture=f"{style.drawing}-{tint}",
                    barcodes=_barcodes(sku, first + len(found), style.weight_grams),
                    price_minor=style.prices_minor[min(place, len(style.prices_minor) - 1)],
                    vat_bp=style.vat_bp,
                    weight_grams=style.weight_grams,
                    minimum_age=style.minimum_age,
                    returnable=style.returnable,
                    blocked=style.blocked,
                )
            )
    return found


_KITS = (
    ("COFFRET-TABLE", "Coffret Table", "Deux bols, deux tasses", "coffret-bleu", 4800,
     (Component("BOL-GRES-BLEU", 2, 5400), Component("TASSE-MATIN-BLEU", 2, 4600))),
    ("COFFRET-BAIN", "Coffret Bain", "Deux serviettes, une bougie", "coffret-sauge", 5400,
     (Component("SERVIETTE-ONDE-SAUGE-50-X-100", 1, 2542), Component("SERVIETTE-ONDE-SAUGE-70-X-140", 1, 4237),
      Component("BOUGIE-GARRIGUE-FIGUIER-180-G", 1, 3221))),
    ("COFFRET-CAVE", "Coffret Cave", "Un rouge, un blanc", "coffret-bordeaux", 2400,
     (Component("COTEAUX-ORME-ROUGE-75-CL", 1, 5000), Component("COTEAUX-ORME-BLANC-75-CL", 1, 5000))),
)  # fmt: skip


def _kits(plain_articles: dict[str, Article], first: int) -> list[Article]:
    found = []
    for rank, (sku, name, words, picture, price_minor, components) in enumerate(_KITS, start=first):
        parts = [plain_articles[component.sku] for component in components]
        ages = [part.minimum_age for part in parts if part.minimum_age]
        found.append(
            Article(
                sku=sku,
                style=slug(plain(name)),
                name=name,
                variant=words,
                attribute="",
                section="gifts",
                picture=picture,
                barcodes=(Barcode(gtin(f"{_ITEM_PREFIX}{10_000_000 + rank * 40_093}"), "gtin13"),),
                price_minor=price_minor,
                vat_bp=parts[0].vat_bp,
                weight_grams=sum(
                    part.weight_grams * component.quantity for part, component in zip(parts, components, strict=True)
                ),
                minimum_age=max(ages, default=None),
                components=components,
            )
        )
    return found


def _range() -> tuple[Article, ...]:
    found: list[Article] = []
    for style in STYLES:
        found += _variants(style, len(found))
    return (*found, *_kits({article.sku: article for article in found}, len(found)))


ARTICLES = _range()
ARTICLE = {article.sku: article for article in ARTICLES}
UNITS_SOLD_ALONE = tuple(article for article in ARTICLES if not article.components)
