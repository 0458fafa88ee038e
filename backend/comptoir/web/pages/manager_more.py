"""What managers have beside the four entries of the rail, by subject, each with a line that says what it is for."""

from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler

from comptoir.kit.actor import Actor
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer


class Entry(msgspec.Struct, frozen=True):
    """A page: its address, its glyph, the keys of its name and of what it is for; some are head office's alone."""

    href: str
    glyph: str
    name: str
    lead: str
    office: bool = False


MENU: Final[tuple[tuple[str, tuple[Entry, ...]], ...]] = (
    (
        "orders",
        (
            Entry("/manager/orders", "list", "manager.orders", "menu.orders"),
            Entry("/manager/holds", "clock", "holds.title", "holds.lead"),
            Entry("/manager/exceptions", "tri", "manager.to_decide", "menu.cases"),
            Entry("/manager/returns", "ret", "returns.title", "menu.returns"),
            Entry("/manager/acts", "undo", "tower.all_acts", "tower.acts_menu"),
        ),
    ),
    (
        "stock",
        (
            Entry("/manager/stock", "count", "manager.stock", "manager.stock_lead"),
            Entry("/manager/stock/control", "nofind", "control.title", "menu.control"),
            Entry("/manager/stock/shelves", "scan", "shelf.title", "shelf.lead"),
            Entry("/manager/stock/ledger", "question", "ledger.title", "menu.ledger"),
            Entry("/manager/stock/recalls", "tri", "recalls.title", "recalls.lead"),
            Entry("/manager/stock/adjustments", "minus", "adjust.title", "adjust.lead"),
            Entry("/manager/receiving", "truck", "receiving.title", "menu.receiving"),
            Entry("/manager/transfers", "transfer", "transfer.title", "menu.transfers"),
        ),
    ),
    (
        "team",
        (
            Entry("/manager/announcements", "share", "announce.title", "announce.lead"),
            Entry("/manager/people", "user", "admin.team", "admin.team_lead"),
            Entry("/manager/devices", "phone", "admin.devices", "admin.devices_lead"),
            Entry("/manager/printers", "print", "printing.title", "printing.lead"),
        ),
    ),
    (
        "rules",
        (
            Entry("/manager/alerts/rules", "bell", "alerts.rules", "menu.alert_rules"),
            Entry("/manager/pace", "clock", "pace.title", "pace.menu"),
            Entry("/manager/sourcing", "rules", "menu.sourcing", "policies.lead", True),
            Entry("/manager/return-rules", "ret", "return_rules.title", "return_rules.lead", True),
            Entry("/manager/safety", "shield", "safety.title", "safety.lead", True),
            Entry("/manager/count-rules", "count", "count_rules.title", "count_rules.lead", True),
            Entry("/manager/reasons", "list", "reasons.title", "reasons.lead", True),
            Entry("/manager/texts", "mail", "texts.title", "texts.lead", True),
        ),
    ),
    (
        "house",
        (
            Entry("/manager/companies", "store", "places.title", "menu.companies", True),
            Entry("/manager/channels", "share", "admin.channels", "admin.channels_lead", True),
            Entry("/manager/carriers", "truck", "carriers.title", "carriers.lead", True),
            Entry("/manager/money", "card", "money.title", "money.lead", True),
            Entry("/manager/keys", "key", "admin.keys", "admin.keys_lead", True),
            Entry("/manager/webhooks", "share", "webhooks.title", "webhooks.lead", True),
            Entry("/manager/files", "parcel", "files.title", "files.lead"),
            Entry("/manager/audit", "list", "audit.title", "audit.lead"),
        ),
    ),
)


@get("/manager/more", opt=by(*MANAGERS))
async def more(actor: NamedDependency[Actor], page: NamedDependency[Page]) -> Answer:
    """Every page that this manager may open and that the rail does not name."""
    office = actor.role == "head_office"
    groups = [(name, [one for one in entries if office or not one.office]) for name, entries in MENU]
    return page.html("manager/more.html", groups=groups)


ROUTES: list[BaseRouteHandler] = [more]
