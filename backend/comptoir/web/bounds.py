"""The least and the most that a handler declares for a number of its query hold here: the framework checks types alone."""

from functools import cache
from typing import Annotated, Any, get_args

import msgspec
from litestar.connection import ASGIConnection
from litestar.enums import ParamType
from litestar.handlers import BaseRouteHandler

from comptoir.kit.errors import Malformed


def declared(field: Any) -> Any:
    """A parameter's type with the bounds that msgspec checks, without the framework's own marks."""
    kind = field.annotation
    for meta in get_args(field.raw)[1:]:
        if isinstance(meta, msgspec.Meta):
            kind = Annotated[kind, meta]
    return kind


@cache
def numbers(handler: BaseRouteHandler) -> tuple[tuple[str, Any], ...]:
    """(name, type) of the query's numbers that have bounds."""
    found = []
    for name, field in handler.parsed_fn_signature.parameters.items():
        if getattr(field.kwarg_definition, "param_type", None) is ParamType.QUERY:
            kind = declared(field)
            parts = [part for part in (kind, *get_args(kind)) if get_args(part)]
            metas = [meta for part in parts for meta in get_args(part) if isinstance(meta, msgspec.Meta)]
            if any(meta.ge is not None or meta.le is not None for meta in metas):
                found.append((field.kwarg_definition.name or name, kind))  # type: ignore[union-attr]
    return tuple(found)


def check_numbers(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Malformed, with `where` and `wrong`, for a number of the query that is less or more than its parameter says."""
    if not connection.scope["query_string"]:
        return
    for name, kind in numbers(handler):
        value = connection.query_params.get(name)
        if value is not None:
            try:
                msgspec.convert(value, kind, strict=False)
            except msgspec.ValidationError as wrong:
                raise Malformed("malformed", where=f"$.{name}", wrong=str(wrong)) from None
