"""How often what may be asked, counted over all processes; addresses are counted as keyed digests, never kept."""

from datetime import timedelta
from typing import Any, Final

from litestar.connection import ASGIConnection

from comptoir.kit.throttle import Limit, take
from comptoir.web.requests import client_ip

PASSWORD: Final = Limit("password", 30, timedelta(minutes=5))
ENROLLMENT: Final = Limit("enroll", 10, timedelta(minutes=15))
ENROLLMENT_ANYWHERE: Final = Limit("enroll-all", 300, timedelta(minutes=15))
BADGE: Final = Limit("badge", 30, timedelta(minutes=5))
LETTERS: Final = Limit("letters", 20, timedelta(minutes=5))
LOOKUP: Final = Limit("lookup", 120, timedelta(minutes=5))
PHOTO: Final = Limit("photo", 60, timedelta(minutes=15))
LINK: Final = Limit("link", 120, timedelta(minutes=5))
WRONG_KEY: Final = Limit("wrong-key", 60, timedelta(minutes=1))
TEXT_TRY: Final = Limit("text-try", 10, timedelta(minutes=15))
WEBHOOK: Final = Limit("webhook", 6000, timedelta(minutes=1))
KEY: Final = Limit("key", 240_000, timedelta(minutes=1))
KEY_BLOCK: Final = 400


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The caller's address as a digest that cannot be searched without the installation's secret."""
    state = connection.app.state
    digest: bytes = state.house.seal.keyed_digest("address", client_ip(connection, state.trusted))
    return digest[:12].hex()


async def count_address(connection: ASGIConnection[Any, Any, Any, Any], limit: Limit, units: int = 1) -> None:
    """Count one try of this address against a limit. TooMany with `retry_after` above it."""
    house = connection.app.state.house
    await take(house.pool, limit, address_of(connection), house.clock(), units)


async def count(connection: ASGIConnection[Any, Any, Any, Any], limit: Limit, whose: str, units: int = 1) -> None:
    """Count one try of a device, a key or a channel, by its id. TooMany with `retry_after` above the limit."""
    house = connection.app.state.house
    await take(house.pool, limit, whose, house.clock(), units)
