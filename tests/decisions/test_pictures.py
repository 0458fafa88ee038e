"""A picture that is sent is drawn anew: upright, small, and silent about where and with what it was taken."""

import io
import random

import pytest
from PIL import Image

from comptoir.kit.errors import Invalid
from comptoir.kit.pictures import web_picture
from comptoir.world import desks

WIDEST, HEAVIEST = 800, 60_000


def file_of(image: Image.Image, format: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **more)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))


def test_a_photo_is_upright_small_and_says_nothing_of_where_it_was_taken() -> None:
    photo = Image.new("RGB", (2000, 1500), "blue")
    photo.paste("red", (0, 0, 1000, 1500))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: to be turned by a quarter
    exif.get_ifd(0x8825)[2] = (45.0, 45.0, 36.0)
    exif[0x010F] = "SecretPhone"
    sent = file_of(photo, "JPEG", exif=exif)
    assert b"SecretPhone" in sent
    made = web_picture(sent, WIDEST, HEAVIEST)
    assert (made.width, made.height, len(made.bytes) <= HEAVIEST) == (600, 800, True)
    seen = Image.open(io.BytesIO(made.bytes))
    assert (seen.format, dict(seen.getexif()), b"Secret" in made.bytes, b"EXIF" in made.bytes) == ("WEBP", {}, False, False)  # fmt: skip
    red, _, blue = seen.convert("RGB").getpixel((300, 100))  # type: ignore[misc]
    assert red > 200 > 100 > blue
    assert web_picture(sent, WIDEST, HEAVIEST) == made


def test_glass_becomes_white_and_a_heavy_picture_light() -> None:
    glass = web_picture(file_of(Image.new("RGBA", (400, 400), (0, 0, 0, 0)), "PNG"), WIDEST, HEAVIEST)
    assert Image.open(io.BytesIO(glass.bytes)).convert("L").getextrema()[0] > 250  # type: ignore[operator]
    heavy = web_picture(file_of(noise(900, 900), "PNG"), WIDEST, HEAVIEST)
    assert (len(heavy.bytes) <= HEAVIEST, heavy.width < WIDEST) == (True, True)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (file_of(Image.new("RGB", (500, 500)), "GIF"), "not_a_picture"),
        (file_of(noise(500, 500), "PNG")[:9000], "not_a_picture"),
        (file_of(Image.new("RGB", (300, 300)), "PNG"), "picture_too_small"),
        (file_of(Image.new("1", (5000, 4000)), "PNG"), "picture_too_large"),
    ],
    ids=["nothing", "a drawing", "a GIF", "cut short", "too small", "a bomb"],
)
def test_what_is_no_picture_that_helps_is_refused_by_name(sent: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        web_picture(sent, WIDEST, HEAVIEST)
    assert refused.value.code == code


def test_what_cannot_be_made_light_is_refused() -> None:
    with pytest.raises(Invalid, match="picture_too_heavy"):
        web_picture(file_of(noise(400, 400), "PNG"), WIDEST, 2_000)


def test_the_plans_of_the_demo_are_light() -> None:
    for plan in desks.DESKS:
        assert len(web_picture(desks.draw(plan), WIDEST, HEAVIEST).bytes) < 12_000
