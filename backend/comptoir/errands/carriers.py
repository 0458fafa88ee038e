"""The carriers that this installation has accounts with: each made once from its account and its secrets, by `wiring.CARRIERS`."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from comptoir.carriers.model import Carrier
from comptoir.kit.db import Pool, borrowed
from comptoir.shipping.services import OURS

Make = Callable[[Mapping[str, Any], Mapping[str, str]], Carrier]
"""`make(settings, secrets)`: one carrier with one account. What is missing or wrong raises, and nothing is sent."""


FOR_PUSHES = ("push", "push_old")
"""Secrets that sign what a carrier tells by itself; its adapter has nothing to do with them."""


class Carriers:
    """Accounts by id, opened when first needed and again when head office changed them."""

    def __init__(self, pool: Pool, makers: Mapping[str, Make], secrets: Mapping[str, Mapping[str, str]]) -> None:
        self._pool, self._makers, self._secrets = pool, makers, secrets
        self._open: dict[str, tuple[int, Carrier]] = {}

    def put(self, account: str, carrier: Carrier) -> None:
        """Use this carrier for an account, whatever its row says: for tests and trials."""
        self._open[account] = (-1, carrier)

    def secrets_of(self, account: str) -> Mapping[str, str]:
        """What the environment holds for an account, to ask which names are there; never shown, never logged."""
        return self._secrets.get(account, {})

    async def of(self, account: str) -> Carrier | None:
        """The carrier behind an account; None when we do not speak its protocol, or its settings or secrets do not do."""
        held = self._open.get(account)
        if held is not None and held[0] < 0:
            return held[1]
        async with borrowed(self._pool) as connection:
            row = await connection.fetchrow(
                "SELECT carrier, settings, version FROM carrier_account WHERE id = $1 AND active", account
            )
        if row is None or row["carrier"] not in self._makers:
            return None
        if held is not None and held[0] == row["version"]:
            return held[1]
        if held is not None:
            await held[1].close()
        secrets = {name: text for name, text in self._secrets.get(account, {}).items() if name not in FOR_PUSHES}
        try:
            settings = msgspec.json.decode(row["settings"])
            theirs = {name: value for name, value in settings.items() if name not in OURS}
            made = self._makers[row["carrier"]](theirs, secrets)
        except (KeyError, ValueError, TypeError):
            return None
        self._open[account] = (row["version"], made)
        return made

    async def close(self) -> None:
        """Give their connections back."""
        for _, carrier in self._open.values():
            await carrier.close()
        self._open = {}
