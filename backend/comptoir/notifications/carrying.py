"""Who carries which medium in this process, by its settings."""

from comptoir.notifications.model import Medium
from comptoir.notifications.providers.demo import DemoPhone
from comptoir.notifications.providers.port import Provider
from comptoir.notifications.providers.smtp import MailServer, SmtpProvider
from comptoir.settings import Settings


def providers(settings: Settings) -> dict[Medium, Provider | None]:
    """The provider of every medium. Outside production, a medium that nobody carries ends on the demo's phone."""
    unnamed = None if settings.production else DemoPhone()
    mail = (
        SmtpProvider(MailServer.read(settings.mail_url), settings.mail_from, settings.retailer)
        if settings.mail_url
        else unnamed
    )
    return {"push": None, "sms": unnamed, "email": mail}
