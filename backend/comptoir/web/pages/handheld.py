"""The handheld about itself: how it is held, heard and read; what its scanner sends; how to set a scanner up.

All three hold nothing of any person or store, so that a device may keep them and show them with no network.
"""

from typing import Any, Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery

from comptoir.house import House
from comptoir.kit.bars import bars
from comptoir.kit.qr import qr_path
from comptoir.web.guards import PUBLIC
from comptoir.web.pages.page import Page

Answer = Response[Any]
Language = Literal["fr", "en"]


def nobody(page: Page, language: Language | None) -> dict[str, Any]:
    """What these pages are made of besides their own: nobody, in the language that is asked for or the reader's."""
    page.lang = language or page.lang
    return {"session": None, "lang": page.lang}


@get("/settings", opt=PUBLIC, sync_to_thread=False)
def settings(page: NamedDependency[Page], language: FromQuery[Language | None] = None) -> Answer:
    """Sound, vibration, hand, size of the text, quiet hours, camera, lock; all kept on the device."""
    return page.html("associate/settings.html", **nobody(page, language))


@get("/scan/test", opt=PUBLIC, sync_to_thread=False)
def scan_test(page: NamedDependency[Page], language: FromQuery[Language | None] = None) -> Answer:
    """What a scan brought, key by key, and what that means for the scanner's settings."""
    return page.html("associate/scan_test.html", **nobody(page, language))


@get("/scan/sheet", opt=PUBLIC, sync_to_thread=False)
def scan_sheet(
    page: NamedDependency[Page], house: NamedDependency[House], language: FromQuery[Language | None] = None
) -> Answer:
    """One sheet of paper: settings for Zebra and Honeywell, and three codes to try them on."""
    drawn = {
        "address": qr_path(f"{house.settings.url.rstrip('/')}/scan/test"),
        "code_128": bars("ORME-TEST-128"),
        "link": qr_path("https://id.gs1.org/01/09521234543213/10/TEST"),
    }
    return page.html("associate/scan_sheet.html", drawn=drawn, **nobody(page, language))


ROUTES: list[BaseRouteHandler] = [settings, scan_test, scan_sheet]
