"""How far an order is: one function of where its units are. Stored with every change; a test computes it again."""

from collections.abc import Mapping

from comptoir.orders.model import Progress


def progress(units: Mapping[str, int], *, held: bool, started: bool) -> Progress:
    """Progress from units per place.

    `units` counts all requirements' units under: unsourced, held, reserved, picked, staged, coming (from one store to
    the one where they are collected), in_transit (to the customer), handed_over, delivered, canceled. `held`: some hold
    is open (or an unknown line waits). `started`: hands have begun.
    """
    done = units.get("handed_over", 0) + units.get("delivered", 0) + units.get("in_transit", 0)
    live = sum(units.get(name, 0) for name in ("unsourced", "held", "reserved", "picked", "staged", "coming"))
    if held:
        return Progress.HELD
    if not live and not done:
        return Progress.CANCELED if units.get("canceled", 0) else Progress.RECEIVED
    if not live:
        return Progress.FULFILLED
    if done:
        return Progress.PART_FULFILLED
    return Progress.IN_PROGRESS if started else Progress.ACCEPTED
