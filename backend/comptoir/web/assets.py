"""What a browser may keep for ever: one style sheet for hands and customers, one for managers, hashed scripts, icons and pictures, compressed once at start.

Scripts import one another by relative names and name other files by address; each is rewritten to the hashed one,
dependencies first, so that no import map and no inline script is needed. A changed file has another address; an address never changes its bytes.
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import brotli
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from comptoir.web import joining
from comptoir.web.joining import CircularImport as CircularImport

STATIC_DIR: Final = Path(__file__).resolve().parents[3] / "pwa" / "static"
STYLE_SHEET: Final = "comptoir.css"
OFFICE_SHEET: Final = "office.css"
OFFICE: Final = frozenset(
    f"{name}.css"
    for name in (
        "audit",
        "day-plan",
        "delta",
        "heat",
        "managers",
        "now",
        "policies",
        "print",
        "store",
        "table",
        "texts",
        "tiles",
        "trends",
    )
)
"""What only managers' pages show: handhelds and customers do not carry it along."""
AT_WORK: Final = frozenset(
    f"{name}.css"
    for name in ("band", "outbox", "packing", "pass", "pay", "pick", "scan", "sync", "ticks", "tote", "versus")
)
"""What only pages of hands and customers show, so that managers' do not carry it."""
SPRITE: Final = "icons.svg"
FOR_EVER: Final = "public, max-age=31536000, immutable"
FOR_A_DAY: Final = "public, max-age=86400"
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
}
COMPRESSED: Final = frozenset({".css", ".js", ".svg", ".webmanifest", ".txt"})
_IMPORT: Final = re.compile(rb"""((?:from|import)\s*\(?\s*["'])(\./[\w./-]+\.js)(["'])""")
_LATER: Final = re.compile(rb"""import\s*\(\s*["']\./[\w./-]+\.js["']\s*\)""")
_COMMENT: Final = re.compile(rb"/\*.*?\*/", re.S)
_BLANKS: Final = re.compile(rb"\s*\n\s*")


_ADDRESS: Final = re.compile(rb'"/static/([\w./-]+)"')
CORE: Final = f"js/{joining.CORE}"
IN_THE_CORE: Final = ("handheld.js", "device.js", "feedback.js", "reach.js", "fold.js", "matching.js", "packs.js")
"""What every page of a handheld starts with, and all that these import."""
NO_HANDHELD: Final = ("manager.js", "customer.js")
"""Pages of others, which must not bring a handheld's scripts along."""
POLICIES: Final = {
    # A worker answers to its own policy, not to the page's: only here may WebAssembly be compiled.
    "js/camera-worker.js": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
}


class Asset:
    """One file as it goes over the wire, in the three encodings; `etag` is quoted.

    An encoding is made when the first browser asks for it, a few milliseconds, and kept: all of them at once are a second of a start.
    """

    def __init__(self, plain: bytes, suffix: str, squeezed: bytes = b"", policy: str = "") -> None:
        self.plain = plain
        self.policy = policy
        self.media_type = MEDIA_TYPES[suffix]
        self.etag = f'"{_short_hash(plain)}"'
        self._squeeze = suffix in COMPRESSED
        self._squeezed = squeezed

    @cached_property
    def brotli(self) -> bytes:
        """The bytes as brotli has them; empty where that saves nothing."""
        return brotli.compress(self.plain, quality=11) if self._squeeze else self._squeezed

    @cached_property
    def gzip(self) -> bytes:
        """The bytes as gzip has them; empty where that saves nothing."""
        return gzip.compress(self.plain, 9, mtime=0) if self._squeeze else b""


