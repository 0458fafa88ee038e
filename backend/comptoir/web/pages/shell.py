"""What makes a handheld's pages an app: the worker at the root, the manifest of a store, the shell documents."""

from asyncio import to_thread
from functools import lru_cache
from typing import Any, Final, Literal

import brotli
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery

from comptoir.house import House
from comptoir.kit.i18n import DEFAULT_LANGUAGE, t
from comptoir.web import precache
from comptoir.web.actors import device_of
from comptoir.web.assets import FOR_EVER, Assets
from comptoir.web.guards import PUBLIC
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

Answer = Response[Any]

# A worker may load its own modules and speak to its own server, and nothing else.
WORKER_POLICY: Final = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"
GROUND: Final = "#f3f1ec"
ICONS: Final = (("any", 192), ("any", 512), ("maskable", 192), ("maskable", 512))
SHORTCUTS: Final = (("work", "/work"), ("counter", "/counter"), ("scan", "/scan"))
PICTURES: Final = (("narrow", "work", "720x1280"), ("narrow", "pick", "720x1280"), ("wide", "work", "1280x800"))


@get("/sw.js", opt=PUBLIC)
async def worker(request: DoorRequest, house: NamedDependency[House]) -> Response[bytes]:
    """The service worker, asked for anew at every visit; the retired one when the house has switched it off."""
    held = release_of(request) if house.settings.service_worker else precache.retired()
    headers = {
        "cache-control": "no-cache",
        "etag": held.etag,
        "service-worker-allowed": "/",
        "content-security-policy": WORKER_POLICY,
    }
    same = request.headers.get("if-none-match") == held.etag
    body, status = (b"", 304) if same else (held.worker, 200)
    return Response(body, status_code=status, headers=headers, media_type="text/javascript; charset=utf-8")


def release_of(request: Request[Any, Any, Any]) -> precache.Release:
    """The release that this process serves, put together once."""
    state = request.app.state
    held: precache.Release | None = state.get("release")
    if held is None:
        served = frozenset(route.path for route in request.app.routes)
        held = state.release = precache.release(state.assets, state.templates, state.brand, served)
    return held


def newest_app(request: Request[Any, Any, Any], house: House) -> str:
    """The version that devices should run; empty where the house keeps no app on them."""
    return release_of(request).version if house.settings.service_worker else ""


@get("/shell/{name:str}", opt=PUBLIC, sync_to_thread=False)
def shell(
    request: DoorRequest,
    page: NamedDependency[Page],
    name: FromPath[str],
    language: FromQuery[Literal["fr", "en"]] = DEFAULT_LANGUAGE,
) -> Answer:
    """A document without a person in it, the same for everybody, for the worker to keep; 404 for any other name."""
    if name not in (*precache.SHELLS, *precache.ON_A_VISIT):
        raise NotFoundException()
    page.lang = language
    # The very bytes whose digest the worker knows, even while templates are being worked on.
    return page.send(release_of(request).shells[name, language])


@get("/shell/piece/{name:str}", opt=PUBLIC)
async def piece(request: DoorRequest, name: FromPath[str]) -> Response[bytes]:
    """All that a device keeps of the app, for the first time, in one answer; 404 for what another release was made of."""
    held = release_of(request)
    if name != held.piece_name:
        raise NotFoundException()
    headers = {"cache-control": FOR_EVER, "vary": "Accept-Encoding"}
    body = held.piece
    if "br" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = await to_thread(squeezed, body), "br"
    return Response(body, headers=headers, media_type="application/json")


@lru_cache(maxsize=2)
def squeezed(body: bytes) -> bytes:
    """A fifth of a second, once in a process and not in its loop."""
    return bytes(brotli.compress(body, brotli.MODE_TEXT, 10))


@get("/manifest.webmanifest", opt=PUBLIC)
async def manifest(request: DoorRequest, page: NamedDependency[Page]) -> Answer:
    """The app as a phone installs it, named after the store whose device this is."""
    device = await device_of(request)
    told = describe(request.app.state.assets, page.lang, page.brand, device.location_name if device else None)
    headers = {"cache-control": "no-cache", "vary": "Cookie, Accept-Language"}
    return Response(told, headers=headers, media_type="application/manifest+json")


def describe(assets: Assets, lang: str, brand: str, store: str | None) -> dict[str, Any]:
    """The manifest. Its `id` stays when a device moves to another store: the app is renamed, not doubled."""
    return {
        "id": "/",
        "name": f"Comptoir, {brand} {store}" if store else f"Comptoir, {brand}",
        "short_name": "Comptoir",
        "description": t("shell.description", lang),
        "lang": lang,
        "dir": "ltr",
        "start_url": "/work",
        "scope": "/",
        "display": "standalone",
        "launch_handler": {"client_mode": "focus-existing"},
        "theme_color": GROUND,
        "background_color": GROUND,
        "categories": ["business", "productivity"],
        "prefer_related_applications": False,
        "icons": [
            icon(assets, f"icons/{'app' if purpose == 'any' else purpose}-{size}.png", size, purpose)
            for purpose, size in ICONS
        ],
        "shortcuts": [
            {
                "name": t(f"shell.shortcut_{name}", lang),
                "url": url,
                "icons": [icon(assets, f"icons/shortcut-{name}.png", 96, "any")],
            }
            for name, url in SHORTCUTS
        ],
        "screenshots": [
            {
                "src": assets.url(f"install/{form}-{name}.png"),
                "sizes": sizes,
                "type": "image/png",
                "form_factor": form,
                "label": t(f"shell.picture_{name}", lang),
            }
            for form, name, sizes in PICTURES
        ],
    }


def icon(assets: Assets, name: str, size: int, purpose: str) -> dict[str, str]:
    """One icon as a manifest names it."""
    return {"src": assets.url(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


ROUTES: list[BaseRouteHandler] = [worker, shell, piece, manifest]
