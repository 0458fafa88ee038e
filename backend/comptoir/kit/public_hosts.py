"""Where a call to an address that somebody typed may go: over https, to public addresses alone, looked up once.

The call goes to the very address that was checked: a name that says something else a moment later changes nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

LONGEST: Final = 1000
_TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_HERE: Final = ("127.0.0.1", "localhost")

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""`lookup(name, port)`: every address of a name, as text."""


class NotAllowed(Exception):
    """Nothing goes there; the text says why and holds nothing of the address."""


class Unresolved(Exception):
    """The name has no address at the moment."""


class Target(msgspec.Struct, frozen=True):
    """A service as it is called: the address that was checked, the name it must prove, the path at it."""

    url: str
    host: str
    origin: str


class PublicHosts:
    """Whoever answers at a public address; with `local`, a service of this machine too, where a test says so."""

    ports: tuple[int, ...] = (443,)

    def __init__(self, *, local: bool = False, lookup: Lookup | None = None) -> None:
        self.local, self.lookup = local, lookup or look_up

    def check(self, endpoint: str) -> None:
        """NotAllowed unless `endpoint` is an address that may be called. Asks nobody."""
        self._read(endpoint)

    def knows(self, host: str) -> bool:
        """Whether a host of this name may be called at all."""
        return bool(host)

    async def target(self, endpoint: str) -> Target:
        """Where to call for `endpoint`. NotAllowed when it may not be called or leads, even in part, to a private address."""
        host, port, rest, is_local = self._read(endpoint)
        if is_local:
            return Target(f"http://127.0.0.1:{port}{rest}", f"{host}:{port}", f"http://{host}:{port}")
        try:
            found = await self.lookup(host, port)
        except OSError as fault:
            raise Unresolved from fault
        if not found:
            raise Unresolved
        if not all(is_public(address) for address in found):
            raise NotAllowed("private address")
        address = found[0]
        there = f"[{address}]" if ":" in address else address
        at = "" if port == 443 else f":{port}"
        return Target(f"https://{there}{at}{rest}", f"{host}{at}", f"https://{host}{at}")

    def _read(self, endpoint: str) -> tuple[str, int, str, bool]:
        """(host, port, path and query, whether it is the test's service of this machine)."""
        if (
            len(endpoint) > LONGEST
            or not endpoint.isascii()
            or not endpoint.isprintable()
            or set(endpoint) & set(' \\<>"#')
        ):
            raise NotAllowed("not an address")
        try:
            parts = urlsplit(endpoint)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise NotAllowed("not an address") from None
        if "@" in parts.netloc:
            raise NotAllowed("credentials")
        rest = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if self.local and parts.scheme == "http" and host in _HERE and port:
            return host, port, rest, True
        if parts.scheme != "https":
            raise NotAllowed("not https")
        if port is not None and port not in self.ports:
            raise NotAllowed("another port")
        if not self.knows(host):
            raise NotAllowed("not a known service")
        return host, port or 443, rest, False


def is_public(text: str) -> bool:
    """Whether an address is one of the public network; one that wraps another is judged by what is inside, or not at all."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return False  # with a zone: fe80::1%eth0
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped
        if inside is not None:
            address = inside
        elif address.sixtofour or address.teredo or any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def look_up(name: str, port: int) -> list[str]:
    """What the system's resolver says. OSError when it says nothing."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))
