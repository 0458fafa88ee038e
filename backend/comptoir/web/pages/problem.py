"""A page for each code of a refusal: what happened, what is safe, what to do next. Public, for whoever met it."""

from functools import cache
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from comptoir.kit.errors import NotFound
from comptoir.kit.i18n import messages
from comptoir.web.guards import PUBLIC
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer
from comptoir.web.problems import say


@cache
def known_codes() -> tuple[str, ...]:
    """Every code that has words of its own, in order."""
    return tuple(
        sorted({key.split(".")[1] for key in messages().keys("en") if key.startswith("problems.")} - {"other"})
    )


@get("/problems", opt=PUBLIC, sync_to_thread=False)
def list_of_problems(page: NamedDependency[Page]) -> Answer:
    """All codes with their titles."""
    rows = [(code, say(code, "title", page.lang)) for code in known_codes()]
    return page.html("session/problems.html", rows=rows)


@get("/problems/{code:str}", opt=PUBLIC, sync_to_thread=False)
def one_problem(page: NamedDependency[Page], code: FromPath[str]) -> Answer:
    """One code, explained. NotFound when there is no such code."""
    if code not in known_codes():
        raise NotFound()
    parts: dict[str, Any] = {part: say(code, part, page.lang) for part in ("title", "what", "safe", "next")}
    return page.html("session/problem_page.html", code=code, **parts)


ROUTES: list[BaseRouteHandler] = [list_of_problems, one_problem]
