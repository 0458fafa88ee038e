"""Whatever hands tell about work, in whatever state it is by then: taken, and where it changes nothing, somebody looks at it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
import pytest

from comptoir.flows.move_to_store import MoveToStore
from comptoir.fulfillment.journal import DeviceEvent, Told
from comptoir.fulfillment.model import REPORTS
from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder
from comptoir.stock.counting import AskCount
from tests.hands import Handheld, Shop
from tests.world import CONFLUENCE, DERBY, LEA, LYON, NOUR, Line, order, shipped

pytestmark = pytest.mark.anyio

STATES = ("open", "picking", "picked", "staged", "handed_over", "canceled", "expired", "moved", "not ours")
OFFICE = Actor("odile", "head_office", None)
CODE = "03701234500017"


class Scene(msgspec.Struct):
    """A work of two pairs at Lyon that Sam had in hand when his network went; what he writes, a colleague's acts overtake."""

    shop: Shop
    sam: Handheld
    lea: Handheld
    order: UUID
    work: UUID
    pack: UUID
    picked: Told


async def begun(shop: Shop, ships: bool) -> Scene:
    """Sam has taken it on and picked one of two."""
    await shop.receive(4)
    await shop.receive(4, at=CONFLUENCE)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    line = shipped(DERBY, 2) if ships else Line(DERBY, 2)
    placed = await shop.place(order(line))
    work = placed.works[0]
    hand = sam if work.location == LYON else await shop.handheld(CONFLUENCE, NOUR)
    started = await hand.start(work.id)
    return Scene(shop, hand, lea, placed.id, work.id, started.id, await hand.pick(work.id))


async def goes_on(scene: Scene, state: str) -> None:
    """What others do meanwhile."""
    shop, lea = scene.shop, scene.lea
    if state in ("picked", "staged", "handed_over", "expired"):
        await lea.pick(scene.work)
    if state in ("staged", "handed_over", "expired"):
        await lea.stage(scene.work)
    if state == "open":
        await scene.sam.undo(scene.picked)
        await shop.connection.execute("UPDATE work SET status = 'accepted' WHERE id = $1", scene.work)
    if state == "handed_over":
        await lea.hand_over(scene.order, scene.work)
    if state == "canceled":
        await shop.perform(CancelOrder(new_id(), scene.order, "changed my mind"))
    if state == "expired":
        await shop.nobody_comes(12)
    if state == "moved":
        to = CONFLUENCE if scene.sam.place == LYON else LYON
        await shop.perform(MoveToStore(new_id(), scene.order, scene.work, to), OFFICE)


async def visible(shop: Shop) -> set[tuple[str, UUID]]:
    """Everything that somebody has to look at or to carry."""
    rows = await shop.connection.fetch(
        "SELECT 'case', id FROM exception WHERE resolved_at IS NULL"
        " UNION ALL SELECT 'put_back', id FROM put_back WHERE done < quantity AND withdrawn_at IS NULL"
        " UNION ALL SELECT 'count', id FROM stock_count WHERE status IN ('asked', 'recount')"
    )
    return {tuple(row) for row in rows}


def goes_by_there(rows: set[tuple[str, UUID]]) -> bool:
    """Whether somebody will stand at that shelf anyway: of this one article there is something to carry or to count."""
    return any(kind in ("put_back", "count") for kind, _ in rows)


Write = Callable[[Scene, Handheld], Awaitable[DeviceEvent]]


def plain(type: str, **body: object) -> Write:
    """A report about the work itself."""

    async def write(scene: Scene, hand: Handheld) -> DeviceEvent:
        return hand.event(type, work=scene.work, **body)

    return write


async def hand_over(scene: Scene, hand: Handheld) -> DeviceEvent:
    shown = scene.shop.pass_of(scene.order, scene.sam.place)
    return hand.event(
        "hand_over", order=scene.order, works=[scene.work], bags=["B:101"], offline=True, **{"pass": shown}
    )


async def put_back(scene: Scene, hand: Handheld) -> DeviceEvent:
    """Of goods of this work if there are any to carry, else of a surplus pair."""
    backs = await scene.shop.put_backs(scene.order)
    if not backs:
        await scene.lea.pick(scene.work, 9)
        backs = await scene.shop.put_backs(scene.order)
    return hand.event("put_back", put_back=backs[0], quantity=1)


async def count(scene: Scene, hand: Handheld) -> DeviceEvent:
    asked = await scene.shop.perform(AskCount(new_id(), scene.sam.place, DERBY))
    return hand.event("count", count=asked["id"], quantity=2)


async def of_the_pack(type: str, scene: Scene, hand: Handheld) -> DeviceEvent:
    return hand.event(type, pack=scene.pack)


async def release(scene: Scene, hand: Handheld) -> DeviceEvent:
    return await of_the_pack("release", scene, hand)


async def start(scene: Scene, hand: Handheld) -> DeviceEvent:
    return await of_the_pack("start", scene, hand)


async def unlock(scene: Scene, hand: Handheld) -> DeviceEvent:
    return hand.event("unlock")


async def count_found(scene: Scene, hand: Handheld) -> DeviceEvent:
    return hand.event("count_found", code="what is this?", near=DERBY)


