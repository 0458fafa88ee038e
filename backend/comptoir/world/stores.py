"""Where Orme sells: one legal entity, three regions, twelve stores and a warehouse, at real places in France."""

from datetime import date, timedelta

import msgspec

from comptoir.world.numbers import landline, luhn_check_digit, vat_number

TIME_ZONE = "Europe/Paris"

Span = tuple[str, str]
"""Open from, open until: store time, "09:30"."""


class LegalEntity(msgspec.Struct, frozen=True):
    """The company that sells, bills and signs."""

    id: str
    name: str
    siren: str
    vat_number: str
    address: str
    postcode: str
    city: str
    country: str
    document_prefix: str
    rcs: str
    capital_minor: int


class Region(msgspec.Struct, frozen=True):
    """The stores one regional manager watches."""

    id: str
    name: str


class Location(msgspec.Struct, frozen=True):
    """A store or a warehouse. `hours` has seven entries, Monday first, each a tuple of spans (empty: closed)."""

    id: str
    kind: str  # "store" or "warehouse"
    name: str
    region: str
    legal_entity: str
    siret: str
    address: str
    directions: str
    postcode: str
    city: str
    latitude: float
    longitude: float
    phone: str
    hours: tuple[tuple[Span, ...], ...]
    services: tuple[str, ...]
    pick_lead_minutes: int
    capacity_per_hour: int
    hold_days: int
    parcel_cost_minor: int
    """Box, tape, the walk to the carrier; carriage is the tariff's."""
    country: str = "FR"
    time_zone: str = TIME_ZONE


class Closing(msgspec.Struct, frozen=True):
    """A day on which the week's hours do not hold; no spans means closed."""

    location: str
    day: date
    spans: tuple[Span, ...]
    reason: str


class StagingPlace(msgspec.Struct, frozen=True):
    """A place on the pickup shelf; the label stuck on it carries `code`."""

    location: str
    name: str
    code: str
    sort: int


class BagTag(msgspec.Struct, frozen=True):
    """A reusable numbered bag of one store."""

    location: str
    name: str
    code: str


ORME_SIREN = "99900018" + luhn_check_digit("99900018")
ORME = LegalEntity(
    id="orme",
    name="Orme SAS",
    siren=ORME_SIREN,
    vat_number=vat_number(ORME_SIREN),
    address="17 rue du Docteur-Bouchut",
    postcode="69003",
    city="Lyon",
    country="FR",
    document_prefix="ORM",
    rcs="RCS Lyon",
    capital_minor=25_000_000,
)

REGIONS = (
    Region("auvergne-rhone-alpes", "Auvergne-Rhône-Alpes"),
    Region("ile-de-france", "Île-de-France"),
    Region("sud-ouest", "Sud-Ouest"),
)


def _week(
    span: Span = ("10:00", "19:30"), *, saturday: Span | None = None, sunday: Span | None = None, monday: bool = True
) -> tuple[tuple[Span, ...], ...]:
    return (
        (span,) if monday else (),
        *((span,),) * 4,
        (saturday or span,),
        (sunday,) if sunday else (),
    )


_LUNCH = (("10:00", "12:30"), ("14:00", "19:00"))
_HOURS = {
    "lyon-part-dieu": _week(("09:30", "20:00")),
    "lyon-confluence": _week(("10:00", "20:00"), sunday=("11:00", "19:00")),
    "grenoble-victor-hugo": _week(("10:00", "19:00")),
    "annecy-carnot": _week(("09:30", "19:00"), monday=False),
    "paris-haussmann": _week(("09:30", "20:30"), sunday=("11:00", "20:00")),
    "paris-bercy-village": _week(("11:00", "21:00"), sunday=("11:00", "21:00")),
    "boulogne-jean-jaures": _week(("10:00", "19:30"), saturday=("10:00", "20:00")),
    "versailles-paroisse": _week(("10:00", "19:00"), monday=False, sunday=("10:00", "13:00")),
    "bordeaux-sainte-catherine": _week(("10:00", "19:30"), saturday=("10:00", "20:00")),
    "toulouse-alsace-lorraine": _week(("10:00", "19:30")),
    "bayonne-port-neuf": _week(("10:00", "19:00"), saturday=("09:30", "19:30")),
    "pau-cordeliers": (_LUNCH,) * 6 + ((),),
}

_SHOP = ("pickup", "ship")

