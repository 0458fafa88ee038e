"""Orders that lie on the pickup shelf, put there by a colleague's device that is no browser."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from comptoir.flows.take_reports import Batch, DeviceEvent, TakeReports
from comptoir.fulfillment.model import StartPack
from comptoir.kit.actor import Actor
from comptoir.kit.clock import wall_clock
from comptoir.kit.db import in_transaction, open_pool
from comptoir.kit.ids import Seal, digest, new_id, new_token
from comptoir.kit.runner import Runner
from comptoir.sourcing.outlook import Outlook
from comptoir.wiring import flows
from tests.aside import run_aside
from tests.browser.shop import LYON, SECRET, Shop


class Colleague:
    """Sam at Lyon with a device of his own; tells facts to the app's database as the sync door would."""

    def __init__(self, shop: Shop, location: str = LYON) -> None:
        self.shop, self.location = shop, location
        self.journal, self.seq = new_id(), 0
        self.device, self.sign_in = new_id(), new_id()
        self.who: UUID = shop.one("SELECT id FROM staff WHERE first_name = 'Sam' AND last_name = 'Diallo'")
        self.name = f"TC-{new_token()[:4]}"
        now = datetime.now(UTC)
        shop.ask(
            "INSERT INTO device (id, location, name, credential_hash, enrolled_at) VALUES ($1, $2, $3, $4, $5)",
            self.device, location, self.name, digest(new_token()), now,
        )  # fmt: skip
        shop.ask(
            "INSERT INTO sign_in (id, staff, device, token_hash, started_at, seen_at, ends_at, means)"
            " VALUES ($1, $2, $3, $4, $5, $5, $6, 'pin')",
            self.sign_in, self.who, self.device, digest(new_token()), now - timedelta(hours=2), now + timedelta(days=1),
        )  # fmt: skip
        self.person = Actor(str(self.who), "associate", (location,), self.device, "page", sign_in=self.sign_in)
        self.hands = Actor(f"device:{self.device}", "associate", (location,), self.device, "sync")

    def do(self, command: Any) -> None:
        """Ask for something as Sam."""

        async def run() -> None:
            pool = await open_pool(self.shop.dsn, 2)
            try:
                await Runner(pool, wall_clock, flows(Seal(SECRET.encode()), Outlook())).perform(command, self.person)
            finally:
                await pool.close()

        run_aside(run())

    def tell(self, *facts: tuple[str, dict[str, Any]], at: datetime | None = None) -> list[str]:
        """Tell facts; what came of each."""
        events = []
        for kind, body in facts:
            self.seq += 1
            plain = msgspec.json.decode(msgspec.json.encode(body))
            events.append(DeviceEvent(self.seq, new_id(), at or datetime.now(UTC), self.sign_in, kind, plain))
        batch = Batch(self.journal, tuple(events))

        async def run() -> list[str]:
            pool = await open_pool(self.shop.dsn, 2)
            reports = TakeReports(Seal(SECRET.encode()), Outlook())
            now = wall_clock()
            try:
                taken = await in_transaction(pool, self.hands.who, now, lambda tx: reports(tx, batch, self.hands, now))
                return [told.problem or told.outcome for told in taken.outcomes]
            finally:
                await pool.close()

        return run_aside(run())

    def stage(self, placed: dict[str, Any], *bags: tuple[str, str]) -> str:
        """Pick all of a placed order and put it on the shelf in these bags, (tag, place); its work."""
        work = placed["works"][0]
        self.do(StartPack(new_id(), self.location, (UUID(work["id"]),)))
        picks = [
            ("pick", {"work": work["id"], "line": number, "quantity": line["quantity"]})
            for number, line in enumerate(work["lines"], 1)
        ]
        stages = [("stage", {"work": work["id"], "bag": f"B:{tag}", "place": f"L:{place}"}) for tag, place in bags]
        assert set(self.tell(*picks, *stages)) == {"applied"}
        return str(work["id"])
