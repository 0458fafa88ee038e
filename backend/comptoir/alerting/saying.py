"""An alert in words: the same on its page, in a notification and in a mail."""

from comptoir.kit.i18n import t


def headline(kind: str, place: str, name: str, lang: str) -> str:
    """What and where: "Lyon Part-Dieu: orders late"."""
    return _said(whom(kind, place, name, lang), t(f"alerts.kind.{kind}", lang), lang)


def sentence(kind: str, place: str, name: str, value: int, lang: str) -> str:
    """Where and how much, for whoever reads nothing else: "Lyon Part-Dieu: 7 orders are late or soon will be"."""
    return _said(whom(kind, place, name, lang), figure(kind, value, lang), lang)


def _said(whom: str, what: str, lang: str) -> str:
    """A shop that is no more has no name: then it is said without."""
    return t("alerts.headline", lang, whom=whom, what=what) if whom else what[:1].upper() + what[1:]


def whom(kind: str, place: str, name: str, lang: str) -> str:
    """The store, the shop, the carrier at a store."""
    return ", ".join(part for part in (place, carrier(name, lang) if kind == "pickup" else name) if part)


def figure(kind: str, value: int, lang: str) -> str:
    """How much: "7 orders are late or soon will be"."""
    return t(f"alerts.figure.{kind}", lang, n=value, time=duration(value, lang))


def duration(minutes: int, lang: str) -> str:
    """As "45 min", "2 h 05", "3 days"."""
    if minutes < 100:
        return t("alerts.minutes", lang, n=minutes)
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return t("alerts.days", lang, n=hours // 24)
    return t("alerts.hours_minutes", lang, n=hours, m=f"{rest:02}") if rest else t("alerts.hours", lang, n=hours)


def carrier(code: str, lang: str) -> str:
    """A carrier by its own name where the house knows it."""
    said = t(f"departure.carrier_{code}", lang) if code in CARRIERS else code.replace("_", " ")
    return said[:1].upper() + said[1:]


CARRIERS = ("colissimo", "chronopost", "mondial_relay", "ups", "fedex", "dhl", "demo")
