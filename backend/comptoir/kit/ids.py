"""Ids are UUIDv7, made by whoever knows the thing first; secrets are random and stored as hashes."""

import hashlib
import hmac
import os
import secrets
import time
from uuid import UUID

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [one + two for one in CROCKFORD for two in CROCKFORD]
_TEN_BITS = tuple(range(120, -1, -10))
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""24 letters: no I and no O, which people read as digits."""


def new_id(at_ms: int | None = None) -> UUID:
    """A UUIDv7: 48 bits of milliseconds, then random bits, so that rows land in the order they are made."""
    ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
    tail = int.from_bytes(os.urandom(10), "big")
    high = (ms & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (tail >> 68 & 0xFFF) << 64
    return UUID(int=high | 0b10 << 62 | tail & 0x3FFF_FFFF_FFFF_FFFF)


def new_ids(count: int) -> list[UUID]:
    """`count` ids of one moment with one read of the random source; for batches."""
    ms = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | 0b10 << 62
    noise = os.urandom(10 * count)
    made = []
    for i in range(count):
        tail = int.from_bytes(noise[10 * i : 10 * i + 10], "big")
        made.append(UUID(int=ms | (tail >> 68 & 0xFFF) << 64 | tail & 0x3FFF_FFFF_FFFF_FFFF))
    return made


def new_id_texts(count: int) -> list[str]:
    """The same as text, for rows that nobody needs as objects: at a third of the cost."""
    ms = f"{time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF:012x}"
    start = f"{ms[:8]}-{ms[8:]}-7"
    noise = os.urandom(10 * count).hex()
    return [
        f"{start}{noise[at : at + 3]}-{_VARIANT[noise[at + 19]]}{noise[at + 3 : at + 6]}-{noise[at + 6 : at + 18]}"
        for at in range(0, 20 * count, 20)
    ]


def new_token() -> str:
    """26 Crockford characters that carry 130 random bits."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(26))


def digest(secret: str | bytes) -> bytes:
    """SHA-256 of a token of at least 128 bits; only the digest is stored."""
    return hashlib.sha256(secret.encode() if isinstance(secret, str) else secret).digest()


def same(a: str | bytes, b: str | bytes) -> bool:
    """Compare in constant time, as bytes: `hmac.compare_digest` refuses a str that is not ASCII."""
    one = a.encode("utf-8", "surrogatepass") if isinstance(a, str) else a
    two = b.encode("utf-8", "surrogatepass") if isinstance(b, str) else b
    return hmac.compare_digest(one, two)


class Seal:
    """Derives tokens from one secret, so that a link can be printed again without being stored in the clear."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the secret needs at least 32 bytes")
        self._secret = secret

    def _mac(self, *parts: str | bytes | int) -> bytes:
        message = b"comptoir"
        for part in parts:
            raw = part if isinstance(part, bytes) else str(part).encode()
            message += len(raw).to_bytes(4, "big") + raw
        # One call into OpenSSL; an HMAC object of Python costs several times as much.
        return hmac.digest(self._secret, message, "sha256")

    def token(self, *parts: str | bytes | int) -> str:
        """26 Crockford characters (128 bits, then two zero bits) for these parts."""
        bits = int.from_bytes(self._mac("token", *parts)[:16], "big") << 2
        return "".join([_PAIRS[bits >> at & 1023] for at in _TEN_BITS])

    def letters(self, *parts: str | bytes | int) -> str:
        """Six of 24 letters for these parts."""
        number = int.from_bytes(self._mac("letters", *parts)[:16], "big")
        made = ""
        for _ in range(6):
            number, rest = divmod(number, 24)
            made += LETTERS[rest]
        return made

    def keyed_digest(self, *parts: str | bytes | int) -> bytes:
        """A digest that cannot be searched without the secret: for short codes such as six letters."""
        return self._mac("digest", *parts)

    def scalar(self, below: int, *parts: str | bytes | int) -> int:
        """A number from 1 to `below` - 1 for these parts: a private key on a curve of that order."""
        wide = self._mac("scalar", 0, *parts) + self._mac("scalar", 1, *parts)
        return int.from_bytes(wide, "big") % (below - 1) + 1
