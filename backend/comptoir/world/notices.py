"""What Orme's managers have told their stores, whom they have planned, and an article that is recalled."""

from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from comptoir.world.cast import HELENE
from comptoir.world.stores import LOCATIONS, LYON, REGIONS, STORES


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement: by whom, to which stores, until when; `corrected` are other words half an hour later, `ended_at` its early end."""

    key: str
    by: str
    stores: tuple[str, ...]
    text: str
    made_at: datetime
    until: datetime
    urgent: bool = False
    corrected: str = ""
    ended_at: datetime | None = None


class Handheld(msgspec.Struct, frozen=True, kw_only=True):
    """A device of a store, when it was last heard of, and on which announcements somebody tapped that they were read."""

    name: str
    store: str
    seen_at: datetime
    read: tuple[str, ...] = ()


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """People by the hour at which they begin, on a day; the last of several for one day holds."""

    day: date
    people: dict[int, int]
    by: str = HELENE.key
    store: str = LYON.id


class Dangerous(msgspec.Struct, frozen=True, kw_only=True):
    """A recall: articles of which the first that no order waits for is recalled, and the danger in both languages."""

    key: str
    skus: tuple[str, ...]
    hazard_fr: str
    hazard_en: str
    contact: str
    lots: tuple[str, ...]
    by: str
    opened_at: datetime


def notices(now: datetime) -> tuple[Notice, ...]:
    """Announcements as they stand at `now`, the oldest first."""
    south = tuple(store.id for store in STORES if store.region == REGIONS[0].id)
    return (
        Notice(key="cards", by="odile-ferrand", stores=tuple(store.id for store in STORES), made_at=now - timedelta(days=3),
               until=now + timedelta(days=4), text="Cartes cadeaux : le nouveau modèle est arrivé. Les anciennes restent valables."),
        Notice(key="lift", by=HELENE.key, stores=(LYON.id,), made_at=now - timedelta(days=2), until=now - timedelta(days=1), urgent=True,
               text="Monte-charge en panne : passez par l’escalier B.", ended_at=now - timedelta(hours=44)),
        Notice(key="bags", by="ines-carvalho", stores=south, made_at=now - timedelta(hours=5), until=now + timedelta(days=2),
               text="Les sacs neufs sont livrés demain.", corrected="Les sacs neufs sont livrés demain matin : rangez-les près du comptoir."),
    )  # fmt: skip


def handhelds(now: datetime) -> tuple[Handheld, ...]:
    """Devices of every place but Lyon Part-Dieu: whoever tries the demo links one there."""
    confluence, annecy = "lyon-confluence", "annecy-carnot"
    return (
        Handheld(name="LC-01", store=confluence, seen_at=now, read=("cards", "bags")),
        Handheld(name="LC-02", store=confluence, seen_at=now - timedelta(minutes=2), read=("cards",)),
        Handheld(name="AN-01", store=annecy, seen_at=now - timedelta(minutes=1), read=("cards",)),
        *(
            Handheld(name=f"{place.id[:2].upper()}-{n:02}", store=place.id, seen_at=now - timedelta(minutes=n))
            for n, place in enumerate(LOCATIONS, start=1)
            if place.id not in (LYON.id, confluence, annecy)
        ),
    )


_TEAM: Final = {9: 2, 10: 2, 11: 3, 12: 3, 13: 3, 14: 2, 15: 2, 16: 3, 17: 4, 18: 4, 19: 2}


def planned(day: date) -> tuple[Planned, ...]:
    """Lyon's team of the next two days on which it is open; that of the first was changed once."""
    ahead = (day + timedelta(days=n) for n in range(1, 7))
    first, second, *_ = (one for one in ahead if LYON.hours[one.weekday()])
    return (
        Planned(day=first, people=_TEAM),
        Planned(day=first, people=_TEAM | {16: 4, 17: 5, 18: 5}),
        Planned(day=second, people=_TEAM | {11: 4, 12: 4}),
    )


def recalled(now: datetime) -> Dangerous:
    """A lamp that was recalled this morning."""
    return Dangerous(
        key="lamp", skus=tuple(f"LAMPE-HALO-{color}-CM" for color in ("BLANC-30", "JAUNE-30", "BLANC-45", "JAUNE-45")),
        hazard_fr="Le câble peut se dénuder au pied de la lampe : risque de choc électrique. Débranchez-la.",
        hazard_en="The cable can wear through at the foot of the lamp: risk of electric shock. Unplug it.",
        contact="0 800 100 200", lots=("H26-14",), by="odile-ferrand", opened_at=now - timedelta(hours=3),
    )  # fmt: skip
