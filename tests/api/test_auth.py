"""Signing in and out: what opens, what does not, what it costs to guess, and what a shared device keeps of the last person."""

from collections.abc import AsyncIterator

import pytest

from comptoir.staff import rules
from tests import people
from tests.conftest import Database
from tests.doors import MIDDAY, Served, new_browser, served

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Served]:
    await people.settle(database.connection, MIDDAY)
    async with served(database.dsn) as running:
        people.hold_device(running.client, people.PART_DIEU)
        yield running


async def try_pin(door: Served, pin: str, person: people.Person = people.LEA) -> int:
    return (await door.client.post("/sign-in", data={"who": str(person.id), "pin": pin})).status_code


async def test_the_right_pin_opens_the_days_work(door: Served) -> None:
    answer = await door.client.post("/sign-in", data={"who": str(people.LEA.id), "pin": people.PIN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/work")
    assert (await door.client.get("/")).headers["location"] == "/work"


async def test_a_badge_opens_without_a_name(door: Served) -> None:
    answer = await door.client.post("/sign-in/badge", data={"badge": people.LEA.badge})
    assert answer.headers["location"] == "/work"


async def test_a_badge_of_another_store_does_not_open(door: Served) -> None:
    assert (await door.client.post("/sign-in/badge", data={"badge": people.ZOE.badge})).status_code == 422


async def test_the_names_on_the_screen_are_those_of_the_store(door: Served) -> None:
    page = (await door.client.get("/sign-in")).text
    assert "Léa T." in page
    assert "Zoé" not in page


async def test_the_pin_of_another_stores_person_does_not_open(door: Served) -> None:
    assert await try_pin(door, people.PIN, people.ZOE) == 422


async def test_five_wrong_pins_make_the_sixth_wait_even_if_it_is_right(door: Served) -> None:
    assert [await try_pin(door, "000000") for _ in range(5)] == [422] * 5
    assert await try_pin(door, people.PIN) == 429


async def test_the_wait_ends_by_itself(door: Served) -> None:
    for _ in range(5):
        await try_pin(door, "000000")
    door.clock.advance(minutes=1, seconds=1)
    assert await try_pin(door, people.PIN) == 303


async def test_a_waiting_person_gets_in_by_badge_and_a_colleague_by_pin(door: Served) -> None:
    for _ in range(6):
        await try_pin(door, "000000")
    assert await try_pin(door, people.PIN, people.SAM) == 303
    assert (await door.client.post("/sign-in/badge", data={"badge": people.LEA.badge})).status_code == 303


async def test_a_hundred_guesses_at_once_are_a_hundred_guesses(door: Served, database: Database) -> None:
    import asyncio

    answers = await asyncio.gather(*(try_pin(door, f"{number:06}") for number in range(20)))
    assert answers.count(422) == rules.FREE_ON_A_DEVICE
    assert answers.count(429) == 15


async def test_signing_in_makes_a_new_id_and_ends_the_one_before(door: Served) -> None:
    await try_pin(door, people.PIN)
    first = door.client.cookies["sign_in"]
    await try_pin(door, people.PIN, people.SAM)
    assert door.client.cookies["sign_in"] != first
    async with new_browser(door) as other:
        people.hold_device(other, people.PART_DIEU)
        other.cookies.set("sign_in", first, domain="test.local")
        assert (await other.get("/")).headers["location"] == "/sign-in"


async def test_signing_out_ends_the_sign_in_on_the_server(door: Served) -> None:
    await try_pin(door, people.PIN)
    token = door.client.cookies["sign_in"]
    await door.client.post("/sign-out")
    door.client.cookies.set("sign_in", token, domain="test.local")
    assert (await door.client.get("/")).headers["location"] == "/sign-in"


async def test_a_sign_in_that_nobody_uses_ends(door: Served) -> None:
    await try_pin(door, people.PIN)
    door.clock.advance(minutes=91)
    assert (await door.client.get("/")).headers["location"] == "/sign-in"


async def test_a_sign_in_ends_after_twelve_hours_of_use(door: Served) -> None:
    await try_pin(door, people.PIN)
    for _ in range(12):
        door.clock.advance(minutes=60, seconds=1)
        await door.client.get("/")
    assert (await door.client.get("/")).headers["location"] == "/sign-in"


async def test_a_disabled_person_is_out_at_once(door: Served, database: Database) -> None:
    await try_pin(door, people.PIN)
    await database.connection.execute("UPDATE staff SET disabled_at = $1 WHERE id = $2", MIDDAY, people.LEA.id)
    assert (await door.client.get("/")).headers["location"] == "/sign-in"


async def test_a_sign_in_token_is_worth_nothing_on_another_device(door: Served) -> None:
    await try_pin(door, people.PIN)
    async with new_browser(door) as other:
        people.hold_device(other, people.VIEUX_LILLE)
        other.cookies.set("sign_in", door.client.cookies["sign_in"], domain="test.local")
        assert (await other.get("/")).headers["location"] == "/sign-in"


async def test_a_revoked_device_asks_for_a_new_code(door: Served, database: Database) -> None:
    await database.connection.execute("UPDATE device SET revoked_at = $1", MIDDAY)
    assert (await door.client.get("/sign-in")).headers["location"] == "/enroll"


async def test_a_manager_signs_in_by_email_and_password(door: Served) -> None:
    async with new_browser(door) as browser:
        form = {"email": "INES@example.com ", "password": people.PASSWORD}
        assert (await browser.post("/sign-in/manager", data=form)).headers["location"] == "/"
        assert (await browser.get("/")).headers["location"] == "/manager"


async def test_a_wrong_password_and_an_unknown_email_are_told_the_same(door: Served) -> None:
    async with new_browser(door) as browser:
        wrong = await browser.post("/sign-in/manager", data={"email": "ines@example.com", "password": "x"})
        unknown = await browser.post("/sign-in/manager", data={"email": "nobody@example.com", "password": "x"})
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace("ines@", "nobody@") == unknown.text


async def test_an_enrollment_code_makes_a_device_once(door: Served, database: Database) -> None:
    from comptoir.kit.ids import digest

    await database.connection.execute(
        "INSERT INTO enrollment VALUES ($1, $2, $3, $4::timestamptz, $4 + interval '15 minutes')",
        digest("ABCD2345"), people.PART_DIEU, people.HELENE.id, MIDDAY,
    )  # fmt: skip
    async with new_browser(door) as browser:
        assert (await browser.post("/enroll", data={"code": "abcd-2345"})).headers["location"] == "/sign-in"
        assert "LY-02" in (await browser.get("/sign-in")).text
        assert (await browser.post("/enroll", data={"code": "abcd2345"})).status_code == 422


async def test_an_enrollment_code_is_too_old_after_fifteen_minutes(door: Served, database: Database) -> None:
    from comptoir.kit.ids import digest

    await database.connection.execute(
        "INSERT INTO enrollment VALUES ($1, $2, $3, $4::timestamptz, $4 + interval '15 minutes')",
        digest("ABCD2345"), people.PART_DIEU, people.HELENE.id, MIDDAY,
    )  # fmt: skip
    door.clock.advance(minutes=15)
    async with new_browser(door) as browser:
        assert (await browser.post("/enroll", data={"code": "ABCD2345"})).status_code == 422


async def test_codes_cannot_be_guessed_for_long(door: Served) -> None:
    async with new_browser(door) as browser:
        answers = [(await browser.post("/enroll", data={"code": f"AAAA{n:04}"})).status_code for n in range(12)]
    assert answers == [422] * 10 + [429] * 2


async def test_a_form_from_another_site_changes_nothing(door: Served) -> None:
    form = {"who": str(people.LEA.id), "pin": people.PIN}
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        assert (await door.client.post("/sign-in", data=form, headers=headers)).status_code == 403
    del door.client.headers["sec-fetch-site"]
    for headers in ({}, {"origin": "https://elsewhere.example"}, {"origin": "null"}):
        assert (await door.client.post("/sign-in", data=form, headers=headers)).status_code == 403
    assert (await door.client.post("/sign-in", data=form, headers={"origin": "http://test.local"})).status_code == 303


async def test_cookies_of_a_secure_installation_are_bound_to_their_host(database: Database) -> None:
    await people.settle(database.connection, MIDDAY)
    async with served(database.dsn, COMPTOIR_SECURE_COOKIES="yes") as running:
        form = {"email": "ines@example.com", "password": people.PASSWORD}
        answer = await running.client.post("/sign-in/manager", data=form)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sign_in=")
    assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "strict-transport-security" in answer.headers
