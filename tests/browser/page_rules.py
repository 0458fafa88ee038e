"""What must hold on every page besides accessibility: it fits, nothing is cut, it speaks to people and in one language."""

import re
from html.parser import HTMLParser
from typing import Any, Final

from playwright.sync_api import Page

UUID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-", re.I)
PROGRAM_WORD: Final = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
MESSAGE_KEY: Final = re.compile(r"\b(?:ui|work|pick|session|customer|manager|admin|problems)\.[a-z_]+\b")
ENGLISH: Final = re.compile(
    r"\b(?:the|and|with|your|yours|you|order|orders|store|save|cancel|canceled|next|back|search|loading|sign|undo|"
    r"handed|picked|staged|open|shorted|error|none|null|undefined|true|false|nan|please|units|pickup|ship)\b",
    re.I,
)
FRENCH: Final = re.compile(
    r"\b(?:votre|vous|retour|annuler|enregistrer|aucun|commande|commandes|magasin|rien|encore|ici|prête?s?|remise?)\b",
    re.I,
)
SPOKEN: Final = """() => [document.title, document.body.innerText, ...[...document.querySelectorAll("[aria-label], [placeholder], [alt]")]
  .filter((node) => node.checkVisibility())
  .flatMap((node) => ["aria-label", "placeholder", "alt"].map((name) => node.getAttribute(name) ?? ""))].join("\\n")"""
FOREIGN: Final = """() => [...document.querySelectorAll("[lang]:not(html), code, pre")].map((node) => node.innerText).filter(Boolean)"""
TOO_WIDE: Final = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.body.querySelectorAll("*")]
  .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && node.checkVisibility())
  .slice(0, 3).map((node) => node.outerHTML.slice(0, 140))"""
CUT: Final = """() => [...document.body.querySelectorAll("*")].filter((node) => {
    if (!node.checkVisibility() || node.closest(".sr, svg, .skip, template") || !node.innerText?.trim()) return false;
    // What is for screen readers alone is a dot.
    if (node.clientWidth <= 1 || node.clientHeight <= 1) return false;
    const style = getComputedStyle(node);
    const hides = (value) => value === "hidden" || value === "clip";
    return (hides(style.overflowX) && node.scrollWidth > node.clientWidth + 1) || (hides(style.overflowY) && node.scrollHeight > node.clientHeight + 2);
  }).slice(0, 3).map((node) => node.outerHTML.slice(0, 140))"""
UNSAID: Final = frozenset({"script", "style", "template", "svg"})
VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
ROLES: Final = frozenset({"role", "type", "aria-current", "aria-invalid"})
TOLD: Final = ROLES | {"lang", "disabled", "open", "hidden", "dir"}
HEADINGS: Final = """() => [...document.querySelectorAll("h1")].filter((node) => node.checkVisibility() && !node.closest("dialog")).length"""


def fits(page: Page, width: int, height: int, root_percent: int = 100) -> list[str]:
    """What sticks out or is cut at a size of window and of text."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("(percent) => { document.documentElement.style.fontSize = `${percent}%` }", root_percent)
    found: list[str] = [
        f"{width} px, text {root_percent} %: {html}" for html in page.evaluate(TOO_WIDE) + page.evaluate(CUT)
    ]
    page.evaluate("() => { document.documentElement.style.fontSize = '' }")
    return found


def words(page: Page, lang: str, quotes: bool = False) -> list[str]:
    """What no reader should see: raw ids, names of the program, words of the other language.

    `quotes`: the page shows codes and English by its nature (marked up as such), so those are left out.
    """
    text: str = page.evaluate(SPOKEN)
    foreign: list[str] = page.evaluate(FOREIGN) if quotes else []
    for quoted in sorted(foreign, key=len, reverse=True):
        text = text.replace(quoted, "")
    return words_of(text, lang)


def words_of(text: str, lang: str) -> list[str]:
    """The same of a text."""
    # Addresses of people and places are data, whatever language they look like.
    text = re.sub(r"\S+@\S+|https?://\S+", "", text)
    found = [*UUID.findall(text), *PROGRAM_WORD.findall(text), *MESSAGE_KEY.findall(text)]
    return found + (ENGLISH.findall(text) if lang == "fr" else FRENCH.findall(text))


def frame(page: Page, lang: str) -> list[str]:
    """The bones: language, title, one heading, zoom."""
    found: list[str] = []
    told: Any = page.evaluate("document.documentElement.lang")
    if told != lang:
        found.append(f"the language of the page is {told!r}")
    title = page.title()
    if not title or title == "Comptoir":
        found.append(f"the title is {title!r}")
    headings = page.evaluate(HEADINGS)
    if headings != 1:
        found.append(f"{headings} first headings")
    zoom = page.locator("meta[name=viewport]").get_attribute("content") or ""
    if "user-scalable" in zoom or "maximum-scale" in zoom:
        found.append("zoom is switched off")
    return found


class Spoken(HTMLParser):
    """What a page says to people, read without a browser: its text, its names for screen readers, its language."""

    def __init__(self, quotes: bool) -> None:
        super().__init__()
        self.quotes = quotes
        self.language: str | None = None
        self.parts: list[str] = []
        self.open: list[tuple[str, bool]] = []  # elements that are open, and whether what they hold is said

    @property
    def text(self) -> str:
        return "\n".join(self.parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang")
        quoted = self.quotes and (tag in ("code", "pre") or ("lang" in given and tag != "html"))
        said = (not self.open or self.open[-1][1]) and tag not in UNSAID and not quoted and "hidden" not in given
        if said:
            self.parts += [given[name] or "" for name in ("aria-label", "placeholder", "alt") if name in given]
        if tag not in VOID:
            self.open.append((tag, said))

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][1] and data.strip():
            self.parts.append(data.strip())


def spoken(html: str, quotes: bool = False) -> Spoken:
    """`quotes` as in `words`."""
    told = Spoken(quotes)
    told.feed(html)
    return told


class Kinds(HTMLParser):
    """What a page is made of: each element with its classes and roles, and the same of what it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: text or "" for name, text in attrs}
        told = [name for name in sorted(given) if name in TOLD or name.startswith("aria-")]
        roles = ",".join(f"{name}={given[name]}" if name in ROLES else name for name in told)
        kind = f"{tag}.{'.'.join(sorted(given.get('class', '').split()))}[{roles}]"
        inside = self.open[-1][1] if self.open else ""
        if "svg" not in (name for name, _ in self.open):
            self.found.add(f"{kind} < {inside}")
        if tag not in VOID:
            self.open.append((tag, kind))

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass


def kinds_of(html: str) -> set[str]:
    """The elements of a page as the server gives it, each kind once."""
    parser = Kinds()
    parser.feed(html)
    return parser.found
