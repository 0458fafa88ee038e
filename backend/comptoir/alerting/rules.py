"""The rules that every house begins with, so that whoever never opened their page is told of what matters. Pure.

A row of the same id takes one's place, switched off too. Where a house has a rule of its own for a thing, the one that came along
says nothing of it: a region that writes what it wants is not told twice.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID, uuid5

from comptoir.alerting.model import KINDS, Above, AlertMedium, AlertRule, KindName, Told

NAMES: Final = UUID("6b7c8f0e-52d3-5b0a-9f53-8d2f6a1c4e70")
QUIET: Final = (21 * 60, 7 * 60)
"""Nobody is woken by a rule that nobody wrote."""


def _rule(
    kind: KindName, tells: Told, *, up: tuple[int, Above] | None = None, media: tuple[AlertMedium, ...] = ("push",)
) -> AlertRule:
    quiet: tuple[int | None, int | None] = QUIET if media else (None, None)
    after, to = up or (None, None)
    return AlertRule(
        uuid5(NAMES, kind), kind, KINDS[kind].default, tells=tells, media=media, quiet_from=quiet[0], quiet_until=quiet[1], escalate_after=after,
        escalate_to=to, version=0,
    )  # fmt: skip


BUILT_IN: Final[tuple[AlertRule, ...]] = (
    _rule("late", "store_manager", up=(30, "regional_manager")),
    _rule("slipping", "nobody", media=()),
    _rule("load", "nobody", media=()),
    _rule("pickup", "store_manager", up=(30, "regional_manager")),
    _rule("silent", "store_manager", up=(60, "regional_manager")),
    _rule("shorts", "nobody", media=()),
    _rule("stock", "store_manager"),
    _rule("ledger", "head_office", media=("email",)),
    _rule("messages", "store_manager", up=(60, "regional_manager")),
    _rule("money", "head_office"),
    _rule("label", "store_manager", up=(30, "regional_manager")),
    _rule("channel", "head_office"),
    _rule("carrier", "head_office"),
    _rule("account", "head_office"),
    _rule("provider", "head_office"),
    _rule("reports", "head_office"),
)
"""One for each kind. Late, slipping and load are often one trouble: of the first people are told, the others are on the page."""

IDS: Final = frozenset(rule.id for rule in BUILT_IN)
TELLING: Final = tuple(rule.id for rule in BUILT_IN if rule.media)
"""Those that want somebody told besides the page."""


def overlaid(rows: Iterable[AlertRule]) -> list[AlertRule]:
    """All rules: those that come along, as they are or as the house changed them, and the house's own."""
    found = {rule.id: rule for rule in BUILT_IN}
    found.update((rule.id, rule) for rule in rows)
    return list(found.values())


def built_in(kind: str) -> AlertRule:
    """The rule that comes along for a kind."""
    return next(rule for rule in BUILT_IN if rule.kind == kind)
