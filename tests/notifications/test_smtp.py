"""E-mail over a real SMTP conversation: what arrives, and what every way to fail is called."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from comptoir.notifications.providers.port import Answer, Letter
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from tests.notifications.mail_servers import Mailbox, Nonsense, mail_server, serving

pytestmark = pytest.mark.anyio
ID = UUID("01920000-0000-7000-8000-000000000001")
LINK = "https://orme.example/o/0123456789ABCDEFGHJKMNPQRS"
LETTER = Letter(ID, "ines@example.com", "fr", "C’est prêt", f"C’est prêt, Inès & Co <3.\n\nLe code à scanner : {LINK}")


def provider(url: str) -> SmtpProvider:
    return SmtpProvider(MailServer.read(url), "bonjour@orme.example", "Orme")


@pytest.fixture
async def box() -> AsyncIterator[tuple[Mailbox, SmtpProvider]]:
    async with mail_server() as (made, url):
        yield made, provider(url)


async def test_a_letter_arrives_as_text_and_as_html_with_its_own_id(box: tuple[Mailbox, SmtpProvider]) -> None:
    mailbox, smtp = box
    assert await smtp.send(LETTER) == Answer("accepted", ref=str(ID))
    (mail,) = mailbox.mails
    assert mailbox.recipients == ["ines@example.com"]
    assert (mail["Subject"], mail["From"], mail["Message-ID"]) == (
        "C’est prêt", "Orme <bonjour@orme.example>", f"<{ID}@orme.example>",
    )  # fmt: skip
    assert mail["Auto-Submitted"] == "auto-generated"
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and page is not None
    assert text.get_content().replace("\r\n", "\n").strip() == LETTER.text
    written = page.get_content()
    assert "Inès &amp; Co &lt;3." in written
    assert f'href="{LINK}"' in written and "Ouvrir ma page" in written
    assert '<html lang="fr">' in written


@pytest.mark.parametrize(
    ("step", "said", "answer"),
    [
        ("RCPT", "550 no such mailbox", Answer("refused", "smtp_550")),
        ("RCPT", "451 try later", Answer("busy", "smtp_451")),
        ("DATA", "554 not wanted", Answer("refused", "smtp_554")),
        ("DATA", "452 full", Answer("busy", "smtp_452")),
    ],
)
async def test_what_the_server_says_no_to_is_told_apart(
    box: tuple[Mailbox, SmtpProvider], step: str, said: str, answer: Answer
) -> None:
    mailbox, smtp = box
    mailbox.say[step] = said
    assert await smtp.send(LETTER) == answer
    assert mailbox.mails == []


async def test_a_server_that_hangs_up_on_the_data_leaves_it_in_doubt(box: tuple[Mailbox, SmtpProvider]) -> None:
    mailbox, smtp = box
    mailbox.hang_up_after_data = True
    assert await smtp.send(LETTER) == Answer("unknown", "cut_off")


async def test_a_server_that_is_not_there_has_certainly_not_taken_it() -> None:
    async with mail_server() as (_, url):
        gone = provider(url)
    assert await gone.send(LETTER) == Answer("busy", "away")


async def test_a_server_that_talks_nonsense_has_certainly_not_taken_it() -> None:
    async with serving(Nonsense) as port:
        answer = await provider(f"smtp://127.0.0.1:{port}").send(LETTER)
    assert answer.outcome == "busy"


@pytest.mark.parametrize("address", ["", "no address", "ines@example.com\r\nBCC: all@example.com", "a@b\n.\n"])
async def test_what_is_no_address_is_refused_and_ends_no_header(
    box: tuple[Mailbox, SmtpProvider], address: str
) -> None:
    mailbox, smtp = box
    answer = await smtp.send(Letter(ID, address, "fr", "Bonjour", "x"))
    assert answer.outcome == "refused"
    assert mailbox.mails == []


async def test_a_subject_of_two_lines_is_one_line(box: tuple[Mailbox, SmtpProvider]) -> None:
    mailbox, smtp = box
    await smtp.send(Letter(ID, "ines@example.com", "fr", "Bonjour\r\nBCC: all@example.com", "x"))
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Bonjour BCC: all@example.com"
    assert mail["BCC"] is None


@pytest.mark.parametrize("url", ["http://a", "smtp://", "smtp://a/b", "mail.example.com"])
def test_what_is_no_mail_server_is_told(url: str) -> None:
    with pytest.raises(ValueError, match="smtp"):
        MailServer.read(url)


def test_a_password_with_odd_letters_is_read_and_never_shown() -> None:
    server = MailServer.read("smtps://bonjour%40orme:p%2Fss%40word@mail.example.com")
    assert (server.port, server.tls, server.username, server.password) == (465, True, "bonjour@orme", "p/ss@word")
    assert "p/ss" not in repr(server)
