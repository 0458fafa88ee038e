"""What Orme packs in, and what its articles measure in their packaging, by the drawing of their style."""

from typing import Final

import msgspec

from comptoir.world.articles import Article


class Box(msgspec.Struct, frozen=True):
    """Inner measures in millimeters, weights in grams."""

    id: str
    name_fr: str
    name_en: str
    kind: str
    size: tuple[int, int, int]
    tare_grams: int
    max_grams: int


BOXES: Final = (
    Box("pochette", "Pochette", "Padded bag", "bag", (340, 240, 60), 40, 2000),
    Box("carton-s", "Carton S", "Box S", "box", (250, 200, 100), 110, 5000),
    Box("carton-m", "Carton M", "Box M", "box", (350, 250, 150), 190, 10_000),
    Box("carton-l", "Carton L", "Box L", "box", (450, 350, 250), 380, 15_000),
    Box("carton-xl", "Carton XL", "Box XL", "box", (600, 500, 450), 720, 20_000),
)

SIZES: Final = {
    "derby": (320, 200, 120), "basket": (320, 200, 120), "bottine": (340, 240, 120), "mocassin": (310, 190, 115), "sandale": (300, 180, 110),
    "ballerine": (300, 180, 100), "marin": (300, 230, 50), "veste": (380, 300, 80), "chemise": (320, 230, 40), "robe": (320, 230, 40),
    "jean": (320, 230, 60), "manteau": (440, 340, 120), "tshirt": (280, 220, 30), "jupe": (300, 230, 40), "bonnet": (220, 180, 50),
    "echarpe": (250, 200, 60), "ceinture": (120, 120, 50), "chaussettes": (200, 120, 50), "sac": (350, 300, 140), "gants": (250, 120, 30),
    "boucles": (80, 60, 40), "vase": (180, 180, 280), "coussin": (440, 340, 150), "lampe": (320, 320, 440), "plaid": (400, 300, 120),
    "bougie": (100, 100, 120), "bol": (150, 150, 80), "assiette": (280, 280, 30), "tasse": (120, 90, 100), "carafe": (110, 110, 280),
    "serviette": (300, 230, 60), "housse": (380, 300, 80), "taie": (300, 220, 30), "panier": (400, 400, 300), "tabouret": (350, 350, 650),
    "tapis": (700, 200, 200), "torchon": (250, 180, 20), "cocotte": (320, 260, 180), "cadre": (560, 460, 30), "bouilloire": (240, 200, 240),
    "bouteille": (85, 85, 310), "livre": (280, 220, 25), "confiture": (75, 75, 110), "plante": (200, 200, 450),
}  # fmt: skip

FRAGILE: Final = frozenset(
    ("vase", "lampe", "bougie", "bol", "assiette", "tasse", "carafe", "cadre", "bouteille", "confiture")
)
ALONE: Final = frozenset(("tabouret", "plante"))


def drawing_of(article: Article) -> str:
    """The drawing's name without its tint: "derby-noir" is a derby."""
    return article.picture.rsplit("-", 1)[0]
