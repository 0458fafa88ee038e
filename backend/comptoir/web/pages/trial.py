"""The Trial page of head office: what the version that is tried silently would have done with the orders so far."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery

from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.kit.ids import new_id
from comptoir.screens import policies as screen
from comptoir.screens import policy_names, policy_trial
from comptoir.sourcing.changing import STREAM
from comptoir.sourcing.policy import KIND
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.policies import HERE
from comptoir.web.pages.session import Answer

Chosen = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


@get(HERE + "/trial", opt=by("head_office"))
async def trial(
    house: NamedDependency[House], page: NamedDependency[Page], now: NamedDependency[datetime],
    number: FromQuery[Chosen | None] = None,
) -> Answer:  # fmt: skip
    """The version that is tried now; a trial that is over by its number."""
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, KIND, STREAM, now)
        chosen = number or view.tried or next((row.number for row in view.rows if row.tried_from), None)
        found = await policy_trial.read(connection, chosen, now) if chosen else None
        names = await policy_names.read(connection)
    return page.html(
        "admin/sourcing_trial.html", view=view, row=view.find(chosen) if chosen else None, number=chosen, trial=found, names=names, now=now,
        id=new_id(),
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [trial]
