"""What lies where: a shelf place and a stock figure for every SKU a location carries."""

import msgspec

from comptoir.world.articles import ARTICLES, Article
from comptoir.world.numbers import draw
from comptoir.world.stores import LOCATIONS, Location

# Aisle letters of each section; the pantry shares the cellar's.
AISLES = {"clothes": "A", "shoes": "B", "accessories": "C", "home": "DE", "cellar": "F", "pantry": "F"}

OF_LYON_ALONE = frozenset({"veste-atelier", "sandale-calanque", "gants-givre", "housse-nuit", "cadre-chene"})
"""Styles that Lyon Part-Dieu alone has: ordered for an address, they are sent from there."""

# Places that the drawn screens and the story name.
_PINNED_PLACES = {
    "DERBY-HELENE-NOIR-39": ("B", "12", "3"),
    "DERBY-HELENE-NOIR-38": ("B", "12", "2"),
    "PULL-MARIN-ECRU-M": ("B", "14", "2"),
    "BASKET-LISON-BLANC-VERT-38": ("B", "10", "1"),
    "VASE-AMPHORE-TERRE-CUITE-24-CM": ("D", "4", "2"),
}


class Shelf(msgspec.Struct, frozen=True):
    """One SKU in one building: aisle, bay and level as on the plate, and the units there at the start."""

    location: str
    sku: str
    aisle: str
    bay: str
    level: str
    on_hand: int
    safety_stock: int


def carries(location: Location, article: Article) -> bool:
    """Whether the location keeps this SKU: the warehouse and the two big stores keep all, the others three quarters."""
    if article.components:
        return False
    if article.style in OF_LYON_ALONE:
        return location.id == "lyon-part-dieu"
    whole_range = location.kind == "warehouse" or location.capacity_per_hour >= 24
    return whole_range or draw(1, 100, "range", location.id, article.style) <= 75


def _place(location: Location, article: Article, rank: int) -> tuple[str, str, str]:
    pinned = _PINNED_PLACES.get(article.sku)
    if pinned and location.id == "lyon-part-dieu":
        return pinned
    aisles = AISLES[article.section]
    style = draw(0, 23, "bay", location.id, article.style)
    aisle = aisles[style % len(aisles)]
    return aisle, str(1 + style % 18), str(1 + rank % 5)


def _shelf(location: Location, article: Article, rank: int) -> Shelf:
    aisle, bay, level = _place(location, article, rank)
    low, high = (30, 90) if location.kind == "warehouse" else (5, 16) if location.capacity_per_hour >= 24 else (2, 9)
    on_hand = draw(low, high, "stock", location.id, article.sku)
    # One SKU in twenty is sold out in a store, as shelves are; never where the story is told.
    told_here = location.id == "lyon-part-dieu"
    if location.kind == "store" and not told_here and draw(1, 20, "sold out", location.id, article.sku) == 1:
        on_hand = 0
    return Shelf(location.id, article.sku, aisle, bay, level, on_hand, 1 if on_hand >= 6 else 0)


def _shelves() -> tuple[Shelf, ...]:
    return tuple(
        _shelf(location, article, rank)
        for rank, article in enumerate(ARTICLES)
        for location in LOCATIONS
        if carries(location, article)
    )


SHELVES = _shelves()
"""By SKU first, all its locations together: the order in which the stock rows are loaded."""
SHELF = {(shelf.location, shelf.sku): shelf for shelf in SHELVES}
