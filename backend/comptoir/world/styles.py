"""The range of Orme as a table: every style with its drawing, colors, deciding attributes, price and weight."""

import msgspec

PAIRS = ("36", "37", "38", "39", "40", "41", "42")
WOMEN = ("36", "37", "38", "39", "40", "41")
MEN = ("40", "41", "42", "43", "44", "45")
LETTERS = ("XS", "S", "M", "L", "XL")
DRESS = ("34", "36", "38", "40", "42")
WAISTS = ("28", "29", "30", "31", "32", "34", "36")
ONE = ("",)


class Style(msgspec.Struct, frozen=True):
    """One design. `colors` holds (code part, words, picture tint); `prices_minor` one price, or one per attribute."""

    key: str
    name: str
    section: str  # shoes, clothes, accessories, home, cellar, pantry
    drawing: str
    colors: tuple[tuple[str, str, str], ...]
    attributes: tuple[str, ...]
    prices_minor: tuple[int, ...]
    weight_grams: int
    vat_bp: int = 2000
    minimum_age: int | None = None
    returnable: bool = True
    blocked: str | None = None


STYLES = (
    # Shoes
    Style("derby-helene", "Derby Hélène", "shoes", "derby",
          (("noir", "Cuir noir", "noir"), ("cognac", "Cuir cognac", "cognac")), PAIRS, (12900,), 1150),
    Style("basket-lison", "Basket Lison", "shoes", "basket",
          (("blanc-vert", "Blanc et vert", "vert"), ("blanc-marine", "Blanc et marine", "marine")),
          PAIRS, (9500,), 980),
    Style("bottine-jeanne", "Bottine Jeanne", "shoes", "bottine",
          (("noir", "Cuir noir", "noir"), ("brun", "Daim brun", "brun")), WOMEN, (15900,), 1300),
    Style("mocassin-paul", "Mocassin Paul", "shoes", "mocassin",
          (("bordeaux", "Cuir bordeaux", "bordeaux"), ("marron", "Cuir marron", "brun")), MEN, (13900,), 1050),
    Style("sandale-calanque", "Sandale Calanque", "shoes", "sandale",
          (("naturel", "Cuir naturel", "cognac"),), WOMEN, (7900,), 620),
    Style("ballerine-odette", "Ballerine Odette", "shoes", "ballerine",
          (("rouge", "Cuir rouge", "rouge"), ("noir", "Cuir noir", "noir")), WOMEN, (8900,), 560),
    # Clothes
    Style("pull-marin", "Pull Marin", "clothes", "marin",
          (("ecru", "Coton écru", "ecru"), ("rouge", "Coton rayé rouge", "rouge")), LETTERS, (5900,), 420),
    Style("veste-atelier", "Veste Atelier", "clothes", "veste",
          (("kaki", "Coton kaki", "kaki"), ("bleu", "Coton bleu", "bleu")), LETTERS, (11900,), 780),
    Style("chemise-faustine", "Chemise Faustine", "clothes", "chemise",
          (("blanc", "Popeline blanche", "blanc"), ("ciel", "Popeline ciel", "ciel")), LETTERS, (6900,), 260),
    Style("robe-solene", "Robe Solène", "clothes", "robe",
          (("terracotta", "Viscose terracotta", "terracotta"), ("sapin", "Viscose vert sapin", "sapin")),
          DRESS, (9900,), 380),
    Style("jean-marcel", "Jean Marcel", "clothes", "jean",
          (("brut", "Denim brut", "marine"), ("noir", "Denim noir", "noir")), WAISTS, (8900,), 720),
    Style("manteau-aubrac", "Manteau Aubrac", "clothes", "manteau",
          (("camel", "Laine camel", "camel"), ("gris", "Laine grise", "gris")), LETTERS, (24900,), 1680),
    Style("t-shirt-rive", "T-shirt Rive", "clothes", "tshirt",
          (("blanc", "Coton blanc", "blanc"), ("noir", "Coton noir", "noir"), ("ocre", "Coton ocre", "ocre")),
          LETTERS, (2500,), 170),
    Style("jupe-colombe", "Jupe Colombe", "clothes", "jupe",
          (("sapin", "Laine vert sapin", "sapin"), ("noir", "Laine noire", "noir")), LETTERS, (7500,), 330),
    # Accessories
    Style("bonnet-vercors", "Bonnet Vercors", "accessories", "bonnet",
          (("rouge", "Laine rouge", "rouge"), ("ecru", "Laine écrue", "ecru"), ("sapin", "Laine vert sapin", "sapin"),
           ("marine", "Laine marine", "marine")), ONE, (2900,), 90),
    Style("echarpe-mistral", "Écharpe Mistral", "accessories", "echarpe",
          (("camel", "Laine camel", "camel"), ("gris", "Laine grise", "gris"), ("bordeaux", "Laine bordeaux",
           "bordeaux")), ONE, (4900,), 210),
    Style("ceinture-lien", "Ceinture Lien", "accessories", "ceinture",
          (("noir", "Cuir noir", "noir"), ("cognac", "Cuir cognac", "cognac")), ("85 cm", "95 cm", "105 cm"),
          (3900,), 190),
    Style("chaussettes-trio", "Chaussettes Trio", "accessories", "chaussettes",
          (("marine", "Marine, par 3", "marine"), ("ocre", "Ocre, par 3", "ocre"), ("gris", "Gris, par 3", "gris")),
          ("36-40", "41-45"), (1900,), 140),
    Style("sac-ormeau", "Sac Ormeau", "accessories", "sac",
          (("naturel", "Cuir naturel", "camel"), ("noir", "Cuir noir", "noir")), ("Moyen", "Grand"),
          (13900, 16900), 860),
    Style("gants-givre", "Gants Givre", "accessories", "gants",
          (("noir", "Cuir noir", "noir"), ("cognac", "Cuir cognac", "cognac")), ("7", "8", "9"), (5500,), 120),
    Style("boucles-perle", "Boucles d’oreilles Perle", "accessories", "boucles",
          (("dore", "Laiton doré", "ocre"),), ONE, (3200,), 30, returnable=False),
    # Home
    Style("vase-amphore", "Vase Amphore", "home", "vase",
          (("terre-cuite", "Terre cuite", "terracotta"), ("blanc", "Grès blanc", "blanc")),
          ("18 cm", "24 cm", "32 cm"), (2400, 3400, 4900), 1400),
    Style("coussin-sillon", "Coussin Sillon", "home", "coussin",
          (("sauge", "Lin sauge", "sauge"), ("ocre", "Lin ocre", "ocre"), ("lin", "Lin naturel", "ecru")),
          ("40 x 40", "50 x 50"), (2900, 3500), 480),
    Style("lampe-halo", "Lampe Halo", "home", "lampe",
          (("jaune", "Abat-jour paille", "ocre"), ("blanc", "Abat-jour blanc", "blanc")), ("30 cm", "45 cm"),
          (6900, 8900), 1900),
    Style("plaid-margeride", "Plaid Margeride", "home", "plaid",
          (("sapin", "Laine vert sapin", "sapin"), ("terracotta", "Laine terracotta", "terracotta"),
           ("gris", "Laine grise", "gris")), ONE, (7900,), 1100),
    Style("bougie-garrigue", "Bougie Garrigue", "home", "bougie",
          (("figuier", "Figuier", "sauge"), ("cedre", "Cèdre", "brun"), ("oranger", "Fleur d’oranger", "ocre")),
          ("180 g", "400 g"), (1900, 3400), 520),
    Style("bol-gres", "Bol Grès", "home", "bol",
          (("sable", "Grès sable", "ecru"), ("bleu", "Grès bleu", "bleu"), ("sauge", "Grès sauge", "sauge"),
           ("noir", "Grès noir", "noir")), ONE, (1400,), 380),
    Style("assiette-gres", "Assiette Grès", "home", "assiette",
          (("sable", "Grès sable", "ecru"), ("bleu", "Grès bleu", "bleu"), ("sauge", "Grès sauge", "sauge")),
          ("21 cm", "27 cm"), (1600, 2000), 620),
    Style("tasse-matin", "Tasse Matin", "home", "tasse",
          (("sable", "Grès sable", "ecru"), ("bleu", "Grès bleu", "bleu"), ("ocre", "Grès ocre", "ocre"),
           ("noir", "Grès noir", "noir")), ONE, (1200,), 290),
    Style("carafe-source", "Carafe Source", "home", "carafe",
          (("clair", "Verre clair", "ciel"), ("vert", "Verre vert", "sauge")), ("75 cl", "1 l"), (2200, 2600), 740),
    Style("serviette-onde", "Serviette Onde", "home", "serviette",
          (("blanc", "Éponge blanche", "blanc"), ("sauge", "Éponge sauge", "sauge"),
           ("terracotta", "Éponge terracotta", "terracotta"), ("marine", "Éponge marine", "marine")),
          ("50 x 100", "70 x 140", "100 x 150"), (1500, 2500, 3500), 450),
    Style("housse-nuit", "Housse de couette Nuit", "home", "housse",
          (("blanc", "Percale blanche", "blanc"), ("ciel", "Percale ciel", "ciel"), ("gris", "Percale grise", "gris")),
          ("140 x 200", "200 x 200", "240 x 220"), (7900, 9900, 11900), 1500),
    Style("taie-nuit", "Taie d’oreiller Nuit", "home", "taie",
          (("blanc", "Percale blanche", "blanc"), ("ciel", "Percale ciel", "ciel"), ("gris", "Percale grise", "gris")),
          ("50 x 70", "65 x 65"), (1900, 1900), 170),
    Style("panier-osier", "Panier Osier", "home", "panier",
          (("naturel", "Osier naturel", "camel"),), ("Petit", "Moyen", "Grand"), (2500, 3500, 4500), 900),
    Style("tabouret-frene", "Tabouret Frêne", "home", "tabouret",
          (("naturel", "Frêne naturel", "camel"), ("noir", "Frêne noir", "noir")), ("45 cm", "65 cm"),
          (8900, 10900), 3600),
    Style("tapis-causse", "Tapis Causse", "home", "tapis",
          (("ecru", "Laine écrue", "ecru"), ("terracotta", "Laine terracotta", "terracotta")),
          ("70 x 140", "120 x 180", "160 x 230"), (8900, 15900, 22900), 4800),
    Style("torchon-halles", "Torchon Halles", "home", "torchon",
          (("rouge", "Lin à liseré rouge", "rouge"), ("bleu", "Lin à liseré bleu", "bleu"),
           ("sauge", "Lin à liseré sauge", "sauge")), ONE, (1200,), 110),
    Style("cocotte-braise", "Cocotte Braise", "home", "cocotte",
          (("rouge", "Fonte rouge", "rouge"), ("noir", "Fonte noire", "noir")), ("20 cm", "24 cm", "28 cm"),
          (11900, 14900, 17900), 4300),
    Style("cadre-chene", "Cadre Chêne", "home", "cadre",
          (("naturel", "Chêne naturel", "camel"), ("noir", "Chêne noir", "noir")), ("20 x 30", "30 x 40", "50 x 70"),
          (1900, 2600, 3900), 850),
    Style("bouilloire-volute", "Bouilloire Volute", "home", "bouilloire",
          (("rouge", "Acier émaillé rouge", "rouge"),), ONE, (4900,), 1250,
          blocked="Rappel de produit : l’anse peut se détacher."),
    # Cellar and pantry
    Style("coteaux-orme", "Coteaux de l’Orme", "cellar", "bouteille",
          (("rouge", "Vin rouge", "bordeaux"), ("blanc", "Vin blanc", "sauge"), ("rose", "Vin rosé", "terracotta")),
          ("75 cl",), (1290,), 1250, minimum_age=18),
    Style("eau-de-vie-poire", "Eau-de-vie de poire", "cellar", "bouteille",
          (("poire", "Poire williams", "ocre"),), ("50 cl",), (3900,), 980, minimum_age=18),
    Style("livre-table", "La table d’Orme", "pantry", "livre",
          (("broche", "Livre broché", "terracotta"),), ONE, (2490,), 820, vat_bp=550),
    Style("livre-ranger", "Ranger, simplement", "pantry", "livre",
          (("broche", "Livre broché", "bleu"),), ONE, (1990,), 540, vat_bp=550),
    Style("confiture-verger", "Confiture du verger", "pantry", "confiture",
          (("abricot", "Abricot", "ocre"), ("figue", "Figue", "bordeaux")), ("250 g",), (690,), 410,
          vat_bp=550, returnable=False),
    Style("olivier-pot", "Olivier en pot", "pantry", "plante",
          (("terre-cuite", "Pot terre cuite", "terracotta"),), ("40 cm",), (3500,), 2600, vat_bp=1000,
          returnable=False),
)  # fmt: skip
