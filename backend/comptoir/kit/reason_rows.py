"""Rows of reasons, read and written."""

from collections.abc import Sequence

import msgspec

from comptoir.kit.db import Connection, Tx
from comptoir.kit.reasons import MOST, Book, Reason, Subject, overlaid


async def list_reasons(connection: Connection, book: Book) -> tuple[Reason, ...]:
    """All reasons of a subject by place, with head office's words over the built-in ones; hidden ones too."""
    rows = await connection.fetch(
        "SELECT code, fr, en, place, faulty, photo, used, acts_as FROM reason WHERE subject = $1 ORDER BY place, code LIMIT $2",
        book.subject, MOST,
    )  # fmt: skip
    return overlaid(book.built_in, [msgspec.convert(dict(row), Reason) for row in rows])


async def keep_reasons(tx: Tx, subject: Subject, reasons: Sequence[Reason], who: str) -> None:
    """These reasons as head office words them, new or changed."""
    for one in reasons:
        await tx.run(
            "INSERT INTO reason (subject, code, fr, en, place, faulty, photo, used, acts_as, changed_at, changed_who)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (subject, code) DO UPDATE SET fr = excluded.fr, en = excluded.en,"
            " place = excluded.place, faulty = excluded.faulty, photo = excluded.photo, used = excluded.used, acts_as = excluded.acts_as,"
            " changed_at = excluded.changed_at, changed_who = excluded.changed_who",
            subject, one.code, one.fr, one.en, one.place, one.faulty, one.photo, one.used, one.acts_as, tx.now, who,
        )  # fmt: skip
