"""The accounts of those who move money: one version after the other."""

from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.payments.commands import SavePaymentAccount


async def put_account(tx: Tx, command: SavePaymentAccount) -> int:
    """The account's new version. What it is for may change, and then nothing that was intended earlier is carried out with it.

    Conflict `account_id_taken`, `changed_meanwhile`; NotFound `payment_account_not_found`, `channel_not_found`.
    """
    if command.channel and not await tx.value("SELECT true FROM channel WHERE id = $1", command.channel):
        raise NotFound("channel_not_found")
    fields = (command.name, command.channel, command.provider, command.active)
    if command.version == 0:
        made = await tx.value(
            "INSERT INTO payment_account (id, kind, since, name, channel, provider, active) VALUES ($1, $2, $3, $4, $5, $6, $7)"
            " ON CONFLICT DO NOTHING RETURNING version",
            command.account, command.kind, tx.now, *fields,
        )  # fmt: skip
        if made is None:
            raise Conflict("account_id_taken", account=command.account)
        return int(made)
    row = await tx.row("SELECT version, kind FROM payment_account WHERE id = $1 FOR NO KEY UPDATE", command.account)
    if row is None:
        raise NotFound("payment_account_not_found")
    if row["version"] != command.version or row["kind"] != command.kind:
        raise Conflict("changed_meanwhile")
    version: int = await tx.value(
        "UPDATE payment_account SET name = $2, channel = $3, provider = $4, active = $5, version = version + 1, refused_at = NULL,"
        " refused_words = NULL, since = CASE WHEN (channel, provider) IS DISTINCT FROM ($3, $4) OR ($5 AND NOT active) THEN $6 ELSE since END"
        " WHERE id = $1 RETURNING version",
        command.account, *fields, tx.now,
    )  # fmt: skip
    return version
