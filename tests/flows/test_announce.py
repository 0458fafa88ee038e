"""Announcements: bounded, each device's receipt once, words that change are read anew, and nobody changes what is not theirs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.notifications import push_sql
from comptoir.notifications.push_sql import Keys
from comptoir.notifications.telling_devices import write_notes
from comptoir.screens import announcements as screen
from comptoir.staff.announcing import MOST_OPEN, Announce, Announced, CorrectAnnouncement, EndAnnouncement
from tests.hands import Handheld, Shop
from tests.world import CONFLUENCE, LEA, LYON, NOUR

pytestmark = pytest.mark.anyio
HELENE = Actor("helene", "store_manager", (LYON,))
BOTH = Actor("ines", "regional_manager", (LYON, CONFLUENCE))
THERE = Actor("karim", "store_manager", (CONFLUENCE,))
HOUR = timedelta(hours=1)


async def announce(
    shop: Shop, who: Actor = HELENE, *places: str, text: str = "Le quai ferme à 16 h", **given: Any
) -> UUID:
    done: Announced = await shop.perform(
        Announce(new_id(), text, shop.now + given.pop("lasts", HOUR), places or (LYON,), **given), who, Announced
    )
    return done.announcement


async def shown(shop: Shop, hand: Handheld) -> list[tuple[str, bool]]:
    """(words, read here) on a device."""
    rows = await screen.of_store(shop.connection, hand.place, shop.now)
    return [(row.text, row.told(hand.actor.device)["read"]) for row in rows]


async def counts(shop: Shop, who: Actor, announcement: UUID) -> tuple[int, int]:
    found = await screen.find(shop.connection, who, announcement)
    assert found is not None
    return found[0].read, found[0].devices


async def test_each_device_reads_it_once_however_often_that_is_told_and_new_words_are_read_anew(shop: Shop) -> None:
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    nour = await shop.handheld(CONFLUENCE, NOUR)
    one = await announce(shop, BOTH, LYON, CONFLUENCE, urgent=True)
    assert [await shown(shop, hand) for hand in (sam, lea, nour)] == [[("Le quai ferme à 16 h", False)]] * 3
    before = shop.now
    fact = sam.event("read", announcement=one, edition=1)
    shop.clock.advance(minutes=20)
    assert (await sam.send(fact)).outcomes[0].outcome == "applied"
    assert (await sam.resend()).outcomes[0].again
    assert (await sam.tell("read", announcement=one, edition=1)).outcome == "applied"
    assert [await shown(shop, hand) for hand in (sam, lea)] == [[("Le quai ferme à 16 h", n)] for n in (True, False)]
    read, devices = await counts(shop, BOTH, one)
    assert (read, devices) == (1, 4)
    assert await counts(shop, THERE, one) == (0, 2), "somebody of one store sees that store's devices alone"
    row = await shop.connection.fetchrow("SELECT at, received_at, device FROM announcement_receipt")
    assert (row["at"], row["received_at"]) == (before, shop.now)
    assert row["device"] == sam.actor.device
    columns = await shop.connection.fetch("SELECT column_name FROM information_schema.columns WHERE table_name = 'announcement_receipt'")  # fmt: skip
    assert {c[0] for c in columns} == {"announcement", "edition", "device", "location", "at", "received_at"}

    async def correct(text: str, version: int, who: Actor = BOTH) -> Announced:
        command = CorrectAnnouncement(new_id(), one, version, text, shop.now + 2 * HOUR, True)
        done: Announced = await shop.perform(command, who, Announced)
        return done

    assert (await correct("Le quai ferme à 16 h", 1)).edition == 1
    assert (await counts(shop, BOTH, one))[0] == 1, "another end alone is no news"
    assert await correct("Le quai ferme à 17 h", 2) == Announced(one, 3, 2)
    assert await shown(shop, sam) == [("Le quai ferme à 17 h", False)]
    assert (await lea.tell("read", announcement=one, edition=1)).outcome == "applied"
    assert (await counts(shop, BOTH, one))[0] == 0, "old words that were read say nothing of the new ones"
    with pytest.raises(Conflict, match="changed_meanwhile"):
        await correct("Autre", 2)
    with pytest.raises(Forbidden, match="announcement_of_others"):
        await correct("Autre", 3, HELENE)
    assert (await sam.tell("read", announcement=one, edition=3)).problem == "announcement_not_found"
    assert (await sam.tell("read", announcement=new_id(), edition=1)).outcome == "refused"
    await shop.perform(EndAnnouncement(new_id(), one), BOTH)
    assert [await shown(shop, hand) for hand in (sam, nour)] == [[], []]
    assert (await nour.tell("read", announcement=one, edition=2)).outcome == "applied", (
        "told late, it was read all the same"
    )
    for again in (EndAnnouncement(new_id(), one), CorrectAnnouncement(new_id(), one, 3, "x", shop.now + HOUR)):
        with pytest.raises(Conflict, match="announcement_over"):
            await shop.perform(again, BOTH)
    actions = await shop.connection.fetch("SELECT action, body->'changes' AS changes FROM audit WHERE subject = $1 ORDER BY at, id", str(one))  # fmt: skip
    assert [row["action"] for row in actions] == ["announcement.made", "announcement.corrected", "announcement.corrected", "announcement.ended"]  # fmt: skip
    assert "16 h" in actions[2]["changes"] and "17 h" in actions[2]["changes"]


async def test_an_announcement_is_short_bounded_in_time_and_in_number_and_ends_by_itself(shop: Shop) -> None:
    for wrong, code in (
        ({"text": "  \n "}, "announcement_empty"), ({"text": "a" * 501}, "announcement_too_long"),
        ({"lasts": timedelta(minutes=1)}, "announcement_until_wrong"), ({"lasts": timedelta(days=15)}, "announcement_until_wrong"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=code):
            await announce(shop, **wrong)
    with pytest.raises(NotFound):
        await announce(shop, HELENE, LYON, CONFLUENCE)
    with pytest.raises(NotFound):
        await announce(shop, Actor("odile", "head_office", None), "nowhere")
    every = Announce(new_id(), "À tous", shop.now + HOUR, tuple(f"magasin-{n}" for n in range(2_000)))
    assert msgspec.convert(msgspec.to_builtins(every), Announce) == every, "as many stores as the page lets one choose"
    for n in range(MOST_OPEN):
        await announce(shop, text=f"n° {n}")
    with pytest.raises(Conflict, match="announcements_full"):
        await announce(shop, BOTH, CONFLUENCE, LYON)
    assert await screen.list_open(shop.connection, THERE, shop.now) == []
    shop.clock.advance(minutes=61)
    assert await screen.of_store(shop.connection, LYON, shop.now) == []
    assert len(await screen.list_past(shop.connection, HELENE, shop.now)) == MOST_OPEN
    await announce(shop, BOTH, CONFLUENCE, LYON)


async def test_devices_that_have_not_read_it_get_one_notification_which_says_none_of_its_words(shop: Shop) -> None:
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    keys = Keys("https://push.example/sam", "BKey", "auth")

    async def listen(tx: Any) -> None:
        for hand in (sam, lea):
            address = Keys(f"{keys.endpoint}{hand.actor.device}", keys.p256dh, keys.auth)
            await push_sql.keep_device(tx, new_id(), hand.actor.device, address, "fr")

    await in_transaction(shop.pool, "system", shop.now, listen)
    one = await announce(shop, urgent=True, text="Rappel du lot 12")
    await lea.tell("read", announcement=one, edition=1)

    async def notes() -> list[tuple[UUID, str, str]]:
        await in_transaction(shop.pool, "system", shop.now, write_notes)
        rows = await shop.connection.fetch("SELECT device, kind, status, title || body AS said FROM push_note ORDER BY made_at, id")  # fmt: skip
        assert all("lot 12" not in row["said"] for row in rows)
        return [(row["device"], row["kind"], row["status"]) for row in rows if row["kind"] != "new_work"]

    due = (sam.actor.device, "announcement_urgent", "due")
    assert await notes() == [due]
    assert await notes() == [due], "told once"
    shop.clock.advance(minutes=1)
    await shop.perform(CorrectAnnouncement(new_id(), one, 1, "Rappel du lot 13", shop.now + HOUR, False), HELENE)
    told = await notes()
    assert sorted(row[1:] for row in told) == [("announcement", "due"), ("announcement", "due"), ("announcement_urgent", "dropped")]  # fmt: skip
    await shop.perform(EndAnnouncement(new_id(), one), HELENE)
    assert {row[2] for row in await notes()} == {"dropped"}
