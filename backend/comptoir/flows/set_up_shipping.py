"""Head office says which boxes there are and which contracts with carriers; stores pack and send by it from the next parcel on."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.runner import Flow
from comptoir.shipping import setting_sql as sql
from comptoir.shipping.setting_up import SaveAccount, SaveBox, SettingSaved, check_account


async def save_box(tx: Tx, command: SaveBox, actor: Actor, now: datetime) -> SettingSaved:
    """A box is new, different or retired. Parcels that lie in it stay as they are."""
    actor.needs("head_office")
    if command.location is not None:
        await sql.check_places(tx, (command.location,))
    before = await auditing.standing(tx, "box", command.box)
    version = await sql.put_box(tx, command)
    await auditing.keep(tx, actor, "box.saved", "box", command.box, before, command.location)
    return SettingSaved(command.box, version)


async def save_account(tx: Tx, command: SaveAccount, actor: Actor, now: datetime) -> SettingSaved:
    """A contract is new, different or switched off. Labels that were bought with it stay."""
    actor.needs("head_office")
    check_account(command)
    await sql.check_places(tx, command.locations or ())
    before = await auditing.standing(tx, "carrier_account", command.account)
    version = await sql.put_account(tx, command)
    await auditing.keep(tx, actor, "carrier_account.saved", "carrier_account", command.account, before)
    return SettingSaved(command.account, version)


FLOWS: Mapping[type, Flow] = {SaveBox: save_box, SaveAccount: save_account}
"""What head office decides about boxes and accounts."""
