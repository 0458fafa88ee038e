"""What a device still has to send: a page that holds nothing itself, painted by the device, there for whoever stands before it."""

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler

from comptoir.web.guards import PUBLIC
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer


@get("/outbox", opt=PUBLIC, sync_to_thread=False)
def outbox(page: NamedDependency[Page]) -> Answer:
    """Open to all, so that a device whose sign-in or enrolment has ended can still show and hand on what it keeps."""
    return page.html("associate/outbox.html")


ROUTES: list[BaseRouteHandler] = [outbox]
