"""Every sentence a person reads, in French and English, found by key; the first words of a key name the file.

    locale/pick.toml, [fr] counted = "Compté, {n} sur {total}"   ->   t("pick.counted", "fr", n=1, total=2)

A value may be a table of plural forms (`one`, `other`), chosen by the argument `n`. French is written with ordinary
spaces and read with unbreakable ones where no line may begin: before `:`, `;`, `!`, `?`, `%` and inside « ».
"""

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from babel import Locale
from markupsafe import Markup

LOCALE_DIR: Final = Path(__file__).resolve().parent.parent / "locale"
LANGUAGES: Final = ("fr", "en")
DEFAULT_LANGUAGE: Final = "fr"
PLURALS: Final = frozenset({"zero", "one", "two", "few", "many", "other"})

Message: TypeAlias = str | dict[str, str]
_BOUND: Final = re.compile(r"(?<=\S) (?=[:;!?»%])|(?<=«) ")


class MissingMessage(LookupError):
    """No sentence has this key in this language; a test must fail on it, a customer must not."""


class Messages:
    """The sentences of every area, flattened to `area.key`; `strict` raises on a missing one, else its key is shown."""

    def __init__(self, folder: Path = LOCALE_DIR, *, strict: bool = True) -> None:
        self.strict = strict
        self._sentences: dict[str, dict[str, Message]] = {lang: {} for lang in LANGUAGES}
        self._areas: dict[tuple[str, str], dict[str, Message]] = {}
        for path in sorted(folder.glob("*.toml")):
            with path.open("rb") as opened:
                areas = tomllib.load(opened)
            for lang in LANGUAGES:
                self._add(lang, path.stem, areas.get(lang, {}))

    def _add(self, lang: str, prefix: str, table: dict[str, Any]) -> None:
        for name, value in table.items():
            key = name if name.startswith(f"{prefix}.") else prefix if name == prefix else f"{prefix}.{name}"
            if isinstance(value, dict) and not (value.keys() <= PLURALS and "other" in value):
                self._add(lang, key, value)
            else:
                self._sentences[lang][key] = bound(value) if lang == "fr" else value

    def keys(self, lang: str) -> set[str]:
        """All keys known in one language."""
        return set(self._sentences[lang])

    def area(self, prefix: str, lang: str) -> dict[str, Message]:
        """The raw sentences under `prefix.`, without the prefix, for a script that fills them in by itself; not to be changed."""
        found = self._areas.get((prefix, lang))
        if found is None:
            start = f"{prefix}."
            found = {key[len(start) :]: value for key, value in self._sentences[lang].items() if key.startswith(start)}
            self._areas[prefix, lang] = found
        return found

    def find(self, key: str, lang: str, args: dict[str, Any]) -> str:
        """The sentence with its braces still open; French stands in where a language has no such key."""
        sentences = self._sentences.get(lang, self._sentences[DEFAULT_LANGUAGE])
        message = sentences.get(key)
        if message is None:
            if self.strict:
                raise MissingMessage(f"{key} ({lang})")
            message = self._sentences[DEFAULT_LANGUAGE].get(key, key)
        if isinstance(message, str):
            return message
        form = _locale(lang).plural_form(args.get("n", 1))
        return message.get(form, message["other"])

    def say(self, key: str, lang: str, args: dict[str, Any]) -> str:
        """The whole sentence; numbers and names go in as they are (formatting is the caller's)."""
        return self.find(key, lang, args).format(**args) if args else self.find(key, lang, args)

    def say_html(self, key: str, lang: str, args: dict[str, Any]) -> Markup:
        """The sentence as markup: its own tags are ours and kept, everything put into it is escaped."""
        return Markup(self.find(key, lang, args)).format(**args)


def bound(message: Message) -> Message:
    """A French sentence whose signs never stand alone at the beginning of a line."""
    if isinstance(message, str):
        return _BOUND.sub("\u00a0", message)
    return {form: _BOUND.sub("\u00a0", text) for form, text in message.items()}


@cache
def _locale(lang: str) -> Locale:
    return Locale.parse(lang if lang in LANGUAGES else DEFAULT_LANGUAGE)


@cache
def messages() -> Messages:
    """The sentences of this installation, read once."""
    return Messages()


def t(key: str, lang: str, **args: Any) -> str:
    """The sentence `key` in `lang` ("fr" or "en"), filled with `args`; raises MissingMessage while strict."""
    return messages().say(key, lang, args)


@lru_cache(maxsize=512)
def choose_language(accept_language: str | None) -> str:
    """The first of our languages that a browser's Accept-Language names, else French."""
    wishes: list[tuple[float, str]] = []
    for part in (accept_language or "")[:400].split(",")[:20]:
        name, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            weight = 0.0
        wishes.append((-weight, name.strip().lower()[:2]))
    wishes.sort(key=lambda wish: wish[0])
    return next((name for weight, name in wishes if name in LANGUAGES and weight < 0), DEFAULT_LANGUAGE)
