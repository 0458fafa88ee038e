"""The demo's phone says of every message how far it is, and never more than anybody knows."""

from pathlib import Path

import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.flows.orders_on_file import add_articles, add_order, add_store
from tests.pages.customer_door import NOW, opened

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("due", None, "À envoyer"),
        ("sent", None, "Parti"),
        ("delivered", "no_bounce", "Arrivé"),
        ("seen", None, "Lu"),
        ("failed", "no_provider", "Pourquoi : personne ne transporte ce genre de message."),
        ("failed", "smtp_550", "Pourquoi : refusé en chemin."),
        ("suppressed", "outdated", "Non envoyé : ce n’est plus vrai"),
        ("suppressed", "before_sending", "Non envoyé : rien ne pouvait encore partir"),
    ],
)
async def test_each_state_is_said_in_words(
    database: Database, tmp_path: Path, status: str, reason: str | None, said: str
) -> None:
    await add_store(database.connection)
    await add_articles(database.connection)
    order, _ = await add_order(database.connection, NOW)
    await database.connection.execute(
        "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status, reason, made_at)"
        " VALUES ($1, $2, 1, $2, 'ready', 'sms', 'fr', 'C’est prêt', 'x', $3, $4, $5)",
        new_id(), order, status, reason, NOW,
    )  # fmt: skip
    async with opened(database.dsn, tmp_path) as door:
        page = " ".join((await door.get("/demo/phone")).text.split())
    assert said in page
    assert "smtp_" not in page
