"""Where a postcode is, roughly, and how far two points are apart: good enough to rank stores, never to plan a route.

French postcodes are placed at the middle of their département, others at the middle of their country; coordinates are
degrees (latitude, longitude), rounded to some kilometers.
"""

from functools import lru_cache
from math import asin, cos, radians, sin, sqrt

Point = tuple[float, float]
"""Latitude and longitude in degrees."""

EARTH_KM = 6371.0

DEPARTEMENTS: dict[str, Point] = {
    "01": (46.10, 5.35), "02": (49.56, 3.56), "03": (46.39, 3.19), "04": (44.11, 6.24), "05": (44.66, 6.26),
    "06": (43.94, 7.12), "07": (44.75, 4.42), "08": (49.62, 4.64), "09": (42.92, 1.50), "10": (48.30, 4.16),
    "11": (43.10, 2.41), "12": (44.28, 2.68), "13": (43.54, 5.09), "14": (49.10, -0.36), "15": (45.05, 2.67),
    "16": (45.72, 0.20), "17": (45.78, -0.67), "18": (47.06, 2.49), "19": (45.36, 1.88), "20": (42.15, 9.10),
    "21": (47.42, 4.77), "22": (48.44, -2.86), "23": (46.09, 2.02), "24": (45.10, 0.74), "25": (47.17, 6.36),
    "26": (44.68, 5.17), "27": (49.11, 1.00), "28": (48.39, 1.37), "29": (48.26, -4.06), "2A": (41.86, 8.99),
    "2B": (42.39, 9.21), "30": (43.99, 4.18), "31": (43.36, 1.17), "32": (43.69, 0.45), "33": (44.83, -0.58),
    "34": (43.58, 3.37), "35": (48.15, -1.64), "36": (46.78, 1.58), "37": (47.26, 0.69), "38": (45.26, 5.58),
    "39": (46.73, 5.70), "40": (43.97, -0.78), "41": (47.62, 1.43), "42": (45.73, 4.17), "43": (45.13, 3.81),
    "44": (47.36, -1.68), "45": (47.91, 2.34), "46": (44.62, 1.60), "47": (44.37, 0.46), "48": (44.52, 3.50),
    "49": (47.39, -0.56), "50": (49.08, -1.33), "51": (48.95, 4.24), "52": (48.11, 5.23), "53": (48.15, -0.66),
    "54": (48.79, 6.16), "55": (48.99, 5.38), "56": (47.85, -2.81), "57": (49.04, 6.66), "58": (47.12, 3.50),
    "59": (50.45, 3.22), "60": (49.41, 2.43), "61": (48.62, 0.13), "62": (50.49, 2.29), "63": (45.73, 3.14),
    "64": (43.26, -0.76), "65": (43.05, 0.16), "66": (42.60, 2.52), "67": (48.67, 7.55), "68": (47.86, 7.27),
    "69": (45.87, 4.64), "70": (47.64, 6.09), "71": (46.64, 4.54), "72": (47.99, 0.22), "73": (45.48, 6.44),
    "74": (46.03, 6.43), "75": (48.86, 2.34), "76": (49.66, 1.03), "77": (48.63, 2.93), "78": (48.81, 1.84),
    "79": (46.56, -0.32), "80": (49.96, 2.28), "81": (43.79, 2.17), "82": (44.09, 1.28), "83": (43.46, 6.22),
    "84": (43.99, 5.19), "85": (46.67, -1.30), "86": (46.56, 0.46), "87": (45.89, 1.24), "88": (48.20, 6.38),
    "89": (47.84, 3.56), "90": (47.63, 6.93), "91": (48.52, 2.24), "92": (48.85, 2.25), "93": (48.92, 2.48),
    "94": (48.78, 2.47), "95": (49.08, 2.13),
    "971": (16.25, -61.55), "972": (14.64, -61.02), "973": (4.00, -53.00), "974": (-21.12, 55.53),
    "975": (46.89, -56.30), "976": (-12.83, 45.15), "977": (17.90, -62.83), "978": (18.07, -63.05),
    "980": (43.74, 7.42), "986": (-13.77, -177.16), "987": (-17.65, -149.43), "988": (-21.30, 165.40),
}  # fmt: skip
"""The middle of each French département (by number; 20 is all of Corsica), and of what lies overseas and Monaco."""

COUNTRIES: dict[str, Point] = {
    "AD": (42.54, 1.58), "AT": (47.59, 14.14), "BE": (50.64, 4.64), "BG": (42.76, 25.23), "CH": (46.80, 8.21),
    "CY": (35.05, 33.22), "CZ": (49.74, 15.33), "DE": (51.11, 10.39), "DK": (55.97, 10.03), "EE": (58.67, 25.54),
    "ES": (40.24, -3.65), "FI": (64.50, 26.27), "FR": (46.60, 2.45), "GB": (54.12, -2.87), "GR": (39.07, 22.95),
    "HR": (45.08, 16.40), "HU": (47.16, 19.40), "IE": (53.18, -8.14), "IT": (42.80, 12.07), "LI": (47.14, 9.54),
    "LT": (55.33, 23.89), "LU": (49.77, 6.07), "LV": (56.85, 24.91), "MC": (43.74, 7.42), "MT": (35.92, 14.41),
    "NL": (52.10, 5.28), "NO": (64.50, 13.00), "PL": (52.13, 19.39), "PT": (39.60, -8.50), "RO": (45.85, 24.97),
    "SE": (62.78, 16.75), "SI": (46.12, 14.80), "SK": (48.71, 19.48), "SM": (43.94, 12.46),
}  # fmt: skip
"""The middle of each country of the EU and of its neighbors."""


@lru_cache(maxsize=4096)
def point_of(country: str, postcode: str) -> Point:
    """A point for this postcode; the middle of the country, or of France, when no more is known. Never raises."""
    if country in ("FR", "MC", "GP", "MQ", "GF", "RE", "YT"):
        digits = postcode.strip().replace(" ", "").upper()
        if digits[:2] == "20" and digits[:3].isdigit() and len(digits) == 5:
            # 20000 to 20199 is the south of Corsica, the rest its north.
            return DEPARTEMENTS["2A" if digits[2] in "01" else "2B"]
        found = DEPARTEMENTS.get(digits[:3]) or DEPARTEMENTS.get(digits[:2])
        if found:
            return found
    return COUNTRIES.get(country, COUNTRIES["FR"])


def known_postcode(country: str, postcode: str) -> bool:
    """Is this a postcode we can place closer than its country?"""
    digits = postcode.strip().replace(" ", "")
    return country == "FR" and len(digits) == 5 and digits.isdigit() and point_of(country, digits) != COUNTRIES["FR"]


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance in kilometers."""
    north, south = radians(a[0]), radians(b[0])
    h = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, h)))


@lru_cache(maxsize=4096)
def area_of(country: str, postcode: str) -> str:
    """The area that carriers' zones are made of: "FR-69" for a French département, "FR" where it is not known, else the country. Never raises."""
    if country not in ("FR", "MC", "GP", "MQ", "GF", "RE", "YT"):
        return country
    digits = postcode.strip().replace(" ", "").upper()
    if digits[:2] == "20" and digits[:3].isdigit() and len(digits) == 5:
        return "FR-2A" if digits[2] in "01" else "FR-2B"
    found = next((digits[:length] for length in (3, 2) if digits[:length] in DEPARTEMENTS), None)
    return f"FR-{found}" if found else country


def point_of_area(area: str) -> Point:
    """The middle of an area of `area_of`."""
    return DEPARTEMENTS.get(area[3:]) or COUNTRIES.get(area[:2], COUNTRIES["FR"])
