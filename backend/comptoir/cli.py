"""The `comptoir` command: each sub-command parses its words, calls one function and gives back its exit code."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence

from comptoir.settings import BadSetting, Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command. What the person at the terminal can mend is told in one line and gives 2."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments, rest = _parser().parse_known_args(words)
    run: Callable[[argparse.Namespace, list[str]], int] = arguments.run
    if rest and not arguments.passes_on:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    from comptoir.kit.phone import NoLan
    from comptoir.kit.postgres import PostgresFailed
    from comptoir.serving import CannotServe

    try:
        return run(arguments, rest) or 0
    except (BadSetting, CannotServe, NoLan, PostgresFailed) as error:
        print(f"comptoir: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `comptoir routes | head` has read enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="comptoir", description="Store operations for web and shop.")
    commands = parser.add_subparsers(metavar="command", required=True)

    def command(
        name: str, run: Callable[[argparse.Namespace, list[str]], int], text: str, passes_on: bool = False
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, add_help=not passes_on)
        added.set_defaults(run=run, passes_on=passes_on)
        return added

    serve = command("serve", _serve, "start the database, the web server and the worker")
    serve.add_argument("--dev", action="store_true", help="with the demo world, loaded if the database is empty")
    serve.add_argument("--phone", action="store_true", help="also serve HTTPS on the LAN, with a code to scan")
    web = command("web", _web, "the web server alone, on COMPTOIR_HOST and COMPTOIR_PORT")
    web.add_argument("--certificate", help="serve HTTPS with this certificate chain")
    web.add_argument("--key", help="its private key")
    command("worker", _worker, "the worker alone: delivers events and runs what is due")
    command("migrate", _migrate, "bring the database's tables to this version")
    command("seed", _seed, "load the demo world, or one of any size (--help)", passes_on=True)
    command("bench", _bench, "measure: comptoir bench M1 --json (--help)", passes_on=True)
    command("score", _score, "score sourcing on weeks of a retailer that never was (--help)", passes_on=True)
    price = command("price", _price, "work out what last units are worth where they lie; the worker does it by itself")
    price.add_argument("--all", action="store_true", help="of every SKU, not only of what moved")
    command("backtest", _backtest, "try the tower's forecast on days that never were (--help)", passes_on=True)
    command(
        "rebuild-projections",
        _rebuild_projections,
        "count the figures of reports anew from history, while the shop goes on",
    )
    command("wave", _wave, "measure the walk of carts: list order, up and down, as shown (--help)", passes_on=True)
    command(
        "replay", _replay, "measure how quickly past orders are replayed under two policies (--help)", passes_on=True
    )
    route = command("route", _route, "route orders of your own, one JSON object a line (docs/routing-lines.md)")
    route.add_argument(
        "--stdio", action="store_true", required=True, help="read standard input, answer on standard output"
    )
    command("check", _check, "check that the stored figures agree, levels with the ledger first")
    command("routes", _routes, "list every route with its methods and the function behind it")
    command("lifecycles", _lifecycles, "draw every lifecycle")
    command("receipts", _receipts, "the addresses that SMS providers and a mail server tell their receipts to")
    command("bounces", _bounces, "look once for bounces in the mailbox of COMPTOIR_BOUNCE_IMAP")
    return parser


def _serve(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir import serving

    return serving.serve(os.environ, dev=arguments.dev, on_lan=arguments.phone)


def _web(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir import webserver

    return _with_database(lambda dsn: webserver.main(arguments.certificate, arguments.key))


def _worker(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir import worker
    from comptoir.kit.children import end_with_parent

    def end(number: int, frame: object) -> None:
        # Python drops an exception that comes up while an object is destroyed, so the word is kept as well.
        worker.told_to_end.set()
        sys.exit(0)

    # Until the worker listens for it, being told to end simply ends.
    signal.signal(signal.SIGTERM, end)
    end_with_parent(os.environ)
    return _with_database(lambda dsn: worker.main())


def _migrate(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir import migrating

    return _with_database(migrating.main)


def _seed(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir import migrating, seeding

    def run(dsn: str) -> int | None:
        asyncio.run(migrating.migrate(dsn))
        return seeding.main(rest)

    return seeding.main(rest) or 0 if _asks_for_help(rest) else _with_database(run)


def _bench(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir import bench

    return bench.main(rest) or 0


def _score(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.bench.sourcing import scoring

    return scoring.run(rest)


def _backtest(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.bench import backtest

    return backtest.run(rest)


def _wave(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.bench import waves

    return waves.run(rest)


def _replay(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.bench.sourcing import replaying

    return replaying.run(rest)


def _price(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.flows.price_units import price_units
    from comptoir.kit.clock import wall_clock
    from comptoir.kit.db import open_pool

    # Whoever takes orders on this machine goes first: this one gets what nobody else wants.
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)

    async def run(dsn: str) -> None:
        pool = await open_pool(dsn, 2)
        try:
            done = await price_units(pool, wall_clock(), True if arguments.all else None)
        finally:
            await pool.close()
        print(f"{done.skus} SKUs, {done.changed} of {done.prices} figures changed")

    return _with_database(lambda dsn: asyncio.run(run(dsn)))


def _rebuild_projections(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.flows.keep_reports import rebuild
    from comptoir.kit.clock import wall_clock
    from comptoir.kit.db import open_pool
    from comptoir.kit.errors import Conflict

    shown = -1

    def progress(done: int, of_all: int) -> None:
        nonlocal shown
        percent = done * 100 // max(of_all, 1)
        if percent > shown:
            shown = percent
            print(f"\r{percent:3} %  {done} of {of_all}", end="", file=sys.stderr, flush=True)

    async def run(dsn: str) -> int:
        pool = await open_pool(dsn, 2)
        try:
            done = await rebuild(pool, wall_clock, progress)
        except Conflict:
            print("comptoir: another rebuilding is running; nothing was changed", file=sys.stderr)
            return 1
        finally:
            await pool.close()
        print(f"\n{done.subjects} orders and returns counted; pages read build {done.build} now")
        return 0

    return _with_database(lambda dsn: asyncio.run(run(dsn)))


def _route(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.bench.sourcing import stdio

    return stdio.run()


def _check(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.kit import check

    return _with_database(check.main)


def _routes(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir import webserver

    for line in webserver.route_lines():
        print(line)
    return 0


def _receipts(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.kit.ids import Seal
    from comptoir.notifications.receipts import address_of

    settings = Settings.from_env(os.environ)
    for provider in ("ovh", "twilio", "brevo", "brevo-mail", "mail"):
        print(f"{provider:10} {address_of(Seal(settings.secret), settings.url, provider)}")
    return 0


def _bounces(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir.house import open_house
    from comptoir.notifications.fetching_bounces import Visit, visit_mailbox

    settings = Settings.from_env(os.environ)
    if not settings.bounce_imap:
        raise BadSetting("COMPTOIR_BOUNCE_IMAP", "is missing, so there is no mailbox to look into")

    async def look(dsn: str) -> Visit:
        house = await open_house(settings, dsn, keep_fresh=False)
        try:
            return await visit_mailbox(house)
        finally:
            await house.close()

    def run(dsn: str) -> int:
        visit = asyncio.run(look(dsn))
        if visit.away:
            print(f"comptoir: the mailbox could not be read ({visit.away}); nothing was marked", file=sys.stderr)
            return 1
        print(f"{visit.kept} kept, {visit.flagged} flagged for a person")
        return 0

    return _with_database(run)


def _lifecycles(arguments: argparse.Namespace, rest: list[str]) -> int:
    from comptoir import drawing

    return drawing.main() or 0


def _asks_for_help(words: list[str]) -> bool:
    return "-h" in words or "--help" in words


def _with_database(run: Callable[[str], int | None]) -> int:
    """Open the database of the settings and put its address where every module of this process looks for it."""
    from comptoir.serving import open_database

    with open_database(Settings.from_env(os.environ)) as dsn:
        os.environ["DATABASE_URL"] = dsn
        return run(dsn) or 0


if __name__ == "__main__":
    sys.exit(main())
