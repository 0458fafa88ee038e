"""Head office writes what customers are told: what is saved arrives, nothing typed is lost, and a test goes to nobody else."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from comptoir.kit.outbox import Told
from comptoir.notifications.listener import write_message
from comptoir.notifications.providers.port import Answer, Letter
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from comptoir.notifications.sending import Lane
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.notifications.mail_servers import mail_server
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import ODILE, PART_DIEU

pytestmark = pytest.mark.anyio
READY = "/manager/texts/ready/fr"
BODY = "Bonjour {first_name}, c’est là : {store}.\n{directions}\nBon : {pass}\nPage : {link}"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def send(
    browser: httpx.AsyncClient, path: str, body: str = BODY, subject: str = "Prêt : {order}", **more: Any
) -> httpx.Response:
    """The form of a text as its page holds it."""
    page = await browser.get(path.rsplit("/", 1)[0] if path.endswith(("/preview", "/test", "/restore")) else path)
    form = {"id": str(new_id()), "version": hidden(page, "version"), "subject": subject, "body": body}
    headers = more.pop("headers", None)
    return await browser.post(path, data=form | more, headers=headers)


async def newest(desk: Desk) -> list[tuple[int, str, str]]:
    rows = await desk.connection.fetch("SELECT version, how, body FROM message_text_version ORDER BY version")
    return [tuple(row) for row in rows]


async def test_what_is_saved_arrives_at_a_customer_filled_in(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    assert (await send(office, READY)).status_code == 303
    order, work = await desk.order("staged")
    house = desk.app.house
    told = Told(order, 9, "fulfillment.staged", MIDDAY, "system", {"part": False}, PART_DIEU, work)
    await in_transaction(house.pool, "system", MIDDAY, lambda tx: write_message(tx, told))
    kept = await desk.connection.fetchval("SELECT body FROM message WHERE template = 'ready'")
    assert kept == "Bonjour [[first name]], c’est là : Lyon.\nBon : [[letters lyon-part-dieu]]\nPage : [[link]]"
    async with mail_server() as (box, url):
        read = MailServer.read(url)
        house.lanes["push"], house.lanes["sms"] = Lane("push", None), Lane("sms", None)
        house.lanes["email"] = Lane("email", SmtpProvider(read, "Orme <orme@orme.example>", "Orme"))
        await house.lanes["sms"].drain(house)
        await house.lanes["email"].drain(house)
        (mail,) = box.mails
    text = mail.get_body(("plain",))
    assert text is not None
    assert mail["subject"].startswith("Prêt : W-")
    assert re.search(
        r"Bonjour Inès, c’est là : Lyon\.\nBon : [A-Z]{3} [A-Z]{3}\nPage : http\S+/o/\w{26}",
        text.get_content().replace("\r", ""),
    )


async def test_a_text_that_cannot_leave_comes_back_as_it_was_typed_with_what_is_wrong(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    answer = await send(office, READY, "Venez <b>{prenom}</b>\n{pass}")
    assert answer.status_code == 422
    assert "Venez &lt;b&gt;{prenom}&lt;/b&gt;\n{pass}</textarea>" in answer.text
    said = words(answer)
    assert "{prenom} n’est pas un repère de ce message." in said
    assert "Il manque {link}" in said
    assert await newest(desk) == []


async def test_two_at_once_the_second_is_told_who_saved_and_keeps_what_they_typed(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    first = {"id": str(new_id()), "version": "0", "subject": "A", "body": BODY}
    second = {"id": str(new_id()), "version": "0", "subject": "B", "body": BODY + "\nà moi"}
    assert [(await office.post(READY, data=form)).status_code for form in (first, first)] == [303, 303]
    answer = await office.post(READY, data=second)
    assert answer.status_code == 409
    assert "Odile Test a enregistré la version 1 pendant que vous écriviez." in words(answer)
    assert "à moi</textarea>" in answer.text
    again = second | {"id": hidden(answer, "id"), "version": hidden(answer, "version")}
    assert (await office.post(READY, data=again)).status_code == 303
    assert [(version, how) for version, how, _ in await newest(desk)] == [(1, "written"), (2, "written")]


async def test_two_in_the_same_moment_make_one_version(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    forms = [{"id": str(new_id()), "version": "0", "subject": "A", "body": f"{BODY}\n{n}"} for n in range(4)]
    codes = [answer.status_code for answer in await asyncio.gather(*(office.post(READY, data=form) for form in forms))]
    assert sorted(codes) == [303, 409, 409, 409]
    assert len(await newest(desk)) == 1


async def test_going_back_is_a_version_of_its_own_and_nothing_is_overwritten(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    await send(office, READY)
    await send(office, READY, BODY + "\nDeux")
    for version, restored in ((2, 1), (3, 0)):
        form = {"id": str(new_id()), "version": str(version), "restored": str(restored)}
        assert (await office.post(f"{READY}/restore", data=form)).status_code == 303
    told = await newest(desk)
    assert [(version, how) for version, how, _ in told] == [
        (1, "written"),
        (2, "written"),
        (3, "restored"),
        (4, "delivered"),
    ]
    assert told[2][2] == told[0][2]
    page = await office.get(READY)
    assert "C’est prêt, {first_name}." in page.text
    assert "texte d’origine repris par Odile Test" in words(page)
    assert "Texte d’origine repris par Odile Test" in words(await office.get("/manager/texts"))
    missing = {"id": str(new_id()), "version": "4", "restored": "9"}
    assert (await office.post(f"{READY}/restore", data=missing)).status_code == 404


async def test_the_preview_changes_nothing_and_shows_three_orders(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    whole = await send(office, f"{READY}/preview", BODY + "\nVu")
    piece = await send(
        office, f"{READY}/preview", BODY + "\nVu", headers={"hx-request": "true", "hx-request-type": "partial"}
    )
    for answer in (whole, piece):
        assert answer.status_code == 200
        assert "Bonjour Maximilienne-Alexandrine, c’est là : Saint-Germain-en-Laye Centre." in answer.text
        assert "2 SMS" in words(answer) or "1 SMS" in words(answer)
    assert ("<html" in whole.text, "<html" in piece.text, 'hx-target="#faults"' in piece.text) == (True, False, True)
    assert await newest(desk) == []


async def test_a_test_goes_by_the_real_carrier_once_and_into_no_ledger(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    async with mail_server() as (box, url):
        desk.app.house.lanes["email"] = Lane(
            "email", SmtpProvider(MailServer.read(url), "Orme <orme@orme.example>", "Orme")
        )
        form = {
            "id": str(new_id()),
            "version": "0",
            "subject": "Prêt : {order}",
            "body": BODY,
            "to": "odile@example.com",
        }
        said = [words(await office.post(f"{READY}/test", data=form)) for _ in range(2)]
        box.say["RCPT"] = "550 5.1.1 no such mailbox"
        refused = words(await send(office, f"{READY}/test", to="odile@example.com"))
        (mail,) = box.mails
    assert "L’essai est parti vers odile@example.com." in said[0]
    assert "Cet essai était déjà parti." in said[1]
    assert "Le transporteur a refusé l’essai vers odile@example.com" in refused
    assert mail["subject"] == "[Essai] Prêt : W-10482"
    assert await desk.connection.fetchval("SELECT count(*) FROM message") == 0
    assert await newest(desk) == []


class Takes:
    """A carrier of SMS that takes everything."""

    name = "takes"

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return Answer("accepted", ref="1")


async def test_a_test_by_sms_says_in_its_words_that_it_is_one(desk: Desk) -> None:
    office, carrier = await desk.browser(ODILE), Takes()
    desk.app.house.lanes["sms"] = Lane("sms", carrier)
    assert "L’essai est parti" in words(await send(office, f"{READY}/test", to="06 98 76 54 32"))
    (letter,) = carrier.letters
    assert letter.to == "+33698765432"
    assert letter.text.startswith("[Essai] Bonjour Inès")


async def test_an_sms_with_words_of_its_own_carries_them_from_the_page_to_the_phone(desk: Desk) -> None:
    office, carrier = await desk.browser(ODILE), Takes()
    house = desk.app.house
    own = {"sms": "{order} ✓ {pass}\r\n{link}", "push": "{order} vous attend."}
    looked = await send(office, f"{READY}/preview", headers={"hx-request": "true", "hx-request-type": "partial"}, **own)
    assert re.search(r"2 SMS, \d+ sur 134 ?UCS-2", words(looked))
    refused = await send(office, READY, sms="{pass}", push="{link}")
    assert refused.status_code == 422
    assert "SMS Il manque {link}" in words(refused)
    assert "Notification {link} n’y va pas" in words(refused)
    assert (await send(office, READY, **own)).status_code == 303
    page = await office.get(READY)
    assert "{order} ✓ {pass}\n{link}</textarea>" in page.text
    assert page.text.count("{order} vous attend.") == 2, "in its field, and with its version"
    house.lanes["push"], house.lanes["sms"] = Lane("push", None), Lane("sms", carrier)
    assert "L’essai est parti" in words(await send(office, f"{READY}/test", to="06 98 76 54 32", **own))
    order, work = await desk.order("staged")
    told = Told(order, 9, "fulfillment.staged", MIDDAY, "system", {"part": False}, PART_DIEU, work)
    await in_transaction(house.pool, "system", MIDDAY, lambda tx: write_message(tx, told))
    await house.lanes["sms"].drain(house)
    trial, sent = (letter.text for letter in carrier.letters)
    assert trial.startswith("[Essai] W-10482 ✓ ")
    assert re.fullmatch(r"W-\S+ ✓ [A-Z]{3} [A-Z]{3}\nhttp\S+/o/\w{26}", sent)
    form = {"id": str(new_id()), "version": hidden(page, "version"), "restored": "0"}
    assert (await office.post(f"{READY}/restore", data=form)).status_code == 303
    form |= {"id": str(new_id()), "version": "2", "restored": "1"}
    assert (await office.post(f"{READY}/restore", data=form)).status_code == 303
    rows = await desk.connection.fetch("SELECT how, sms <> '', push <> '' FROM message_text_version ORDER BY version")
    assert [tuple(row) for row in rows] == [
        ("written", True, True),
        ("delivered", False, False),
        ("restored", True, True),
    ]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("ines@example.com", "Adresse d’un client"),
        ("06 12 34 56 78", "Adresse d’un client"),
        ("nobody@", "E-mail impossible"),
        ("12", "Numéro impossible"),
        ("", "Numéro impossible"),
    ],
)
async def test_a_test_never_goes_to_a_customer_nor_nowhere(desk: Desk, to: str, said: str) -> None:
    office, carrier = await desk.browser(ODILE), Takes()
    await desk.order("open")
    await desk.connection.execute("UPDATE staff SET email = 'other@example.com' WHERE email = 'ines@example.com'")
    desk.app.house.lanes["sms"], desk.app.house.lanes["email"] = Lane("sms", carrier), Lane("email", carrier)
    answer = await send(office, f"{READY}/test", to=to)
    assert (answer.status_code, said in words(answer), carrier.letters) == (422, True, [])


async def test_without_a_carrier_it_says_so_and_often_asked_it_waits(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    assert "C’est la démonstration" in words(await send(office, f"{READY}/test", to="odile@example.com")).replace(
        "Ici, c’est", "C’est"
    )
    desk.app.house.lanes["email"] = Lane("email", None)
    assert "Aucun transporteur d’e-mails n’est réglé" in words(
        await send(office, f"{READY}/test", to="odile@example.com")
    )
    codes = [(await send(office, f"{READY}/test", to="odile@example.com")).status_code for _ in range(9)]
    assert codes == [200] * 8 + [429]


@pytest.mark.parametrize("path", ["/manager/texts/nothing/fr", "/manager/texts/ready/de", "/manager/texts/../fr"])
async def test_there_are_only_the_messages_that_there_are(desk: Desk, path: str) -> None:
    office = await desk.browser(ODILE)
    assert (await office.get(path)).status_code == 404


async def test_an_earlier_version_that_may_be_sent_no_more_comes_into_the_form(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    await desk.connection.execute(
        "INSERT INTO message_text_version VALUES ('ready', 'fr', 1, 'written', NULL, 'x', '{link} {pass} {until_when}', 'gone', $1),"
        " ('ready', 'fr', 2, 'delivered', NULL, '', '', 'gone', $1)", MIDDAY,
    )  # fmt: skip
    form = {"id": str(new_id()), "version": "2", "restored": "1"}
    answer = await office.post(f"{READY}/restore", data=form)
    assert answer.status_code == 422
    assert "{link} {pass} {until_when}</textarea>" in answer.text
    assert "{until_when} n’est pas un repère de ce message." in words(answer)


async def test_the_pages_speak_english_to_whoever_reads_english(desk: Desk) -> None:
    await desk.connection.execute("UPDATE staff SET language = 'en' WHERE id = $1", ODILE.id)
    office = await desk.browser(ODILE)
    assert "Message texts" in words(await office.get("/manager/texts"))
    said = words(await office.get(READY))
    assert "It’s ready, in French" in said
    assert "C’est prêt, Inès." in said
