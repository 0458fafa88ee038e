"""The invoice goes with the mail of its own event: the bytes that were drawn, and the mail waits for them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from comptoir.house import House, open_house
from comptoir.kit.outbox import fan_out
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from comptoir.notifications.sending import Lane
from comptoir.settings import Settings
from comptoir.wiring import LISTENERS, WIRED
from comptoir.worker import Worker
from tests.hands import SECRET, Shop, staged
from tests.notifications.mail_servers import Mailbox, mail_server
from tests.settled import room, shop, world
from tests.world import order

__all__ = ["room", "shop", "world"]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def post(shop: Shop, world: str, tmp_path: Any) -> AsyncIterator[tuple[House, Mailbox]]:
    settings = Settings.from_env({"COMPTOIR_DATA": str(tmp_path), "COMPTOIR_SECRET": SECRET.decode()})
    house = await open_house(settings, world, shop.clock, keep_fresh=False)
    async with mail_server() as (box, url):
        house.lanes["email"] = Lane("email", SmtpProvider(MailServer.read(url), "bonjour@orme.example", "Orme"))
        yield house, box
    await house.close()


async def test_the_mail_of_a_hand_over_carries_its_invoice_as_it_was_drawn(shop: Shop, post: tuple[House, Mailbox]) -> None:  # fmt: skip
    house, box = post
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    await sam.hand_over(sold, work)
    shop.clock.advance(minutes=3)
    await Worker(house, "", WIRED).drain()
    await house.lanes["email"].drain(house)
    (mail,) = [mail for mail in box.mails if "remis" in str(mail["Subject"]).lower()]
    (paper,) = mail.iter_attachments()
    ((number, kept),) = await shop.connection.fetch("SELECT number, bytes FROM document_file")
    assert (paper.get_content_type(), paper.get_filename()) == ("application/pdf", f"{number}.pdf")
    assert paper.get_content() == kept


async def test_a_confirmation_carries_its_invoice_and_no_other_mail_does(shop: Shop, post: tuple[House, Mailbox]) -> None:  # fmt: skip
    house, box = post
    await shop.connection.execute("UPDATE channel SET invoices = 'at_confirmation'")
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    await sam.hand_over(sold, work)
    shop.clock.advance(minutes=3)
    await Worker(house, "", WIRED).drain()
    await house.lanes["email"].drain(house)
    papers = {"remis" in str(mail["Subject"]).lower(): len(list(mail.iter_attachments())) for mail in box.mails}
    assert papers == {False: 1, True: 0}


async def test_a_mail_waits_until_its_invoice_is_made(shop: Shop, post: tuple[House, Mailbox]) -> None:
    house, box = post
    await shop.receive(1)
    await shop.place(order())
    await fan_out(shop.pool, LISTENERS, shop.now)
    messages = {"messages": WIRED["messages"]}
    await Worker(house, "", messages).drain()
    assert await house.lanes["email"].drain(house) == 0
    shop.clock.advance(hours=1)
    await Worker(house, "", WIRED).drain()
    assert await house.lanes["email"].drain(house) == 1
    assert len(box.mails) == 1
