"""Where the pickup desk is in three of Orme's stores: a plan drawn from a few rectangles, and the sentence that says the same."""

import io
from typing import Final

import msgspec

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels of a plan of 800 x 500."""
Point = tuple[int, int]

WIDTH: Final = 800
HEIGHT: Final = 500
FINER: Final = 2
"""Drawn at twice the size and made smaller, which smooths the lines."""
PAPER, FLOOR, WALL, SHELF, TILL, DESK, WAY = "#ebe7de", "#faf8f3", "#3b3f46", "#d3ccbd", "#a49c8b", "#0f459c", "#d5121e"
WALLS: Final[Box] = (40, 40, 760, 440)


class Desk(msgspec.Struct, frozen=True):
    """One store's plan: the way leads from the door to the desk."""

    location: str
    says_fr: str
    says_en: str
    desk: Box
    tills: tuple[Box, ...]
    shelves: tuple[Box, ...]
    way: tuple[Point, ...]


DESKS: Final = (
    Desk(
        "lyon-part-dieu", "Au fond à gauche, derrière les caisses.", "At the back on the left, behind the tills.",
        desk=(70, 70, 230, 130), tills=((80, 210, 150, 240), (180, 210, 250, 240)),
        shelves=((330, 80, 370, 360), (430, 80, 470, 360), (530, 80, 570, 360), (640, 80, 730, 120), (640, 200, 730, 240)),
        way=((400, 480), (400, 400), (290, 400), (290, 100), (245, 100)),
    ),
    Desk(
        "annecy-carnot", "Juste derrière les caisses.", "Right behind the tills.",
        desk=(320, 90, 480, 150), tills=((240, 240, 310, 270), (490, 240, 560, 270)),
        shelves=((80, 80, 120, 400), (170, 80, 210, 400), (590, 80, 630, 400), (680, 80, 720, 400)),
        way=((400, 480), (400, 165)),
    ),
    Desk(
        "boulogne-jean-jaures", "À droite en entrant.", "On the right as you come in.",
        desk=(560, 330, 720, 390), tills=((80, 350, 150, 380), (190, 350, 260, 380)),
        shelves=((80, 80, 360, 120), (80, 180, 360, 220), (450, 80, 730, 120), (450, 180, 730, 220)),
        way=((400, 480), (400, 360), (545, 360)),
    ),
)  # fmt: skip


def draw(plan: Desk) -> bytes:
    """The plan as a PNG: the store from above, its door below, the way to the desk in red."""
    from PIL import Image, ImageDraw  # the demo alone draws

    image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
    pen = ImageDraw.Draw(image)

    def box(at: Box, fill: str, round_by: int = 6, outline: str | None = None, width: int = 0) -> None:
        pen.rounded_rectangle([n * FINER for n in at], round_by * FINER, fill, outline, width * FINER)

    def dot(at: Point, radius: int, fill: str) -> None:
        pen.ellipse([(at[0] - radius) * FINER, (at[1] - radius) * FINER, (at[0] + radius) * FINER, (at[1] + radius) * FINER], fill)  # fmt: skip

    box(WALLS, FLOOR, 4, WALL, 8)
    box((350, 432, 450, 441), PAPER, 0)
    for shelf in plan.shelves:
        box(shelf, SHELF)
    for till in plan.tills:
        box(till, TILL)
    box(plan.desk, DESK)
    # The sign of the house on the desk: a head above a counter.
    left, top, right, bottom = plan.desk
    middle = (left + right) // 2
    dot((middle, top + 16), 9, "#ffffff")
    box((middle - 32, top + 31, middle + 32, top + 38), "#ffffff", 2)
    box((middle - 24, top + 38, middle - 18, bottom - 8), "#ffffff", 1)
    box((middle + 18, top + 38, middle + 24, bottom - 8), "#ffffff", 1)
    pen.line([n * FINER for point in plan.way for n in point], WAY, 7 * FINER, "curve")
    dot(plan.way[0], 11, WAY)
    (x0, y0), (x, y) = plan.way[-2:]
    # The head of the arrow points where the last stretch leads: to the side or upwards.
    side = (x > x0) - (x < x0)
    up = (y > y0) - (y < y0)
    tip = (x + 12 * side, y + 12 * up)
    wings = ((x - 8 * side + 14 * up, y - 8 * up + 14 * side), (x - 8 * side - 14 * up, y - 8 * up - 14 * side))
    pen.polygon([n * FINER for point in (tip, *wings) for n in point], WAY)
    out = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()
