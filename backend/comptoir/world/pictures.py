"""Drawn pictures of the range: flat shapes on a 96 x 96 field, each in the tints its articles come in.

`python -m comptoir.world.pictures` writes them to `pwa/static/pictures/<drawing>-<tint>.svg`; a test holds both equal.
"""

import tomllib
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "pwa" / "static" / "pictures"

TINTS = {  # body, shade, light
    "noir": ("#2b2a2e", "#151418", "#77737d"),
    "cognac": ("#a8622f", "#7c4521", "#d79a66"),
    "brun": ("#6d4a34", "#4d3222", "#a98469"),
    "bordeaux": ("#6f1f2e", "#4d131f", "#b3606f"),
    "rouge": ("#b3372f", "#862520", "#e58a80"),
    "terracotta": ("#bb6a4b", "#9b5238", "#f0dcc5"),
    "ocre": ("#d3a23f", "#a97c24", "#f3d897"),
    "camel": ("#cfa46c", "#a57a45", "#ecd3ac"),
    "ecru": ("#efe6d2", "#c9bb9c", "#fffaf0"),
    "blanc": ("#f7f5f0", "#cfcabd", "#ffffff"),
    "gris": ("#8c8f94", "#63666b", "#c9cbcf"),
    "marine": ("#24406f", "#162a4d", "#7f9bcc"),
    "bleu": ("#3f6c9c", "#2b4d73", "#a9c6e2"),
    "ciel": ("#b9d3e8", "#86a9c6", "#e9f3fa"),
    "sapin": ("#1f5c48", "#123e30", "#74b39b"),
    "vert": ("#1f6f54", "#124735", "#7fc0a6"),
    "kaki": ("#5d6a4c", "#434e36", "#9aa886"),
    "sauge": ("#8b9c7e", "#687a5c", "#cfdac3"),
}

DRAWINGS: dict[str, str] = {
    name: shapes.replace("\n", "")
    for name, shapes in tomllib.loads((Path(__file__).parent / "drawings.toml").read_text(encoding="utf-8")).items()
}


def draw(key: str) -> str:
    """The SVG text of a picture, "derby-noir"; a KeyError for a drawing or tint that does not exist."""
    drawing, tint = key.rsplit("-", 1)
    body, shade, light = TINTS[tint]
    shapes = DRAWINGS[drawing]
    # Stripes are drawn in the body's color, except on undyed cotton, where they are navy.
    stripe = TINTS["marine"][0] if tint == "ecru" else body
    for letter, color in (("M", body), ("D", shade), ("L", light), ("S", stripe)):
        shapes = shapes.replace(f'"{letter}"', f'"{color}"')
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">{shapes}</svg>\n'


def main() -> None:
    """Write every picture the range uses."""
    from comptoir.world.articles import ARTICLES

    FOLDER.mkdir(parents=True, exist_ok=True)
    for key in sorted({article.picture for article in ARTICLES}):
        (FOLDER / f"{key}.svg").write_text(draw(key), encoding="utf-8")


if __name__ == "__main__":
    main()
