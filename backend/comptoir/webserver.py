"""The web process: uvicorn around the app, on a socket of its parent's or of its own."""

import gc
import logging
import os
import signal
import socket
from collections.abc import Iterator

import uvicorn

from comptoir.kit.children import end_with_parent, handed_socket
from comptoir.settings import Settings
from comptoir.web.order_door import OrderDoor

GRACE_SECONDS = 5
# Requests leave little behind that only the collector can free; at the usual 700 objects it runs several times in each.
COLLECT_AFTER = (20_000, 20, 20)
# Idle connections are kept longer than the load balancers before us keep them, so that it is they who close.
KEEP_ALIVE_SECONDS = 75
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def main(certificate: str | None = None, key: str | None = None) -> int:
    """Serve until SIGTERM or SIGINT, then let answers under way finish within five seconds."""
    settings = Settings.from_env(os.environ)
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT)
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, logging.getLogger().level))
    end_with_parent(os.environ)
    config = uvicorn.Config(
        "comptoir.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        http=OrderDoor,
        # Paths hold customers' links: they are never logged.
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        backlog=2048,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    server = uvicorn.Server(config)
    import comptoir.app  # noqa: F401  (what it brings stays for good: the collector need not walk it again and again)

    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    handed = handed_socket(os.environ)
    sockets: list[socket.socket] | None = None if handed is None else [handed]
    # uvicorn sends itself the signal again once it is done; by then ending well is all that is left to do.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda number, frame: None)
    server.run(sockets=sockets)
    return 0 if server.started else 1


def route_lines() -> Iterator[str]:
    """`METHOD  /path  who may call it  module.function` for every route, sorted by path."""
    from comptoir.app import create_app, every_route
    from comptoir.web.guards import who_may

    for method, path, handler in every_route(create_app()):
        function = handler.fn
        yield f"{method:<7} {path:<56} {who_may(handler)!s:<58} {function.__module__}.{function.__qualname__}"
