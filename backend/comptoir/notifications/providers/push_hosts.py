"""Where a push may go. The address comes from a browser, so it is anybody's word: known services over https, at public addresses, alone."""

from typing import Final

from comptoir.kit.public_hosts import LONGEST, Lookup, NotAllowed, PublicHosts, Target, Unresolved, is_public

__all__ = ["LONGEST", "Hosts", "NotAllowed", "Target", "Unresolved", "is_public"]

SERVICES: Final = ("fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com")


class Hosts(PublicHosts):
    """The services that are allowed: the known ones, those of COMPTOIR_PUSH_HOSTS, and one of this machine where a test says so."""

    def __init__(self, extra: tuple[str, ...] = (), *, local: bool = False, lookup: Lookup | None = None) -> None:
        super().__init__(local=local, lookup=lookup)
        self.names = (*SERVICES, *extra)

    def knows(self, host: str) -> bool:
        return any(_matches(name, host) for name in self.names)


def _matches(name: str, host: str) -> bool:
    """`*.push.apple.com` stands for every name below it, not for itself."""
    return host.endswith(name[1:]) and len(host) > len(name) - 1 if name.startswith("*.") else host == name
