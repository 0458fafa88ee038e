"""Paper is asked for, asked for again, or given up; printers are named. Nothing here waits for a printer."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.runner import Flow
from comptoir.printing import reaching, sql
from comptoir.printing.model import (
    AskPrint,
    DeclareNetworks,
    NetworksDeclared,
    PrintAsked,
    PrinterSaved,
    SavePrinter,
    SettlePrint,
)


class PrinterFlows:
    """`own_machine`: printers may be on this very machine (a demo, a test)."""

    def __init__(self, *, own_machine: bool) -> None:
        self.own_machine = own_machine

    async def save(self, tx: Tx, command: SavePrinter, actor: Actor, now: datetime) -> PrinterSaved:
        """Invalid `printer_address` outside of the store's networks; Conflict `name_taken`, `changed_meanwhile`."""
        actor.needs("store_manager", "regional_manager", "head_office")
        await _reached(tx, actor, command.location)
        networks = await sql.networks_of(tx, command.location)
        reaching.check_address(command.host, networks, own_machine=self.own_machine)
        before = await auditing.standing(tx, "printer", command.printer)
        version = await sql.put_printer(tx, command)
        await auditing.keep(tx, actor, "printer.saved", "printer", command.printer, before, command.location)
        return PrinterSaved(command.printer, version)


async def declare_networks(tx: Tx, command: DeclareNetworks, actor: Actor, now: datetime) -> NetworksDeclared:
    """Where a store's printers may be: head office says. Invalid `network_wrong`, `network_too_wide`, `network_public`."""
    actor.needs("head_office")
    await _reached(tx, actor, command.location)
    networks = reaching.read_networks(command.networks, public=command.public)
    before = await auditing.standing(tx, "printer_network", command.location)
    await sql.put_networks(tx, command.location, networks)
    await auditing.keep(
        tx, actor, "printer_network.saved", "printer_network", command.location, before, command.location
    )
    return NetworksDeclared(networks)


async def ask_print(tx: Tx, command: AskPrint, actor: Actor, now: datetime) -> PrintAsked:
    """A document goes to its printer once, however often this is asked; `again` says once more. NotFound, Conflict."""
    await _reached(tx, actor, command.location)
    key = f"{command.kind}:{command.source}" + (f":{command.id}" if command.again else "")
    return PrintAsked(
        await sql.enqueue(
            tx, command.location, command.kind, command.source, command.title, command.language, key, command.printer
        )
    )


async def settle_print(tx: Tx, command: SettlePrint, actor: Actor, now: datetime) -> PrintAsked:
    """Once more on the same printer, on another one, or not at all. Conflict `print_being_sent`, `printer_language`."""
    job = await sql.lock_job(tx, command.job, actor.locations)
    if job["state"] == "sending":
        raise Conflict("print_being_sent")
    await sql.give_up(tx, command.job)
    if command.what == "give_up":
        return PrintAsked(None)
    printer = command.printer if command.what == "other" else job["printer"]
    if printer is None:
        raise NotFound("printer_not_found")
    key = f"{job['kind']}:{job['source']}:{command.id}"
    return PrintAsked(
        await sql.enqueue(
            tx, job["location"], job["kind"], job["source"], job["title"], job["language"], key, printer
        )
    )  # fmt: skip


async def _reached(tx: Tx, actor: Actor, location: str) -> None:
    if not actor.reaches(location) or not await tx.value("SELECT true FROM location WHERE id = $1", location):
        raise NotFound("location_not_found")


def flows(*, own_machine: bool) -> Mapping[type, Flow]:
    """The commands about paper."""
    return {
        SavePrinter: PrinterFlows(own_machine=own_machine).save,
        DeclareNetworks: declare_networks,
        AskPrint: ask_print,
        SettlePrint: settle_print,
    }
