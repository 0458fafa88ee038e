"""What a handheld keeps before it is needed: scripts, style sheet, icons and the shell documents, each with its digest.

The worker takes a release over only when every byte is there and right, so a captive portal's page or half a deployment
never becomes the app. A release is named after all of its bytes: any change makes another one.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import Environment, TemplateNotFound

from comptoir.kit.actor import Actor
from comptoir.kit.i18n import LANGUAGES
from comptoir.web.assets import NO_HANDHELD, Assets, tighten_script
from comptoir.web.headers import ours_for
from comptoir.web.rendering import render

WORKER_FILE: Final = Path(__file__).resolve().parents[3] / "pwa" / "service-worker.js"
RETIRED_FILE: Final = WORKER_FILE.with_name("service-worker-retired.js")

SHELLS: Final = (
    "work",
    "pick",
    "packing-table",
    "packing",
    "counter",
    "hand-over",
    "returns",
    "return-parcels",
    "counts",
    "unlock",
    "scan",
    "offline",
)
"""Documents without a person or a customer in them, filled in on the device from what it keeps."""

ON_A_VISIT: Final = {"recalls": ("recalls",), "adjust": ("adjust",)}
"""Shells, each with its scripts, that a device keeps from its first visit on, or once its store has something to do there."""

AS_THEY_ARE: Final = ("/outbox", "/settings", "/scan/test")
"""Ordinary pages that hold nobody's name; kept where they are served."""

ON_A_TAP: Final = ("vendor/lean-qr.min.js",)
"""Files that no page loads by itself, and that work with no network all the same."""

NOT_OF_A_HANDHELD: Final = frozenset(f"js/{name}" for name in (*NO_HANDHELD, "manager-push.js", "pass-keeping.js"))
NEEDS_NETWORK: Final = frozenset(
    f"js/{name}.js"
    for name in (
        "adjust",
        "adjust-photos",
        "change",
        "counts-shelf",
        "departure",
        "more",
        "put-back",
        "recalls",
        "request",
        "return-online",
        "returns-away",
        "sign-in",
        "transfer",
        "try-on",
    )
)
"""Pages that open with the network alone, or that a device keeps from a visit on, bring these along."""
HTML: Final = "text/html; charset=utf-8"
_RELEASE: Final = re.compile(r"^const RELEASE = .*;$", re.M)
_IMPORT: Final = re.compile(r'"\./static/(js/[\w./-]+\.js)"')


class Release(msgspec.Struct, frozen=True):
    """The worker's bytes for one state of the app, its name, and the documents it promises, by (name, language)."""

    version: str
    worker: bytes
    shells: dict[tuple[str, str], bytes] = {}
    piece: bytes = b""

    @property
    def piece_name(self) -> str:
        """What the piece is called in its address: an address never changes its bytes."""
        return piece_name(self.piece)

    @property
    def etag(self) -> str:
        return f'"{self.version}"'


def view_of(name: str, lang: str) -> dict[str, Any]:
    """What a shell document is made of: nobody, no store, no hour."""
    nobody = Actor(who="anonymous", role="customer", locations=(), via="public", language=lang)
    return {"lang": lang, "actor": nobody, "session": None, "served_at": None, "theme": "", "shell": name}


def template_of(templates: Environment, name: str) -> str:
    """The template of a shell document; a plain one says what is kept, as long as a shell has none of its own."""
    try:
        return str(templates.get_template(f"shell/{name}.html").name)
    except TemplateNotFound:
        return "shell/offline.html"


def shell(templates: Environment, name: str, lang: str, brand: str) -> str:
    """One shell document: the same text for every person, store and hour, so that its digest can be told ahead."""
    return render(templates, template_of(templates, name), brand=brand, **view_of(name, lang))