async def unknown_code(scene: Scene, hand: Handheld) -> DeviceEvent:
    return hand.event("unknown_code", code="what is this?")


async def undo_pick(scene: Scene, hand: Handheld) -> DeviceEvent:
    return hand.event("undo", event=scene.picked.id)


EVENTS: dict[str, Write] = {
    "pick": plain("pick", line=1), "pick_of_many": plain("pick", line=1, quantity=5),
    "pick_of_no_line": plain("pick", line=9), "pick_of_no_line_with_a_code": plain("pick", line=9, code=DERBY),
    "short": plain("short", line=1, quantity=1, reason="not_found"), "short_of_many": plain("short", line=1, quantity=9, reason="damaged"),
    "short_of_no_line": plain("short", line=9, quantity=1, reason="not_found"),
    "look_again": plain("look_again", line=1), "look_again_of_no_line": plain("look_again", line=9),
    "stage": plain("stage", bag="B:102", place="L:R2"), "note": plain("note", text="Behind the curtain"),
    "hand_over": hand_over, "put_back": put_back, "count": count, "count_found": count_found, "release": release, "start": start, "unlock": unlock,
    "unknown_code": unknown_code, "undo": undo_pick, "pack_parcel": plain("pack_parcel", line=1, parcel=new_id()),
    "close_parcel": plain("close_parcel", parcel=new_id(), weight_grams=900),
}  # fmt: skip
OF_TRANSFERS = {"transfer_pick", "receive"}
"""They name a transfer, whatever its state: test_transfers.py."""
OF_ARTICLES = {"recall_pull", "recall_done", "adjust", "shelf_done"}
"""They name an article or a shelf, whatever becomes of any work: test_recalls.py, test_adjustments.py, test_shelf_counts.py."""
OF_PARCELS = {"load_parcel"}
"""They name a label, whatever its parcel's state: tests/pages/test_departures.py."""
OF_ANNOUNCEMENTS = {"read"}
"""They name an announcement, whatever the work: test_announce.py."""
TELLS_OF_NO_WORK = {"unlock", "unknown_code", "count_found"}


def test_no_kind_of_report_is_forgotten_here() -> None:
    assert set(REPORTS) <= set(EVENTS) | OF_TRANSFERS | OF_PARCELS | OF_ANNOUNCEMENTS | OF_ARTICLES


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", EVENTS)
async def test_it_is_taken_or_somebody_looks_at_it(shop: Shop, kind: str, state: str) -> None:
    scene = await begun(shop, ships=state == "moved")
    hand = await shop.handheld(CONFLUENCE, NOUR) if state == "not ours" else scene.sam
    write = EVENTS[kind]
    await goes_on(scene, state)
    event = await write(scene, hand)
    before = await visible(shop)
    (told,) = (await hand.send(event)).outcomes
    after = await visible(shop)
    if state == "not ours" and kind == "undo":
        assert (told.outcome, len(after - before)) == ("applied_with_exception", 1)
    elif state == "not ours" and kind not in TELLS_OF_NO_WORK:
        assert (told.outcome, len(after - before)) == ("refused", 1)
    else:
        assert told.outcome in ("applied", "applied_with_exception"), told
    if told.outcome == "applied_with_exception":
        assert after - before or goes_by_there(after), f"{told.problem}: nobody would ever know"


@pytest.mark.parametrize("state", ["staged", "handed_over", "canceled", "expired"])
@pytest.mark.parametrize("kind", ["pick", "short", "stage", "hand_over", "look_again"])
async def test_taking_it_back_is_taken_too(shop: Shop, kind: str, state: str) -> None:
    """Told online, taken back offline, and meanwhile a colleague went on."""
    scene = await begun(shop, ships=False)
    told = scene.picked
    if kind == "short":
        told = await scene.sam.short(scene.work)
    elif kind == "look_again":
        told = await scene.sam.tell("look_again", work=scene.work, line=1)
    elif kind in ("stage", "hand_over"):
        await scene.sam.pick(scene.work)
        told = await scene.sam.stage(scene.work)
    if kind == "hand_over":
        told = await scene.sam.hand_over(scene.order, scene.work)
        shop.clock.advance(minutes=1)
    if kind != "hand_over":
        await goes_on(scene, state)
    else:
        shop.clock.advance(hours=3)
    event = scene.sam.event("undo", event=told.id)
    before = await visible(shop)
    (done,) = (await scene.sam.send(event)).outcomes
    after = await visible(shop)
    assert done.outcome in ("applied", "applied_with_exception")
    if done.outcome == "applied_with_exception":
        assert after - before or goes_by_there(after), f"{done.problem}: nobody would ever know"


@pytest.mark.parametrize(
    "body", [{}, {"work": "x"}, {"work": str(new_id()), "line": 1, "quantity": -1}, {"colour": "red"}]
)
async def test_what_cannot_be_read_is_refused_and_told_once(shop: Shop, body: dict[str, object]) -> None:
    sam = await shop.handheld()
    kinds = sorted(set(REPORTS) - ({"unlock"} if not body else set()))
    taken = await sam.send(*(sam.event(kind, **body) for kind in kinds))
    assert {(told.outcome, told.problem) for told in taken.outcomes} == {("refused", "malformed")}
    assert (taken.acked_through, await shop.exceptions()) == (len(kinds), ["report_refused"])
