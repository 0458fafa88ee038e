"""A page that tells whether a printer prints: its name, its store and the minute, as ZPL or as a PDF. Pure."""

import unicodedata
from datetime import datetime
from typing import Final

from comptoir.printing.model import PrinterLanguage

_POINTS: Final = (288, 432)
"""A label of 10 x 15 cm, in points."""


def draw_test_page(language: PrinterLanguage, name: str, store: str, at: datetime) -> bytes:
    """`at` is store time."""
    lines = [_plain(name), _plain(store), f"{at:%d/%m/%Y %H:%M}"]
    return _zpl(lines) if language == "zpl" else _pdf(lines)


def _plain(text: str) -> str:
    """Letters that every printer's own font has; nothing that is a command."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in bare if letter.isalnum() or letter in " .-'")[:40]


def _zpl(lines: list[str]) -> bytes:
    rows = "".join(f"^FO40,{60 + 70 * at}^A0N,50,40^FD{line}^FS" for at, line in enumerate(lines))
    return f"^XA^CI28{rows}^FO40,300^GB700,4,4^FS^XZ\n".encode("ascii")


def _pdf(lines: list[str]) -> bytes:
    shown = "".join(f"BT /F 18 Tf 24 {380 - 34 * at} Td ({line}) Tj ET\n" for at, line in enumerate(lines))
    stream = shown.encode("ascii")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
        % _POINTS,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made = b"%PDF-1.4\n"
    begins = []
    for number, part in enumerate(parts, 1):
        begins.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % at for at in begins)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return made + end % (len(parts) + 1, table, len(parts) + 1, len(made))