def digest(body: bytes) -> str:
    """`sha256-...` as browsers check it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def files(assets: Assets) -> list[str]:
    """Logical names of everything that the handheld's pages are made of, pictures of products apart."""
    ours = assets.with_imports(
        *(each for each in assets.first_scripts if each not in NOT_OF_A_HANDHELD | NEEDS_NETWORK), later=True
    )
    return [
        "comptoir.css",
        "icons.svg",
        "icons/comptoir.svg",
        *sorted({*ours} - NEEDS_NETWORK),
        *filter(assets.has, ON_A_TAP),
    ]


def scripts_of(assets: Assets, name: str) -> set[str]:
    """All that a shell which is kept from a visit on is made of."""
    return {*assets.with_imports(*(f"js/{one}.js" for one in ON_A_VISIT[name]), later=True)}


def documents(shells: Mapping[tuple[str, str], bytes], name: str) -> list[tuple[str, str]]:
    """(address, digest) of a shell in each language."""
    return [(address_of(name, lang), digest(shells[name, lang])) for lang in LANGUAGES]


def in_one_piece(assets: Assets, names: list[str], shells: dict[tuple[str, str], bytes]) -> bytes:
    """All files and documents as JSON: `{address: [headers, text]}`. One question instead of eighty on a thin line, and what files say alike
    is squeezed once: half the bytes. A device that has nothing yet asks for it; an update brings only what has changed."""
    held: dict[str, tuple[dict[str, str], str]] = {}
    for name in names:
        asset = assets.named(name)
        own = {"content-security-policy": asset.policy} if asset.policy else {}
        held[assets.url(name)] = (sent_with(asset.media_type) | own, asset.plain.decode())
    for (name, lang), body in shells.items():
        held[address_of(name, lang)] = (sent_with(HTML) | {"content-language": lang}, body.decode())
    return msgspec.json.encode(held)


def sent_with(media_type: str) -> dict[str, str]:
    """The headers with which the door would have sent it."""
    pairs = ours_for(media_type.encode())
    return {"content-type": media_type} | {name.decode(): value.decode() for name, value in pairs}


def address_of(shell_name: str, lang: str) -> str:
    return f"/shell/{shell_name}?language={lang}"


def piece_name(piece: bytes) -> str:
    return hashlib.sha256(piece).hexdigest()[:12]


def release(assets: Assets, templates: Environment, brand: str, served: frozenset[str]) -> Release:
    """The worker for this state of the app. `served`: the paths that the app answers, so that none is asked for in vain."""
    shells = {
        (name, lang): shell(templates, name, lang, brand).encode()
        for name in (*SHELLS, *ON_A_VISIT)
        for lang in LANGUAGES
    }
    kept = files(assets)
    piece = in_one_piece(assets, kept, {key: body for key, body in shells.items() if key[0] in SHELLS})
    told = {
        "files": [(assets.url(name), assets.integrity(name)) for name in kept],
        "shells": [each for name in SHELLS for each in documents(shells, name)],
        "piece": (f"/shell/piece/{piece_name(piece)}", digest(piece)),
        "pages": [f"{path}?language={lang}" for path in AS_THEY_ARE if path in served for lang in LANGUAGES],
        "later": {
            name: {
                "files": [
                    (assets.url(one), assets.integrity(one)) for one in sorted(scripts_of(assets, name) - {*kept})
                ],
                "shells": documents(shells, name),
            }
            for name in ON_A_VISIT
        },
        # A held pack is opened from the device first, once there is a document that can do it.
        "packs_first": template_of(templates, "pick") == "shell/pick.html",
    }
    source = _IMPORT.sub(lambda match: f'"{assets.url(match[1])}"', WORKER_FILE.read_text(encoding="utf-8"))
    version = hashlib.sha256((source + json.dumps(told)).encode()).hexdigest()[:12]
    body = _RELEASE.sub(lambda _: f"const RELEASE = {json.dumps(told | {'version': version})};", source, count=1)
    return Release(version, tighten_script(body.encode()), shells, piece)


@cache
def retired() -> Release:
    """The worker that ends all workers: it clears what they kept of the app, never what people did."""
    body = tighten_script(RETIRED_FILE.read_bytes())
    return Release(hashlib.sha256(body).hexdigest()[:12], body)
