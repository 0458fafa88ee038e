"""A small staff for the tests of the doors: two stores in two regions, one person of each role, a device, keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec

from comptoir.kit.ids import digest, new_id
from comptoir.staff.secrets import CHEAP, hash_pin_now

PART_DIEU: Final = "lyon-part-dieu"
VIEUX_LILLE: Final = "lille-vieux-lille"
PIN: Final = "418273"
PASSWORD: Final = "a long enough password"


class Person(msgspec.Struct, frozen=True):
    """Somebody the tests know by name."""

    id: UUID
    first_name: str
    role: str
    region: str | None
    locations: tuple[str, ...]
    email: str | None = None
    badge: str | None = None


def _id(number: int) -> UUID:
    return UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + number)


LEA: Final = Person(_id(1), "Léa", "associate", None, (PART_DIEU,), badge="U:lea-badge-0001")
SAM: Final = Person(_id(2), "Sam", "associate", None, (PART_DIEU,))
HELENE: Final = Person(_id(3), "Hélène", "store_manager", None, (PART_DIEU,), "helene@example.com")
ZOE: Final = Person(_id(4), "Zoé", "associate", None, (VIEUX_LILLE,), badge="U:zoe-badge-0001")
HUGO: Final = Person(_id(5), "Hugo", "store_manager", None, (VIEUX_LILLE,), "hugo@example.com")
INES: Final = Person(_id(6), "Inès", "regional_manager", "sud", (), "ines@example.com")
MARC: Final = Person(_id(7), "Marc", "regional_manager", "nord", (), "marc@example.com")
ODILE: Final = Person(_id(8), "Odile", "head_office", None, (), "odile@example.com")
EVERYONE: Final = (LEA, SAM, HELENE, ZOE, HUGO, INES, MARC, ODILE)

DEVICES: Final[Mapping[str, str]] = {PART_DIEU: "credential-of-part-dieu", VIEUX_LILLE: "credential-of-vieux-lille"}
DEVICE_IDS: Final[Mapping[str, UUID]] = {PART_DIEU: _id(21), VIEUX_LILLE: _id(22)}


async def settle(connection: Any, at: datetime) -> None:
    """Write the stores, the people and one device per store into an empty database."""
    await connection.execute(
        "INSERT INTO legal_entity VALUES ('orme', 'Orme SAS', '0', 'FR0', 'Lyon', 'OR');"
        "INSERT INTO region VALUES ('sud', 'Sud'), ('nord', 'Nord');"
    )
    for place, region, city in ((PART_DIEU, "sud", "Lyon"), (VIEUX_LILLE, "nord", "Lille")):
        await connection.execute(
            "INSERT INTO location (id, name, kind, region, legal_entity, street, postcode, city, latitude, longitude, time_zone,"
            " services, capacity_per_hour, pick_lead_minutes, hold_days) VALUES"
            " ($1, $2, 'store', $3, 'orme', '1 rue', '69003', $2, 45, 4, 'Europe/Paris', '{pickup,ship}', 20, 30, 7)",
            place, city, region,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO opening_hours SELECT $1, day, 540, 1170 FROM generate_series(0, 6) day", place
        )
        await connection.execute(
            "INSERT INTO device (id, location, name, credential_hash, enrolled_at) VALUES ($1, $2, 'XX-01', $3, $4)",
            DEVICE_IDS[place], place, digest(DEVICES[place]), at,
        )  # fmt: skip
    pin, password = hash_pin_now(PIN, CHEAP), hash_pin_now(PASSWORD, CHEAP)
    for person in EVERYONE:
        await connection.execute(
            "INSERT INTO staff (id, first_name, last_name, email, role, region, pin_hash, badge_hash, password_hash)"
            " VALUES ($1, $2, 'Test', $3, $4, $5, $6, $7, $8)",
            person.id, person.first_name, person.email, person.role, person.region, pin if person.locations else None,
            digest(person.badge) if person.badge else None, password if person.email else None,
        )  # fmt: skip
        for place in person.locations:
            await connection.execute("INSERT INTO staff_location VALUES ($1, $2)", person.id, place)


async def make_key(
    connection: Any, at: datetime, secret: str, *scopes: str, locations: list[str] | None = None
) -> UUID:
    """An API key with these scopes."""
    key = new_id()
    await connection.execute(
        "INSERT INTO api_key (id, name, key_hash, hint, scopes, locations, made_at) VALUES ($1, 'test', $2, 'test', $3, $4, $5)",
        key, digest(secret), list(scopes), locations, at,
    )  # fmt: skip
    return key


def hold_device(client: httpx.AsyncClient, place: str) -> None:
    """This browser is the store's device."""
    client.cookies.set("device", DEVICES[place], domain="test.local")


async def sign_in(
    client: httpx.AsyncClient, connection: Any, person: Person, at: datetime, on: str | None = None
) -> UUID:
    """Sign a person in without the form: on the device of a store, or in a browser."""
    token, sign = f"token-of-{person.id}-{on}", new_id()
    await connection.execute(
        "INSERT INTO sign_in (id, staff, device, token_hash, started_at, seen_at, ends_at, means)"
        " VALUES ($1, $2, $3, $4, $5::timestamptz, $5, $5 + interval '8 hours', $6)"
        " ON CONFLICT (token_hash) DO UPDATE SET ended_at = NULL",
        sign, person.id, DEVICE_IDS[on] if on else None, digest(token), at, "pin" if on else "password",
    )  # fmt: skip
    if on:
        hold_device(client, on)
    client.cookies.set("sign_in", token, domain="test.local")
    return sign
