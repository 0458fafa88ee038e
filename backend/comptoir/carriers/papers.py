"""Whether a label or a slip came whole: a paper that lacks its end prints half a barcode."""

from typing import Final

from comptoir.carriers.model import PDF, LabelFormat

_TAIL: Final = 2048


def whole(content: bytes, format: LabelFormat) -> bool:
    """Whether these bytes are a complete label in that format."""
    return whole_pdf(content) if format.media_type == PDF else whole_zpl(content)


def whole_pdf(content: bytes) -> bool:
    """Begins as a PDF and has its end mark at its end."""
    return content.startswith(b"%PDF-") and b"%%EOF" in content[-_TAIL:]


def whole_zpl(content: bytes) -> bool:
    """Labels that each begin and end, in pairs, with nothing after the last."""
    text = content.strip().upper()
    begins, ends = text.count(b"^XA"), text.count(b"^XZ")
    return begins > 0 and begins == ends and text.endswith(b"^XZ") and 0 <= text.find(b"^XA") < text.find(b"^XZ")
