"""The rates of a policy's draft as one table: services, zones, steps of weight and a price in each cell. Every button brings what was typed along."""

import re
from typing import Any, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Invalid, Refusal
from comptoir.sourcing.policy import MOST_STEPS, MOST_ZONES, ServiceRate, Tariff, Zone
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.policy_draft import DRAFT, Writing, form, keep, writing
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

MOST_SERVICES: Final = 20
_ACT: Final = re.compile(r"(?:(zone|step|service)_new|(zone|step|service)_gone_([0-9]{1,2}))\Z")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")


@get(DRAFT + "/rates", opt=by("head_office"))
async def rates(house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]) -> Answer:
    """The table as it stands in the draft."""
    return _page(page, await writing(house, actor))


@post(DRAFT + "/rates", opt=by("head_office"), status_code=200)
async def keep_rates(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """What is typed, and one zone, step or service more or fewer where that was pressed."""
    typed, found = Typed(data), await writing(house, actor)
    try:
        tariff = _tariff_of(typed, found.policy.tariff)
        act = _ACT.match(typed.text("act"))
        if act:
            tariff = _changed(tariff, act[1], act[2], int(act[3] or 0))
        await keep(house, actor, typed, msgspec.structs.replace(found.policy, tariff=tariff))
    except Refusal as refusal:
        return _page(page, found, typed, refusal)
    return page.go(f"{DRAFT}/rates" if act else f"{DRAFT}?kept=true")


def _tariff_of(typed: Typed, before: Tariff) -> Tariff:
    """The typed table has the shape of the one that the page was made of. Conflict `draft_changed` where it has another."""
    shape = (len(before.services), len(before.zones), len(before.steps))
    if typed.text("shape") != "x".join(map(str, shape)):
        raise Conflict("draft_changed")
    steps = tuple(typed.whole(f"step{s}", 1, 1_000_000) for s in range(shape[2]))
    zones = tuple(_zone_of(typed, z, zone) for z, zone in enumerate(before.zones))
    services = []
    for v in range(shape[0]):
        rows = tuple(_row_of(typed, v, z, shape[2]) for z in range(shape[1]))
        services.append(ServiceRate(_named(typed, f"service{v}"), typed.whole(f"days{v}", 0, 30), rows))
    return Tariff(zones, steps, tuple(services))


def _named(typed: Typed, name: str) -> str:
    word = typed.text(name).lower()
    if not _SLUG.match(word):
        raise Invalid("policy_short_name", field=name)
    return word


def _zone_of(typed: Typed, z: int, before: Zone) -> Zone:
    areas = tuple(area.strip().upper() for area in typed.text(f"areas{z}").split(",") if area.strip())
    if any(not 2 <= len(area) <= 6 for area in areas):
        raise Invalid("policy_area", field=f"areas{z}")
    km = typed.whole(f"km{z}", 1, 20_000) if typed.text(f"km{z}") else None
    return msgspec.structs.replace(
        before, id=_named(typed, f"zone{z}"), areas=areas, within_km=km, days_more=typed.whole(f"more{z}", 0, 10, 0)
    )


def _row_of(typed: Typed, v: int, z: int, steps: int) -> tuple[int, ...] | None:
    """Prices of one service in one zone; all empty: it does not go there."""
    names = [f"price{v}_{z}_{s}" for s in range(steps)]
    if not any(typed.text(name) for name in names):
        return None
    return tuple(typed.minor(name) for name in names)


def _changed(tariff: Tariff, new: str | None, gone: str | None, at: int) -> Tariff:
    """One more, as a copy of the last one; or one fewer, but never the last one."""
    zones, steps, services = list(tariff.zones), list(tariff.steps), list(tariff.services)
    tables = [[list(row) if row is not None else None for row in service.prices] for service in services]
    what = new or gone
    kinds: dict[str, list[Any]] = {"zone": zones, "step": steps, "service": services}
    rows = kinds[what or "zone"]
    most = {"zone": MOST_ZONES, "step": MOST_STEPS, "service": MOST_SERVICES}[what or "zone"]
    if (new and len(rows) >= most) or (gone and (len(rows) < 2 or at >= len(rows))):
        raise Conflict("policy_rates_size")
    if what == "zone":
        # A new one comes before the last: that one holds everywhere else.
        place = len(zones) - 1 if new else at
        if new:
            zones.insert(place, Zone(_free("zone", [zone.id for zone in zones]), ("FR",)))
        else:
            del zones[place]
        for table in tables:
            if new:
                table.insert(place, list(table[place]) if table[place] is not None else None)  # type: ignore[arg-type]
            else:
                del table[place]
    elif what == "step":
        if new:
            steps.append(steps[-1] * 2)
        else:
            del steps[at]
        for row in (row for table in tables for row in table if row is not None):
            if new:
                row.append(row[-1])
            else:
                del row[at]
    elif new:
        services.append(msgspec.structs.replace(services[-1], id=_free("service", [one.id for one in services])))
        tables.append([list(row) if row is not None else None for row in tables[-1]])
    else:
        del services[at], tables[at]
    made = tuple(
        msgspec.structs.replace(service, prices=tuple(tuple(row) if row is not None else None for row in table))
        for service, table in zip(services, tables, strict=True)
    )
    return Tariff(tuple(zones), tuple(steps), made)


def _free(word: str, taken: list[str]) -> str:
    return next(name for n in range(1, 100) if (name := f"{word}-{n}") not in taken)


def _page(page: Page, found: Writing, typed: Typed | None = None, refusal: Refusal | None = None) -> Answer:
    tariff = found.policy.tariff
    behind = refusal is not None and refusal.code == "draft_changed"
    shape = f"{len(tariff.services)}x{len(tariff.zones)}x{len(tariff.steps)}"
    return form(page, "admin/sourcing_rates.html", found, None if behind else typed, refusal, shape=shape)


ROUTES: list[BaseRouteHandler] = [rates, keep_rates]
