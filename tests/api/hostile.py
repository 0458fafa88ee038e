"""What the world sends by mistake or on purpose: the fixed corpus that every field of every route is tried with.

Each entry has a name, so that a failure says what was sent. Nothing here is random: yesterday's finding is found today.
"""

import copy
from collections.abc import Iterator
from typing import Any, Final

TEXTS: Final[dict[str, str]] = {
    "NUL": "a\x00b",
    "only NUL": "\x00",
    "escape": "\x1b[31m",
    "C1 control": "a\x85b",
    "delete": "a\x7fb",
    "trailing newline": "lyon-part-dieu\n",
    "line feed header": "a\r\nSet-Cookie: x=1",
    "empty": "",
    "blanks": "   ",
    "very long": "x" * 70_000,
    "five thousand digits": "9" * 5_000,
    "SQL": "'; DROP TABLE staff; --",
    "SQL pattern": "%_%",
    "HTML": "<script>alert(1)</script>",
    "attribute": "\" onmouseover=\"alert(1)",
    "template": "{{7*7}}${7*7}#{7*7}",
    "format": "%s%n{0}{x}",
    "path": "../../../../etc/passwd",
    "loopback": "http://127.0.0.1:22/",
    "link-local": "http://169.254.169.254/latest/meta-data/",
    "decimal address": "http://2130706433/",
    "formula": "=1+1",
    "group separator": "0103701234567894\x1d21ABC",
    "right to left": "abc\u202edef",
    "zero width": "a\u200b\u200db\ufeff",
    "combining": "e" + "\u0301" * 200,
    "emoji": "👩‍👩‍👧‍👦" * 20,
    "noncharacter": "\uffff\ufffe",
    "Turkish": "İıſK",
    "Arabic digits": "١٢٣",
    "É in a code": "ÉÉÉÉÉÉ",
    "year one": "0001-01-01T00:00:00Z",
    "year 9999": "9999-12-31T23:59:59Z",
    "edge of time": "9999-12-31T23:59:59-23:59",
    "no zone": "2026-11-21T10:30:00",
    "twice that night": "2026-10-25T02:30:00",
    "leap second": "2026-12-31T23:59:60Z",
    "no such day": "2026-02-30",
    "far day": "9999-12-31",
    "nil id": "00000000-0000-0000-0000-000000000000",
    "id in braces": "{0192f0c8-6a00-7000-8000-000000000001}",
    "number as text": "5",
    "exponent": "1e2",
    "not a number": "NaN",
    "null word": "null",
}  # fmt: skip

NUMBERS: Final[dict[str, Any]] = {
    "zero": 0, "minus one": -1, "two to the 31": 2**31, "two to the 32": 2**32, "two to the 63": 2**63,
    "two to the 64": 2**64, "minus two to the 63": -(2**63) - 1, "ten to the 30": 10**30, "half": 0.5,
    "float that is whole": 1.0, "tiny": 1e-300, "huge": 1e300,
}  # fmt: skip

SHAPES: Final[dict[str, Any]] = {
    "null": None, "true": True, "false": False, "list": [], "object": {}, "list of null": [None],
    "list in list": [[[[[[]]]]]], "object in object": {"a": {"b": {"c": {}}}}, "many": [1] * 5_000,
}  # fmt: skip

BODIES: Final[dict[str, bytes]] = {
    "nothing": b"",
    "blank": b" ",
    "invalid UTF-8": b'{"a": "\xff\xfe"}',
    "lone continuation": b"\x80",
    "overlong": b'{"a": "\xc0\xaf"}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "surrogates the wrong way": b'{"a": "\\udc00\\ud800"}',
    "escaped NUL": b'{"id": "\\u0000"}',
    "200,000 brackets": b"[" * 200_000,
    "200,000 braces": b'{"a":' * 200_000,
    "closed and deep": b"[" * 3_000 + b"]" * 3_000,
    "half": b'{"id": "0192f0c8',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a number": b"1e999",
    "a text": b'"x"',
    "null": b"null",
    "true": b"true",
    "not a number": b"NaN",
    "trailing comma": b'{"a": 1,}',
    "comment": b'{"a": 1 /* x */}',
    "two values": b"{} {}",
    "4,400 digits": b'{"id": ' + b"1" * 4_400 + b"}",
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "form in json": b"id=1&x=2",
    "msgpack": b"\x81\xa1a\x01",
    "prototype": b'{"__proto__": {"role": "head_office"}, "constructor": 1}',
    "percent NUL": b"id=%00&pin=%00&code=a%00b",
    "percent invalid": b"id=%ff%fe&code=%c0%af",
    "brackets in form": b"id[]=1&id[a]=2&who=",
    "a thousand fields": b"&".join(b"f%d=1" % n for n in range(1_000)),
}  # fmt: skip

TOO_LARGE: Final = b'{"a": "' + b"x" * 12_000_000 + b'"}'


def fields_of(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a body, leaves and containers, the first element of each list only."""
    if path:
        yield path
    if isinstance(body, dict):
        for key in body:
            yield from fields_of(body[key], (*path, key))
    elif isinstance(body, list) and body:
        yield from fields_of(body[0], (*path, 0))


def with_value(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A body with another value at a path, and its own values everywhere else."""
    if not path:
        return value
    changed = copy.copy(body)
    changed[path[0]] = with_value(body[path[0]], path[1:], value)
    return changed


def without(body: Any, path: tuple[Any, ...]) -> Any:
    """A copy of a body that lacks the value at a path."""
    changed = copy.deepcopy(body)
    place = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


def strange_bodies(body: Any) -> Iterator[tuple[str, Any]]:
    """(what was done, body) for every field and every hostile value, each field left out, and a field too many."""
    for path in fields_of(body):
        name = ".".join(str(step) for step in path)
        for kind, values in (("text", TEXTS), ("number", NUMBERS), ("shape", SHAPES)):
            for what, value in values.items():
                yield f"{name} = {kind} {what}", with_value(body, path, value)
        yield f"without {name}", without(body, path)
    if isinstance(body, dict):
        yield "an unknown field", {**body, "role_": "head_office"}
        yield "another unknown field", {**body, "is_admin": True}


def strange_forms(form: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """As `strange_bodies`, for what a browser sends: every value is a text."""
    for name in form:
        for what, value in TEXTS.items():
            yield f"{name} = {what}", {**form, name: value}
        yield f"{name} twice", {**form, name: [str(form[name]), "x"]}
        yield f"without {name}", {key: value for key, value in form.items() if key != name}
    yield "an unknown field", {**form, "is_admin": "true"}
