"""Where a customer follows a parcel on its carrier's own page. Data: the address per carrier, with the number in it."""

from typing import Final
from urllib.parse import quote

TRACKING_PAGES: Final = {
    "colissimo": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "la_poste": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "chronopost": "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={}",
    "mondial_relay": "https://www.mondialrelay.fr/suivi-de-colis/?numeroExpedition={}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "dhl": "https://www.dhl.com/fr-fr/home/suivi.html?tracking-id={}",
    "dhl_express": "https://www.dhl.com/fr-fr/home/suivi.html?tracking-id={}",
}
CARRIER_NAMES: Final = {
    "colissimo": "Colissimo", "la_poste": "La Poste", "chronopost": "Chronopost", "mondial_relay": "Mondial Relay", "ups": "UPS",
    "fedex": "FedEx", "dhl": "DHL", "dhl_express": "DHL Express", "demo": "Transporteur démo",
}  # fmt: skip
"""Names are the same in every language."""


def tracking_link(carrier: str, number: str) -> str:
    """The carrier's page about this number; empty when we know none."""
    page = TRACKING_PAGES.get(carrier.replace("-", "_"))
    return page.format(quote(number, safe="")) if page and number else ""


def carrier_name(carrier: str) -> str:
    """As people call it; an unknown one by its code."""
    return CARRIER_NAMES.get(carrier.replace("-", "_"), carrier)
