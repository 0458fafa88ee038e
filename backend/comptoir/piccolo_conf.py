"""Where Piccolo finds its engine and the list of tables. The DSN is set by whoever opens the database."""

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine


class LateEngine(PostgresEngine):
    """Knows its database only once the program has read its settings, so it must not connect when it is made."""

    async def check_version(self) -> None:
        """The launcher and `comptoir serve` check the server's version themselves."""


DB = LateEngine(config={})
APP_REGISTRY = AppRegistry(apps=["comptoir.piccolo_app"])
