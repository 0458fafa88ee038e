"""E-mail through one SMTP server: text and HTML, told apart whether it was taken, refused, put off or left in doubt.

After the server has the data and before its answer nobody knows; everything earlier was certainly not sent.
"""

import contextlib
import re
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import formataddr, formatdate
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from comptoir.kit.ids import Seal
from comptoir.notifications.mail_html import as_html
from comptoir.notifications.marks import mark_of, ref_of
from comptoir.notifications.providers.port import Answer, Letter

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
_ADDRESS = re.compile(r"[^\s@<>\",;:\\]{1,64}@[^\s@<>\",;:\\]{1,190}")


class MailServer(msgspec.Struct, frozen=True):
    """Where mail goes out: `smtp://name:password@host:587` (STARTTLS where offered) or `smtps://...` (TLS at once)."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = None

    @classmethod
    def read(cls, url: str) -> "MailServer":
        """ValueError when `url` is no such address."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
            raise ValueError("not smtp://host or smtps://host")
        tls = parts.scheme == "smtps"
        return cls(
            parts.hostname, parts.port or (465 if tls else 587), tls,
            unquote(parts.username) if parts.username else None, unquote(parts.password) if parts.password else None,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


class SmtpProvider:
    """Sends letters as `sender` (address) of `house` (name).

    Each carries a mark of its own, in the Message-ID (and a header beside it), as the envelope's id where the server offers DSN (RFC 3461), and in the
    address that bounces go back to, where `bounces` has a star for it.
    """

    name = "smtp"

    def __init__(
        self, server: MailServer, sender: str, house: str, seal: Seal | None = None, bounces: str = ""
    ) -> None:
        self.server, self.sender, self.house = server, sender, house
        self.seal, self.bounces = seal, bounces

    def mark(self, letter: Letter) -> str:
        """The name under which this try travels."""
        return mark_of(self.seal, letter.id, letter.n) if self.seal else str(letter.id)

    def envelope(self, letter: Letter) -> tuple[str, list[str], list[str]]:
        """The envelope's sender, and what a server that offers DSN is asked beside sender and recipient."""
        mark = self.mark(letter)
        return (
            self.bounces.replace("*", mark) or self.sender, ["RET=HDRS", f"ENVID={mark}"], ["NOTIFY=FAILURE,DELAY"],
        )  # fmt: skip

    def compose(self, letter: Letter) -> EmailMessage:
        """Text first, HTML beside it; nothing in it can end a header early. ValueError when `to` is no address."""
        if not _ADDRESS.fullmatch(letter.to):
            raise ValueError("not an address")
        mail = EmailMessage(policy=POLICY)
        mail["From"] = formataddr((one_line(self.house), self.sender))
        mail["To"] = letter.to
        mail["Subject"] = one_line(letter.subject)
        mail["Date"] = formatdate(usegmt=True)
        mail["Message-ID"] = f"<{self.mark(letter)}@{self.sender.rpartition('@')[2]}>"
        # A relay that puts a Message-ID of its own in place of ours (Brevo's) gives this one back in what it tells.
        mail["X-Mailin-custom"] = self.mark(letter)
        mail["Content-Language"] = letter.language
        # Nobody's holiday notice need answer this.
        mail["Auto-Submitted"] = "auto-generated"
        if letter.unsubscribe:
            mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(letter.text)
        page = letter.html or as_html(letter.subject, letter.text, letter.language, self.house)
        mail.add_alternative(page, subtype="html")
        for one in letter.attachments:
            kind, _, subkind = one.media.partition("/")
            mail.add_attachment(one.bytes, maintype=kind, subtype=subkind, filename=one.name)
        return mail

    async def send(self, letter: Letter) -> Answer:
        """One conversation for one letter."""
        try:
            mail = self.compose(letter)
        except ValueError:
            return Answer("refused", "address")
        server = self.server
        client = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, use_tls=server.tls, username=server.username, password=server.password,
            timeout=CONNECT_SECONDS,
        )  # fmt: skip
        try:
            await client.connect()
            sender, of_mail, of_recipient = self.envelope(letter)
            asks = client.supports_extension("dsn")
            await client.mail(sender, options=of_mail if asks else None)
            await client.rcpt(letter.to, options=of_recipient if asks else None)
        except Exception as fault:
            await hang_up(client)
            return _before(fault)
        try:
            await client.data(mail.as_bytes(), timeout=ANSWER_SECONDS)
        except aiosmtplib.SMTPResponseException as said:
            return _said(said.code)
        except Exception:
            return Answer("unknown", "cut_off")
        finally:
            await hang_up(client)
        return Answer("accepted", ref=ref_of(letter.id, letter.n))


def _before(fault: Exception) -> Answer:
    """What a fault means as long as no data went out: certainly not sent."""
    if isinstance(fault, aiosmtplib.SMTPAuthenticationError):
        return Answer("busy", "login_refused")
    if isinstance(fault, aiosmtplib.SMTPResponseException):
        return _said(fault.code)
    if isinstance(fault, aiosmtplib.SMTPException | OSError | TimeoutError):
        return Answer("busy", "away")
    if isinstance(fault, UnicodeError | ValueError):
        return Answer("refused", "address")
    raise fault


def _said(code: int) -> Answer:
    """421 to 452: later. 500 and above: never. Anything else was not said by a mail server."""
    if 400 <= code < 500:
        return Answer("busy", f"smtp_{code}")
    return Answer("refused", f"smtp_{code}") if 500 <= code < 600 else Answer("busy", "nonsense")


async def hang_up(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(Exception):
        await client.quit(timeout=2)
    client.close()


def one_line(text: str) -> str:
    """A header's worth of text: what could end the line is a space."""
    return " ".join(text.split())
