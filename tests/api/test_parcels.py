"""Other systems read an order's parcels, their numbers and the labels' very bytes; a key of another place reads none of it."""

from uuid import UUID, uuid4

import pytest

from comptoir.kit.ids import digest, new_id
from tests import people
from tests.conftest import Database
from tests.doors import MIDDAY, served
from tests.flows.orders_on_file import add_articles, add_order, add_store

pytestmark = pytest.mark.anyio
ZPL = b"^XA^FO40,40^FDhello^FS^XZ"


async def labeled(database: Database) -> tuple[UUID, UUID]:
    """Two vases of an order in a labeled parcel at Lyon: (order, label)."""
    connection = database.connection
    await add_store(connection, people.PART_DIEU)
    await add_articles(connection)
    order, work = await add_order(connection, MIDDAY, status="picked", location=people.PART_DIEU, kind="ship")
    parcel, label = new_id(), new_id()
    await connection.execute(
        "INSERT INTO parcel (id, work, location, order_id, number, state, weight_grams, label, opened_at, opened_by, packed_at, labeled_at)"
        " VALUES ($1, $2, $3, $4, 1, 'labeled', 1240, $5, $6, 'x', $6, $6)", parcel, work, people.PART_DIEU, order, label, MIDDAY,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO parcel_line VALUES ($1, 2, $2, $3, 'AMPHORE-24', 2)", parcel, work, people.PART_DIEU
    )
    await connection.execute("INSERT INTO carrier_account (id, carrier, name) VALUES ('ups', 'ups', 'UPS')")
    await connection.execute(
        "INSERT INTO label_attempt (id, parcel, n, work, location, order_id, account, carrier, service, state, reference, tracking_number, intended_at,"
        " intended_by, settled_at) VALUES ($1, $2, 1, $3, $4, $5, 'ups', 'ups', '11', 'bought', 'W-1-1-1', '1Z999', $6, 'x', $6)",
        label, parcel, work, people.PART_DIEU, order, MIDDAY,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO label_file VALUES ($1, 'application/vnd.zpl', $2, $3, $4)", label, digest(ZPL), ZPL, MIDDAY
    )
    return order, label


async def test_an_orders_parcels_and_labels_are_read_by_the_keys_of_its_places(database: Database) -> None:
    order, label = await labeled(database)
    for name, places in (("here", [people.PART_DIEU]), ("elsewhere", ["lille-vieux-lille"])):
        await database.connection.execute(
            "INSERT INTO api_key (id, name, key_hash, hint, scopes, locations, made_at) VALUES ($1, $2, $3, 'xxxx', '{orders:read}', $4, $5)",
            uuid4(), name, digest(f"key-{name}"), places, MIDDAY,
        )  # fmt: skip
    async with served(database.dsn) as door:
        here, elsewhere = ({"authorization": f"Bearer key-{name}"} for name in ("here", "elsewhere"))
        told = await door.client.get(f"/api/v1/orders/{order}/parcels", headers=here)
        (parcel,) = told.json()["parcels"]
        assert (parcel["state"], parcel["weight_grams"], parcel["lines"]) == (
            "labeled",
            1240,
            [{"line": 2, "sku": "AMPHORE-24", "quantity": 2}],
        )
        assert (parcel["label"]["tracking_number"], parcel["label"]["file"]) == ("1Z999", f"/api/v1/labels/{label}")
        file = await door.client.get(parcel["label"]["file"], headers=here)
        assert (file.content, file.headers["content-type"]) == (ZPL, "application/vnd.zpl")
        assert file.headers["etag"] == f'"{digest(ZPL).hex()}"'
        for path in (f"/api/v1/orders/{order}/parcels", f"/api/v1/labels/{label}"):
            assert (await door.client.get(path, headers=elsewhere)).status_code == 404
