"""Who we are to push services: one key pair, derived from the installation's secret, and a token signed with it per service.

Every process that has the secret has the same pair, on one machine or on ten; it lies in no file and in no database.
"""

import base64
import time
from collections.abc import Callable
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from comptoir.kit.ids import Seal

ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""

LIFE_SECONDS: Final = 12 * 3600
"""Of a token; a service refuses one that lives longer than a day."""

RENEWED_SECONDS: Final = 3600
MOST_ORIGINS: Final = 64


class Vapid:
    """The pair, and the headers that prove it. `contact` is a `mailto:` or `https:` address for whoever runs the push service."""

    def __init__(self, seal: Seal, contact: str, now: Callable[[], float] = time.time) -> None:
        self._key = ec.derive_private_key(seal.scalar(ORDER, "vapid"), ec.SECP256R1())
        self.contact, self.now = contact, now
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key: str = base64.urlsafe_b64encode(point).rstrip(b"=").decode()
        self._made: dict[str, tuple[float, str]] = {}

    def __repr__(self) -> str:
        return f"Vapid({self.public_key})"

    def pem(self) -> tuple[bytes, bytes]:
        """(private, public) as libraries read them."""
        private = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return private, self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def authorization(self, origin: str) -> str:
        """The header for a push service at `origin` (scheme, host, and a port that is not the usual one). RFC 8292."""
        now = self.now()
        made_at, made = self._made.get(origin, (0.0, ""))
        if not made or not 0 <= now - made_at < RENEWED_SECONDS:
            claims = {"aud": origin, "exp": int(now) + LIFE_SECONDS, "sub": self.contact}
            made = f"vapid t={jwt.encode(claims, self._key, 'ES256')}, k={self.public_key}"
            if len(self._made) >= MOST_ORIGINS:
                self._made.clear()
            self._made[origin] = (now, made)
        return made
