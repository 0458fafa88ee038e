"""Goods that move between the demo's places: one to pick, one on its way, one being received, one that ended with a difference."""

from datetime import datetime, timedelta

import msgspec

from comptoir.world.stores import LYON, STORES, WAREHOUSE
from comptoir.world.telling import TEAM, Teller

CONFLUENCE = next(store for store in STORES if store.id == "lyon-confluence")


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer: units by article, when each step was made and by whom (None: not yet). `came` differs from what was sent where told."""

    key: str
    source: str
    to: str
    units: dict[str, int]
    made_at: datetime
    by: str
    reason: str = "replenish"
    note: str = ""
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    receiver: str = ""
    came: dict[str, int] = {}
    closed: bool = False


def moves(now: datetime, teller: Teller) -> tuple[Move, ...]:
    """The transfers as they stand at `now`; every unit of them can be promised where it leaves."""

    def units(key: str, place: str, lines: int, each: int) -> dict[str, int]:
        found = {}
        for want in teller.basket(key, place, lines):
            more = each - want.quantity
            taken = want.quantity + (more if more > 0 and teller.shelves.ask(place, want.sku or "", more) else 0)
            found[want.sku or ""] = taken
        return found

    day = timedelta(days=1)
    sam, nour = TEAM[LYON.id][2], TEAM[LYON.id][3]
    there = TEAM[CONFLUENCE.id][0]
    late = units("move-late", WAREHOUSE.id, 3, 3)
    some = units("move-some", CONFLUENCE.id, 2, 2)
    first, *others = late
    return (
        Move(key="late", source=WAREHOUSE.id, to=LYON.id, units=late, made_at=now - 3 * day, by="odile-ferrand",
             shipped_at=now - 2 * day, received_at=now - day, receiver=sam, closed=True,
             came={first: late[first] - 1, others[0]: late[others[0]] + 1, **{sku: late[sku] for sku in others[1:]}}),
        Move(key="coming", source=WAREHOUSE.id, to=LYON.id, units=units("move-coming", WAREHOUSE.id, 4, 3),
             made_at=now - day, by="odile-ferrand", shipped_at=now - timedelta(hours=14), note="Carton 2 sur 2, fragile"),
        Move(key="some", source=CONFLUENCE.id, to=LYON.id, units=some, made_at=now - day, by="odile-ferrand", reason="balance",
             shipped_at=now - timedelta(hours=20), received_at=now - timedelta(minutes=25), receiver=nour, came={next(iter(some)): 1}),
        Move(key="leaving", source=LYON.id, to=CONFLUENCE.id, units=units("move-leaving", LYON.id, 3, 2),
             made_at=now - timedelta(hours=2), by="odile-ferrand", reason="balance", receiver=there),
    )  # fmt: skip
