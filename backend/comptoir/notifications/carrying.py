"""Who carries which medium in this process, by its settings."""

import msgspec

from comptoir.kit.ids import Seal
from comptoir.notifications.model import Medium
from comptoir.notifications.providers.brevo import BrevoAccount, BrevoProvider
from comptoir.notifications.providers.demo import DemoPhone
from comptoir.notifications.providers.ovh import OvhAccount, OvhProvider
from comptoir.notifications.providers.port import Provider
from comptoir.notifications.providers.push_hosts import Hosts
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from comptoir.notifications.providers.twilio import TwilioAccount, TwilioProvider
from comptoir.notifications.providers.vapid import Vapid
from comptoir.notifications.providers.web_push import WebPushProvider
from comptoir.notifications.receipts import address_of
from comptoir.settings import Settings


def providers(settings: Settings, push: Provider | None) -> dict[Medium, Provider | None]:
    """The provider of every medium. Outside production, a medium that nobody carries ends on the demo's phone."""
    unnamed = None if settings.production else DemoPhone()
    mail = MailServer.read(settings.mail_url) if settings.mail_url else None
    return {
        "push": push,
        "sms": sms_provider(settings) or unnamed,
        "email": mail_provider(mail, settings) if mail else unnamed,
    }


def mail_provider(server: MailServer, settings: Settings) -> SmtpProvider:
    """One server; its mails name themselves in their bounces."""
    return SmtpProvider(server, settings.mail_from, settings.retailer, Seal(settings.secret), settings.bounce_address)


def push_provider(settings: Settings) -> WebPushProvider:
    """Web push needs no account: whoever has the installation's secret may send."""
    secure = settings.url if settings.url.startswith("https://") else "mailto:nobody@example.com"
    contact = f"mailto:{settings.contact}" if settings.contact else secure
    return WebPushProvider(Vapid(Seal(settings.secret), contact), Hosts(settings.push_hosts, local=settings.push_local))


def sms_provider(settings: Settings) -> Provider | None:
    """The one that COMPTOIR_SMS names; None when it names none."""
    given = {name: text for name, text in settings.sms.items() if name != "provider"}
    kind = settings.sms.get("provider", "")
    if kind in ("twilio", "brevo") and settings.url.startswith("https://"):
        # Each message names the door where its receipt is to be told.
        given.setdefault("receipts", address_of(Seal(settings.secret), settings.url, kind))
    match kind:
        case "ovh":
            return OvhProvider(msgspec.convert(given, OvhAccount))
        case "twilio":
            return TwilioProvider(msgspec.convert(given, TwilioAccount))
        case "brevo":
            return BrevoProvider(msgspec.convert(given, BrevoAccount))
    return None
