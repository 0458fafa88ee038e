"""The shop of the tests' small world."""

from tests.settled import room, shop, world

__all__ = ["room", "shop", "world"]
