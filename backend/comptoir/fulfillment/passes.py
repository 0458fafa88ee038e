"""The pickup pass: one per (order, store), derived from the seal, kept as digests. A new generation ends the old."""

from uuid import UUID

from comptoir.kit.ids import Seal, digest

PREFIX = "P1:"


def pass_token(seal: Seal, order: UUID, location: str, generation: int) -> str:
    """The 26 Crockford characters behind `P1:` in the QR."""
    return seal.token("pass", order.bytes, location, generation)


def pass_letters(seal: Seal, order: UUID, location: str, generation: int) -> str:
    """Six letters without I and O, for when the QR cannot be scanned."""
    return seal.letters("pass", order.bytes, location, generation)


def hashes(seal: Seal, order: UUID, location: str, generation: int) -> tuple[bytes, bytes]:
    """What the database keeps: (`qr_hash`, `letters_hash`). Six letters are few, so their digest needs the secret."""
    return qr_hash(pass_token(seal, order, location, generation)), letters_hash(
        seal, location, pass_letters(seal, order, location, generation)
    )


def qr_hash(text: str) -> bytes:
    """The digest of a scanned pass, with or without its prefix, in any case."""
    return digest(text.strip().upper().removeprefix(PREFIX))


def letters_hash(seal: Seal, location: str, letters: str) -> bytes:
    """The digest of typed letters at a store; spaces, dashes and case do not matter."""
    plain = "".join(char for char in letters.upper() if char.isalpha())
    return seal.keyed_digest("letters", location, plain)
