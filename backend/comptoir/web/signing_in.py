"""Signing in: note the try, check the secret in a thread, then start a sign-in; no transaction is open meanwhile."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from comptoir.house import House
from comptoir.kit import throttle
from comptoir.kit.db import Tx, borrowed, in_transaction
from comptoir.kit.errors import Invalid, TooMany
from comptoir.kit.ids import digest, new_id, new_token
from comptoir.staff import queries, rules, secrets, sql
from comptoir.staff.model import EnrolledDevice

FREE: Final = {"pin": rules.FREE_ON_A_DEVICE, "pin-all": rules.FREE_EVERYWHERE, "password": 5, "password-all": 50}


class Signed(msgspec.Struct, frozen=True):
    """A sign-in that has just begun; `token` goes into the cookie and is kept nowhere else."""

    sign_in: UUID
    staff: UUID
    token: str


def tries_of(staff: UUID) -> str:
    """How every key of a person's PIN tries begins; a manager forgets them all at once."""
    return f"pin:{staff}:"


async def with_pin(house: House, device: EnrolledDevice, staff: UUID, pin: str, before: str | None) -> Signed:
    """By name and PIN on a store's device. Invalid `wrong_pin`; TooMany `wait_for_pin` with `until`."""
    keys = (f"{tries_of(staff)}{device.id}", f"pin-all:{staff}:")
    await _claim(house, keys, "wait_for_pin")
    async with borrowed(house.pool) as database:
        held = await queries.find_pin(database, staff, device.location)
    if not await secrets.check_pin(pin, held) or held is None:
        raise Invalid("wrong_pin")
    fresh = await secrets.hash_pin(pin) if house.settings.production and secrets.is_weak(held) else None
    return await _start(house, staff, device.id, "pin", before, keys, fresh)


async def prove_pin(house: House, device: UUID, location: str, staff: UUID, pin: str) -> None:
    """It is really this person who allows something on another's device. Invalid `wrong_pin`; TooMany `wait_for_pin` with `until`."""
    keys = (f"{tries_of(staff)}{device}", f"pin-all:{staff}:")
    await _claim(house, keys, "wait_for_pin")
    async with borrowed(house.pool) as database:
        held = await queries.find_pin(database, staff, location)
    if not await secrets.check_pin(pin, held) or held is None:
        raise Invalid("wrong_pin")
    await in_transaction(house.pool, str(staff), house.clock(), lambda tx: throttle.forget(tx.connection, keys))


async def with_badge(house: House, device: EnrolledDevice, badge: str, before: str | None) -> Signed:
    """By a badge that is scanned. Invalid `wrong_badge`. Wrong PINs of the same person do not stand in its way."""
    async with borrowed(house.pool) as database:
        staff = await queries.find_by_badge(database, secrets.badge_digest(badge), device.location)
    if staff is None:
        raise Invalid("wrong_badge")
    return await _start(house, staff, device.id, "badge", before, (f"{tries_of(staff)}{device.id}",))


async def with_password(house: House, email: str, password: str, address: str, before: str | None) -> Signed:
    """By e-mail and password, in any browser. Invalid `wrong_password`, the same for an unknown e-mail; TooMany."""
    whose = house.seal.keyed_digest("email", email.strip().lower())[:12].hex()
    keys = (f"password:{whose}:{address}", f"password-all:{whose}")
    await _claim(house, keys, "wait_for_password")
    async with borrowed(house.pool) as database:
        found = await queries.find_by_email(database, email.strip().lower())
    right = await secrets.check_password(password, found[1] if found else None)
    if found is None or not right:
        raise Invalid("wrong_password")
    fresh = await secrets.hash_password(password) if house.settings.production and secrets.is_weak(found[1]) else None
    return await _start(house, found[0], None, "password", before, keys, fresh)


async def sign_out(house: House, token: str) -> None:
    """The sign-in of this token is over, here and wherever the token was copied to."""
    now = house.clock()
    await in_transaction(house.pool, "system", now, lambda tx: sql.end_sign_in(tx, digest(token)))


async def _claim(house: House, keys: Sequence[str], code: str) -> None:
    now = house.clock()

    def wait(key: str, failures: list[datetime]) -> datetime | None:
        return rules.wait_until(failures, FREE[key.partition(":")[0]], now)

    async def claim(tx: Tx) -> datetime | None:
        return await throttle.claim_try(tx, keys, now, rules.MEMORY, wait)

    until = await in_transaction(house.pool, "system", now, claim)
    if until is not None:
        raise TooMany(code, until=until, retry_after=int((until - now) / timedelta(seconds=1)) + 1)


async def _start(
    house: House,
    staff: UUID,
    device: UUID | None,
    means: str,
    before: str | None,
    keys: Sequence[str],
    fresh: str | None = None,
) -> Signed:
    now = house.clock()
    signed = Signed(new_id(), staff, new_token())
    ends = now + (rules.ON_A_DEVICE_ENDS if device else rules.IN_A_BROWSER_ENDS)

    async def start(tx: Tx) -> None:
        if before:
            await sql.end_sign_in(tx, digest(before))
        await throttle.forget(tx.connection, keys)
        if fresh is not None:
            await sql.advance_hash(tx, staff, "pin_hash" if means == "pin" else "password_hash", fresh)
        await sql.insert_sign_in(tx, signed.sign_in, staff, device, digest(signed.token), means, ends)

    await in_transaction(house.pool, str(staff), now, start)
    return signed
