"""The letters that documents are drawn with: Source Sans, made slim once in a process.

As the package brings it, a font carries tables for every kind of typesetting, and a page of four articles would cost half a
second to draw. Nothing that a document shows is lost: Latin, Greek and Cyrillic letters, figures, signs.
"""

import logging
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Final

import font_source_sans_pro as source_sans
from fontTools import subset
from fontTools.ttLib import TTFont

REGULAR: Final = "SourceSansPro"
BOLD: Final = "SourceSansProSemibold"
SHOWN: Final = (range(0x20, 0x530), range(0x2000, 0x2070), range(0x20A0, 0x20C0), range(0x2100, 0x2300))

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table of a font that it leaves alone


_one_at_a_time = threading.Lock()


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="comptoir-letters-")


def slim(name: str) -> str:
    """Where the slim font lies, as long as this process lives."""
    with _one_at_a_time:  # pages are drawn in threads: none may read a font that another one is still writing
        return _slim(name)


@cache
def _slim(name: str) -> str:
    font = TTFont(source_sans.font_files_ttf[name], recalcTimestamp=False)
    options = subset.Options(layout_features=[], hinting=False, drop_tables=["GSUB", "GPOS", "GDEF", "BASE", "DSIG"])
    options.recalc_timestamp = False
    made = subset.Subsetter(options)
    made.populate(unicodes=[code for codes in SHOWN for code in codes])
    made.subset(font)
    place = Path(_folder().name) / f"{name}.ttf"
    font.save(place)
    return str(place)


@cache
def known() -> frozenset[int]:
    """The code points that both weights have."""
    return frozenset(TTFont(slim(REGULAR)).getBestCmap()) & frozenset(TTFont(slim(BOLD)).getBestCmap())
