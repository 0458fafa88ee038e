"""The payment providers that this installation has accounts with: each made once from its row and its keys in the environment."""

from collections.abc import Mapping

from comptoir.errands import demo_money
from comptoir.errands.demo_money import DemoMoney
from comptoir.kit.db import Pool, borrowed
from comptoir.payments.model import Provider
from comptoir.payments.providers.known import BadAccount, keys_of, make_provider


class PaymentAccounts:
    """Accounts by id, opened when first needed and again when head office changed them."""

    def __init__(self, pool: Pool, keys: Mapping[str, Mapping[str, str]], *, demo: bool = False) -> None:
        self._pool, self._keys = pool, keys
        self._open: dict[str, tuple[int, Provider]] = {demo_money.ACCOUNT: (-1, DemoMoney())} if demo else {}

    def put(self, account: str, provider: Provider) -> None:
        """Use this provider for an account, whatever its row says: for tests and trials."""
        self._open[account] = (-1, provider)

    def keys_of(self, account: str) -> Mapping[str, str]:
        """What the environment holds for an account; never shown, never logged."""
        return self._keys.get(account, {})

    def needs(self, account: str, kind: str) -> tuple[tuple[str, bool], ...]:
        """The keys that such an account needs by name, and whether each is there; never what it is."""
        ours = self._open.get(account, (0, None))[0] < 0
        return () if ours else keys_of(kind, self.keys_of(account))

    async def of(self, account: str) -> Provider | None:
        """The provider behind an account; None when its keys do not do."""
        held = self._open.get(account)
        if held is not None and held[0] < 0:
            return held[1]
        async with borrowed(self._pool) as connection:
            row = await connection.fetchrow("SELECT kind, version FROM payment_account WHERE id = $1", account)
        if row is None:
            return None
        if held is not None and held[0] == row["version"]:
            return held[1]
        if held is not None:
            await held[1].close()
        try:
            made = make_provider(row["kind"], self.keys_of(account))
        except BadAccount:
            return None
        self._open[account] = (row["version"], made)
        return made

    async def close(self) -> None:
        """Give their connections back."""
        for _, provider in self._open.values():
            await provider.close()
        self._open = {}
