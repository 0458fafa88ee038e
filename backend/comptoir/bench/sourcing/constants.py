"""What the sourcing benchmark assumes. Committed before the first policy was run on it, and changed for no policy's sake.

Money in cents, distances in kilometers, times in minutes of local time from Monday 0:00, weights in grams. The shape follows what is
published about such networks (a quarter of the stock in few places, stores whose records are 70 to 95 % right, walk-in customers who want the
same units); the figures are ours. `docs/decisions/sourcing-benchmark.md` says what each stands for.
"""

from typing import Final

DAYS: Final = 7
DAY: Final = 1440
LAST_ORDER_DAY: Final = 6
"""Orders come in from day 0 to the end of this day; the rest of the second week is there to finish them."""
FINISH_DAYS: Final = 14

# ------------------------------------------------------------------ the network

STORES: Final = (
    ("paris-haussmann", 48.873, 2.332, 1000), ("paris-rivoli", 48.858, 2.348, 800), ("creteil", 48.778, 2.456, 500),
    ("velizy", 48.783, 2.221, 500), ("lyon-part-dieu", 45.761, 4.857, 700), ("lyon-confluence", 45.741, 4.818, 400),
    ("marseille", 43.296, 5.376, 600), ("toulouse", 43.604, 1.444, 550), ("nice", 43.703, 7.266, 450),
    ("nantes", 47.213, -1.556, 450), ("montpellier", 43.608, 3.880, 400), ("strasbourg", 48.584, 7.745, 400),
    ("bordeaux", 44.838, -0.579, 500), ("lille", 50.637, 3.063, 550), ("rennes", 48.110, -1.679, 350),
    ("reims", 49.257, 4.032, 250), ("grenoble", 45.189, 5.725, 300), ("dijon", 47.322, 5.042, 220),
    ("angers", 47.474, -0.552, 220), ("clermont-ferrand", 45.777, 3.082, 220), ("tours", 47.394, 0.687, 220),
    ("metz", 49.120, 6.176, 200), ("caen", 49.183, -0.371, 200), ("annecy", 45.899, 6.129, 180), ("pau", 43.295, -0.371, 160),
)  # fmt: skip
"""(name, latitude, longitude, weight): real places; the weight is its share of walk-in customers."""
WAREHOUSES: Final = (("orleans-nord", 47.985, 1.860), ("saint-exupery", 45.713, 5.090))
CITIES: Final = (
    ("75", 48.857, 2.352, 2150), ("92", 48.892, 2.215, 1600), ("93", 48.936, 2.357, 1600), ("94", 48.790, 2.455, 1400),
    ("77", 48.539, 2.661, 900), ("78", 48.804, 2.134, 1000), ("69", 45.764, 4.836, 1700), ("13", 43.297, 5.381, 1600),
    ("31", 43.605, 1.444, 1300), ("06", 43.710, 7.262, 1000), ("44", 47.218, -1.554, 1100), ("34", 43.611, 3.877, 1000),
    ("67", 48.573, 7.752, 900), ("33", 44.837, -0.579, 1300), ("59", 50.629, 3.057, 1900), ("35", 48.117, -1.678, 900),
    ("51", 49.258, 4.032, 450), ("38", 45.188, 5.724, 1000), ("21", 47.322, 5.041, 450), ("49", 47.478, -0.563, 650),
    ("63", 45.777, 3.087, 550), ("37", 47.394, 0.685, 500), ("57", 49.119, 6.176, 800), ("14", 49.183, -0.371, 550),
    ("74", 45.899, 6.129, 650), ("64", 43.296, -0.371, 550), ("29", 48.390, -4.486, 700), ("76", 49.443, 1.099, 1000),
    ("80", 49.894, 2.296, 450), ("54", 48.692, 6.184, 600), ("83", 43.125, 5.931, 800), ("87", 45.834, 1.262, 300),
    ("25", 47.238, 6.024, 450), ("72", 48.006, 0.200, 450), ("66", 42.698, 2.895, 400), ("20", 41.927, 8.735, 280),
)  # fmt: skip
"""(département, latitude, longitude, weight): where online customers live."""
STORE_HOURS: Final = ((570, 1170),) * 6 + ((0, 0),)
"""(opens, closes) of each day of the week, Monday first; Sunday closed."""
WAREHOUSE_HOURS: Final = ((360, 1320),) * 6 + ((0, 0),)
STORE_CUT_OFF: Final = 1020
WAREHOUSE_CUT_OFF: Final = 1200
"""The carrier's last collection of an open day: what is packed by then leaves that day."""
STORE_LINES_PER_HOUR: Final = (6, 14)
"""What a store's team picks and packs beside its customers, drawn between these; a warehouse picks 90."""
WAREHOUSE_LINES_PER_HOUR: Final = 90
PICK_LEAD: Final = 30
"""Minutes from the moment a team begins a parcel to the moment it is packed."""