class Assets:
    """All static files of one folder by served name; `url` gives the hashed address of a logical name.

    `first_scripts` are the logical names of those that pages begin with.
    Logical names: `comptoir.css` and `office.css` (css/ joined, each without what only the other's pages show), `icons.svg` (the sprite), `js/pick.js`, `vendor/htmx.min.js`,
    `pictures/derby.svg`. Each is also served under its plain name for a day, for whoever cannot know the hash.
    """

    def __init__(self, folder: Path = STATIC_DIR) -> None:
        self.folder = folder
        self._served: dict[str, Asset] = {}
        self._names: dict[str, str] = {}
        self._integrity: dict[str, str] = {}
        self._needs: dict[str, tuple[list[str], list[str]]] = {}
        self.first_scripts: list[str] = []
        sheets = sorted((folder / "css").glob("*.css"))
        for name, others in ((STYLE_SHEET, OFFICE), (OFFICE_SHEET, AT_WORK)):
            self._add(name, b"\n".join(tighten(path.read_bytes()) for path in sheets if path.name not in others))
        self._add(SPRITE, (folder / "icons" / SPRITE).read_bytes())
        for name in self._other_files():
            self._add(name, (folder / name).read_bytes())
        self._add_scripts()

    def _other_files(self) -> Iterator[str]:
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            ours = name.startswith(("css/", "js/")) or name == f"icons/{SPRITE}"
            if path.is_file() and path.suffix in MEDIA_TYPES and not ours:
                yield name

    def _add_scripts(self) -> None:
        texts = {path.name: path.read_text(encoding="utf-8") for path in sorted((self.folder / "js").glob("*.js"))}
        arranged = joining.arrange(texts, IN_THE_CORE, NO_HANDHELD)
        self.first_scripts = [f"js/{name}" for name in sorted(arranged.roots | {*IN_THE_CORE} & texts.keys())]
        made = joining.joined(arranged)
        waiting = {f"js/{name}": tighten_script(text.encode()) for name, text in made.items()}
        for name, body in waiting.items():
            at_once = imports_at_once(body)
            self._needs[name] = (sorted(at_once), sorted(imports(body) - at_once))
        core = waiting.pop(CORE, b"")
        if core:
            # It names scripts that name it: its address is made of all that it could say.
            self._names[CORE] = f"js/core.{_short_hash(core + b''.join(waiting.values()))}.js"
        while waiting:
            ready = [name for name, body in waiting.items() if not ((imports(body) | names(body)) & waiting.keys())]
            if not ready:
                raise CircularImport(", ".join(sorted(waiting)))
            for name in ready:
                self._add(name, self._hashed(waiting.pop(name)))
        if core:
            self._add(CORE, self._hashed(core), self._names[CORE])

    def _hashed(self, script: bytes) -> bytes:
        return _ADDRESS.sub(self._hashed_address, _IMPORT.sub(self._hashed_import, script))

    def _hashed_import(self, match: re.Match[bytes]) -> bytes:
        before, path, after = match.groups()
        hashed = self._names["js/" + path.decode()[2:]].removeprefix("js/")
        return before + b"./" + hashed.encode() + after

    def _hashed_address(self, match: re.Match[bytes]) -> bytes:
        name = match[1].decode()
        return b'"' + self.url(name).encode() + b'"' if name in self._names else match[0]

    def _add(self, name: str, body: bytes, hashed: str = "") -> None:
        path = Path(name)
        # What takes seconds to compress lies compressed beside itself.
        beside = self.folder / f"{name}.br"
        asset = Asset(body, path.suffix, beside.read_bytes() if beside.is_file() else b"", POLICIES.get(name, ""))
        hashed = hashed or path.with_name(f"{path.stem}.{_short_hash(body)}{path.suffix}").as_posix()
        self._names[name] = hashed
        self._served[name] = self._served[hashed] = asset
        self._integrity[name] = "sha256-" + base64.b64encode(hashlib.sha256(body).digest()).decode()

    def url(self, name: str) -> str:
        """`/static/<hashed name>` of a logical name; KeyError for a file that does not exist."""
        return f"/static/{self._names[name]}"

    def has(self, name: str) -> bool:
        """Whether a logical name exists."""
        return name in self._names

    def integrity(self, name: str) -> str:
        """`sha256-...` of the served bytes, for an integrity attribute."""
        return self._integrity[name]

    def find(self, served_name: str) -> tuple[Asset, bool] | None:
        """The asset under a served name and whether that name is a hashed one."""
        asset = self._served.get(served_name)
        return None if asset is None else (asset, served_name not in self._names)

    def named(self, name: str) -> Asset:
        """The asset of a logical name; KeyError for a file that does not exist."""
        return self._served[self._names[name]]

    def script_urls(self, *names: str) -> tuple[str, ...]:
        """The hashed addresses of scripts and all they import at once, entry first; for `modulepreload`."""
        return tuple(self.url(name) for name in self.with_imports(*names))

    def with_imports(self, *names: str, later: bool = False) -> tuple[str, ...]:
        """The logical names of scripts and all they import, entry first; with `later` also what they load when needed."""
        found: dict[str, None] = {}
        queue = list(names)
        while queue:
            name = queue.pop(0)
            if name not in found:
                found[name] = None
                at_once, when_needed = self._needs[name]
                queue += at_once + (when_needed if later else [])
        return tuple(found)


def imports(body: bytes) -> set[str]:
    """The logical names of the scripts that a script imports, at once or when they are needed (`import("./x.js")`)."""
    return {"js/" + match[2].decode()[2:] for match in _IMPORT.finditer(body)}


def names(body: bytes) -> set[str]:
    """The logical names of the files that a script names by address, `"/static/js/camera-worker.js"`: a worker, a reader."""
    return {match[1].decode() for match in _ADDRESS.finditer(body)}


def imports_at_once(body: bytes) -> set[str]:
    """The logical names of the scripts without which a script does not start."""
    return imports(_LATER.sub(b"", body))


def tighten(css: bytes) -> bytes:
    """A style sheet without comments and line breaks; nothing else is touched."""
    return _BLANKS.sub(b" ", _COMMENT.sub(b"", css)).strip()


def tighten_script(script: bytes) -> bytes:
    """One of our scripts without indentation and whole-line comments; ours hold no text over several lines."""
    lines = (line.strip() for line in script.splitlines())
    return b"\n".join(line for line in lines if line and not line.startswith(b"//"))


def _short_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]


def static_route(assets: Assets) -> HTTPRouteHandler:
    """GET /static/<name>: the bytes in the best encoding the browser takes; 404 for any other, 304 if it has them."""

    @get(
        "/static/{name:path}",
        name="static",
        include_in_schema=False,
        opt={"public": True, "static": True},
        sync_to_thread=False,
    )
    def static(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        found = assets.find(name.lstrip("/"))
        if found is None:
            raise NotFoundException()
        asset, hashed = found
        headers = {
            "cache-control": FOR_EVER if hashed else FOR_A_DAY,
            "etag": asset.etag,
            "vary": "Accept-Encoding",
            "x-content-type-options": "nosniff",
        }
        if asset.policy:
            headers["content-security-policy"] = asset.policy
        if request.headers.get("if-none-match") == asset.etag:
            return Response(b"", status_code=304, headers=headers, media_type=asset.media_type)
        accepted = request.headers.get("accept-encoding", "")
        body = asset.plain
        if asset.brotli and "br" in accepted:
            body, headers["content-encoding"] = asset.brotli, "br"
        elif asset.gzip and "gzip" in accepted:
            body, headers["content-encoding"] = asset.gzip, "gzip"
        return Response(body, headers=headers, media_type=asset.media_type)

    return static
