"""Money that waits and the rules of returns, over the API: once for one id, by a key for every place, and as the pages would have done it."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from comptoir.kit.ids import new_id
from comptoir.returns.policy import DEFAULT, Goodwill
from tests.conftest import Database
from tests.doors import MIDDAY, Served, new_browser, served
from tests.pages.manager_door import opened
from tests.pages.test_money import owed
from tests.people import PART_DIEU, make_key, settle

pytestmark = pytest.mark.anyio


def keyed(app: Served, key: str) -> httpx.AsyncClient:
    browser = new_browser(app)
    browser.headers["authorization"] = f"Bearer {key}"
    return browser


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


async def test_what_a_person_did_at_the_bank_is_booked_once_by_a_key_for_every_place(database: Database) -> None:
    async with opened(database) as desk:
        for name, scopes, places in (
            ("books", ("money:read", "money:write"), None), ("reads", ("money:read",), None),
            ("lyon", ("money:read", "money:write"), [PART_DIEU]),
        ):  # fmt: skip
            await make_key(desk.connection, MIDDAY, name, *scopes, locations=places)
        first, order = await owed(desk)
        books, reads, lyon = (keyed(desk.app, name) for name in ("books", "reads", "lyon"))
        (one,) = (await books.get("/api/v1/money/waiting")).json()["waiting"]
        assert (one["id"], one["order"], one["amount_minor"], one["problem"]) == (
            first, order, 4_000, "charge_already_refunded",
        )  # fmt: skip
        sent = {"id": str(new_id()), "reference": "VIR-1123", "note": "virement"}
        hand = f"/api/v1/money/{first}/by-hand"
        assert problem(await reads.post(hand, json=sent)) == "scope_missing"
        for told in (await lyon.post(hand, json=sent), await lyon.get("/api/v1/money/waiting")):
            assert (told.status_code, problem(told)) == (403, "money_everywhere")
        assert (await books.post(hand, json=sent | {"reference": " "})).status_code == 400
        answers = [await books.post(hand, json=sent) for _ in range(2)]
        assert [one.json() for one in answers] == [{"intention": first, "state": "confirmed"}] * 2
        assert problem(await books.post(hand, json=sent | {"id": str(new_id())})) == "money_moved"
        assert problem(await books.post(f"/api/v1/money/{first}/retry", json={"id": str(new_id())})) == "money_moved"
        assert (await books.get("/api/v1/money/waiting")).json() == {"waiting": []}
        assert (
            await desk.connection.fetchval("SELECT refunded_minor FROM payment WHERE order_id = $1::uuid", order)
            == 4_000
        )
        await desk.connection.execute(
            "INSERT INTO payment_mismatch (id, account, day, kind, provider_ref, theirs_minor, found_at)"
            " VALUES ($1, 'stripe-orme', $2::timestamptz::date, 'missing_here', 're_9', 700, $2)", new_id(), MIDDAY,
        )  # fmt: skip
        (found,) = (await reads.get("/api/v1/money/differences")).json()["differences"]
        settled = f"/api/v1/money/differences/{found['id']}/settlement"
        assert (await books.post(settled, json={"id": str(new_id()), "note": ""})).status_code == 400
        assert (await books.post(settled, json={"id": str(new_id()), "note": "tableau de bord"})).status_code == 200
        assert problem(await books.post(settled, json={"id": str(new_id()), "note": "x"})) == "mismatch_not_found"


async def test_rules_of_returns_are_proposed_and_hold_from_their_moment_on(database: Database) -> None:
    await settle(database.connection, MIDDAY)
    await make_key(database.connection, MIDDAY, "office", "policies:read", "policies:write")
    await make_key(database.connection, MIDDAY, "lyon", "policies:read", "policies:write", locations=[PART_DIEU])
    here = "/api/v1/returns/policies"

    def wish(after: int, *rules: Goodwill, **more: Any) -> dict[str, Any]:
        body = msgspec.to_builtins(msgspec.structs.replace(DEFAULT, goodwill=rules))
        return {"id": str(new_id()), "after": after, "body": body | more, "note": " Noël "}

    async with served(database.dsn) as app, keyed(app, "office") as office, keyed(app, "lyon") as lyon:
        assert (
            (await office.get(f"{here}/active")).json()["number"]
            == (await office.get(f"{here}/0")).json()["number"]
            == 0
        )
        first = wish(0, Goodwill("45 jours", days=45))
        assert [(await office.post(here, json=first)).json()["number"] for _ in range(2)] == [1, 1]
        for body, code in (
            (wish(0, Goodwill("x")), "policy_changed"), (wish(1, Goodwill("x"), Goodwill("x")), "policy_named_twice"),
            (wish(1, ways=[]), "policy_no_way"), (wish(1, refund_days=90), "malformed"),
        ):  # fmt: skip
            assert problem(await office.post(here, json=body)) == code
        assert problem(await lyon.post(here, json=wish(1))) == "policy_everywhere"
        later = MIDDAY + timedelta(days=1)
        on = f"{here}/1/activation"
        assert problem(await lyon.post(on, json={"id": str(new_id())})) == "policy_everywhere"
        assert (await office.post(on, json={"id": str(new_id()), "since": later.isoformat()})).status_code == 200
        told = (await office.get(here)).json()
        assert (told["active"], told["next"], told["versions"][0]["note"]) == (0, 1, "Noël")
        assert (await office.post(f"{on}/withdrawal", json={"id": str(new_id())})).status_code == 200
        assert (await office.post(on, json={"id": str(new_id())})).json()["since"].startswith("2026-11-20T11:00")
        in_force = (await office.get(f"{here}/active")).json()
        assert (in_force["number"], in_force["body"]["goodwill"][0]["days"]) == (1, 45)
        assert problem(await office.post(on, json={"id": str(new_id())})) == "policy_was_active"
        assert (await office.get(f"{here}/7")).status_code == 404
