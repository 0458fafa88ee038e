"""Many small scripts as a few files: one core that every handheld page shares, and one file for each page's own.

A module stays what it was: it runs once, when it is first asked for, and keeps its names to itself. Only the journeys
over the network are joined. Modules that are loaded when needed stay files of their own and share the same core.

    core.js        export const $store = once(() => { ...; return { read, write }; });
    pick.js        import { $store } from "./core.js";  ...  const { read } = $store();
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

import msgspec

CORE: Final = "core.js"
AT_ONCE: Final = "scanner.js"
"""Runs as soon as the core is there: a page that still opens its journal must not miss what is scanned meanwhile."""
_IMPORT: Final = re.compile(r'^import (?:\{([^}]*)\} from )?"\./([\w-]+\.js)";$', re.M)
_LATER: Final = re.compile(r'import\("\./([\w-]+\.js)"\)')
_EXPORT: Final = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.M)
_FUNCTION: Final = re.compile(r"\b(async|function|get|set)\b|=>|^\w+\(.*\) \{$")
_RENAMED: Final = re.compile(r"(\w+) as (\w+)")
_ONCE: Final = "const once = (make) => { let made; return () => (made ??= make()); };"


class CircularImport(Exception):
    """Two scripts import each other, so that neither can come first."""


class NotUnderstood(Exception):
    """A script imports or exports in a form that joining does not know."""


class Scripts(msgspec.Struct, frozen=True):
    """Scripts by name and where each goes: into the core, loaded later, the first of a page. `apart` does without the core."""

    texts: Mapping[str, str]
    core: frozenset[str]
    later: frozenset[str]
    roots: frozenset[str]
    apart: frozenset[str]


def arrange(texts: Mapping[str, str], core: Iterable[str], apart: Iterable[str]) -> Scripts:
    """Sort out who goes where. `core` and `apart` are entries; each brings along what it imports at once."""
    imported = {name for text in texts.values() for name in (*at_once(text), *_LATER.findall(text))}
    shared = closure(texts, (name for name in core if name in texts))
    asked_for = {name for text in texts.values() for name in _LATER.findall(text)}
    return Scripts(
        texts=texts,
        core=frozenset(shared),
        later=frozenset(closure(texts, asked_for)) - frozenset(shared),
        roots=frozenset(name for name in texts if name not in imported),
        apart=frozenset(name for name in apart if name in texts),
    )


def at_once(text: str) -> list[str]:
    """The scripts that a script imports before it starts, in order. NotUnderstood for a form that is not ours."""
    found = [name for _, name in _IMPORT.findall(text)]
    if len(found) != len(re.findall(r"^import\b(?!\()", text, re.M)):
        raise NotUnderstood(text[:80])
    return found


def closure(texts: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """Scripts and all they import at once, each after what it needs. CircularImport when there is no such order."""
    found: dict[str, bool] = {}

    def visit(name: str) -> None:
        if found.get(name) is False:
            raise CircularImport(name)
        if name not in found:
            found[name] = False
            for needed in at_once(texts[name]):
                visit(needed)
            del found[name]
            found[name] = True

    for name in sorted(names):
        visit(name)
    return list(found)


def joined(scripts: Scripts) -> dict[str, str]:
    """The text of every file that is served, by name; imports among them still by plain names."""
    made = {CORE: _core(scripts)} if scripts.core else {}
    if AT_ONCE in scripts.core:
        # The service worker shares the core, and has neither a document nor a scanner.
        made[CORE] += f"\nif (globalThis.document) {_name(AT_ONCE)}();\n"
    for name in scripts.texts:
        if name in scripts.apart and name in scripts.roots:
            made[name] = _page(scripts, name, closure(scripts.texts, [name]), frozenset())
        elif name in scripts.core:
            made[name] = _stand_in(scripts, name)
        else:
            whole = closure(scripts.texts, [name]) if name in scripts.roots else [name]
            inside = [each for each in whole if each not in scripts.core | scripts.later or each == name]
            made[name] = _page(scripts, name, inside, scripts.core)
    return made


def _core(scripts: Scripts) -> str:
    parts = [_ONCE]
    for name in closure(scripts.texts, scripts.core):
        body, exports = _inside(scripts, name, scripts.core, frozenset())
        word = "async " if _is_late(scripts, name) else ""
        parts.append(
            f"export const {_name(name)} = once({word}() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}});"
        )
    return "\n".join(parts)


def _stand_in(scripts: Scripts, name: str) -> str:
    """For whoever loads a module of the core by its own address: the same one."""
    _, exports = _inside(scripts, name, scripts.core, frozenset())
    call = f"{'await ' if _is_late(scripts, name) else ''}{_name(name)}();"
    taken = f"export const {{ {', '.join(exports)} }} = {call}" if exports else call
    return f'import {{ {_name(name)} }} from "./{CORE}";\n{taken}'


def _page(scripts: Scripts, entry: str, inside: list[str], core: frozenset[str]) -> str:
    """A file with a page's own scripts, the entry last; or one script that is loaded when needed."""
    needed = {name for each in inside for name in at_once(scripts.texts[each])} - set(inside)
    shared = sorted(_name(name) for name in needed & core)
    later = {name for each in inside for name in _LATER.findall(scripts.texts[each])}
    head = [f'import {{ {", ".join(shared)} }} from "./{CORE}";'] if shared else []
    head += [f'import * as {_name(name)} from "./{name}";' for name in sorted(needed - core)]
    if len(inside) == 1 and not needed and not later & core:
        return scripts.texts[entry]
    parts = []
    for name in inside:
        body, exports = _inside(scripts, name, core, frozenset(inside))
        if name != entry:
            parts.append(
                f"const {_name(name)} = await (async () => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();"
            )
        elif len(inside) > 1:
            parts.append(f"await (async () => {{\n{body}\n}})();")
        else:
            parts.append(_with_exports(body, exports))
    return "\n".join(head + parts)


