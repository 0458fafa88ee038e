"""Secrets of people and machines: slow hashes for what a person remembers, plain digests for what a machine made.

A hash carries its own strength, so that weak ones (demo world, tests) are known and are made anew at the next sign-in.
"""

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import msgspec
from argon2 import Type
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import hash_secret, verify_secret

from comptoir.kit.errors import Invalid, Outage
from comptoir.kit.ids import LETTERS, digest

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE: Final = 2
"""Hashes computed at the same time in one process; each holds `memory_kib` of memory and one core."""

WAITING: Final = 32
"""Sign-ins that may wait for their turn; more are told to come back."""

PIN: Final = re.compile(r"[0-9]{4,6}\Z")
BADGE: Final = re.compile(r"U:[A-Za-z0-9_-]{4,64}\Z")
CODE_LETTERS: Final = LETTERS + "23456789"
CODE_LENGTH: Final = 8


class Strength(msgspec.Struct, frozen=True):
    """What one guess costs: passes over memory, and how much of it."""

    passes: int
    memory_kib: int


STRONG: Final = Strength(2, 19_456)
"""OWASP's first recommendation for Argon2id with one lane; about 30 ms."""

CHEAP: Final = Strength(1, 64)
"""For the demo world and for tests alone: thousands of people are seeded in a blink, and their PINs are printed anyway."""


class _Turns:
    """A bounded queue before the threads, made for the running loop."""

    def __init__(self) -> None:
        self.waiting = 0
        self._turns: asyncio.Semaphore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def of_this_loop(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if self._turns is None or self._loop is not loop:
            self._turns, self._loop, self.waiting = asyncio.Semaphore(AT_ONCE), loop, 0
        return self._turns


_turns = _Turns()


def hash_pin_now(pin: str, strength: Strength = STRONG, salt: bytes | None = None) -> str:
    """The hash of a PIN or password, computed here and now: for seeds. Blocks for as long as `strength` says."""
    return hash_secret(
        pin.encode(), salt or secrets.token_bytes(16), strength.passes, strength.memory_kib, 1, 32, Type.ID
    ).decode()


async def hash_pin(pin: str, strength: Strength = STRONG, salt: bytes | None = None) -> str:
    """The hash of a PIN, in a thread. Invalid `pin_form` unless it is 4 to 6 digits."""
    if not PIN.match(pin):
        raise Invalid("pin_form")
    return await _in_turn(hash_pin_now, pin, strength, salt)


async def hash_password(password: str, strength: Strength = STRONG, salt: bytes | None = None) -> str:
    """The hash of a password, in a thread. Invalid `password_form` unless it has 12 to 200 characters."""
    if not 12 <= len(password) <= 200:
        raise Invalid("password_form")
    return await _in_turn(hash_pin_now, password, strength, salt)


async def check_pin(given: str, held: str | None) -> bool:
    """Whether `given` is what `held` was made from; with nobody's hash it takes as long and is False."""
    return await _in_turn(_check, given, held or NOBODY)


async def check_password(given: str, held: str | None) -> bool:
    """As check_pin: the two differ in what may be chosen only."""
    return await check_pin(given[:200], held)


def is_weak(held: str) -> bool:
    """Whether a hash was made more cheaply than today's strength asks for."""
    return f"m={STRONG.memory_kib},t={STRONG.passes}," not in held


def badge_digest(scanned: str) -> bytes:
    """The digest of a badge's code. New badges carry 128 random bits and need no slow hash.

    Invalid `badge_form` unless it is `U:`, then 4 to 64 letters, digits, hyphens or underscores.
    """
    code = scanned.strip()
    if not BADGE.match(code):
        raise Invalid("badge_form")
    return digest(code)


def code_from(noise: bytes) -> str:
    """Eight characters that people can read to each other, from at least 8 random bytes: no 0, 1, I or O."""
    return "".join(CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in noise[:CODE_LENGTH])


def pin_from(noise: bytes) -> str:
    """Six digits from at least 32 random bytes, passing over those that people try first."""
    for start in range(0, len(noise) - 3, 4):
        pin = f"{int.from_bytes(noise[start : start + 4], 'big') % 1_000_000:06}"
        if len(set(pin)) > 2 and pin not in "01234567890" and pin not in "98765432109":
            return pin
    return "748205"


def plain_code(typed: str) -> str:
    """A code as it was typed, without spaces and hyphens, in capitals."""
    return typed.replace(" ", "").replace("-", "").upper()


def _check(given: str, held: str) -> bool:
    try:
        return verify_secret(held.encode(), given.encode(), Type.ID)
    except (Argon2Error, InvalidHashError):
        return False


async def _in_turn(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    turns = _turns.of_this_loop()
    if _turns.waiting >= WAITING:
        raise Outage("busy", retry_after=2)
    _turns.waiting += 1
    try:
        async with turns:
            return await asyncio.to_thread(work, *args, **named)
    finally:
        _turns.waiting -= 1


NOBODY: Final = hash_pin_now(secrets.token_hex(16))
