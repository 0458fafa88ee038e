"""The two days before: every state an order can be in, told once at Lyon Part-Dieu, and a quieter trade elsewhere."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from comptoir.world.moves import Move, moves
from comptoir.world.numbers import draw
from comptoir.world.scripts import CUSTOMER_ACTS, Act, Script, Step, Want, in_order, local, until
from comptoir.world.stores import LYON, STORES, WAREHOUSE
from comptoir.world.story import morning, noon
from comptoir.world.telling import TEAM, Teller, minutes

BOSS = "odile-ferrand"
SHOP = "boutique-en-ligne"
Hands = Callable[[datetime, tuple[Want, ...]], tuple[Step, ...]]
CAMILLE, LEA, SAM, NOUR = TEAM[LYON.id]


def two_days(day: date, teller: Teller) -> tuple[Script, ...]:
    """The orders of the two days before `day`, in the order they were placed."""
    yesterday = day - timedelta(days=1)
    before = day - timedelta(days=2)
    found = [
        *_held(yesterday, teller),
        *_canceled(yesterday, teller),
        *_picking(yesterday, teller),
        *_collected(before, teller),
        *_shipped(yesterday, teller),
    ]
    for rank, store in enumerate(STORES):
        found += _trade(store.id, before, 6 if rank == 0 else 3, teller, "handed_over")
        found += _trade(store.id, yesterday, 4 if rank == 0 else 3, teller, "mixed")
    return in_order(tuple(found))


def demo(now: datetime, day: date) -> tuple[Script, ...]:
    """What a fresh demo holds at `now` on store day `day`: two days, forty open orders, six customers waiting."""
    return demo_and_moves(now, day)[0]


def demo_and_moves(now: datetime, day: date) -> tuple[tuple[Script, ...], tuple[Move, ...]]:
    """The same, and the goods that move between its places; no unit is asked of a shelf twice."""
    teller = Teller()
    waiting = noon(now, teller)
    scripts = until(in_order((*two_days(day, teller), *waiting, *morning(now, teller))), now)
    return scripts, moves(now, teller)


def _held(day: date, teller: Teller) -> list[Script]:
    """One order for each reason an order can be held, and one that was held and let go."""

    def at(clock: str) -> datetime:
        return local(day, clock)

    def lines(key: str) -> tuple[Want, ...]:
        return teller.basket(key, LYON.id, 2)

    unknown = Want(None, 1, "pickup", LYON.id, external_sku="ORME-VITRINE-77")
    parcel = teller.basket("held-address", WAREHOUSE.id, 1)
    released = lines("held-released")
    accepted = lines("held-accepted")
    return [
        Script(key="held-payment", about="Held: the payment is not there yet.", customer=teller.customer(),
               placed_at=at("18:05"), lines=lines("held-payment"), payment="pending", holds=("payment",), ends="held"),
        Script(key="held-address", about="Held: the parcel has no postcode.", customer=teller.customer(),
               placed_at=at("18:12"), lines=parcel, address_complete=False, shipping_minor=490, holds=("address",),
               ends="held"),
        Script(key="held-totals", about="Held: the shop's total does not match its lines.", customer=teller.customer(),
               placed_at=at("18:20"), lines=lines("held-totals"), channel="shopify", total_off_minor=-1990,
               holds=("totals",), ends="held"),
        Script(key="held-unknown", about="Held: one line is a code nobody knows.", customer=teller.customer(),
               placed_at=at("18:31"), lines=(*lines("held-unknown"), unknown), channel="woocommerce",
               holds=("unknown_item",), ends="held"),
        Script(key="held-manual", about="Held by a person who wants to call first.", customer=teller.customer(),
               placed_at=at("18:40"), lines=lines("held-manual"), ends="held",
               steps=(Step(at("18:52"), Act.HOLD, BOSS, reason="Rappeler avant de préparer."),)),
        Script(key="held-accepted", about="Held for its total; a person accepted it and it became work.",
               customer=teller.customer(), placed_at=at("10:31"), lines=accepted, channel="shopify",
               total_off_minor=-500, holds=("totals",), ends="open",
               steps=(Step(at("10:45"), Act.RELEASE_HOLD, BOSS, reason="totals"),)),
        Script(key="held-released", about="Held for its payment, paid, then ready.", customer=teller.customer(),
               placed_at=at("10:02"), lines=released, payment="pending", holds=("payment",), ends="staged",
               steps=(Step(at("10:19"), Act.PAY, SHOP),
                      *teller.staged(at("10:40"), LEA, LYON.id, released))),
    ]  # fmt: skip


def _canceled(day: date, teller: Teller) -> list[Script]:
    """Canceled whole, by line, and while somebody was picking, with the goods still to be put back."""
    whole, part, late = (teller.basket(key, LYON.id, 2) for key in ("cancel-whole", "cancel-line", "cancel-pick"))
    first, second = part
    placed_at = local(day, "11:10")
    start = local(day, "12:00")
    return [
        Script(key="cancel-whole", about="Canceled before anybody started.", customer=teller.customer(),
               placed_at=placed_at, lines=whole, ends="canceled",
               steps=(Step(placed_at + minutes(6), Act.CANCEL, CUSTOMER_ACTS, reason="changed_mind"),)),
        Script(key="cancel-line", about="One line canceled, the other ready.", customer=teller.customer(),
               placed_at=placed_at + minutes(3), lines=part, ends="staged",
               steps=(Step(placed_at + minutes(12), Act.CANCEL_LINE, BOSS, sku=second.sku or "",
                           quantity=second.quantity, reason="customer_asked"),
                      *teller.staged(start, SAM, LYON.id, (first,)))),
        Script(key="cancel-pick", about="Canceled while it was picked; one line waits to be put back.",
               customer=teller.customer(), placed_at=placed_at + minutes(8), lines=late, ends="canceled",
               steps=(*teller.picked(start + minutes(30), NOUR, late[:1]),
                      Step(start + minutes(33), Act.CANCEL, CUSTOMER_ACTS, reason="changed_mind"))),
    ]  # fmt: skip


def _picking(day: date, teller: Teller) -> list[Script]:
    """Between the shelf and the counter: short, damaged, looked for again, handed to a colleague, half picked."""

    def tell(
        key: str, about: str, ends: str, clock: str, steps: Callable[[datetime, tuple[Want, ...]], tuple[Step, ...]]
    ) -> Script:
        lines = teller.basket(key, LYON.id, 2)
        placed_at = local(day, clock)
        return Script(key=key, about=about, customer=teller.customer(), placed_at=placed_at, lines=lines, ends=ends,
                      steps=steps(placed_at + minutes(45), lines))  # fmt: skip

    def short(reason: str) -> Hands:
        def steps(at: datetime, lines: tuple[Want, ...]) -> tuple[Step, ...]:
            gone = lines[1]
            return (
                *teller.picked(at, CAMILLE, lines[:1]),
                Step(at + minutes(4), Act.SHORT, CAMILLE, sku=gone.sku or "", quantity=gone.quantity, reason=reason),
            )

        return steps

    def again(at: datetime, lines: tuple[Want, ...]) -> tuple[Step, ...]:
        return (*teller.picked(at, LEA, lines[:1]), Step(at + minutes(3), Act.LOOK_AGAIN, LEA, sku=lines[1].sku or ""))

    def colleague(at: datetime, lines: tuple[Want, ...]) -> tuple[Step, ...]:
        rest = teller.staged(at + minutes(20), NOUR, LYON.id, lines[1:])
        return (*teller.picked(at, SAM, lines[:1]), Step(at + minutes(5), Act.COLLEAGUE, SAM), *rest)

    return [
        tell("short-not-found", "One line was not on its shelf.", "picked", "14:02", short("not_found")),
        tell("short-damaged", "One line was damaged.", "picked", "14:20", short("damaged")),
        tell("look-again", "One line is looked for again.", "picking", "18:45", again),
        tell("colleague", "Begun by Sam, finished by Nour.", "staged", "15:00", colleague),
        tell("picking", "Somebody is picking it.", "picking", "18:50",
             lambda at, lines: teller.picked(at, SAM, lines[:1])),
        tell("picked", "All in the tote, no bag yet.", "picked", "18:30",
             lambda at, lines: teller.picked(at, LEA, lines)),
    ]  # fmt: skip


def _collected(day: date, teller: Teller) -> list[Script]:
    """At the counter: partly refused, undone, of age, a gift set, with a discount."""

    def tell(
        key: str,
        about: str,
        clock: str,
        lines: tuple[Want, ...],
        ends: str = "handed_over",
        after: tuple[Step, ...] = (),
        refused: int = 0,
        discount_minor: int = 0,
    ) -> Script:
        placed_at = local(day, clock)
        steps = teller.staged(placed_at + minutes(50), CAMILLE, LYON.id, lines)
        come = placed_at + minutes(240)
        refusal = (
            (
                Step(
                    come + minutes(2),
                    Act.REFUSE_LINE,
                    NOUR,
                    sku=lines[-1].sku or "",
                    quantity=refused,
                    reason="does_not_fit",
                ),
            )
            if refused
            else ()
        )
        arrive, take, leave = teller.collected(come, NOUR, "Au comptoir")
        return Script(
            key=key,
            about=about,
            customer=teller.customer(),
            placed_at=placed_at,
            lines=lines,
            ends=ends,
            discount_minor=discount_minor,
            steps=(*steps, arrive, take, *refusal, leave, *after),
        )

    # Handed over at 14:13, taken back, and handed over again with the right bag.
    back = Step(local(day, "14:14"), Act.UNDO_HAND_OVER, NOUR, reason="wrong_bag")
    again = Step(local(day, "14:17"), Act.HAND_OVER, NOUR)
    two = teller.basket("counter-refused", LYON.id, 2)
    return [
        tell("counter-refused", "One line does not fit and stays.", "10:00", two, refused=two[-1].quantity),
        tell("counter-undone", "Handed over, taken back within two minutes, handed over again.", "10:10",
             teller.basket("counter-undone", LYON.id, 1), after=(back, again)),
        tell("counter-of-age", "Wine, to somebody of age.", "10:20",
             teller.named(LYON.id, ("COTEAUX-ORME-BLANC-75-CL", 1))),
        tell("counter-gift", "A gift set made of two articles.", "10:30", teller.named(LYON.id, ("COFFRET-TABLE", 1))),
        tell("counter-discount", "Ten euros off.", "10:40", teller.named(LYON.id, ("VESTE-ATELIER-KAKI-M", 1)),
             discount_minor=1000),
    ]  # fmt: skip


def _shipped(day: date, teller: Teller) -> list[Script]:
    """Parcels: open ship work, and orders that are collected in part and shipped in part."""
    found = []
    for rank in range(6):
        key = f"ship-{rank}"
        found.append(
            Script(key=key, about="A parcel, open.", customer=teller.customer(), ends="open", shipping_minor=490,
                   placed_at=local(day, "17:00") + minutes(rank * 11),
                   lines=teller.either(key, draw(1, 3, "lines", key)))
        )  # fmt: skip
    for rank, ends in enumerate(("staged", "open")):
        key = f"mixed-{rank}"
        placed_at = local(day, "16:10") + minutes(rank * 20)
        here, parcel = teller.basket(key, LYON.id, 1), teller.basket(key + "-parcel", WAREHOUSE.id, 1)
        steps = teller.staged(placed_at + minutes(60), SAM, LYON.id, here) if ends == "staged" else ()
        found.append(
            Script(key=key, about="One line in store, one by parcel.", customer=teller.customer(), placed_at=placed_at,
                   lines=(*here, *parcel), ends=ends, steps=steps, shipping_minor=490)
        )  # fmt: skip
    return found


def _trade(location: str, day: date, number: int, teller: Teller, ends: str) -> list[Script]:
    """`number` ordinary orders of one store and day: collected, or some still on the shelf or open."""
    found = []
    for rank in range(number):
        key = f"{location}-{day.isoformat()}-{rank}"
        placed_at = local(day, "11:30") + minutes(rank * 71)
        lines = teller.basket(key, location, draw(1, 2, "lines", key))
        by = TEAM[location][rank % len(TEAM[location])]
        end = ends if ends != "mixed" else ("staged", "handed_over", "open")[rank % 3]
        steps = () if end == "open" else teller.staged(placed_at + minutes(55), by, location, lines)
        if end == "handed_over":
            steps = (*steps, *teller.collected(placed_at + minutes(150), by, "Au comptoir"))
        found.append(
            Script(key=key, about="An ordinary order.", customer=teller.customer(), placed_at=placed_at, lines=lines,
                   ends=end, steps=steps, channel=("web", "shopify", "woocommerce")[rank % 3] if rank % 4 else "web")
        )  # fmt: skip
    return found
