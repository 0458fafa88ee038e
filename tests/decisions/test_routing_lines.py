"""`comptoir route --stdio`: what goes in and comes out, by the example that its page shows."""

import json
from pathlib import Path
from typing import Any

from comptoir.bench.sourcing.stdio import answers

PAGE = Path(__file__).parents[2] / "docs/routing-lines.md"
ASKED, TOLD = (
    block.split("```")[0].strip().encode() for block in PAGE.read_text(encoding="utf-8").split("```json\n")[1:]
)
SNAPSHOT, ORDER, *_ = ASKED.splitlines()


def after(*lines: bytes | dict[str, Any]) -> list[dict[str, Any]]:
    """The answers to these lines, which come after the example's snapshot."""
    sent = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return [json.loads(line) for line in answers(iter([SNAPSHOT, *sent]))][1:]


def place(number: int, quantity: int = 1) -> dict[str, Any]:
    return {"order": {"id": f"W-{number}", "to": "69", "due": 3, "lines": [{"sku": "PULL-M", "quantity": quantity}]}}


def test_the_example_is_answered_as_the_page_says() -> None:
    assert [json.loads(line) for line in answers(iter(ASKED.splitlines()))] == [
        json.loads(line) for line in TOLD.splitlines()
    ]


def test_what_was_promised_is_promised_to_nobody_else() -> None:
    first, second, third = after(place(1, 9), place(2), place(3))
    assert [parcel["location"] for parcel in first["parcels"]] == ["orleans"]
    assert [parcel["location"] for parcel in second["parcels"]] == ["lyon"]
    assert third["parcels"] == []
    assert third["missing"] == [{"sku": "PULL-M", "quantity": 1}]


def test_a_sale_takes_a_unit_and_a_line_that_cannot_be_read_takes_nothing() -> None:
    sold = {"sale": {"sku": "PULL-M", "location": "orleans", "units": 9}}
    unknown = {"sale": {"sku": "PULL-M", "location": "nowhere"}}
    taken, wrong, broken, back, answer = after(sold, unknown, b"{", {"tick": 1}, place(1))
    assert taken == {"taken": True}
    assert wrong == {"error": "there is no location 'nowhere'", "line": 3}
    assert broken["line"] == 4
    assert back["error"] == "time does not go back"
    assert [parcel["location"] for parcel in answer["parcels"]] == ["lyon"]


def test_without_a_snapshot_nothing_is_routed() -> None:
    (told,) = answers(iter([ORDER, ORDER]))
    assert json.loads(told)["line"] == 1
