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


def test_the_rest_of_a_parcel_goes_along_with_what_is_declined_where_moving_is_allowed_and_pays() -> None:
    opening = json.loads(SNAPSHOT)
    opening["skus"].append({"sku": "HAT", "grams": 100})
    opening["stock"] = {"PULL-M": {"lyon": 5, "orleans": 5}, "HAT": {"lyon": 5, "orleans": 5}}
    opening["forecast"] = {}
    lines = [{"sku": "PULL-M", "quantity": 1}, {"sku": "HAT", "quantity": 2}]
    asked = {"order": {"id": "W-1", "to": "69", "due": 3, "lines": lines}}
    declined = {"declined": {"order": "W-1", "location": "orleans", "sku": "HAT", "quantity": 2}}
    again = {"order": {"id": "W-2", "to": "69", "due": 3, "lines": [{"sku": "PULL-M", "quantity": 5}]}}

    def told(**more: int) -> list[dict[str, Any]]:
        sent = [opening | more, asked, declined, again]
        return [json.loads(line) for line in answers(iter([json.dumps(line).encode() for line in sent]))][1:]

    first, alone, others = told()
    assert ([one["location"] for one in first["parcels"]], "along" in alone) == (["orleans"], False)
    assert [(one["location"], len(one["lines"])) for one in alone["parcels"]] == [("lyon", 1)]
    assert [one["location"] for one in others["parcels"]] == ["lyon"]
    _, whole, others = told(moving_minor=200)
    assert [(one["location"], len(one["lines"])) for one in whole["parcels"]] == [("lyon", 2)]
    assert whole["along"] == {"location": "orleans", "lines": [{"sku": "PULL-M", "quantity": 1}]}
    # What went along is promised to others again.
    assert [one["location"] for one in others["parcels"]] == ["orleans"]
    assert "along" not in told(moving_minor=5_000)[1]


def test_without_a_snapshot_nothing_is_routed() -> None:
    (told,) = answers(iter([ORDER, ORDER]))
    assert json.loads(told)["line"] == 1
