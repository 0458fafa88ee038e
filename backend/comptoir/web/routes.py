"""Everything that is served, by door: one list per module, named ROUTES, found by name and in this order."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from litestar.handlers import BaseRouteHandler

API: Final = (
    "announcements",
    "availability",
    "catalog",
    "counts",
    "day_plans",
    "documents",
    "handovers",
    "money",
    "network",
    "orders",
    "parcels",
    "payments",
    "policies",
    "recalls",
    "reports",
    "return_policies",
    "receiving",
    "returns",
    "safety",
    "stock",
    "tower",
    "transfer_requests",
    "transfers",
    "webhooks",
)
PAGES: Final = (
    "alerts", "alert_rules", "announcements",
    "audit", "reasons", "counts", "recalls", "recall_work", "adjusting", "adjustments", "companies", "files",
    "session", "enroll", "people", "devices", "stores", "desk_picture", "keys", "webhooks", "channels", "policies", "policy_draft", "policy_rules", "policy_rates", "simulations", "trial", "return_rules", "return_draft", "return_reasons", "accessories", "safety", "count_rules", "texts", "work", "declining", "taking_over", "packing", "outbox", "transfers", "transfer_desk", "transfer_asking", "receiving", "receiving_desk", "handheld", "counter", "try_on", "return_desk", "return_looking", "return_settling", "return_away", "paying", "return_parcels", "return_photos", "return_list", "customer",
    "customer_changes", "customer_messages", "withdrawal", "customer_returns", "customer_return_way", "customer_return", "customer_data", "documents", "lost_link", "manager", "manager_more", "store_day", "acting", "acts", "day_plan", "promised_pace", "tower_lists",
    "orders", "order_changes", "holds", "order_customer", "messages", "exceptions", "stock_desk", "stock_control", "shelf_counts", "ledger", "phone", "problem", "push", "printers", "printing", "departures", "collections", "boxes", "carriers", "money", "customer_parcels", "shell", "trends", "trend_articles", "report_mails",
)  # fmt: skip


def api_routes() -> list[BaseRouteHandler]:
    """JSON under /api/v1."""
    return [route for name in API for route in _routes(f"comptoir.web.api.{name}")]


def page_routes() -> list[BaseRouteHandler]:
    """Pages, and what stands at the root."""
    return [
        *_routes("comptoir.web.api.health"),
        *_routes("comptoir.web.api.openapi"),
        *(r for name in PAGES for r in _routes(f"comptoir.web.pages.{name}")),
    ]


def sync_routes() -> list[BaseRouteHandler]:
    """Device events under /sync."""
    return _routes("comptoir.web.sync")


def webhook_routes() -> list[BaseRouteHandler]:
    """What sales channels send, under /webhooks."""
    return _routes("comptoir.web.webhooks")


def receipt_routes() -> list[BaseRouteHandler]:
    """What carriers of messages tell later, under /receipts."""
    return _routes("comptoir.web.receipts")


def _routes(name: str) -> list[BaseRouteHandler]:
    if find_spec(name) is None:
        return []
    found: list[BaseRouteHandler] = getattr(import_module(name), "ROUTES", [])
    return found
