"""A Code 128 as the path of one SVG, drawn on the server; ASCII 32 to 126, digits in pairs where that is shorter.

Source: ISO/IEC 15417 (patterns, check symbol modulo 103).
"""

import re
from typing import Final

# Six widths of bar and space per value, 0 to 105; the last is the stop with its final bar.
_WIDTHS: Final = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
_STOP: Final = "2331112"
_START_B, _START_C, _TO_B, _TO_C = 104, 105, 100, 99
_PARTS: Final = re.compile(r"(?:[0-9]{2}){2,}|.", re.S)


def values(text: str) -> list[int]:
    """Symbol values from the start to the check symbol; ValueError for a sign that Code 128 B has not."""
    if not text or any(not 32 <= ord(sign) < 127 for sign in text):
        raise ValueError("only printable ASCII can be drawn")
    made: list[int] = []
    pairs = False
    for part in _PARTS.findall(text):
        wanted = len(part) > 1
        if not made:
            made.append(_START_C if wanted else _START_B)
        elif wanted != pairs:
            made.append(_TO_C if wanted else _TO_B)
        pairs = wanted
        made += [int(part[at : at + 2]) for at in range(0, len(part), 2)] if wanted else [ord(part) - 32]
    made.append((made[0] + sum(at * value for at, value in enumerate(made))) % 103)
    return made


def widths(text: str) -> list[int]:
    """Modules of bar, space, bar ... to the final bar, without quiet zones."""
    return [int(width) for value in values(text) for width in _WIDTHS[6 * value : 6 * value + 6]] + [int(width) for width in _STOP]  # fmt: skip


def bars(text: str) -> tuple[int, str]:
    """(width in modules, quiet zone of 10 on both sides; path of the bars, one module high) for a viewBox."""
    path, x = [], 10
    for at, width in enumerate(widths(text)):
        if at % 2 == 0:
            path.append(f"M{x} 0h{width}v1h-{width}z")
        x += width
    return x + 10, "".join(path)
