"""Bar codes drawn onto the grey frames of a little film, so that a browser without a camera can look at them."""

from pathlib import Path
from typing import Final

import segno

from comptoir.kit.bars import bars

WIDTH, HEIGHT = 640, 480
PAPER, INK, TABLE = 235, 16, 120
_LEFT: Final = (
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
)
_MIXED: Final = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")  # fmt: skip


def ean13(digits: str) -> list[list[int]]:
    """One row of modules, 1 is dark, with quiet zones."""
    right = [row.translate(str.maketrans("01", "10")) for row in _LEFT]
    left = "".join(
        _LEFT[int(digit)] if side == "L" else right[int(digit)][::-1]
        for digit, side in zip(digits[1:7], _MIXED[int(digits[0])], strict=True)
    )
    row = "0" * 11 + "101" + left + "01010" + "".join(right[int(digit)] for digit in digits[7:]) + "101" + "0" * 11
    return [[int(module) for module in row]]


def code128(text: str) -> list[list[int]]:
    """One row of modules of our own drawing."""
    width, path = bars(text)
    row = [0] * width
    for part in path.split("M")[1:]:
        x, run = part.split(" 0h")[0], part.split(" 0h")[1].split("v")[0]
        row[int(x) : int(x) + int(run)] = [1] * int(run)
    return [row]


def qr(text: str) -> list[list[int]]:
    """The rows of modules of a QR code, with its quiet zone."""
    return [list(row) for row in segno.make(text, micro=False).matrix_iter(border=4)]


def frame(modules: list[list[int]] | None) -> bytes:
    """One grey picture with the code in its middle, large; without one an empty table."""
    picture = bytearray([TABLE]) * (WIDTH * HEIGHT)
    if modules:
        size = min(WIDTH * 8 // 10 // len(modules[0]), HEIGHT * 8 // 10 // len(modules) if len(modules) > 1 else 99)
        high = size * len(modules) if len(modules) > 1 else HEIGHT // 3
        left, top = (WIDTH - size * len(modules[0])) // 2, (HEIGHT - high) // 2
        for y in range(high):
            row = modules[y // size] if len(modules) > 1 else modules[0]
            line = b"".join(bytes([INK if module else PAPER]) * size for module in row)
            at = (top + y) * WIDTH + left
            picture[at : at + len(line)] = line
    return bytes(picture)


def film(path: Path, scenes: list[tuple[list[list[int]] | None, int]]) -> Path:
    """A y4m of scenes, each for a number of frames at ten a second; browsers play it over and over."""
    grey = bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as opened:
        opened.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for modules, frames in scenes:
            opened.write((b"FRAME\n" + frame(modules) + grey) * frames)
    return path
