"""Who works at Orme and who buys there; the named people of tests, demo and docs.

Passwords, PINs and keys below open the demo world alone: it is loaded in development only and prints them at start.
Telephone numbers come from the range kept for fiction, mail addresses from example domains.
"""

import msgspec

from comptoir.world.numbers import draw, mobile, plain
from comptoir.world.stores import LOCATIONS, REGIONS, STORES


class Associate(msgspec.Struct, frozen=True):
    """Somebody who signs in on a store's handheld, by name and PIN or by badge."""

    key: str
    name: str
    role: str  # "associate" or "store_manager"
    location: str
    pin: str
    badge: str
    email: str | None = None
    password: str | None = None


class Manager(msgspec.Struct, frozen=True):
    """Somebody who signs in by e-mail and password; no region means everywhere."""

    key: str
    name: str
    role: str  # "regional_manager" or "head_office"
    region: str | None
    email: str
    password: str


class Integrator(msgspec.Struct, frozen=True):
    """Another system, by its key. An empty `locations` means all of them."""

    key: str
    name: str
    secret: str
    scopes: tuple[str, ...]
    locations: tuple[str, ...] = ()


class Customer(msgspec.Struct, frozen=True):
    """Somebody who buys on the web."""

    key: str
    first_name: str
    last_name: str
    email: str
    phone: str
    language: str
    address: str
    postcode: str
    city: str
    country: str = "FR"
    marketing: bool = False

    @property
    def name(self) -> str:
        """First and last name, as on the pass."""
        return f"{self.first_name} {self.last_name}"


PASSWORD = "orme-comptoir-2026"  # noqa: S105 - printed at start, demo world only

FIRST_NAMES = (
    "Adèle", "Agathe", "Alice", "Amandine", "Anaïs", "Antoine", "Arthur", "Aurélie", "Baptiste", "Bastien", "Béatrice",
    "Capucine", "Cécile", "Chloé", "Clément", "Colette", "Damien", "Éloïse", "Émile", "Fanny", "Félix", "Florian",
    "Gabrielle", "Gaël", "Hugo", "Ismaël", "Jade", "Joséphine", "Jules", "Karim", "Louise", "Lucien", "Maëlle",
    "Malik", "Margaux", "Mathilde", "Maxence", "Myriam", "Nadia", "Noé", "Octave", "Olivia", "Pauline", "Quentin",
    "Rachid", "Rémi", "Romane", "Salomé", "Simon", "Théo", "Valentin", "Victoire", "Youssef", "Zoé",
)  # fmt: skip
LAST_NAMES = (
    "Arnaud", "Barbier", "Baudry", "Belkacem", "Bernier", "Blanc", "Bouvier", "Brunet", "Carpentier", "Chabert",
    "Charpin", "Cordier", "Dacosta", "Delmas", "Devaux", "Duchêne", "Estève", "Fabre", "Faucher", "Fontaine",
    "Gaillard", "Gauthier", "Gonin", "Guérin", "Hamon", "Imbert", "Jacquet", "Kessler", "Lacombe", "Lambert",
    "Lefort", "Lemaire", "Maillard", "Marchal", "Mercier", "Monnet", "N’Diaye", "Nicolas", "Olivier", "Pasquier",
    "Péron", "Pichon", "Poirier", "Rivière", "Rolland", "Saunier", "Tessier", "Vasseur", "Vidal", "Zeller",
)  # fmt: skip


def _mail(first: str, last: str, domain: str) -> str:
    name = f"{plain(first)}.{plain(last)}".lower().replace(" ", "")
    return f"{name}@{domain}"


LYON_TEAM = (
    Associate("camille-perrin", "Camille Perrin", "associate", STORES[0].id, "750312", "U:ORME-1001"),
    Associate("lea-martin", "Léa Martin", "associate", STORES[0].id, "418273", "U:ORME-1002"),
    Associate("sam-diallo", "Sam Diallo", "associate", STORES[0].id, "602915", "U:ORME-1003"),
    Associate("nour-benali", "Nour Benali", "associate", STORES[0].id, "937148", "U:ORME-1004"),
    Associate(
        "helene-vasseur", "Hélène Vasseur", "store_manager", STORES[0].id, "264807", "U:ORME-1005",
        "helene.vasseur@example.com", PASSWORD,
    ),
)  # fmt: skip
CAMILLE, LEA, SAM, NOUR, HELENE = LYON_TEAM


def _teams() -> tuple[Associate, ...]:
    found = list(LYON_TEAM)
    for rank, store in enumerate(STORES[1:], start=2):
        for place in range(3):
            first = FIRST_NAMES[(rank * 7 + place * 17) % len(FIRST_NAMES)]
            last = LAST_NAMES[(rank * 11 + place * 13) % len(LAST_NAMES)]
            manager = place == 2
            found.append(
                Associate(
                    key=_mail(first, last, "").rstrip("@").replace(".", "-").replace("'", ""),
                    name=f"{first} {last}",
                    role="store_manager" if manager else "associate",
                    location=store.id,
                    pin=f"{draw(310_000, 989_999, 'pin', rank, place)}",
                    badge=f"U:ORME-{1000 + rank * 10 + place}",
                    email=_mail(first, last, "example.com") if manager else None,
                    password=PASSWORD if manager else None,
                )
            )
    return tuple(found)


ASSOCIATES = _teams()

