"""XML to and from carriers: no document type, no entity, nothing fetched; SOAP 1.1 envelopes around plain parameters."""

from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException, ElementTree

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"


def parse(raw: bytes) -> Element | None:
    """The root with every namespace taken off, or None for what is no XML or brings a document type."""
    try:
        root: Element = ElementTree.fromstring(raw, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def envelope(namespace: str, operation: str, fields: Iterable[tuple[str, str]], *, qualified: bool = True) -> bytes:
    """A call with its parameters in the order given, as UTF-8; `qualified`: the parameters are in the namespace too."""
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields)
    begin = f'<{operation} xmlns="{namespace}">' if qualified else f'<o:{operation} xmlns:o="{namespace}">'
    end = f"</{operation}>" if qualified else f"</o:{operation}>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'
        f"{begin}{inside}{end}</soap:Body></soap:Envelope>"
    ).encode()


def text(element: Element | None, path: str) -> str:
    """The trimmed text at a path, empty where there is none. Carriers pad with blanks."""
    found = None if element is None else element.find(path)
    return "" if found is None else (found.text or "").strip()


def tag(name: str, inside: str = "", /, **attributes: str) -> str:
    """One element as text; `inside` is markup already."""
    said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>"


def leaf(name: str, words: str) -> str:
    """An element with a text, or nothing at all for an empty one."""
    return f"<{name}>{escape(words)}</{name}>" if words else ""
