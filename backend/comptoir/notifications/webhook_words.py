"""Head office is told by mail that a webhook was paused: once for each pause, while what waits for it is still kept."""

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Tx, borrowed, in_transaction
from comptoir.kit.i18n import t
from comptoir.notifications.providers.port import Letter
from comptoir.staff.sql import insert_audit

if TYPE_CHECKING:
    from comptoir.house import House

NAMESPACE: Final = UUID("5e1ec7ed-0000-7000-8000-000000000040")
_PAUSED: Final = """
SELECT e.id, e.name, e.paused_because, e.paused_at,
  (SELECT count(*)::int FROM webhook_delivery d WHERE d.endpoint = e.id AND d.state = 'open' AND NOT d.test) AS waiting
FROM webhook_endpoint e WHERE e.state = 'paused' AND e.paused_because IN ('failing', 'gone')
  AND NOT EXISTS (SELECT FROM audit a WHERE a.subject = e.id::text AND a.action = 'webhook.told' AND a.at >= e.paused_at)
ORDER BY e.paused_at, e.id LIMIT 10
"""
_READERS: Final = """
SELECT id, email, language FROM staff WHERE role = 'head_office' AND disabled_at IS NULL AND email IS NOT NULL ORDER BY id LIMIT 20
"""


async def tell_head_office(house: "House") -> int:
    """One mail for each paused endpoint and person; how many endpoints were told of. While no mail can leave it is tried again."""
    async with borrowed(house.pool) as connection:
        paused = await connection.fetch(_PAUSED)
        readers = await connection.fetch(_READERS) if paused else []
    done = 0
    for endpoint in paused:
        answers = [await house.lanes["email"].ask(house, letter_of(house, endpoint, reader)) for reader in readers]
        if answers and all(answer.outcome == "busy" for answer in answers):
            continue
        told = sum(answer.outcome == "accepted" for answer in answers)

        async def note(tx: Tx, subject: str = str(endpoint["id"]), told: int = told) -> None:
            await insert_audit(tx, SYSTEM, "webhook.told", subject, mails=told)

        await in_transaction(house.pool, SYSTEM.who, house.clock(), note)
        done += 1
    return done


def letter_of(house: "House", endpoint: Any, reader: Any) -> Letter:
    """What one person reads; the same pause is the same letter."""
    lang, because = reader["language"], endpoint["paused_because"]
    link = f"{house.settings.url}/manager/webhooks/{endpoint['id']}"
    lines = [
        t(f"webhooks.mail_{because}", lang, name=endpoint["name"]), "", t("webhooks.mail_waiting", lang, n=endpoint["waiting"]), "",
        link,
    ]  # fmt: skip
    key = f"{endpoint['id']}|{endpoint['paused_at'].isoformat()}|{reader['id']}"
    subject = t("webhooks.mail_subject", lang, name=endpoint["name"])
    return Letter(uuid5(NAMESPACE, key), reader["email"], lang, subject, "\n".join(lines))
