"""Tables that people keep on their own machine: never on a shared one's cache, as their spreadsheet reads them."""

from collections.abc import Iterable, Sequence
from typing import Any

from litestar import Response

from comptoir.kit import sheets


def table(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], lang: str) -> Response[Any]:
    """`name`.csv; amounts as Decimal are written as the reader's language writes numbers."""
    return file(sheets.write(columns, rows, lang), f"{name}.csv")


def file(body: bytes, name: str) -> Response[Any]:
    """A file that was made already."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)
