"""Receiving in a real browser: a scan counts, a number counts many, a lost network loses no count and ends nothing."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from playwright.sync_api import Page, expect

from comptoir.screens.transfers import Head, LineView, TransferView
from comptoir.transfers.lifecycle import Status
from tests.browser.counterpart import TEMPLATES, Counterpart

DERBY, STRANGER = "3614270440182", "3614270440199"
ID = UUID(int=7)
AT = datetime(2026, 11, 21, 14, 22, tzinfo=UTC)


def with_books(counterpart: Counterpart) -> None:
    """It counts what is received as the server does."""
    plain = counterpart.take

    def take(batch: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, answer = plain(batch)
        for told in answer.get("outcomes", ()):
            bodies = [event["body"] for event in counterpart.events if event["seq"] <= told["seq"]]
            sku = bodies[-1].get("sku") or "ENCRE-NOIRE"
            counted = sum(body["quantity"] for body in bodies if (body.get("sku") or "ENCRE-NOIRE") == sku)
            told["facts"] = {"transfer": str(ID), "sku": sku, "counted": counted, "name": "Encre", "more": "noire"}
        return status, answer

    counterpart.take = take  # type: ignore[method-assign]


def open_transfer(page: Page, counterpart: Counterpart) -> None:
    with_books(counterpart)
    line = LineView(1, "DERBY-39", "Derby", "Noir", "39", "derby-noir", 3, 0, 0, 3, 0, 0, 0, 0, [DERBY.zfill(14)])
    head = Head(
        ID, "T-2001", "entrepot", "Entrepôt", "lyon", "Lyon", Status.SHIPPED, "replenish", "", AT, 3, 0, 0, 3, 0, 0, 0, 0, 1,
    )  # fmt: skip
    rows = [{"sku": "DERBY-39", "name": "Derby 39", "codes": [DERBY.zfill(14)], "wanted": 3, "counted": 0}]
    facts = {"about": {"transfer": str(ID)}, "type": "receive", "mode": "receive", "rows": rows}
    template = TEMPLATES.get_template("associate/transfer.html")
    counterpart.pages["/transfer"] = lambda: template.render(
        sign_in_id="s1", lang="fr", view=TransferView(head, [line]), head=head, mode="receive", facts=facts, act_id=ID,
        refusal=None, now=AT, here="lyon",
    )  # fmt: skip
    page.goto(f"{counterpart.address}/transfer")
    expect(page.locator("#act button")).to_have_text("Terminer, il en manque 3")


def scan(page: Page, code: str) -> None:
    page.keyboard.type(f"~{code}")
    page.keyboard.press("Enter")


def test_what_was_counted_without_a_network_is_kept_and_nothing_ends_before_it_has_arrived(
    page: Page, counterpart: Counterpart
) -> None:
    open_transfer(page, counterpart)
    page.click("#act button")
    expect(page.locator("#band")).to_contain_text("Il en manque 3. Vraiment terminer ?")
    assert not any("/close" in path for path in counterpart.paths)
    counterpart.mood = "gone"
    scan(page, DERBY)
    expect(page.locator("#band")).to_contain_text("Compté, 1 sur 3")
    page.click("#rows button")
    page.fill("#how-many", "3")
    page.click("#number-form .main")
    expect(page.locator("#rows [data-count]")).to_have_text("3")
    page.click("#act button")
    expect(page.locator("#band")).to_contain_text("Réseau nécessaire")
    assert not any("/close" in path for path in counterpart.paths)
    page.reload()
    # The page is the old one; what is unsent stands on it.
    expect(page.locator("#rows [data-count]")).to_have_text("3")
    counterpart.mood = "well"
    scan(page, STRANGER)
    expect(page.locator("li.over")).to_contain_text("Encre")
    assert [(event["type"], event["body"]["quantity"]) for event in counterpart.events] == [
        ("receive", 1), ("receive", 2), ("receive", 1),
    ]  # fmt: skip
    page.click("#act button")
    page.wait_for_url("**/close")
