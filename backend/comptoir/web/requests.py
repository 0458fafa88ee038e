"""A request whose body is read strictly: JSON straight into the handler's declared type, forms without bad text."""

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, ClassVar
from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import InternalServerException
from litestar.types import Empty

from comptoir.kit.errors import Malformed, Refusal
from comptoir.kit.text import bad_text, decode, mend

FORM = "application/x-www-form-urlencoded"


class WrongMediaType(Refusal):
    """The body is of a kind that this address does not take."""

    status: ClassVar[int] = 415
    default_code: ClassVar[str] = "wrong_media_type"


class DoorRequest(Request[Any, Any, State]):
    """What every handler receives when it asks for the request."""

    __slots__ = ()

    async def json(self) -> Any:
        """The body as the type of the handler's `data`, decoded once. Malformed or WrongMediaType otherwise."""
        if self._json is Empty:
            body = await self.body()
            if body and self.content_type[0] != "application/json":
                raise WrongMediaType(takes="application/json")
            declared = self.route_handler.parsed_data_field
            if self.route_handler.opt.get("mends_text"):
                body = mend(body)
            self._json = decode(body, declared.annotation if declared else Any)
        return self._json

    async def body(self) -> bytes:
        """The raw bytes; a form's are looked through for text that cannot be kept."""
        try:
            body = await super().body()
        except InternalServerException:
            # A handheld that lost its Wi-Fi within the request: nobody reads the answer, and nothing of ours is broken.
            raise Malformed from None
        if body and self.content_type[0] == FORM:
            declared = self.route_handler.parsed_data_field
            if declared is not None and "JSON" in str(getattr(declared.kwarg_definition, "media_type", "")):
                raise WrongMediaType(takes="application/json")
            try:
                text = unquote_to_bytes(body.replace(b"+", b" ")).decode()
            except UnicodeDecodeError:
                raise Malformed("bad_text") from None
            if bad_text(text):
                raise Malformed("bad_text")
        return body


def client_ip(connection: ASGIConnection[Any, Any, Any, Any], trusted: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """The caller's address: the peer's, or what the nearest trusted proxies say; anybody else's header is ignored."""
    peer = connection.client.host if connection.client else ""
    hops = [hop.strip() for hop in connection.headers.get("x-forwarded-for", "").split(",")][-8:]
    address = peer
    while _is_in(address, trusted) and hops:
        hop = hops.pop()
        try:
            ip_address(hop)
        except ValueError:
            break
        address = hop
    return address or "local"


def _is_in(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        at = ip_address(address)
    except ValueError:
        return False
    return any(at in network for network in networks)
