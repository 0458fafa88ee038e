"""`comptoir lifecycles`: draws every lifecycle from its own table, as text and as Mermaid state diagrams."""

from collections.abc import Iterator
from typing import Any

from comptoir.fulfillment.lifecycles import CARRY, PICKUP, SHIP
from comptoir.kit.lifecycle import Lifecycle
from comptoir.receiving.lifecycle import PURCHASE
from comptoir.returns.lifecycle import RETURN, UNIT
from comptoir.shipping.model import PARCEL
from comptoir.stock.counting import COUNT
from comptoir.transfers.lifecycle import TRANSFER

LIFECYCLES: tuple[Lifecycle[Any, Any], ...] = (PICKUP, SHIP, PARCEL, CARRY, TRANSFER, PURCHASE, COUNT, RETURN, UNIT)


def drawn(lifecycle: Lifecycle[Any, Any]) -> Iterator[str]:
    """The lines of one Mermaid state diagram: where it begins, every step, where nothing follows any more."""
    sources = [state for state, _ in lifecycle.steps]
    reached = set(lifecycle.steps.values())
    yield "stateDiagram-v2"
    first = next((state for state in sources if state not in reached), sources[0])
    yield f"    [*] --> {first.value}"
    for (state, action), after in lifecycle.steps.items():
        yield f"    {state.value} --> {after.value}: {action.value}"
    for state in dict.fromkeys(lifecycle.steps.values()):
        if state not in sources:
            yield f"    {state.value} --> [*]"


def main() -> int:
    """Print every lifecycle as a section of Markdown, which docs keep and renderers draw."""
    for lifecycle in LIFECYCLES:
        print("\n".join([f"## {lifecycle.name}", "", "```mermaid", *drawn(lifecycle), "```", ""]))
    return 0