def _with_exports(body: str, exports: list[str]) -> str:
    return f"{body}\nexport {{ {', '.join(exports)} }};" if exports else body


def _inside(scripts: Scripts, name: str, core: frozenset[str], beside: frozenset[str]) -> tuple[str, list[str]]:
    """A module's text without import and export, taking what it needs from the others' results; and what it gives."""
    text = scripts.texts[name]
    exports = _EXPORT.findall(text)
    if len(exports) != len(re.findall(r"^export\b", text, re.M)):
        raise NotUnderstood(name)

    def take(match: re.Match[str]) -> str:
        wanted, other = match.groups()
        given = _name(other)
        if other in core and other not in beside:
            given = f"{'await ' if _is_late(scripts, other) else ''}{given}()"
        if wanted is None:
            return f"{given};" if "(" in given else ""
        renamed = _RENAMED.sub(r"\1: \2", wanted)
        return f"const {{{renamed}}} = {given};"

    def take_later(match: re.Match[str]) -> str:
        other = match[1]
        if other not in core:
            return match[0]
        if name in core:
            return f"Promise.resolve({_name(other)}())"
        return f'import("./{CORE}").then((all) => all.{_name(other)}())'

    return _LATER.sub(take_later, _IMPORT.sub(take, _EXPORT.sub("", text))), exports


def _is_late(scripts: Scripts, name: str) -> bool:
    """Whether a module waits for something before it is ready, by itself or by what it imports."""
    text = scripts.texts[name]
    return waits(text) or any(_is_late(scripts, needed) for needed in at_once(text))


@cache
def waits(text: str) -> bool:
    """Whether a script awaits something outside of every function; told by its indentation."""
    around: list[tuple[int, bool]] = []
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare.startswith("//"):
            continue
        depth = len(line) - len(line.lstrip())
        while around and around[-1][0] >= depth:
            around.pop()
        before, awaited, _ = bare.partition("await ")
        inside = any(is_function for _, is_function in around)
        if awaited and not inside and not _FUNCTION.search(before):
            return True
        around.append((depth, bool(_FUNCTION.search(bare))))
    return False


def _name(script: str) -> str:
    return "$" + script.removesuffix(".js").replace("-", "_")
