"""What one process holds: database pool, clock, settings, seal, runner. Doors and worker receive it; nothing is global."""

from typing import TYPE_CHECKING

from comptoir.kit.clock import Clock, wall_clock
from comptoir.kit.db import Pool, open_pool
from comptoir.kit.ids import Seal
from comptoir.kit.runner import Runner
from comptoir.settings import Settings
from comptoir.wiring import FLOWS

if TYPE_CHECKING:
    from comptoir.flows.place_orders import OrderGrouper


class House:
    """The parts that every door needs. `orders` is the grouper that turns a rush of orders into few commits."""

    def __init__(self, pool: Pool, clock: Clock, settings: Settings, seal: Seal) -> None:
        from comptoir.flows.place_orders import OrderGrouper

        self.pool = pool
        self.clock = clock
        self.settings = settings
        self.seal = seal
        self.runner = Runner(pool, clock, FLOWS)
        self.orders: OrderGrouper = OrderGrouper(pool, clock, seal)

    async def close(self) -> None:
        await self.orders.close()
        await self.pool.close()


async def open_house(settings: Settings, dsn: str, clock: Clock = wall_clock) -> House:
    """Connect to the database at `dsn`; Outage when it does not answer."""
    return House(await open_pool(dsn, settings.pool_size), clock, settings, Seal(settings.secret))
