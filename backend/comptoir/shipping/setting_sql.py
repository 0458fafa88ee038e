"""The writes of boxes and carriers' accounts: one version after the other."""

from typing import Any

import msgspec

from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.shipping.setting_up import SaveAccount, SaveBox, merged


async def check_places(tx: Tx, locations: tuple[str, ...]) -> None:
    """NotFound `location_not_found` where one of them is none."""
    if await tx.value("SELECT count(*) FROM location WHERE id = ANY($1)", list(locations)) != len(set(locations)):
        raise NotFound("location_not_found")


async def put_box(tx: Tx, command: SaveBox) -> int:
    """The box's new version. Conflict `changed_meanwhile`; NotFound `box_not_found`."""
    fields = (
        command.location, command.name_fr, command.name_en, command.kind, command.length_mm, command.width_mm, command.height_mm,
        command.tare_grams, command.max_grams, command.active,
    )  # fmt: skip
    if command.version == 0:
        made = await tx.value(
            "INSERT INTO box_type (id, location, name_fr, name_en, kind, length_mm, width_mm, height_mm, tare_grams, max_grams, active)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING version",
            command.box, *fields,
        )  # fmt: skip
        if made is None:
            raise Conflict("changed_meanwhile")
        return 1
    _check(
        await tx.value("SELECT version FROM box_type WHERE id = $1 FOR NO KEY UPDATE", command.box),
        command.version,
        "box_not_found",
    )
    version: int = await tx.value(
        "UPDATE box_type SET location = $2, name_fr = $3, name_en = $4, kind = $5, length_mm = $6, width_mm = $7, height_mm = $8,"
        " tare_grams = $9, max_grams = $10, active = $11, version = version + 1 WHERE id = $1 RETURNING version",
        command.box, *fields,
    )  # fmt: skip
    return version


async def put_account(tx: Tx, command: SaveAccount) -> int:
    """The account's new version; what its carrier refused is forgotten, so that the next label asks again.

    Conflict `account_id_taken`, `changed_meanwhile`; NotFound `account_not_found`. The carrier of an account never changes.
    """
    locations = None if command.locations is None else list(command.locations)
    common = (command.name, locations, _json(dict(command.services)), command.label_format, command.active)
    if command.version == 0:
        made = await tx.value(
            "INSERT INTO carrier_account (id, name, locations, services, label_format, active, carrier, settings)"
            " VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8::jsonb) ON CONFLICT DO NOTHING RETURNING version",
            command.account, *common, command.carrier, _json(merged({}, command)),
        )  # fmt: skip
        if made is None:
            raise Conflict("account_id_taken", account=command.account)
        return 1
    row = await tx.row(
        "SELECT version, carrier, settings FROM carrier_account WHERE id = $1 FOR NO KEY UPDATE", command.account
    )
    _check(row["version"] if row else None, command.version, "account_not_found")
    assert row is not None
    if row["carrier"] != command.carrier:
        raise Conflict("changed_meanwhile")
    version: int = await tx.value(
        "UPDATE carrier_account SET name = $2, locations = $3, services = $4::jsonb, label_format = $5, active = $6,"
        " settings = $7::jsonb, refused_at = NULL, refused_words = NULL, version = version + 1 WHERE id = $1 RETURNING version",
        command.account, *common, _json(merged(msgspec.json.decode(row["settings"]), command)),
    )  # fmt: skip
    return version


def _check(found: int | None, expected: int, missing: str) -> None:
    if found is None:
        raise NotFound(missing)
    if found != expected:
        raise Conflict("changed_meanwhile")


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
