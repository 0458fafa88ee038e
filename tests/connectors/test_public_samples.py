"""The platforms' public sample orders, where they lie beside the checkout (or in COMPTOIR_SHARED)."""

import json
import os
from pathlib import Path

import pytest

from tests.connectors.shop import SHOPS, Shop
from tests.connectors.test_webhook_contract import held_then_work
from tests.doors import Served

pytestmark = pytest.mark.anyio
SHARED = Path(os.environ.get("COMPTOIR_SHARED") or Path(__file__).resolve().parents[3] / "shared")
SAMPLES = [(kind, path) for kind in SHOPS if (path := SHARED / "data" / kind.kind / "order.json").exists()]


def test_a_folder_that_was_named_has_the_samples() -> None:
    assert len(SAMPLES) == len(SHOPS) or "COMPTOIR_SHARED" not in os.environ


if SAMPLES:

    @pytest.mark.parametrize(("kind", "path"), SAMPLES, ids=[kind.kind for kind, _ in SAMPLES])
    async def test_the_public_sample_is_held_with_named_reasons_and_becomes_work(
        app: Served, kind: type[Shop], path: Path
    ) -> None:
        found = json.loads(path.read_text(encoding="utf-8"))
        await held_then_work(app, kind(), found.get("order", found))
