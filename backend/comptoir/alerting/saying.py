"""An alert in words: the same on its page, in a notification and in a mail."""

from comptoir.kit.i18n import t


def headline(kind: str, place: str, name: str, lang: str) -> str:
    """What and where: "Lyon Part-Dieu: orders late"."""
    whom = ", ".join(part for part in (place, carrier(name, lang) if kind == "pickup" else name) if part)
    return t("alerts.headline", lang, whom=whom, what=t(f"alerts.kind.{kind}", lang))


def figure(kind: str, value: int, lang: str) -> str:
    """How much: "7 orders late, or soon late"."""
    return t(f"alerts.figure.{kind}", lang, n=value)


def carrier(code: str, lang: str) -> str:
    """A carrier by its own name where the house knows it."""
    said = t(f"departure.carrier_{code}", lang) if code in CARRIERS else code.replace("_", " ")
    return said[:1].upper() + said[1:]


CARRIERS = ("colissimo", "chronopost", "mondial_relay", "ups", "fedex", "dhl", "demo")
