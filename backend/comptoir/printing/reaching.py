"""Where a printer may be: in a network that its store has declared, and nowhere else. Pure.

Whoever names a printer makes this server open a connection: names are not resolved, this machine and the addresses of
no network are refused whatever is declared, and public addresses have to be declared as such.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from comptoir.kit.errors import Invalid

MOST_NETWORKS: Final = 8
WIDEST: Final = {4: 16, 6: 48}
"""The shortest prefix of a network that is one store's."""


def read_networks(text: str, *, public: bool) -> tuple[str, ...]:
    """What was typed, as networks. Invalid `network_wrong`, `network_too_wide`, `network_public` with the one that is."""
    found: list[str] = []
    for word in text.replace(",", " ").split():
        try:
            network = ip_network(word, strict=False)
        except ValueError:
            raise Invalid("network_wrong", network=word[:60]) from None
        if network.prefixlen < WIDEST[network.version]:
            raise Invalid("network_too_wide", network=str(network))
        if _never(network):
            raise Invalid("network_wrong", network=str(network))
        if not network.is_private and not public:
            raise Invalid("network_public", network=str(network))
        found.append(str(network))
    if len(found) > MOST_NETWORKS:
        raise Invalid("network_wrong", network=found[MOST_NETWORKS])
    return tuple(dict.fromkeys(found))


def check_address(host: str, networks: Sequence[str], *, own_machine: bool = False) -> None:
    """Invalid `printer_address` unless the address lies in one of the networks; `own_machine`: this machine may be printed on."""
    try:
        address = ip_address(host)
    except ValueError:
        raise Invalid("printer_address", host=host) from None
    if own_machine and address.is_loopback:
        return
    if _never(ip_network(host)) or not any(address in ip_network(one) for one in networks):
        raise Invalid("printer_address", host=host)


def _never(network: IPv4Network | IPv6Network) -> bool:
    return network.is_loopback or network.is_link_local or network.is_multicast or network.is_unspecified
