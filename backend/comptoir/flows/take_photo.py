"""An associate takes a picture of what came back, before the return is settled."""

from datetime import datetime

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Invalid
from comptoir.returns.photographing import PhotoTaken, TakePhoto


async def take_photo(tx: Tx, command: TakePhoto, actor: Actor, now: datetime) -> PhotoTaken:
    """Keep it in place of the one before. Invalid `unknown_line` for a line that the order does not have."""
    actor.needs("associate", "store_manager")
    known = await tx.value("SELECT true FROM order_line WHERE order_id = $1 AND line = $2", command.order, command.line)
    if not known:
        raise Invalid("unknown_line", line=command.line)
    await tx.run(
        "INSERT INTO return_photo (id, rma, order_id, line, bytes, width, height, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (rma, line) DO UPDATE SET id = excluded.id, bytes = excluded.bytes, width = excluded.width, height = excluded.height,"
        " made_at = excluded.made_at WHERE return_photo.order_id = excluded.order_id",
        command.id, command.rma, command.order, command.line, command.picture, command.width, command.height, now,
    )  # fmt: skip
    return PhotoTaken(command.id)
