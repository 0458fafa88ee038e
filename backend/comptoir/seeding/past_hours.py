"""The demo world's last four weeks by the hour: what came in and was picked, so that its tower has something to have learned from.

Two peaks a day, Saturdays fuller; in the peaks enough waits for the hour to tell the store's pace, some way below its capacity.
"""

from datetime import datetime
from typing import Final

from comptoir.kit.db import Pool
from comptoir.tower.keeping import learn_all

_HOURS: Final = """
WITH h AS (
  SELECT l.id, l.capacity_per_hour AS capacity, at, extract(hour FROM at AT TIME ZONE l.time_zone)::int AS local, extract(dow FROM at AT TIME ZONE l.time_zone)::int AS day,
    abs(hashtext(l.id || at::text)) % 21 AS chance
  FROM location l, generate_series(date_trunc('hour', $1::timestamptz) - interval '28 days', date_trunc('hour', $1::timestamptz) - interval '1 hour', interval '1 hour') at
), p AS (
  SELECT *, (ARRAY[35, 45, 60, 75, 55, 45, 50, 65, 85, 60])[local - 8] * (CASE day WHEN 6 THEN 125 WHEN 5 THEN 110 ELSE 95 END) / 100 + chance - 10 AS share
  FROM h WHERE local BETWEEN 9 AND 18 AND (day <> 0 OR EXISTS (SELECT FROM opening_hours o WHERE o.location = h.id AND o.weekday = 6))
)
INSERT INTO store_hour (location, hour, part, received, works, lines, open_minutes, pressing)
SELECT id, at, CASE WHEN local < 11 THEN 0 WHEN local < 14 THEN 1 WHEN local < 17 THEN 2 ELSE 3 END, capacity * share / 100,
  CASE WHEN share >= 55 THEN capacity * (72 + chance) / 100 ELSE capacity * share / 100 END, capacity * share / 50, 60,
  CASE WHEN share >= 50 THEN capacity / 2 + 1 ELSE 0 END
FROM p ON CONFLICT DO NOTHING
"""


async def load(pool: Pool, now: datetime) -> None:
    """Hours up to the one that has begun, and the paces that they teach."""
    await pool.execute(_HOURS, now)
    await learn_all(pool, now)
