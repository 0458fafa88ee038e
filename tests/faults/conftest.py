"""The shop of the tests' small world."""

from tests.settled import shop, world

__all__ = ["shop", "world"]
