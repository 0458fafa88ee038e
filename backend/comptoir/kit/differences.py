"""What became another: two plain documents of one thing, field by field. Pure."""

from collections.abc import Mapping
from typing import Any

LONGEST = 500
Change = tuple[str, Any, Any]
"""(field, before, after); None where there was or is nothing."""


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Change]:
    """The fields that differ, in the order of the later document; texts are cut to 500 characters."""
    old, new = before or {}, after or {}
    fields = dict.fromkeys((*new, *old))
    return [
        (field, _short(old.get(field)), _short(new.get(field))) for field in fields if old.get(field) != new.get(field)
    ]


def _short(value: Any) -> Any:
    return f"{value[: LONGEST - 1]}…" if isinstance(value, str) and len(value) > LONGEST else value
