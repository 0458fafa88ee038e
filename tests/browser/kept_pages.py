"""The handheld's pages that hold nobody's name, as a device keeps them."""

from comptoir.kit.actor import Actor
from comptoir.kit.bars import bars
from comptoir.kit.qr import qr_path
from tests.browser.counterpart import TEMPLATES

DRAWN = {"address": qr_path("https://x.example/scan/test"), "code_128": bars("ORME-TEST-128"), "link": qr_path("https://id.gs1.org/01/09521234543213/10/TEST")}  # fmt: skip


def kept_page(name: str, lang: str = "fr") -> str:
    """One page as HTML, without a person, a store or an hour in it."""
    nobody = Actor(who="anonymous", role="customer", locations=(), via="public", language=lang)
    return TEMPLATES.get_template(name).render(
        lang=lang, brand="Orme", actor=nobody, session=None, served_at=None, theme="", shell="", drawn=DRAWN
    )
