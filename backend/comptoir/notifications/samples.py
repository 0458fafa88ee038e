"""Orders that nobody placed: on them a text is shown while it is written, and its length is measured. Pure."""

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec

from comptoir.notifications.model import Draft, OrderFacts, ParcelFacts, Place, RecallFacts, WorkFacts
from comptoir.notifications.occasions import OCCASIONS, Occasion

SampleName = Literal["plain", "mixed", "long"]
SAMPLE_BUYER: Final = "Nour B."
SAMPLES: Final[tuple[SampleName, ...]] = ("plain", "mixed", "long")
"""One store; a store and a parcel; long names, many articles, two stores."""

_WEEK: Final = tuple((day, 600, 1170) for day in range(6))
_PLAIN: Final = Place(
    "sample-1", "Lyon Part-Dieu", "17 rue du Docteur-Bouchut", "69003", "Lyon", "", "Europe/Paris", _WEEK
)
_LONG: Final = Place(
    "sample-2", "Saint-Germain-en-Laye Centre", "128 bis rue du Maréchal-de-Lattre-de-Tassigny", "78100",
    "Saint-Germain-en-Laye", "Le comptoir est au fond du magasin, à droite de l’escalier.", "Europe/Paris", _WEEK,
)  # fmt: skip
_ARTICLES: Final = {
    "plain": ("Basket Lison, Blanc et vert, 38",),
    "mixed": ("Basket Lison, Blanc et vert, 38", "Sac Amphore, Cognac"),
    "long": tuple(f"Escarpin Marie-Clémentine, Bordeaux verni, {size}" for size in range(35, 45)),
}


class Sample(msgspec.Struct, frozen=True):
    """One sample order: what its message is made from, and the name that stands in it."""

    name: SampleName
    first_name: str
    draft: Draft
    facts: OrderFacts


def sample(occasion: Occasion, name: SampleName, language: str, now: datetime) -> Sample:
    """One sample order on one occasion; money is refunded in one, released in another, and none is due in the third."""
    kind = OCCASIONS[occasion]
    # Promised at an hour when stores are open, whenever somebody looks.
    now = now.replace(hour=10, minute=0, second=0, microsecond=0)
    pickup = _work(1, "pickup", _PLAIN if name != "long" else _LONG, now)
    works = {
        "plain": (pickup,),
        "mixed": (pickup, _work(2, "ship", _PLAIN, now + timedelta(hours=20))),
        "long": (pickup, _work(3, "pickup", _PLAIN, now + timedelta(hours=4))),
    }[name]
    articles = _ARTICLES[name]
    sent_back = occasion in ("refund_sent", "credit_given")
    brought_back = occasion == "parcel_returned"
    going_back = occasion.startswith("return_") or occasion == "credit_given"
    draft = Draft(
        kind.template,
        work=pickup,
        amount_minor={"plain": 12900, "mixed": 4590, "long": 123_456_78 if sent_back else 0}[name],
        refund="refund" if sent_back else {"plain": "refund", "mixed": "void", "long": None}[name],
        whole=occasion != "canceled_part",
        part=occasion in ("ready_part", "collector"),
        until=now + timedelta(days=1),
        lines=tuple((text, 1) for text in articles),
        at=now,
        what=(
            {"plain": "store", "mixed": "relay", "long": "postal"}
            if going_back
            else {"plain": "refund", "mixed": "refund", "long": "ask"}
            if brought_back
            else {"plain": "delivery", "mixed": "store", "long": "substitute"}
        )[name],
        number="R-7KQMX4" if going_back else "",
        credit=UUID(int=51) if occasion == "credit_given" else None,
        done=occasion == "change_done",
        article=articles[-1],
        quantity={"plain": 1, "mixed": 1, "long": 12}[name],
        refused={"plain": 0, "mixed": 1, "long": 3}[name],
        parcels=_parcels(name, now),
        recall=_recall(name) if occasion in ("recall", "recall_stopped") else None,
    )
    facts = OrderFacts(
        id=UUID(int=SAMPLES.index(name) + 1), number={"plain": "W-10482", "mixed": "W-10483", "long": "ORME-WEB-2026-0010484"}[name],
        language=language, currency="EUR", progress="in_progress", refund_by="orme.example" if name == "mixed" else "",
        has_phone=True, has_email=True, erased=False, articles={str(n): text for n, text in enumerate(articles)}, works=works,
    )  # fmt: skip
    first_name = {"plain": "Inès", "mixed": "Tom", "long": "Maximilienne-Alexandrine"}[name]
    return Sample(name, first_name, draft, facts)


def _recall(name: SampleName) -> RecallFacts:
    """All of an article; some lots of another; a long story with three ways out."""
    return RecallFacts(
        UUID(int=41), "RP-8001", "0",
        "La semelle se décolle en marchant : risque de chute." if name != "long" else "Le talon peut céder sans prévenir sous le poids du corps, "
        "en particulier dans un escalier : risque de chute et de blessure grave à la cheville ou à la tête.",
        "The sole comes off while walking: risk of a fall." if name != "long" else "The heel can give way without warning under the weight of the body, "
        "in particular on stairs: risk of a fall and of serious injury to ankle or head.",
        ("refund", "replacement") if name != "long" else ("refund", "replacement", "repair"),
        "0 800 100 200 (gratuit)", ("L2409", "L2410") if name == "mixed" else (),
    )  # fmt: skip


def _parcels(name: SampleName, now: datetime) -> tuple[ParcelFacts, ...]:
    """One parcel to a home; one to a relay; two of a carrier whose page we do not know."""
    due = now.date() + timedelta(days=3)
    relay = "Tabac de la Gare, 3 place de la Gare, 69100 Villeurbanne"
    return {
        "plain": (ParcelFacts(UUID(int=31), "colissimo", "6A12345678901", "in_transit", due),),
        "mixed": (ParcelFacts(UUID(int=32), "mondial_relay", "12345678", "in_transit", due, relay),),
        "long": tuple(
            ParcelFacts(UUID(int=33 + n), "coursier-du-sud", f"CDS-2026-00001234{n}", "in_transit", due)
            for n in range(2)
        ),
    }[name]


def _work(n: int, kind: str, place: Place, now: datetime) -> WorkFacts:
    until = now + timedelta(days=7) if kind == "pickup" else None
    return WorkFacts(
        UUID(int=n),
        kind,
        "staged",
        now + timedelta(hours=2),
        until,
        2,
        place,
        now + timedelta(hours=5),
        now + timedelta(hours=6),
    )
