"""Head office sets up boxes and contracts by hand: repeated, refused kindly, never where a carrier is reached, never a secret."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from comptoir.carriers.tariff_table import BadTable, read_table, write_table
from comptoir.carriers.tariffs import Band, Row, Surcharge, Tariff, Zone
from comptoir.kit.errors import Invalid
from comptoir.kit.ids import new_id
from comptoir.shipping.setting_up import SaveAccount, check_account
from tests.conftest import Database
from tests.pages.manager_door import Desk, opened
from tests.people import HELENE, ODILE, PART_DIEU

pytestmark = pytest.mark.anyio

LINES = "VELO;home;Lyon;FR;69;1000;6,20;1\nVELO;home;Lyon;FR;69;5000;9,00;1\nVELO;home;France;FR MC;;1000;12,50;"
SECRETS = '{"relais-orme": {"password": "not-to-be-shown"}}'


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database, COMPTOIR_CARRIER_SECRETS=SECRETS) as door:
        yield door


async def test_a_contract_is_made_once_changed_over_its_version_and_never_told_where_its_carrier_is(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    form = {"id": str(new_id()), "account": "coursier", "version": "0", "carrier": "table", "name": "Coursier", "where": "some",
            "locations": PART_DIEU, "home": "VELO", "prices": LINES, "active": "true"}  # fmt: skip
    for _ in range(2):
        assert (await office.post("/manager/carriers", data=form)).status_code == 303
    row = "SELECT carrier, name, locations, services, settings, active, version FROM carrier_account WHERE id = $1"
    kept = await desk.connection.fetchrow(row, "coursier")
    assert (kept["carrier"], kept["locations"], kept["active"], kept["version"]) == ("table", [PART_DIEU], True, 1)
    tariff = msgspec.convert(msgspec.json.decode(kept["settings"])["tariff"], Tariff)
    assert write_table(tariff) == LINES
    shown = await office.get("/manager/carriers/coursier")
    assert "VELO;home;Lyon;FR;69;1000;6,20;1" in shown.text
    changes: tuple[tuple[dict[str, str], int], ...] = (
        ({"name": "Un autre"}, 409),
        ({"version": "1", "prices": "VELO;home;Lyon;FR;69;mille;6"}, 422),
        ({"version": "1", "prices": ""}, 422),
        ({"version": "1", "locations": ""}, 400),
        ({"version": "1", "base": "https://elsewhere.example"}, 400),
        ({"version": "1", "name": "Coursier vert"}, 303),
        ({"version": "1", "name": "Coursier rouge"}, 409),
        ({"version": "2", "account": "nobody"}, 404),
    )
    for change, status in changes:
        answer = await office.post("/manager/carriers", data={**form, "id": str(new_id()), **change})
        assert answer.status_code == status, change
    without = {name: value for name, value in form.items() if name != "locations"}
    refused = await office.post("/manager/carriers", data={**without, "id": str(new_id()), "version": "2"})
    assert (refused.status_code, "Aucun magasin choisi" in refused.text) == (422, True)
    assert (await desk.connection.fetchrow(row, "coursier"))["name"] == "Coursier vert"
    assert [one["subject"] for one in await desk.connection.fetch("SELECT subject FROM audit WHERE action = 'carrier_account.saved'")] == ["coursier"] * 2  # fmt: skip
    # What is on file and not on the form stays; what the environment holds is told by name alone.
    await desk.connection.execute(
        "INSERT INTO carrier_account (id, carrier, name, settings, refused_at) VALUES ('relais-orme', 'mondial_relay', 'Relais',"
        """ '{"enseigne": "BDTEST", "soap": "https://kept.example", "ways": {"24R": "relay"}}', $1)""",
        desk.app.clock(),
    )
    page = (await office.get("/manager/carriers/relais-orme")).text
    assert ("not-to-be-shown" in page, "kept.example" in page, "BDTEST" in page) == (False, False, True)
    assert "secret à poser" in (await office.get("/manager/carriers")).text
    change = {"id": str(new_id()), "account": "relais-orme", "version": "1", "carrier": "mondial_relay", "name": "Relais", "enseigne": "ORME",
              "collection": "CCC", "relay": "24R"}  # fmt: skip
    assert (await office.post("/manager/carriers", data=change)).status_code == 303
    now = await desk.connection.fetchrow(
        "SELECT settings, refused_at, active FROM carrier_account WHERE id = 'relais-orme'"
    )
    assert msgspec.json.decode(now["settings"]) == {
        "enseigne": "ORME", "soap": "https://kept.example", "ways": {"24R": "relay"}, "collection": "CCC"
    }  # fmt: skip
    assert (now["refused_at"], now["active"]) == (None, False)
    fields = {"id": new_id(), "account": "x", "version": 0, "carrier": "mondial_relay", "name": "x", "services": {}, "tariff": None,
              "label_format": "pdf_a4"}  # fmt: skip
    with pytest.raises(Invalid, match="account_wrong"):
        check_account(SaveAccount(**fields, settings={"soap": "https://elsewhere.example"}))  # type: ignore[arg-type]


async def test_a_box_is_made_changed_and_retired_and_a_manager_of_a_store_does_not_reach_it(desk: Desk) -> None:
    office, manager = await desk.browser(ODILE), await desk.browser(HELENE)
    form = {"id": str(new_id()), "box": str(new_id()), "version": "0", "name_fr": "Carton L", "name_en": "Box L", "kind": "box", "length_mm": "500",
            "width_mm": "400", "height_mm": "300", "tare_grams": "310", "max_grams": "15000", "location": "", "active": "true"}  # fmt: skip
    assert [(await office.post("/manager/boxes", data=form)).status_code for _ in range(2)] == [303, 303]
    steps = [({"version": "1", "width_mm": "wide"}, 422), ({"version": "1", "location": PART_DIEU, "active": "false"}, 303), ({"version": "1"}, 409),
             ({"version": "0"}, 409), ({"version": "2", "location": "nowhere"}, 404)]  # fmt: skip
    for change, status in steps:
        answer = await office.post("/manager/boxes", data={**form, "id": str(new_id()), **change})
        assert answer.status_code == status, change
    kept = await desk.connection.fetchrow(
        "SELECT location, width_mm, active, version FROM box_type WHERE id = $1", form["box"]
    )
    assert tuple(kept) == (PART_DIEU, 400, False, 2)
    assert (await manager.post("/manager/boxes", data=form)).status_code in (303, 403)
    assert (await manager.get("/manager/boxes")).status_code != 200


def test_a_list_of_prices_reads_as_it_was_written_and_keeps_what_its_lines_do_not_tell() -> None:
    before = Tariff(
        (), (Zone("France", ("FR",), except_postcodes=("20",)),), (Row("ECO", "France", (Band(1, 1),), 50, 20_000),),
        (Surcharge("fuel", basis_points=175), Surcharge("gone", zones=("Corse",))), volume_divisor=5000,
    )  # fmt: skip
    read = read_table("ECO; home; France; fr; ; 500; 4.9; 3\n\nECO\thome\tFrance\tFR\t\t1000\t6\t3", before)
    assert read is not None
    assert (read.rows[0].bands, read.rows[0].per_kg_minor, read.rows[0].most_g, read.rows[0].days) == (
        (Band(500, 490), Band(1000, 600)), 50, 20_000, 3,
    )  # fmt: skip
    assert (read.zones[0].except_postcodes, [one.code for one in read.surcharges], read.volume_divisor) == (
        ("20",),
        ["fuel"],
        5000,
    )
    assert read_table(write_table(read), before) == read
    assert read_table(" \n", before) is None
    for bad in (
        "ECO;home;F;FR;;0;5;",
        "ECO;door;F;FR;;500;5;",
        "ECO;home;F;;;500;5;",
        "ECO;home;F;FR;;500;;",
        "ECO;home;F;FR;;500;5;1;x",
    ):
        with pytest.raises(BadTable, match="line 1"):
            read_table(bad)
    for second in (
        "ECO;home;F;FR;;500;6;",
        "ECO;home;F;BE;;900;6;",
        "ECO;relay;F;FR;;900;6;",
        "ECO;home;F;FR;;900;6;2",
    ):
        with pytest.raises(BadTable, match="line 2"):
            read_table("ECO;home;F;FR;;500;5;\n" + second)
