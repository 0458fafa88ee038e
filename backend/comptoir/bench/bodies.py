"""Orders as the bytes of HTTP requests, made before the clock starts so that sending them costs the sender little."""

import bisect
import itertools
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from comptoir.bench.world import API_KEY, FULL, VAT_RATE_BP, Size, price_minor, sku
from comptoir.kit.ids import new_ids
from comptoir.kit.money import vat_within
from comptoir.network.geography import DEPARTEMENTS

ZIPF = 0.75
LINES = 3
SHIPPING_MINOR = 490
PATH = "/api/v1/orders"

_POSTCODES = tuple(sorted(f"{code}000" for code in DEPARTEMENTS if len(code) == 2 and code.isdigit()))
"""A place in each département of the mainland: customers live everywhere, as the floor takes any store."""


class Ranks:
    """Draws the ranks of SKUs: 0 is the most wanted, rank k with a weight of (k + 1) ** -0.75."""

    def __init__(self, seed: int, skus: int = FULL.skus) -> None:
        self.random = random.Random(seed)
        self._sums = list(itertools.accumulate((k + 1) ** -ZIPF for k in range(skus)))

    def distinct(self, count: int) -> list[int]:
        """`count` different ranks."""
        drawn: list[int] = []
        while len(drawn) < count:
            rank = min(len(self._sums) - 1, bisect.bisect(self._sums, self.random.random() * self._sums[-1]))
            if rank not in drawn:
                drawn.append(rank)
        return drawn


def order(order_id: UUID, ranks: Sequence[int], customer: int, placed_at: str) -> dict[str, object]:
    """The body of one order: one unit of each rank, shipped from wherever it is, paid, to an address in France."""
    postcode = _POSTCODES[customer % len(_POSTCODES)]
    prices = [price_minor(rank) for rank in ranks]
    vat = [vat_within(price, VAT_RATE_BP) for price in prices]
    shipping_vat = vat_within(SHIPPING_MINOR, VAT_RATE_BP)
    total = sum(prices) + SHIPPING_MINOR
    return {
        "id": str(order_id),
        "placed_at": placed_at,
        "customer": {
            "id": f"00000000-0000-7000-8000-{100_000_000_000 + customer}",
            "first_name": "Camille",
            "last_name": f"Client {customer}",
            "email": f"client{customer}@example.org",
            "phone": f"+336399{customer:05d}",
        },
        "lines": [
            {"sku": sku(rank), "quantity": 1, "unit_price_minor": price, "vat_rate_bp": VAT_RATE_BP, "vat_minor": tax,
             "total_minor": price, "method": "ship"}
            for rank, price, tax in zip(ranks, prices, vat, strict=True)
        ],
        "payment": {"provider": "bench", "reference": f"pay-{order_id}", "state": "captured", "amount_minor": total},
        "shipping_minor": SHIPPING_MINOR,
        "shipping_vat_minor": shipping_vat,
        "vat_minor": sum(vat) + shipping_vat,
        "total_minor": total,
        "ship_to": {
            "name": f"Camille Client {customer}",
            "street": f"{customer} rue des Lilas",
            "postcode": postcode,
            "city": "Bourg-le-Roi",
        },
    }  # fmt: skip


def request(body: dict[str, object]) -> bytes:
    """The whole HTTP/1.1 request that places one order."""
    payload = json.dumps(body, separators=(",", ":")).encode()
    return (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {API_KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
    ).encode() + payload


def read_request(path: str) -> bytes:
    """The whole HTTP/1.1 request that reads `path` with the bench's key."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {API_KEY}\r\n"
    return f"{head}Accept: application/json\r\n\r\n".encode()


def rush(count: int, seed: int, size: Size = FULL, *, hot: int | None = None) -> tuple[list[UUID], list[bytes]]:
    """`count` orders with their ids. Every line is of the SKU at rank `hot` where that is given, else drawn by Zipf."""
    ranks = Ranks(seed, size.skus)
    ids = new_ids(count)
    placed_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    bodies = [
        request(
            order(
                order_id,
                ranks.distinct(LINES) if hot is None else [hot] * LINES,
                ranks.random.randrange(1, size.customers + 1),
                placed_at,
            )
        )
        for order_id in ids
    ]
    return ids, bodies
