"""The API told to machines (OpenAPI 3.1) and to people, both from the handlers themselves; nothing is fetched elsewhere."""

import inspect
import re
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Any, Final, get_args
from uuid import UUID

import msgspec
from litestar import Litestar, Response, get
from litestar.di import NamedDependency
from litestar.enums import ParamType
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from comptoir.outgoing import bodies
from comptoir.web.api.examples import example_of
from comptoir.web.bounds import declared
from comptoir.web.guards import PUBLIC, who_may
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

REF: Final = "#/components/schemas/{name}"
RULES: Final = (
    "Orders, stock, availability, receiving, transfers, returns, money and reports, as JSON over HTTPS. Send a key of head office's as "
    "`Authorization: Bearer <key>`; each operation names the right that it needs. A key for some locations sees and touches those alone: "
    "what is not theirs is not found (404).",
    "**Again is safe.** Whatever changes something carries an `id`, a UUID that you make. The same body with the same id, as often as you like, "
    "has one effect and gets the first answer again; another body under an id that was used is refused (409, `id_reused`). After a lost answer or a 503 "
    "send the very same once more. What was refused is not remembered: mend it and send it under the same id.",
    "**Refusals** are problems (RFC 9457, `application/problem+json`): `type` is a page that says what happened, what is safe and what to do next, as `next` says too; "
    "the facts of the refusal are further members. `Accept-Language: en` or `fr` chooses the words. Unknown fields are refused (400).",
    '**Lists** come a page at a time; `Link: <...>; rel="next"` leads to the next one, and is missing on the last. Times are RFC 3339 in UTC, '
    "days are the place's own; money is in the smallest unit of its currency (`_minor`), quantities are units.",
    "**Webhooks.** Register an address with `POST /api/v1/webhooks`; its answer tells the `secret` (send the same again if it was lost on the way). "
    "Each delivery is a POST with `webhook-id`, `webhook-timestamp` and `webhook-signature`. To verify it: take the body's bytes as they came; refuse a "
    "timestamp more than five minutes from your clock; compute HMAC-SHA-256 over `<webhook-id>.<webhook-timestamp>.<body>` with the secret, without "
    "`whsec_` and decoded from base64, as the key; base64 of it after `v1,` must be one of the signatures, which stand with a blank between. Answer 2xx "
    "within ten seconds, work afterwards. A delivery may come more than once: its `webhook-id` stays the same. Deliveries of one `subject` come in the "
    "order of `sequence`. Send again what you missed with `/replay`; try the address with `/trial`.",
)
"""What holds for every operation, paragraph by paragraph (CommonMark)."""

PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457. The facts of the refusal are further members; `type` is a page that explains it.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"}, "title": {"type": "string"},
        "status": {"type": "integer"}, "detail": {"type": "string"}, "next": {"type": "string", "description": "What to do next, in the caller's language"},
    },
}  # fmt: skip
REFUSALS: Final = {
    "400": "Cannot be decoded, or an unknown field", "401": "No key, or one that is not known",
    "403": "The key lacks the right", "404": "It does not exist, or it is not yours", "409": "Right, but not now",
    "413": "Too large", "415": "Another content type is expected", "422": "Decoded, and against a rule",
    "429": "Too often; see Retry-After", "503": "A part is away; asking again with the same id is safe",
}  # fmt: skip
_MARKED: Final = re.compile(r"(\*\*|`)(.+?)\1|([^*`]+)")
_PATH: Final = re.compile(r"\{(\w+):(\w+)\}")


def api_handlers(app: Litestar) -> list[tuple[str, str, HTTPRouteHandler]]:
    """(path, method, handler) of every JSON route for keys, in path order."""
    found = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and route.path.startswith("/api/v1/"):
                found += [(route.path, str(m), handler) for m in sorted(handler.http_methods) if m != "OPTIONS"]
    return sorted(found, key=lambda row: row[:2])


def body_of(handler: BaseRouteHandler) -> Any:
    """The type of a handler's body: its `data`, or what its `opt` names; None without a body."""
    declared = handler.parsed_data_field
    return handler.opt.get("body") if declared is None else declared.annotation


def parameters_of(handler: BaseRouteHandler) -> list[tuple[str, str, Any, bool]]:
    """(name, where, type, required) of a handler's path and query parameters."""
    found = []
    for name, field in handler.parsed_fn_signature.parameters.items():
        kind = getattr(field.kwarg_definition, "param_type", None)
        if kind in (ParamType.PATH, ParamType.QUERY) and name not in handler.resolve_dependencies():
            where = "path" if kind is ParamType.PATH else "query"
            found.append((field.kwarg_definition.name or name, where, declared(field), not field.has_default))  # type: ignore[union-attr]
    return found


def document(app: Litestar) -> dict[str, Any]:
    """The whole description as OpenAPI 3.1."""
    rows = api_handlers(app)
    kinds: list[Any] = []
    for _path, _method, handler in rows:
        kinds += [kind for kind in (body_of(handler), answer_of(handler)) if _is_struct(kind)]
    _, components = msgspec.json.schema_components(list(dict.fromkeys(kinds)), ref_template=REF)
    told = bodies.schema()
    components |= told["schemas"]
    paths: dict[str, Any] = {}
    for path, method, handler in rows:
        paths.setdefault(_PATH.sub(r"{\1}", path), {})[method.lower()] = operation(path, handler)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Comptoir", "version": "1",
            "description": "\n\n".join(RULES),
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "webhooks": {kind: webhook(kind, name) for kind, name in told["kinds"].items()},
        "components": {
            "schemas": {**components, "Problem": PROBLEM},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key made by head office."}},
        },
    }  # fmt: skip


