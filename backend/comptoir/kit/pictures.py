"""A picture that somebody sends becomes one that a page can show: turned upright, small, without where and with what it was taken.

Whatever comes in is drawn anew, pixel by pixel, and written as WebP: no byte of the file itself is kept.
"""

import io
from typing import Final

import msgspec

from comptoir.kit.errors import Invalid

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MOST_PIXELS: Final = 16_000_000
"""Of a PNG or a WebP, which are unpacked whole; 64 MB while it is looked at."""
MOST_PIXELS_JPEG: Final = 120_000_000
"""A JPEG is unpacked at a fraction of its size."""
QUALITIES: Final = (82, 72, 62, 50, 38)
SMALLEST: Final = 320
"""Pixels of width below which a picture shows nothing any more."""


class Picture(msgspec.Struct, frozen=True):
    """A WebP of our own making, and its size in pixels."""

    bytes: bytes
    width: int
    height: int


def web_picture(file: bytes, widest: int, heaviest: int) -> Picture:
    """A JPEG, PNG or WebP as a WebP of at most `widest` pixels and `heaviest` bytes. Slow: tens of milliseconds, for a thread.

    Invalid `not_a_picture`, `picture_too_small`, `picture_too_large` (pixels), `picture_too_heavy` (that cannot be made small enough).
    """
    from PIL import Image, ImageOps  # the first picture pays for it, not the start

    try:
        with Image.open(io.BytesIO(file), formats=FORMATS) as opened:
            pixels = opened.width * opened.height
            if pixels > (MOST_PIXELS_JPEG if opened.format == "JPEG" else MOST_PIXELS):
                raise Invalid("picture_too_large")
            if min(opened.width, opened.height) < SMALLEST // 2 or max(opened.width, opened.height) < SMALLEST:
                raise Invalid("picture_too_small")
            # A JPEG is read at half, a quarter or an eighth, as long as that is still larger than what is wanted.
            opened.draft("RGB", (2 * widest, 2 * widest))
            if opened.width * opened.height > MOST_PIXELS:
                raise Invalid("picture_too_large")
            upright = ImageOps.exif_transpose(opened)
            seen = upright.convert("RGBA")
    except Invalid:
        raise
    except Exception:  # a broken or hostile file makes its decoder raise nearly anything
        raise Invalid("not_a_picture") from None
    # Only pixels go on: what the file said besides (place, device, colors, comments) stays behind.
    plain = Image.new("RGB", seen.size, "white")
    plain.paste(seen, mask=seen.getchannel("A"))
    plain.thumbnail((widest, widest), Image.Resampling.LANCZOS)
    while True:
        for quality in QUALITIES:
            out = io.BytesIO()
            plain.save(out, "WEBP", quality=quality, method=4)
            if out.tell() <= heaviest:
                return Picture(out.getvalue(), plain.width, plain.height)
        if max(plain.size) * 3 // 4 < SMALLEST:
            raise Invalid("picture_too_heavy")
        plain.thumbnail((plain.width * 3 // 4, plain.height * 3 // 4), Image.Resampling.LANCZOS)
