"""Lists every package's tables for Piccolo; one linear history of migrations, written as SQL."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

PACKAGES = (
    "kit", "network", "catalog", "staff", "stock", "sourcing", "orders", "payments", "invoices", "fulfillment", "transfers", "receiving", "shipping", "returns", "channels", "notifications",
    "printing", "reporting", "outgoing", "tower", "alerting",
)  # fmt: skip

APP_CONFIG = AppConfig(
    app_name="comptoir",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder([f"comptoir.{package}.tables" for package in PACKAGES]),
    migration_dependencies=[],
    commands=[],
)
