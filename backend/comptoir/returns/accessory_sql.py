"""The writes of accessories, one SKU's or one category's at a time."""

from collections.abc import Sequence

from comptoir.kit.db import Tx
from comptoir.returns.accessories import Accessory, Of


async def lock(tx: Tx, kind: Of, key: str) -> None:
    """Whoever else changes the same waits."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtext('accessories'), hashtext($1))", f"{kind}.{key}")


async def put(tx: Tx, kind: Of, key: str, accessories: Sequence[Accessory], who: str) -> None:
    """These are all that is said of it, in this order."""
    await tx.run(
        "DELETE FROM accessory WHERE kind = $1 AND key = $2 AND code <> ALL($3::text[])", kind, key,
        [one.code for one in accessories],
    )  # fmt: skip
    for place, one in enumerate(accessories):
        await keep(tx, kind, key, one, place, who)


async def keep(tx: Tx, kind: Of, key: str, one: Accessory, place: int, who: str) -> None:
    """One of them, new or changed."""
    await tx.run(
        "INSERT INTO accessory (kind, key, code, fr, en, keep_minor, place, used, changed_at, changed_who)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (kind, key, code) DO UPDATE SET fr = excluded.fr, en = excluded.en,"
        " keep_minor = excluded.keep_minor, place = excluded.place, used = excluded.used, changed_at = excluded.changed_at,"
        " changed_who = excluded.changed_who",
        kind, key, one.code, one.fr, one.en, one.keep_minor, place, one.used, tx.now, who,
    )  # fmt: skip
