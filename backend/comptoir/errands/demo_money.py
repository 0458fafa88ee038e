"""The demo's own payment provider: it says yes to what the demo's orders were paid with, and no money moves anywhere. Not in production."""

from datetime import datetime
from typing import Final

from comptoir.payments.model import (
    Again,
    Ask,
    AtProvider,
    Done,
    Listed,
    Looked,
    MovedPayments,
    NotMine,
    NotThere,
    Outcome,
    Refused,
    Which,
)

ACCOUNT: Final = "demo"
"""The account of this id is the demo's own, where there is a demo."""

MOST_MINOR: Final = 500_00
"""What it moves at once at most, so that the demo has something for a person to do."""


class DemoMoney:
    """Answers from the key, so the same ask gets the same answer."""

    name = "demo"
    by_order = False

    async def make(self, ask: Ask) -> Outcome:
        if ask.amount_minor > MOST_MINOR:
            return Refused("over_limit", words="500 € au plus")
        return Done(f"demo-{ask.key.hex[:12]}")

    async def look(self, ask: Ask) -> Looked:
        return NotThere()

    async def listed(self, since: datetime, until: datetime, page: str | None) -> Listed | Again | NotMine:
        return NotMine()

    async def payment(self, which: Which) -> AtProvider | NotThere | NotMine | Again:
        return NotMine()

    async def moved(self, since: datetime, until: datetime, page: str | None) -> MovedPayments | Again | NotMine:
        return NotMine()

    async def close(self) -> None:
        """Nothing is open."""
