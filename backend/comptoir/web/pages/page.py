"""What a page handler receives to answer with: templates, the reader's language, redirects; `page.html("work.html", view=...)`."""

from typing import Any

from jinja2 import Environment
from litestar import Response
from litestar.datastructures import Cookie

from comptoir.kit.actor import Actor
from comptoir.web.problems import AnyRequest, is_partial
from comptoir.web.rendering import render


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
    def theme(self) -> str:
        """Light or dark when the reader chose one, else empty: as the device says."""
        chosen = self.request.cookies.get("theme", "")
        return chosen if chosen in ("light", "dark") else ""

    def text(self, name: str, **view: Any) -> str:
        """A template as text; every template gets `lang`, `brand` and `actor` besides its own view."""
        return render(self._templates, name, **({"lang": self.lang, "brand": self.brand, "actor": self.actor, "theme": self.theme} | view))

    def html(
        self, name: str, *, status: int = 200, headers: dict[str, str] | None = None, **view: Any
    ) -> Response[str]:
        """A template as an answer."""
        told = {"content-language": self.lang} | (headers or {})
        return Response(self.text(name, **view), status_code=status, media_type="text/html", headers=told)

    def go(self, where: str, *, cookies: list[Cookie] | None = None) -> Response[bytes]:
        """See Other: after a form, to the page that shows what it did."""
        headers = {"hx-redirect": where} if self.partial else {"location": where}
        return Response(
            b"", status_code=200 if self.partial else 303, headers=headers, cookies=cookies, media_type="text/html"
        )
