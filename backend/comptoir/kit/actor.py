"""Who acts: every flow and every query takes an actor, and sees only the actor's locations."""

from typing import Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Forbidden, NotFound

Role = Literal["associate", "store_manager", "regional_manager", "head_office", "integrator", "customer", "system"]


class Actor(msgspec.Struct, frozen=True):
    """Someone with a role and the places it reaches.

    `who` is an id as text (staff id, key id, `customer:<order id>`, `system`); never a name.
    `locations` None means all of them (head office, an unrestricted key, the system itself).
    """

    who: str
    role: Role
    locations: tuple[str, ...] | None
    device: UUID | None = None
    via: str = "web"
    scopes: frozenset[str] = frozenset()
    language: str = "fr"
    sign_in: UUID | None = None

    def reaches(self, location: str) -> bool:
        return self.locations is None or location in self.locations

    def at(self, location: str | None) -> "Actor":
        """The same one, looking at one place alone (None: at all of theirs). NotFound `location_not_found` for a place of others."""
        if location is None:
            return self
        if not self.reaches(location):
            raise NotFound("location_not_found")
        return msgspec.structs.replace(self, locations=(location,))

    def needs(self, *roles: Role) -> None:
        """Forbidden `role_lacks_right` unless the actor has one of these roles."""
        if self.role not in roles:
            raise Forbidden("role_lacks_right", role=self.role)

    def needs_order(self, order: UUID) -> None:
        """NotFound `order_not_found` when a customer's link is another order's."""
        if self.role == "customer" and self.who != f"customer:{order}":
            raise NotFound("order_not_found")

    def needs_scope(self, scope: str) -> None:
        """Forbidden `scope_missing` when an API key was made without this verb."""
        if self.role == "integrator" and scope not in self.scopes:
            raise Forbidden("scope_missing", scope=scope)


SYSTEM = Actor(who="system", role="system", locations=None, via="worker")
