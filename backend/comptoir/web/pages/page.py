"""What a page handler receives to answer with: templates, the reader's language, redirects; `page.html("work.html", view=...)`."""

import gzip
from collections.abc import Callable
from typing import Any, Final

import brotli
from jinja2 import Environment
from litestar import Response
from litestar.datastructures import Cookie

from comptoir.kit.actor import Actor
from comptoir.staff.model import Session
from comptoir.web.problems import AnyRequest, is_partial
from comptoir.web.rendering import render

WORTH_SQUEEZING: Final = 700
"""Bytes; below that an answer fits one packet anyway."""
QUALITY: Final = 5
"""Of brotli's 11: a full work list takes about a millisecond."""


class Page:
    """One request's way of answering. `partial` tells whether htmx asked for a piece of the page only."""

    def __init__(self, request: AnyRequest, language: str) -> None:
        self.request = request
        self.lang = language
        self.partial = is_partial(request)
        self.brand: str = request.app.state.brand
        self._templates: Environment = request.app.state.templates

    @property
    def actor(self) -> Actor:
        actor: Actor = self.request.state.actor
        return actor

    @property
    def session(self) -> Session | None:
        """Whoever is signed in, with the names that a handheld's page puts on its body; no question to the database."""
        session: Session | None = getattr(self.request.state, "session", None)
        return session

    @property
    def theme(self) -> str:
        """Light or dark when the reader chose one, else empty: as the device says."""
        chosen = self.request.cookies.get("theme", "")
        return chosen if chosen in ("light", "dark") else ""

    def picture(self, key: str) -> str:
        """The address of a product's picture, for a page's script."""
        globals_: dict[str, Any] = self._templates.globals
        address: Callable[[str], str] = globals_["picture"]
        return address(key)

    def text(self, name: str, **view: Any) -> str:
        """A template as text; every template gets `lang`, `brand`, `actor`, `session` and `served_at` besides its own view."""
        around = {
            "lang": self.lang,
            "brand": self.brand,
            "actor": self.actor,
            "session": self.session,
            "theme": self.theme,
        }
        return render(self._templates, name, **(around | {"served_at": self.request.app.state.house.clock()} | view))

    def html(
        self,
        name: str,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        shows_secret: bool = False,
        **view: Any,
    ) -> Response[bytes]:
        """A template as an answer, compressed as the browser takes it.

        A page that shows a pass, a key or a code goes out as it is (`shows_secret`): beside text that others choose, the
        length of a compressed page tells about the secret in it. The customer's own page is compressed: nobody can have it
        asked for, nor put a text into it, without already holding its link, and the link is all there is to learn.
        """
        return self.send(self.text(name, **view).encode(), status, headers, squeeze=not shows_secret)

    def send(
        self, body: bytes, status: int = 200, headers: dict[str, str] | None = None, *, squeeze: bool = True
    ) -> Response[bytes]:
        """A page's bytes as an answer."""
        told = {"content-language": self.lang, "vary": "Accept-Encoding"} | (headers or {})
        accepted = self.request.headers.get("accept-encoding", "")
        if squeeze and len(body) >= WORTH_SQUEEZING:
            if "br" in accepted:
                body, told["content-encoding"] = brotli.compress(body, brotli.MODE_TEXT, QUALITY), "br"
            elif "gzip" in accepted:
                body, told["content-encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
        return Response(body, status_code=status, media_type="text/html; charset=utf-8", headers=told)

    def go(self, where: str, *, cookies: list[Cookie] | None = None) -> Response[bytes]:
        """See Other: after a form, to the page that shows what it did."""
        headers = {"hx-redirect": where} if self.partial else {"location": where}
        return Response(
            b"", status_code=200 if self.partial else 303, headers=headers, cookies=cookies, media_type="text/html"
        )
