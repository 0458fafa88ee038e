"""Labeled parcels of an order, as packing and label buying leave them, for tests that begin where the driver comes."""

from uuid import UUID

import msgspec

from comptoir.kit.ids import new_id
from tests.pages.manager_door import Desk
from tests.people import PART_DIEU


class Labeled(msgspec.Struct, frozen=True):
    """An order's ship work with two parcels: a pair, and two vases."""

    order: UUID
    work: UUID
    parcels: tuple[UUID, UUID]
    numbers: tuple[str, str]


async def account(desk: Desk, id: str = "colissimo-orme", carrier: str = "colissimo", name: str = "Colissimo") -> None:
    await desk.connection.execute(
        "INSERT INTO carrier_account (id, carrier, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", id, carrier, name
    )


async def labeled(
    desk: Desk, lane: str = "colissimo-orme", carrier: str = "colissimo", prefix: str = "6A100000000"
) -> Labeled:
    """Inès Aubry's order, two parcels with a label of this account at Part-Dieu."""
    await account(desk, lane, carrier)
    order, work = await desk.order("picked", kind="ship")
    made, numbers = [], []
    await desk.connection.execute("UPDATE work_line SET staged = picked, picked = 0 WHERE work = $1", work)
    await desk.connection.execute(
        "INSERT INTO order_address (order_id, name, street, postcode, city, country) VALUES ($1, 'Inès Aubry', '4 rue Vauban', '69006', 'Lyon', 'FR')",
        order,
    )
    for line, sku, units in ((1, "LISON-38", 1), (2, "AMPHORE-24", 2)):
        parcel, attempt, number = new_id(), new_id(), f"{prefix}{str(work)[-4:].upper()}{line}"
        await desk.connection.execute(
            "INSERT INTO parcel (id, work, location, order_id, number, state, weight_grams, label, opened_at, opened_by, packed_at, packed_by, labeled_at)"
            " VALUES ($1, $2, $3, $4, $5, 'labeled', 900, $6, $7, 'sam', $7, 'sam', $7)",
            parcel, work, PART_DIEU, order, line, attempt, desk.app.clock(),
        )  # fmt: skip
        await desk.connection.execute(
            "INSERT INTO parcel_line VALUES ($1, $2, $3, $4, $5, $6)", parcel, line, work, PART_DIEU, sku, units
        )
        await desk.connection.execute(
            "INSERT INTO label_attempt (id, parcel, n, work, location, order_id, account, carrier, service, state, reference, tracking_number,"
            " intended_at, intended_by, settled_at) VALUES ($1, $2, 1, $3, $4, $5, $6, $7, 'DOM', 'bought', $8, $9, $10, 'sam', $10)",
            attempt, parcel, work, PART_DIEU, order, lane, carrier, str(parcel), number, desk.app.clock(),
        )  # fmt: skip
        made.append(parcel)
        numbers.append(number)
    await desk.connection.execute("UPDATE work SET status = 'labeled' WHERE id = $1", work)
    return Labeled(order, work, (made[0], made[1]), (numbers[0], numbers[1]))


__all__ = ["Labeled", "account", "labeled"]