MANAGERS = (
    Manager("ines-carvalho", "Inès Carvalho", "regional_manager", REGIONS[0].id, "ines.carvalho@example.com", PASSWORD),
    Manager("marc-ollivier", "Marc Ollivier", "regional_manager", REGIONS[1].id, "marc.ollivier@example.com", PASSWORD),
    Manager("maite-etche", "Maite Etcheverry", "regional_manager", REGIONS[2].id, "maite.etcheverry@example.com",
            PASSWORD),
    Manager("odile-ferrand", "Odile Ferrand", "head_office", None, "odile.ferrand@example.com", PASSWORD),
)  # fmt: skip

SHOP_KEY = Integrator(
    "boutique-en-ligne", "Boutique en ligne Orme", "demo-boutique-orme-not-a-secret",
    ("orders:read", "orders:write", "availability:read", "catalog:read"),
)  # fmt: skip
TILL_KEY = Integrator(
    "caisses", "Caisses Orme", "demo-caisses-orme-not-a-secret",
    ("stock:read", "stock:write"), tuple(place.id for place in LOCATIONS),
)  # fmt: skip
INTEGRATORS = (SHOP_KEY, TILL_KEY)

_STREETS = (
    "rue des Tilleuls", "rue Pasteur", "avenue Jean-Jaurès", "rue Victor-Hugo", "place du Marché", "rue de la Gare",
    "chemin des Vignes", "rue Voltaire", "impasse du Lavoir", "quai des Bateliers", "rue des Écoles", "allée des Ormes",
)  # fmt: skip
_TOWNS = (
    ("69003", "Lyon"), ("69007", "Lyon"), ("69100", "Villeurbanne"), ("38000", "Grenoble"), ("74000", "Annecy"),
    ("42000", "Saint-Étienne"), ("75011", "Paris"), ("75018", "Paris"), ("92100", "Boulogne-Billancourt"),
    ("78000", "Versailles"), ("33000", "Bordeaux"), ("31000", "Toulouse"), ("64100", "Bayonne"), ("64000", "Pau"),
)  # fmt: skip

INES_AUBRY = Customer("ines-aubry", "Inès", "Aubry", "ines.aubry@example.fr", mobile(1), "fr",
                      "5 rue Garibaldi", "69003", "Lyon")  # fmt: skip
CAMILLE_ROUX = Customer("camille-roux", "Camille", "Roux", "camille.roux@example.fr", mobile(2), "fr",
                        "41 cours Lafayette", "69006", "Lyon")  # fmt: skip
THOMAS_GIRARD = Customer("thomas-girard", "Thomas", "Girard", "thomas.girard@example.fr", mobile(3), "fr",
                         "12 rue de Bonnel", "69003", "Lyon")  # fmt: skip
YANIS_MOREL = Customer("yanis-morel", "Yanis", "Morel", "yanis.morel@example.fr", mobile(4), "fr",
                       "8 rue Paul-Bert", "69003", "Lyon")  # fmt: skip
PAUL_LECLERC = Customer("paul-leclerc", "Paul", "Leclerc", "paul.leclerc@example.fr", mobile(5), "fr",
                        "27 avenue Félix-Faure", "69007", "Lyon")  # fmt: skip
SOPHIE_LEGRAND = Customer("sophie-legrand", "Sophie", "Legrand", "sophie.legrand@example.fr", mobile(6), "fr",
                          "3 place Guichard", "69003", "Lyon")  # fmt: skip
EMMA_CLARKE = Customer("emma-clarke", "Emma", "Clarke", "emma.clarke@example.com", mobile(7), "en",
                       "19 rue Vendôme", "69006", "Lyon")  # fmt: skip
LOUIS_GARNIER = Customer("louis-garnier", "Louis", "Garnier", "louis.garnier@example.fr", mobile(8), "fr",
                         "60 rue Moncey", "69003", "Lyon")  # fmt: skip
NAMED_CUSTOMERS = (
    INES_AUBRY, CAMILLE_ROUX, THOMAS_GIRARD, YANIS_MOREL, PAUL_LECLERC, SOPHIE_LEGRAND, EMMA_CLARKE, LOUIS_GARNIER,
)  # fmt: skip


def _crowd(count: int) -> tuple[Customer, ...]:
    found: list[Customer] = list(NAMED_CUSTOMERS)
    for number in range(count):
        # 17 and 53 share no divisor with the list lengths, so that full names come back only after both lists.
        first = FIRST_NAMES[(number * 17) % len(FIRST_NAMES)]
        last = LAST_NAMES[(number * 53 + number // 50) % len(LAST_NAMES)]
        english = number % 20 in (3, 9, 16)
        postcode, city = _TOWNS[number % len(_TOWNS)]
        found.append(
            Customer(
                key=f"client-{number + 1:03d}",
                first_name=first,
                last_name=last,
                email=_mail(first, f"{last}.{number + 1:03d}", f"example.{'com' if english else 'fr'}"),
                phone=mobile(100 + number),
                language="en" if english else "fr",
                address=f"{draw(1, 98, 'street', number)} {_STREETS[number % len(_STREETS)]}",
                postcode=postcode,
                city=city,
                marketing=number % 3 == 0,
            )
        )
    return tuple(found)


CUSTOMERS = _crowd(240)
CUSTOMER = {customer.key: customer for customer in CUSTOMERS}
UNREACHED = frozenset(
    address for number, one in enumerate(CUSTOMERS) if number % 40 == 26 for address in (one.phone, one.email)
)
"""Numbers and mailboxes that take nothing: somebody has to call these customers."""
ASSOCIATE = {associate.key: associate for associate in ASSOCIATES}