def webhook(kind: str, name: str) -> dict[str, Any]:
    """One kind of event as an endpoint receives it; signed as docs/webhooks-out.md says."""
    data = bodies.TOLD_AS[kind]
    envelope = {
        "allOf": [
            {"$ref": REF.format(name="Envelope")},
            {"type": "object", "properties": {"type": {"const": kind}, "data": {"$ref": REF.format(name=name)}}},
        ]
    }
    headers = [
        {"name": header, "in": "header", "required": True, "schema": {"type": "string"}, "description": what}
        for header, what in (
            ("webhook-id", "The same however often this delivery comes"),
            ("webhook-timestamp", "When it was sent, in seconds since 1970"),
            (
                "webhook-signature",
                "`v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body`; several while a secret is replaced",
            ),
        )
    ]
    return {
        "post": {
            "operationId": f"told_{kind.replace('.', '_')}",
            "summary": (inspect.getdoc(data) or "").split("\n")[0],
            "parameters": headers,
            "requestBody": {"required": True, "content": {"application/json": {"schema": envelope}}},
            "responses": {"2XX": {"description": "Taken"}, "410": {"description": "Nothing more, please"}},
        }
    }


def operation(path: str, handler: HTTPRouteHandler) -> dict[str, Any]:
    """One verb on one path."""
    name = handler.handler_name
    doc = inspect.getdoc(handler.fn) or ""
    who = who_may(handler)
    body, answer = body_of(handler), answer_of(handler)
    success = str(handler.status_code)
    content: dict[str, Any] = {"schema": _schema(answer) if _is_struct(answer) else {}}
    if _is_struct(answer):
        content["example"] = example_of(answer)
    told: dict[str, Any] = {
        "operationId": f"{path.split('/')[3]}_{name}",
        "summary": doc.split("\n")[0],
        "description": f"{doc}\n\nNeeds the right `{who.scope}`.",
        "tags": [path.split("/")[3]],
        "parameters": [
            {"name": label, "in": where, "required": required, "schema": _schema(kind)}
            for label, where, kind, required in parameters_of(handler)
        ],
        "responses": {
            success: {"description": "Done", "content": {handler.opt.get("answer_type", "application/json"): content}},
            **({"200": {"description": "Done before, or a result for each", "content": {"application/json": {}}}}
               if success == "201" else {}),
            **{
                status: {"description": text, "content": {"application/problem+json": {"schema": {"$ref": REF.format(name="Problem")}}}}
                for status, text in REFUSALS.items()
            },
        },
    }  # fmt: skip
    if body is not None:
        media = handler.opt.get("body_type", "application/json")
        told["requestBody"] = {"required": True, "content": {media: {"schema": _schema(body)}}}
        example = handler.opt.get("example") or example_of(body)
        told["requestBody"]["content"][media]["example"] = with_own_id(example, told["operationId"])
    return told


def with_own_id(example: Any, operation: str) -> Any:
    """The example with an id of its own, so that whoever sends one after the other has none refused as used before."""
    if not isinstance(example, dict) or "id" not in example:
        return example
    made = bytearray(sha256(operation.encode()).digest()[:16])
    made[6], made[8] = made[6] & 0x0F | 0x70, made[8] & 0x3F | 0x80
    return example | {"id": str(UUID(bytes=bytes(made)))}


def answer_of(handler: BaseRouteHandler) -> Any:
    """The struct a handler answers with, as its annotation or its `opt` names it."""
    if handler.opt.get("answer") is not None:
        return handler.opt["answer"]
    kind = handler.parsed_return_field.annotation
    arguments = get_args(kind)
    return arguments[0] if arguments and isinstance(kind, type(Response[Any])) else kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _schema(kind: Any) -> dict[str, Any]:
    if kind in (UUID,):
        return {"type": "string", "format": "uuid"}
    if kind is datetime:
        return {"type": "string", "format": "date-time"}
    if kind is date:
        return {"type": "string", "format": "date"}
    try:
        schemas, _ = msgspec.json.schema_components([kind], ref_template=REF)
    except TypeError:
        return {}
    return dict(schemas[0])


@cache
def _document(app: Litestar) -> bytes:
    return msgspec.json.encode(document(app))


@get("/openapi.json", opt=PUBLIC, sync_to_thread=False)
def openapi(request: DoorRequest) -> Response[bytes]:
    """The API for machines."""
    return Response(
        _document(request.app), media_type="application/json", headers={"cache-control": "public, max-age=300"}
    )


@get("/documentation", opt=PUBLIC, sync_to_thread=False)
def documentation(request: DoorRequest, page: NamedDependency[Page]) -> Response[Any]:
    """The API for people: every address, who may call it, what goes in and out; no script, no third party."""
    told = msgspec.json.decode(_document(request.app))
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, verbs in told["paths"].items():
        for verb, one in verbs.items():
            groups.setdefault(one["tags"][0], []).append({"path": path, "verb": verb.upper(), **one})
    return page.html(
        "session/documentation.html",
        groups=groups,
        webhooks=told["webhooks"],
        rules=[plain(rule) for rule in RULES],
        schemas=told["components"]["schemas"],
        pretty=pretty,
    )


def plain(rule: str) -> list[tuple[str, str]]:
    """A paragraph of the rules as (tag, text): `strong`, `code` or nothing."""
    kinds = {"**": "strong", "`": "code", "": ""}
    return [(kinds[tag], marked or bare) for tag, marked, bare in _MARKED.findall(rule)]


def pretty(value: Any) -> str:
    """JSON with two blanks of indent."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


ROUTES: list[BaseRouteHandler] = [openapi, documentation]
