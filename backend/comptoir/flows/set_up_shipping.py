"""Head office says which boxes there are and which contracts with carriers; stores pack and send by it from the next parcel on."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.runner import Flow
from comptoir.shipping import setting_sql as sql
from comptoir.shipping.setting_up import SaveAccount, SaveBox, SettingSaved, check_account
from comptoir.staff.sql import insert_audit


async def save_box(tx: Tx, command: SaveBox, actor: Actor, now: datetime) -> SettingSaved:
    """A box is new, different or retired. Parcels that lie in it stay as they are."""
    actor.needs("head_office")
    if command.location is not None:
        await sql.check_places(tx, (command.location,))
    version = await sql.put_box(tx, command)
    await insert_audit(tx, actor, "box.saved", command.box, command.location, version=version, active=command.active)
    return SettingSaved(command.box, version)


async def save_account(tx: Tx, command: SaveAccount, actor: Actor, now: datetime) -> SettingSaved:
    """A contract is new, different or switched off. Labels that were bought with it stay."""
    actor.needs("head_office")
    check_account(command)
    await sql.check_places(tx, command.locations or ())
    version = await sql.put_account(tx, command)
    await insert_audit(
        tx, actor, "carrier_account.saved", command.account, version=version, active=command.active,
        settings=sorted(command.settings), prices=len((command.tariff or {}).get("rows", ())),
    )  # fmt: skip
    return SettingSaved(command.account, version)


FLOWS: Mapping[type, Flow] = {SaveBox: save_box, SaveAccount: save_account}
"""What head office decides about boxes and accounts."""
