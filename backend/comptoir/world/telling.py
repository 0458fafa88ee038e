"""How scripts are written: baskets that the shelves can keep, and the usual sequence of hands."""

from datetime import datetime, timedelta
from itertools import count

from comptoir.world.articles import ARTICLES
from comptoir.world.cast import ASSOCIATES, CUSTOMER, CUSTOMERS, NAMED_CUSTOMERS
from comptoir.world.numbers import draw
from comptoir.world.scripts import CUSTOMER_ACTS, Act, Shelves, Step, Want
from comptoir.world.shelves import AISLES, OF_LYON_ALONE, SHELF
from comptoir.world.stores import LYON, STORES, WAREHOUSE, staging_places

TEAM = {
    store.id: [who.key for who in ASSOCIATES if who.location == store.id and who.role == "associate"]
    for store in STORES
}
_PLACES = {store.id: len(staging_places(store)) for store in STORES}
_CROWD = [customer.key for customer in CUSTOMERS[len(NAMED_CUSTOMERS) :]]
_ORDINARY = [
    article for article in ARTICLES if article.section in AISLES and not (article.minimum_age or article.blocked)
]
_OF_LYON = [article for article in _ORDINARY if article.style in OF_LYON_ALONE]


def minutes(number: float) -> timedelta:
    """`number` minutes as a span of time."""
    return timedelta(minutes=number)


class Teller:
    """Writes scripts one after the other; keeps count of shelves, bags and customers so that all of them fit."""

    def __init__(self) -> None:
        self.shelves = Shelves()
        self._turn = count()
        self._bags = {store.id: count(3) for store in STORES}

    def customer(self) -> str:
        """The next of the crowd."""
        return _CROWD[next(self._turn) % len(_CROWD)]

    def basket(self, key: str, location: str, lines: int) -> tuple[Want, ...]:
        """`lines` different SKUs that the location's shelves can still promise, one unit each, now and then two."""
        found: dict[str, Want] = {}
        for attempt in range(400):
            article = _ORDINARY[draw(0, len(_ORDINARY) - 1, "basket", key, attempt)]
            quantity = 2 if draw(1, 6, "two", key, attempt) == 1 else 1
            if article.sku not in found and self.shelves.ask(location, article.sku, quantity):
                method = "pickup" if location != WAREHOUSE.id else "ship"
                found[article.sku] = Want(article.sku, quantity, method, location if method == "pickup" else None)
            if len(found) == lines:
                return tuple(found.values())
        raise LookupError(f"{location} has too little on its shelves for {key}")

    def neighbor(self) -> str:
        """The next of the crowd who lives near Lyon."""
        return next(who for who in iter(self.customer, "") if CUSTOMER[who].postcode.startswith("69"))

    def parcel(self, key: str, lines: int) -> tuple[Want, ...]:
        """`lines` different SKUs for an address that Lyon Part-Dieu alone has and can still promise."""
        found: dict[str, Want] = {}
        for attempt in range(400):
            article = _OF_LYON[draw(0, len(_OF_LYON) - 1, "parcel", key, attempt)]
            if article.sku not in found and self.shelves.ask(LYON.id, article.sku, 1):
                found[article.sku] = Want(article.sku, 1, "ship")
            if len(found) == lines:
                return tuple(found.values())
        raise LookupError(f"{LYON.id} has too little on its shelves for {key}")

    def either(self, key: str, lines: int) -> tuple[Want, ...]:
        """Lines to be sent, which the warehouse promises and Lyon could send as well."""
        found: dict[str, Want] = {}
        for attempt in range(400):
            article = _ORDINARY[draw(0, len(_ORDINARY) - 1, "parcel", key, attempt)]
            here = SHELF.get((LYON.id, article.sku))
            if article.sku in found or here is None or here.on_hand - here.safety_stock < 4:
                continue
            if self.shelves.ask(WAREHOUSE.id, article.sku, 1):
                found[article.sku] = Want(article.sku, 1, "ship", None)
            if len(found) == lines:
                return tuple(found.values())
        raise LookupError(f"no parcel of {lines} lines for {key}")

    def named(self, location: str, *wanted: tuple[str, int]) -> tuple[Want, ...]:
        """Pickup lines of named SKUs."""
        for sku, quantity in wanted:
            if not self.shelves.ask(location, sku, quantity):
                raise LookupError(f"{location} has too little {sku}")
        return tuple(Want(sku, quantity, "pickup", location) for sku, quantity in wanted)

    def picked(self, at: datetime, by: str, lines: tuple[Want, ...]) -> tuple[Step, ...]:
        """Start, then one minute per pickup line."""
        steps = [Step(at, Act.START, by)]
        for place, line in enumerate(line for line in lines if line.method == "pickup"):
            steps.append(Step(at + minutes(1 + place), Act.PICK, by, sku=line.sku or "", quantity=line.quantity))
        return tuple(steps)

    def staged(self, at: datetime, by: str, location: str, lines: tuple[Want, ...]) -> tuple[Step, ...]:
        """Picked, then one bag on the next free place."""
        bag = next(self._bags[location]) % 60
        steps = self.picked(at, by, lines)
        tag, place = f"T-{101 + bag}", f"R {1 + bag % _PLACES[location]}"
        return (*steps, Step(steps[-1].at + minutes(1), Act.STAGE, by, tag=tag, place=place))

    def collected(self, at: datetime, by: str, here: str = "") -> tuple[Step, ...]:
        """The customer says so, an associate takes them, the bags leave."""
        return (
            Step(at, Act.ARRIVE, CUSTOMER_ACTS, place=here),
            Step(at + minutes(1), Act.TAKE, by),
            Step(at + minutes(3), Act.HAND_OVER, by),
        )
