"""What one process holds: database pool, clock, settings, seal, runner, grouper. Doors and worker receive it; nothing is global."""

from comptoir.errands.carriers import Carriers
from comptoir.errands.demo_carrier import make_demo
from comptoir.errands.payment_accounts import PaymentAccounts
from comptoir.errands.relays import RelayFinder
from comptoir.flows.order_grouper import OrderGrouper, OutlookKeeper
from comptoir.flows.take_reports import TakeReports
from comptoir.kit.clock import Clock, wall_clock
from comptoir.kit.db import Pool, open_pool
from comptoir.kit.ids import Seal
from comptoir.kit.runner import Runner
from comptoir.notifications.carrying import providers, push_provider
from comptoir.notifications.model import Medium
from comptoir.notifications.sending import Lane
from comptoir.outgoing.client import WebhookClient
from comptoir.settings import Settings
from comptoir.sourcing.outlook import Outlook
from comptoir.tower.watching import Watch
from comptoir.wiring import CARRIERS, flows


class House:
    """The parts that every door needs. `orders` is the grouper that turns a rush of orders into few commits."""

    def __init__(self, pool: Pool, clock: Clock, settings: Settings) -> None:
        self.pool = pool
        self.clock = clock
        self.settings = settings
        self.seal = Seal(settings.secret)
        self.outlook = Outlook()
        self.keeper = OutlookKeeper(pool, clock, self.outlook)
        self.orders = OrderGrouper(pool, clock, self.seal, self.outlook)
        self.runner = Runner(pool, clock, flows(self.seal, self.outlook, own_printers=settings.printers_local))
        makers = CARRIERS if settings.production else CARRIERS | {"demo": make_demo}
        self.carriers = Carriers(pool, makers, settings.carrier_secrets)
        self.payments = PaymentAccounts(pool, settings.payment_secrets, demo=not settings.production)
        self.webhooks = WebhookClient(local=settings.webhooks_local)
        self.relays = RelayFinder(pool, self.carriers)
        self.reports = TakeReports(self.seal, self.outlook)
        self.tower = Watch(pool, clock)
        self.push = push_provider(settings)
        carried = providers(settings, self.push)
        self.lanes: dict[Medium, Lane] = {medium: Lane(medium, one) for medium, one in carried.items()}

    async def open(self, *, keep_fresh: bool = True) -> "House":
        """Read the outlook once; with `keep_fresh`, go on reading it in the background."""
        await self.keeper.load()
        if keep_fresh:
            self.keeper.start()
        return self

    async def close(self) -> None:
        """Let what is in flight end, then give the connections back."""
        await self.tower.close()
        await self.keeper.stop()
        await self.orders.close()
        await self.carriers.close()
        await self.payments.close()
        await self.webhooks.close()
        await self.pool.close()


async def open_house(settings: Settings, dsn: str, clock: Clock = wall_clock, *, keep_fresh: bool = True) -> House:
    """Connect to the database at `dsn`; Outage when it does not answer."""
    return await House(await open_pool(dsn, settings.pool_size), clock, settings).open(keep_fresh=keep_fresh)