# id, name, region, street, how to find the counter, postcode, city, latitude, longitude,
# pick lead time in minutes, works per hour, open days a bag waits
_STORES = (
    ("lyon-part-dieu", "Lyon Part-Dieu", 0, "17 rue du Docteur-Bouchut, niveau 1",
     "Le comptoir est au fond à gauche.", "69003", "Lyon", 45.76101, 4.85660, 60, 24, 7),
    ("lyon-confluence", "Lyon Confluence", 0, "112 cours Charlemagne",
     "Le comptoir est à l’entrée, côté Saône.", "69002", "Lyon", 45.74078, 4.81796, 90, 14, 7),
    ("grenoble-victor-hugo", "Grenoble Victor-Hugo", 0, "8 place Victor-Hugo",
     "Le comptoir est au sous-sol, près de l’ascenseur.", "38000", "Grenoble", 45.18974, 5.72512, 90, 10, 7),
    ("annecy-carnot", "Annecy Carnot", 0, "21 rue Carnot",
     "Le comptoir est derrière les caisses.", "74000", "Annecy", 45.90152, 6.12668, 120, 8, 8),
    ("paris-haussmann", "Paris Haussmann", 1, "45 boulevard Haussmann",
     "Le comptoir est au premier étage, sortie rue de Mogador.", "75009", "Paris", 48.87322, 2.33083, 60, 30, 5),
    ("paris-bercy-village", "Paris Bercy Village", 1, "28 cour Saint-Émilion",
     "Le comptoir est dans le chai du fond.", "75012", "Paris", 48.83335, 2.38627, 90, 12, 6),
    ("boulogne-jean-jaures", "Boulogne Jean-Jaurès", 1, "96 boulevard Jean-Jaurès",
     "Le comptoir est à droite en entrant.", "92100", "Boulogne-Billancourt", 48.83690, 2.24000, 90, 12, 7),
    ("versailles-paroisse", "Versailles Notre-Dame", 1, "34 rue de la Paroisse",
     "Le comptoir est au fond de la boutique.", "78000", "Versailles", 48.80700, 2.13290, 120, 8, 7),
    ("bordeaux-sainte-catherine", "Bordeaux Sainte-Catherine", 2, "120 rue Sainte-Catherine",
     "Le comptoir est au rez-de-chaussée, près des cabines.", "33000", "Bordeaux", 44.83620, -0.57430, 60, 16, 7),
    ("toulouse-alsace-lorraine", "Toulouse Alsace-Lorraine", 2, "30 rue d’Alsace-Lorraine",
     "Le comptoir est au premier étage.", "31000", "Toulouse", 43.60410, 1.44530, 60, 16, 7),
    ("bayonne-port-neuf", "Bayonne Port-Neuf", 2, "10 rue Port-Neuf",
     "Le comptoir est sous les arcades.", "64100", "Bayonne", 43.49170, -1.47620, 120, 8, 8),
    ("pau-cordeliers", "Pau Cordeliers", 2, "6 rue des Cordeliers",
     "Sonnez si le comptoir est vide.", "64000", "Pau", 43.29690, -0.37010, 120, 6, 10),
)  # fmt: skip


def _siret(rank: int) -> str:
    body = f"{ORME_SIREN}{rank:04d}"
    return body + luhn_check_digit(body)


def _store(rank: int, row: tuple[str, str, int, str, str, str, str, float, float, int, int, int]) -> Location:
    key, name, region, address, directions, postcode, city, latitude, longitude, lead, capacity, hold = row
    return Location(
        id=key, kind="store", name=name, region=REGIONS[region].id, legal_entity=ORME.id, siret=_siret(rank),
        address=address, directions=directions, postcode=postcode, city=city, latitude=latitude, longitude=longitude,
        phone=landline("415"[region], rank * 10), hours=_HOURS[key], services=_SHOP,
        pick_lead_minutes=lead, capacity_per_hour=capacity, hold_days=hold, parcel_cost_minor=60,
    )  # fmt: skip


STORES = tuple(_store(rank, row) for rank, row in enumerate(_STORES, start=1))
LYON = STORES[0]

WAREHOUSE = Location(
    id="entrepot-isle-d-abeau", kind="warehouse", name="Entrepôt L’Isle-d’Abeau", region=REGIONS[0].id,
    legal_entity=ORME.id, siret=_siret(13), address="31 avenue de Tharabie",
    directions="Quai 1 pour les transporteurs.",
    postcode="38070", city="Saint-Quentin-Fallavier", latitude=45.64450, longitude=5.10360,
    phone=landline("4", 130), hours=(((("06:00", "21:00"),),) * 5) + ((("06:00", "13:00"),), ()), services=("ship",),
    pick_lead_minutes=180, capacity_per_hour=120, hold_days=7, parcel_cost_minor=40,
)  # fmt: skip

LOCATIONS = (*STORES, WAREHOUSE)


def closings(day: date) -> tuple[Closing, ...]:
    """The exceptions known on `day`: Christmas, New Year and Labor Day everywhere; a Sunday inventory; a late night."""
    found = []
    for year in (day.year, day.year + 1):
        for month, number, reason in ((1, 1, "Jour de l’an"), (5, 1, "Fête du Travail"), (12, 25, "Noël")):
            found += [Closing(place.id, date(year, month, number), (), reason) for place in LOCATIONS]
    sunday = day + timedelta(days=6 - day.weekday())
    found.append(Closing("paris-bercy-village", sunday, (), "Inventaire"))
    found.append(Closing("lyon-confluence", sunday + timedelta(days=7), (("11:00", "14:00"),), "Travaux"))
    for place in STORES:
        found.append(Closing(place.id, date(day.year, 12, 24), (("09:30", "17:00"),), "Veille de Noël"))
    return tuple(sorted(found, key=lambda closing: (closing.location, closing.day)))


def staging_places(location: Location) -> tuple[StagingPlace, ...]:
    """The pickup shelf of a store: R 1 to R 12, and twelve more in the three busiest; none in the warehouse."""
    if location.kind != "store":
        return ()
    count = 24 if location.capacity_per_hour >= 16 else 12
    return tuple(StagingPlace(location.id, f"R {place}", f"L:R{place}", place) for place in range(1, count + 1))


def bag_tags(location: Location) -> tuple[BagTag, ...]:
    """The sixty numbered bags of a store, T-101 to T-160; every store counts its own."""
    if location.kind != "store":
        return ()
    return tuple(BagTag(location.id, f"T-{number}", f"B:T-{number}") for number in range(101, 161))
