"""Which time zone an address lies in, well enough to say on which day something arrived there. Pure."""

from typing import Final

HOME: Final = "Europe/Paris"

OVERSEAS: Final = {
    "971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne", "974": "Indian/Reunion",
    "975": "America/Miquelon", "976": "Indian/Mayotte", "977": "America/St_Barthelemy", "978": "America/Marigot",
    "986": "Pacific/Wallis", "987": "Pacific/Tahiti", "988": "Pacific/Noumea",
}  # fmt: skip
"""By the first three digits of the postcode."""

OWN_CODES: Final = {
    "GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976", "BL": "977", "MF": "978",
    "WF": "986", "PF": "987", "NC": "988",
}  # fmt: skip
"""Countries in the sense of ISO 3166 that are French departments or territories."""

ABROAD: Final = {
    "GB": "Europe/London", "IE": "Europe/Dublin", "PT": "Europe/Lisbon", "GR": "Europe/Athens", "FI": "Europe/Helsinki",
    "EE": "Europe/Tallinn", "LV": "Europe/Riga", "LT": "Europe/Vilnius", "RO": "Europe/Bucharest",
    "BG": "Europe/Sofia", "CY": "Asia/Nicosia",
}  # fmt: skip
"""Countries whose clock is another than that of Paris."""


def zone_of(country: str, postcode: str) -> str:
    """The IANA zone of an address; the zone of Paris where nothing else is known."""
    if country in ("FR", ""):
        return OVERSEAS.get(postcode[:3], HOME)
    return OVERSEAS.get(OWN_CODES.get(country, ""), ABROAD.get(country, HOME))
