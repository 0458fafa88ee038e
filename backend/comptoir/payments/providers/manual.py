"""Nobody that a machine could ask: a person moves the money, and confirms it with a reference."""

from datetime import datetime

from comptoir.payments.model import (
    Again,
    Ask,
    AtProvider,
    Listed,
    Looked,
    MovedPayments,
    NotMine,
    NotThere,
    Outcome,
    Which,
)


class Manual:
    """Says of everything that it is a person's."""

    name = "manual"
    by_order = False

    async def make(self, ask: Ask) -> Outcome:
        return NotMine()

    async def look(self, ask: Ask) -> Looked:
        return NotMine()

    async def listed(self, since: datetime, until: datetime, page: str | None) -> Listed | Again | NotMine:
        return NotMine()

    async def payment(self, which: Which) -> AtProvider | NotThere | NotMine | Again:
        return NotMine()

    async def moved(self, since: datetime, until: datetime, page: str | None) -> MovedPayments | Again | NotMine:
        return NotMine()

    async def close(self) -> None:
        """Nothing is open."""
