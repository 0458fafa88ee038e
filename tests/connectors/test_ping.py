"""WooCommerce greets a new webhook address with an unsigned form; nothing else comes through unsigned."""

import pytest

from tests.connectors.looking import inbox
from tests.doors import Served

pytestmark = pytest.mark.anyio
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_the_greeting_of_a_new_webhook_is_answered_and_not_kept(app: Served) -> None:
    answer = await app.client.post("/webhooks/woo-orme", content=b"webhook_id=5", headers=FORM)
    assert answer.status_code == 200
    assert await inbox(app.house) == []


@pytest.mark.parametrize(
    "body", [b"webhook_id=", b"webhook_id=5&id=727", b"webhook_id=5\n", b"webhook_id=" + b"9" * 40]
)
async def test_anything_like_a_greeting_needs_a_signature(app: Served, body: bytes) -> None:
    assert (await app.client.post("/webhooks/woo-orme", content=body, headers=FORM)).status_code == 401


async def test_a_shopify_shop_has_no_greeting(app: Served) -> None:
    assert (await app.client.post("/webhooks/shopify-orme", content=b"webhook_id=5", headers=FORM)).status_code == 401
