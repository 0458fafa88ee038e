"""Compares each day with the provider's own lists: what they have and we do not, what we have and they do not, other amounts.

Refunds one by one; captures and voids payment by payment, as each stands now. A provider that is away leaves its days open; they are
made up for later. What their list of a day lacks, and what differs, is asked about by itself before it is told: a refund in the last
minute of a day may stand in the next one there, and a payment may have gone further since.
"""

import asyncio
import logging
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from comptoir.errands.move_money import looked_at
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import borrowed, in_transaction
from comptoir.payments import reconciling_sql as sql
from comptoir.payments.executing import CALL_SECONDS
from comptoir.payments.model import Again, AtProvider, Done, Entry, Listed, MovedPayments, NotMine, Provider, Which
from comptoir.payments.reconciling import Mismatch, OurPayment, compare, differs

if TYPE_CHECKING:
    from comptoir.house import House

AFTER_MIDNIGHT: Final = timedelta(hours=2)
PAGES: Final = 200

log = logging.getLogger("comptoir.money")


async def reconcile_money(house: "House") -> int:
    """Every day that is over and was not compared; how many differences were found."""
    today = (house.clock() - AFTER_MIDNIGHT).astimezone(UTC).date()
    async with borrowed(house.pool) as connection:
        days = await sql.open_days(connection, today)
    found = 0
    away: set[str] = set()
    for account, day in days:
        if account not in away:
            new = await reconcile_day(house, account, day)
            found += new or 0
            if new is None:
                away.add(account)
    return found


async def reconcile_day(house: "House", account: str, day: date) -> int | None:
    """One day of one account; how many differences are new, None when the provider could not be asked."""
    provider = await house.payments.of(account)
    if provider is None:
        return None
    since = datetime.combine(day, time(), UTC)
    theirs = await list_day(provider, since)
    if theirs is None:
        return None
    async with borrowed(house.pool) as connection:
        ours = await sql.ours_of(connection, account, since)
        known = await sql.known(
            connection, account, [one.reference for one in theirs], [one.key for one in theirs if one.key]
        )
    found, absent = compare(ours, known, theirs)
    for one in absent:
        answer = await looked_at(house, provider, one.part)
        if isinstance(answer, Again):
            return None
        if not isinstance(answer, Done | NotMine):
            found.append(Mismatch("missing_there", one.reference, one.part, ours_minor=one.amount_minor))
    of_payments = await compare_payments(house, account, provider, since)
    if of_payments is None:
        return None
    found += of_payments
    new = await in_transaction(
        house.pool, SYSTEM.who, house.clock(), lambda tx: sql.keep_day(tx, account, day, len(ours), len(theirs), found)
    )
    log.info("reconciled %s %s: %d ours, %d theirs, %d differ", account, day, len(ours), len(theirs), len(found))
    return new


async def compare_payments(house: "House", account: str, provider: Provider, since: datetime) -> list[Mismatch] | None:
    """Captures and voids of a day that do not agree; None when that cannot be known yet."""
    listed = await list_payments(provider, since)
    if listed is None:
        return None
    names = list(listed)
    async with borrowed(house.pool) as connection:
        ours = await sql.payments_of(connection, account, provider.by_order, since)
        ours += await sql.payments_named(connection, account, provider.by_order, names)
    mine = {one.payment: one for one in ours}
    found = []
    for name in dict.fromkeys([*mine, *names]):
        if name in listed and differs(mine.get(name), listed[name]) is None:
            continue
        # What their list lacks nobody moved there that day; what differs is asked again, both of us: something may have moved since.
        theirs = await payment_of(provider, Which(name, name if provider.by_order else ""))
        if isinstance(theirs, Again):
            return None
        if isinstance(theirs, NotMine):
            continue
        async with borrowed(house.pool) as connection:
            now = await sql.payments_named(connection, account, provider.by_order, [name])
        held: OurPayment | None = now[0] if now else None
        differs_still = differs(held, theirs)
        if differs_still is not None and held is not None and held.busy:
            return None
        if differs_still is not None:
            found.append(differs_still)
    return found


async def payment_of(provider: Provider, which: Which) -> AtProvider | Again | NotMine | None:
    """A payment as its provider has it now, None when they do not know it; whatever goes wrong is only not answered."""
    try:
        answer = await asyncio.wait_for(provider.payment(which), CALL_SECONDS)
    except Exception as fault:
        log.error("looking at a payment of %s: %s", provider.name, type(fault).__name__)
        return Again("fault")
    return answer if isinstance(answer, AtProvider | Again | NotMine) else None


async def list_payments(provider: Provider, since: datetime) -> dict[str, AtProvider] | None:
    """Payments that moved there on a day, by name, page by page; None when they could not all be had."""
    found: dict[str, AtProvider] = {}
    page: str | None = None
    for _ in range(PAGES):
        try:
            answer = await asyncio.wait_for(provider.moved(since, since + timedelta(days=1), page), CALL_SECONDS)
        except Exception as fault:
            log.error("listing %s: %s", provider.name, type(fault).__name__)
            return None
        if not isinstance(answer, MovedPayments):
            return None
        found |= {one.payment: one for one in answer.entries}
        page = answer.following
        if page is None:
            return found
    return None


async def list_day(provider: Provider, since: datetime) -> list[Entry] | None:
    """Their refunds of a day, page by page; None when they could not all be had."""
    entries: list[Entry] = []
    page: str | None = None
    for _ in range(PAGES):
        try:
            answer = await asyncio.wait_for(provider.listed(since, since + timedelta(days=1), page), CALL_SECONDS)
        except Exception as fault:
            log.error("listing %s: %s", provider.name, type(fault).__name__)
            return None
        if not isinstance(answer, Listed):
            return None
        entries += answer.entries
        page = answer.following
        if page is None:
            return entries
    return None
