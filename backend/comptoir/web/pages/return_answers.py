"""What the scripts of returns are answered: JSON that nobody keeps, a refusal in words, the code of a credit once."""

from collections.abc import Mapping
from typing import Any

from litestar import Response

from comptoir.kit.errors import Refusal
from comptoir.kit.i18n import t
from comptoir.kit.qr import qr_path
from comptoir.returns.credit import SCANNED, spaced
from comptoir.web.problems import say


def as_json(told: Mapping[str, Any]) -> Response[Any]:
    return Response(dict(told), media_type="application/json", headers={"cache-control": "no-store"})


def shown_credit(code: str | None) -> dict[str, Any] | None:
    """The code of a credit as the page of what became of it shows it once: to be read, and to be scanned."""
    if code is None:
        return None
    side, path = qr_path(f"{SCANNED}{code}")
    return {"code": spaced(code), "side": side, "path": path}


def spoken(refusal: Refusal, language: str) -> dict[str, Any]:
    """A refusal as the page says it; `permit`: a manager may allow it all the same."""
    lacks = refusal.facts.get("why", ())
    detail = say(refusal.code, "what", language)
    if refusal.code == "permission_needed":
        detail = " ".join(t(f"return_desk.permit_{lack}", language) for lack in lacks if lack) or detail
    return {
        "code": refusal.code, "title": say(refusal.code, "title", language), "detail": detail,
        "next": say(refusal.code, "next", language), "permit": refusal.code == "permission_needed",
    }  # fmt: skip