# ------------------------------------------------------------------ articles, stock, demand

SKUS: Final = 300
ZIPF: Final = 0.75
PRICE: Final = (2_500, 18_000)
MARGIN: Final = 0.45
WEIGHT: Final = (150, 2_500)
ORDERS: Final = 2_500
LINES: Final = ((1, 0.50), (2, 0.30), (3, 0.15), (4, 0.05))
"""Lines of an order and how likely: 1.75 on average."""
AFFINITY: Final = 0.35
"""How often a further line is an article of the first one's family of ten."""
TWO_UNITS: Final = 0.06
PICKUP: Final = 0.40
HOURLY: Final = (
    1, 1, 1, 1, 1, 1, 2, 4, 6, 7, 7, 7, 8, 7, 6, 6, 6, 7, 8, 9, 11, 11, 8, 4,
)  # fmt: skip
"""How the online orders of a day lie over its hours."""
PROMISES: Final = ((4, 0.50), (2, 0.35), (1, 0.15))
"""Open days until the parcel was promised to be there, and how likely."""
WALK_INS: Final = 5_000
"""Units that walk-in customers want in the week, over all stores."""
STOCK: Final = (0.8, 1.5)
"""Units at the beginning over the expected demand of the week, drawn for each article."""
WAREHOUSE_SHARE: Final = 0.30
"""Of an article's stock; the rest lies in stores."""
CARRIED: Final = 0.55
"""How often a store carries an article at all."""
MISPLACED: Final = 0.8
"""Standard deviation of the logarithm by which a store's share of an article is off from its share of demand."""
PHANTOM: Final = 0.09
PHANTOM_SPREAD: Final = 0.05
"""Of the units a store's record names, those that are not there: mean over stores and standard deviation; a warehouse 0.5 %."""
WAREHOUSE_PHANTOM: Final = 0.005
RISK: Final = (0.5, 1.0, 2.0)
"""What small, dear and untidy articles make of it: each article is of one of these classes."""
STAFF_DECLINES: Final = 0.035
FORECAST_NOISE: Final = 0.30
"""Standard deviation of the logarithm of what a forecast is off, for each place and article."""

# ------------------------------------------------------------------ money

ZONES_KM: Final = (60, 200, 450, 800)
WEIGHT_STEPS: Final = (500, 1_000, 2_000, 5_000, 10_000, 30_000)
SERVICES: Final = (
    ("relay", 3, (390, 430, 480, 540, 690), (0, 60, 140, 320, 640, 1_300)),
    ("home", 2, (560, 630, 720, 830, 1_040), (0, 80, 190, 420, 820, 1_700)),
    ("express", 1, (890, 1_080, 1_290, 1_520, 1_980), (0, 130, 300, 640, 1_200, 2_500)),
)
"""(service, open days on the way, price by zone, what each step of weight adds)."""
LATE_FIRST_DAY: Final = 500
LATE_EACH_DAY: Final = 300
PICK_LINE: Final = (110, 45)
PACK_PARCEL: Final = (140, 70)
"""Labor in a store and in a warehouse."""
DECLINE: Final = 150
CANCEL: Final = 1_500
"""Beside the margin: what a line that never comes costs in words, refund and goodwill."""
MARKDOWN: Final = ((2.0, 0.10), (1.2, 0.04), (0.0, 0.0))
"""From so many weeks of cover at a place a unit left there is marked down by so much of its price."""
SEASONAL: Final = 0.25
"""Of the articles, those that are marked down at all."""
TRIES: Final = 5
"""So often a line looks for a place before it is canceled."""
