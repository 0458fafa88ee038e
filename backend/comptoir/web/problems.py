"""A refusal in the caller's words: problem+json (RFC 9457) for machines, a page or an alert for people; never a trace."""

import logging
import secrets
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from comptoir.kit.db import AWAY
from comptoir.kit.errors import Malformed, NotFound, Outage, Refusal, Unknown
from comptoir.kit.i18n import MissingMessage, messages
from comptoir.web.actors import DEVICE_COOKIE, cookie_name, language_of
from comptoir.web.rendering import render

log = logging.getLogger("comptoir.problems")

MACHINES: Final = ("/api/", "/sync/", "/webhooks/", "/health")
AnyRequest = Request[Any, Any, Any]


class TooLarge(Refusal):
    """More bytes than this address takes."""

    status = 413
    default_code = "too_large"


class WrongMethod(Refusal):
    """The address exists, and does not know this verb."""

    status = 405
    default_code = "wrong_method"


class Broken(Refusal):
    """Our own mistake; the reference finds it in the log, and nothing else is told."""

    status = 500
    default_code = "broken"


def say(code: str, part: str, language: str) -> str:
    """One sentence about a code: `title`, `what`, `safe` or `next`; the general one where a code has none of its own."""
    for name in (code, "other"):
        try:
            return messages().find(f"problems.{name}.{part}", language, {})
        except MissingMessage:
            continue
    return ""


def members(refusal: Refusal, language: str) -> dict[str, Any]:
    """The problem as RFC 9457 has it, with what to do `next`; the refusal's facts are members of their own."""
    told = {
        "type": f"/problems/{refusal.code}",
        "title": say(refusal.code, "title", language),
        "status": refusal.status,
        "detail": say(refusal.code, "what", language),
        "next": say(refusal.code, "next", language),
    }
    return {key: value for key, value in refusal.facts.items() if key not in told} | told


def problem_of(refusal: Refusal, request: AnyRequest) -> dict[str, Any]:
    """The problem of one part of a request, in the caller's language; a batch holds one for each part refused."""
    return members(refusal, language_of(request))


def refusal_of(exception: Exception) -> Refusal:
    """What an exception means to whoever asked; anything unforeseen is our own mistake."""
    if isinstance(exception, Refusal):
        return exception
    if isinstance(exception, ValidationException):
        return Malformed("malformed", **_place(exception))
    if isinstance(exception, RequestEntityTooLarge):
        return TooLarge()
    if isinstance(exception, MethodNotAllowedException):
        return WrongMethod()
    if isinstance(exception, NotFoundException):
        return NotFound()
    if isinstance(exception, AWAY):
        return Outage("database_away", retry_after=2)
    if isinstance(exception, SerializationException):
        return Malformed("not_json")
    if isinstance(exception, ClientException) or (isinstance(exception, HTTPException) and exception.status_code < 500):
        return Malformed()
    if isinstance(exception, InternalServerException) and isinstance(exception.__cause__, ClientException):
        return Malformed()
    return Broken(reference=secrets.token_hex(6))


def _place(exception: ValidationException) -> dict[str, str]:
    extra = exception.extra
    if isinstance(extra, list) and extra and isinstance(extra[0], dict):
        return {"where": str(extra[0].get("key", "$")), "wrong": str(extra[0].get("message", ""))}
    return {}


def on_exception(request: AnyRequest, exception: Exception) -> Response[Any]:
    """The one exception handler of the app."""
    refusal = refusal_of(exception)
    if refusal.status >= 500 and not isinstance(refusal, Outage):
        log.error(
            "broken %s %s", refusal.facts.get("reference"), request.scope.get("path_template"), exc_info=exception
        )
    language = language_of(request)
    headers = {"vary": "Accept-Language, HX-Request-Type", "content-language": language}
    if "retry_after" in refusal.facts:
        headers["retry-after"] = str(max(1, round(refusal.facts["retry_after"])))
    if wants_json(request):
        if refusal.status == 401:
            headers["www-authenticate"] = 'Bearer realm="comptoir"'
        told = members(refusal, language)
        if request.scope["path"].startswith("/sync/"):
            # A device tells our answers from a hotel's login page by this header, also when we refuse.
            headers |= {"x-sync-protocol": "1", "cache-control": "no-store"}
            told["code"] = refusal.code
        body = msgspec.json.encode(told, enc_hook=str)
        return Response(body, status_code=refusal.status, headers=headers, media_type="application/problem+json")
    if isinstance(refusal, Unknown) and refusal.code in ("sign_in_needed", "device_needed"):
        return to_sign_in(request, refusal, headers)
    return Response(
        page_of(request, refusal, language), status_code=refusal.status, headers=headers, media_type="text/html"
    )


def wants_json(request: AnyRequest) -> bool:
    """Machines speak to their own paths, or say that JSON is what they accept."""
    if request.scope["path"].startswith(MACHINES):
        return True
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def is_partial(request: AnyRequest) -> bool:
    """htmx asked for a piece of a page, not for a page."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-request-type", "partial") != "full"


def to_sign_in(request: AnyRequest, refusal: Refusal, headers: dict[str, str]) -> Response[bytes]:
    """Where this browser signs in: by PIN on a store's device, by e-mail elsewhere; or where it becomes a device."""
    on_a_device = cookie_name(DEVICE_COOKIE, request.app.state.secure) in request.cookies
    door = "/enroll" if refusal.code == "device_needed" else "/sign-in" if on_a_device else "/sign-in/manager"
    if is_partial(request):
        return Response(b"", status_code=401, headers=headers | {"hx-redirect": door}, media_type="text/html")
    return Response(b"", status_code=303, headers=headers | {"location": door}, media_type="text/html")


def page_of(request: AnyRequest, refusal: Refusal, language: str) -> str:
    """What happened, what is safe, one next act: a whole page, or an alert for the place where the answer was to go."""
    view = {
        "lang": language,
        "code": refusal.code,
        "heading": say(refusal.code, "title", language),
        "what": say(refusal.code, "what", language),
        "safe": say(refusal.code, "safe", language),
        "next": say(refusal.code, "next", language),
        "ref": refusal.facts.get("reference"),
        "facts": refusal.facts,
        "act": None if refusal.status >= 500 else {"href": "/", "text": messages().find("session.home", language, {})},
    }
    name = "session/_problem.html" if is_partial(request) else "session/problem.html"
    return render(request.app.state.templates, name, **view)
