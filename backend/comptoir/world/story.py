"""The Saturday that docs and tests tell, at Lyon Part-Dieu.

At 7:50 forty orders are open and Camille starts the first pack; at 12:30 six customers wait.
"""

from datetime import date, datetime, timedelta
from typing import Any

from comptoir.world.numbers import draw
from comptoir.world.scripts import CUSTOMER_ACTS, Act, Script, Step, in_order, local
from comptoir.world.stores import LYON
from comptoir.world.telling import TEAM, Teller, minutes

PARCELS = frozenset({5, 9, 13, 17, 21, 25, 29, 33, 37, 39})
"""Which of the forty of the morning are to be sent."""


def morning(anchor: datetime, teller: Teller, *, go_on: bool = False) -> tuple[Script, ...]:
    """Forty orders open at Lyon Part-Dieu at `anchor` (7:50), placed in the twelve hours before: thirty to collect, ten to send.

    With `go_on` the morning of those to collect follows: they are worked until 11:30, ten collected, one short, one canceled.
    """
    found = []
    for rank in range(40):
        placed_at = anchor - minutes(12 * 60 - rank * 17.5)
        key = f"morning-{rank:02d}"
        by = TEAM[LYON.id][rank % 4]
        named: dict[int, tuple[str, tuple[tuple[str, int], ...]]] = {
            0: ("thomas-girard", (("JEAN-MARCEL-BRUT-32", 1),)),
            1: ("camille-roux", (("DERBY-HELENE-NOIR-39", 2), ("PULL-MARIN-ECRU-M", 1))),
            2: ("yanis-morel", (("SAC-ORMEAU-NATUREL-MOYEN", 1),)),
        }
        parcel = rank in PARCELS
        if parcel:
            customer, lines = teller.neighbor(), teller.parcel(key, draw(1, 2, "lines", key))
        elif rank in named:
            customer, wanted = named[rank]
            lines = teller.named(LYON.id, *wanted)
        else:
            customer, lines = teller.customer(), teller.basket(key, LYON.id, draw(1, 3, "lines", key))
        ends, about = "open", "Open at 7:50."
        steps: tuple[Step, ...] = ()
        start = anchor + minutes(10 + rank * 6)
        sku, quantity = lines[0].sku or "", lines[0].quantity
        if parcel:
            about = "To be sent; open at 7:50."
        elif go_on and rank == 7:
            about, ends = "One unit was not on its shelf.", "picked" if len(lines) > 1 else "picking"
            steps = (
                *teller.picked(start, by, lines[1:]),
                Step(start + minutes(5), Act.SHORT, by, sku=sku, quantity=quantity, reason="not_found"),
            )
        elif go_on and rank == 11:
            about, ends = "Canceled while it was picked; the goods go back to their shelf.", "canceled"
            steps = (
                *teller.picked(start, by, lines[:1]),
                Step(start + minutes(2), Act.CANCEL, CUSTOMER_ACTS, reason="changed_mind"),
                Step(start + minutes(20), Act.PUT_BACK, by, sku=sku, quantity=quantity),
            )
        elif go_on and rank == 15:
            about, ends = "Perhaps in a fitting room: looked for again.", "staged"
            steps = (
                Step(start, Act.START, by),
                Step(start + minutes(1), Act.LOOK_AGAIN, by, sku=sku),
                *teller.staged(start + minutes(18), by, LYON.id, lines)[1:],
            )
        elif go_on and rank < 32:
            about, ends, steps = "Ready this morning.", "staged", teller.staged(start, by, LYON.id, lines)
            if rank < 12:
                about, ends = "Ready and collected this morning.", "handed_over"
                steps = (*steps, *teller.collected(anchor + minutes(135 + rank * 9), by, "À l’entrée"))
        found.append(
            Script(
                key=key,
                about=about,
                customer=customer,
                placed_at=placed_at,
                lines=lines,
                ends=ends,
                steps=steps,
                shipping_minor=490 if parcel else 0,
            )
        )
    return tuple(found)


def noon(anchor: datetime, teller: Teller) -> tuple[Script, ...]:
    """Six customers waiting at Lyon Part-Dieu at `anchor` (12:30), and a no-show found this morning."""
    camille, lea, sam, nour = TEAM[LYON.id]
    found: list[Script] = []

    def tell(
        key: str, about: str, customer: str, wanted: tuple[tuple[str, int], ...], waits: float, **more: Any
    ) -> None:
        lines = teller.named(LYON.id, *wanted)
        early = more.pop("early", False)
        placed_at = anchor - (timedelta(hours=1) if early else timedelta(hours=21, minutes=len(found) * 7))
        steps = () if early else teller.staged(placed_at + minutes(40), sam, LYON.id, lines)
        here = more.pop("here", "Au comptoir")
        arrived = Step(anchor - minutes(waits), Act.ARRIVE, CUSTOMER_ACTS, place=here)
        after = more.pop("after", ())
        found.append(
            Script(key=key, about=about, customer=customer, placed_at=placed_at, lines=lines,
                   steps=(*steps, arrived, *after), ends="open" if early else "staged", **more)
        )  # fmt: skip

    tell("noon-ines", "Waits at the counter; her bag is on R 4.", "ines-aubry",
         (("BASKET-LISON-BLANC-VERT-38", 1), ("VASE-AMPHORE-TERRE-CUITE-24-CM", 2)), 2.67)  # fmt: skip
    tell("noon-emma", "Waits outside, reads English.", "emma-clarke", (("ECHARPE-MISTRAL-CAMEL", 1),), 1.5,
         here="Devant la boutique")  # fmt: skip
    tell("noon-collector", "Sophie collects for Louis.", "louis-garnier", (("BONNET-VERCORS-SAPIN", 2),), 4,
         collector="Sophie Legrand")  # fmt: skip
    tell("noon-minor", "Bought by Paul; his son of 17 comes for the wine and will go without it.", "paul-leclerc",
         (("COTEAUX-ORME-ROUGE-75-CL", 2),), 6, collector="Jules Leclerc",
         after=(Step(anchor + minutes(2), Act.TAKE, nour),
                Step(anchor + minutes(3), Act.REFUSE_AGE, nour, reason="under_18")))  # fmt: skip
    tell(
        "noon-early", "Here before the order is ready.", "yanis-morel", (("PLAID-MARGERIDE-GRIS", 1),), 0.75, early=True
    )
    tell("noon-taken", "Camille is on it.", teller.customer(), (("CHAUSSETTES-TRIO-OCRE-36-40", 3),), 3.5,
         after=(Step(anchor - minutes(1), Act.TAKE, camille),))  # fmt: skip

    lines = teller.named(LYON.id, ("TAPIS-CAUSSE-ECRU-70-X-140", 1))
    # Two weeks: over before the third last day, whatever Sundays and holidays lie between.
    placed_at = anchor - timedelta(days=14)
    steps = teller.staged(placed_at + minutes(50), lea, LYON.id, lines)
    found.append(
        Script(key="noon-no-show", about="Nobody came in the seven open days.", customer="sophie-legrand",
               placed_at=placed_at, lines=lines, ends="expired",
               steps=(*steps, Step(anchor - timedelta(days=3), Act.MISS, "system"),
                      Step(anchor - timedelta(hours=3), Act.EXPIRE, "system")))
    )  # fmt: skip
    return tuple(found)


def saturday(day: date) -> tuple[Script, ...]:
    """The whole Saturday: cut it with `until` at 7:50 or 12:30, store time."""
    teller = Teller()
    waiting = noon(local(day, "12:30"), teller)
    return in_order((*morning(local(day, "07:50"), teller, go_on=True), *waiting))
