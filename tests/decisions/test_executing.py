"""What an answer makes of money that is to move, on which payments it is moved, and when a person is asked."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.payments.commands import Said
from comptoir.payments.executing import (
    LIFE,
    After,
    Part,
    again,
    may_be_done_by_hand,
    next_key,
    settle,
    stands,
    wait_after,
)
from comptoir.payments.model import Again, Done, Entry, InDoubt, NotMine, NotThere, Refused
from comptoir.payments.reconciling import Ours, compare
from comptoir.payments.splitting import Held, Share, split
from comptoir.payments.stripe_events import references, sign, signed

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
CALLING = Part(new_id(), new_id(), new_id(), "pi_1", "refund", 4_000, "acc", "calling", new_id(), 1, NOON)
IN_DOUBT = msgspec.structs.replace(CALLING, state="unknown")
SENT = msgspec.structs.replace(CALLING, state="sent", provider_ref="re_1")


def test_every_answer_leaves_one_thing_to_do() -> None:
    for part, answer, state, wait in (
        (CALLING, Done("re_1"), "confirmed", None), (CALLING, Done("re_1", False), "sent", 3600), (CALLING, Refused("no"), "failed", None),
        (CALLING, Refused("later", final=False), "due", 3600), (CALLING, Again("away"), "due", 5), (CALLING, Again("busy", 90.0), "due", 90),
        (CALLING, Again("busy", 9e9), "due", 3600), (CALLING, InDoubt("cut"), "unknown", 60), (CALLING, NotMine(), "by_hand", None),
        (IN_DOUBT, Done("re_1"), "confirmed", None), (IN_DOUBT, Again("away"), "unknown", 5), (IN_DOUBT, NotThere(), "due", 0),
        (IN_DOUBT, Refused("failed"), "failed", None), (SENT, Again("away"), "sent", 5), (SENT, NotThere(), "failed", None),
    ):  # fmt: skip
        after = settle(part, answer, NOON)
        assert (after.state, after.next_at) == (state, None if wait is None else NOON + timedelta(seconds=wait)), answer
        assert Said.of(answer).answer == answer
    old = NOON + LIFE + timedelta(seconds=1)
    assert settle(CALLING, Again("away"), old) == After("failed", problem="given_up")
    assert settle(IN_DOUBT, Again("away"), old) == After("failed", problem="away")
    assert settle(SENT, Again("away"), old).state == "sent"
    assert [wait_after(n).total_seconds() for n in (0, 1, 2, 3, 50)] == [5, 5, 10, 20, 3600]


def test_what_was_refused_is_tried_under_another_key_and_what_was_never_answered_is_looked_for() -> None:
    refused = msgspec.structs.replace(CALLING, state="failed", problem="charge_already_refunded")
    assert again(refused, True, NOON) == After("due", NOON) and next_key(refused) != refused.key
    lost = msgspec.structs.replace(CALLING, state="failed", problem="away")
    assert again(lost, True, NOON) == After("unknown", NOON) and next_key(lost) == lost.key
    assert again(IN_DOUBT, True, NOON) == After("unknown", NOON) and next_key(IN_DOUBT) == IN_DOUBT.key
    assert [again(part, True, NOON) for part in (SENT, CALLING)] == [None, None] and again(refused, False, NOON) is None


def test_an_intention_stands_as_its_parts_do() -> None:
    assert [stands(list(parts)) for parts in (  # type: ignore[arg-type]
        ("due", "sent"), ("sent", "confirmed"), ("confirmed", "confirmed"), ("confirmed", "failed"), ("by_hand",), ()
    )] == ["intended", "sent", "confirmed", "failed", "intended", "intended"]  # fmt: skip
    may_be_done_by_hand("intended", ["unknown", "by_hand"])
    for state, parts, why in (
        ("confirmed", [], "money_moved"),
        ("withdrawn", ["due"], "money_moved"),
        ("intended", ["sent"], "money_moved"),
        ("intended", ["calling"], "money_on_its_way"),
    ):
        with pytest.raises(Conflict, match=why):
            may_be_done_by_hand(state, parts)  # type: ignore[arg-type]


def test_refunds_come_from_the_newest_capture_and_captures_from_the_oldest_authorization() -> None:
    old = Held("a", "stripe", 0, 5_000, NOON)
    new = Held("b", "gift", 0, 2_000, NOON + timedelta(hours=1))
    assert split("refund", 3_000, [old, new]) == [Share("b", "gift", 2_000), Share("a", "stripe", 1_000)]
    assert sum(share.amount_minor for share in split("refund", 9_000, [old, new])) == 7_000
    first, second = (
        Held("a", "stripe", 5_000, 0, NOON),
        Held("b", "stripe", 700, 100, NOON + timedelta(hours=1), whole=False),
    )
    assert split("capture", 5_100, [second, first]) == [Share("a", "stripe", 5_000), Share("b", "stripe", 100)]
    assert split("void", 6_000, [second, first]) == [Share("a", "stripe", 5_000)] and split("void", 1, [second]) == []


def test_two_lists_of_a_day_differ_by_what_one_of_them_lacks_or_says_otherwise() -> None:
    mine = Ours(new_id(), new_id(), "re_1", 4_000, True)
    failed = Ours(new_id(), new_id(), "", 700, False)
    absent = Ours(new_id(), new_id(), "re_9", 100, True)
    theirs = [
        Entry("re_1", "pi_1", 4_000, NOON), Entry("re_2", "pi_1", 700, NOON, failed.key), Entry("re_3", "pi_1", 50, NOON, new_id()),
    ]  # fmt: skip
    found, missing = compare([mine, absent], [mine, failed], theirs)
    assert [(one.kind, one.reference, one.part) for one in found] == [
        ("missing_here", "re_2", failed.part),
        ("missing_here", "re_3", None),
    ]
    assert missing == [absent]
    assert compare([mine], [msgspec.structs.replace(mine, amount_minor=3_999)], theirs[:1])[0][0].kind == "amount"


def test_an_event_is_believed_to_be_stripes_when_one_of_its_signatures_is_and_it_is_young() -> None:
    body, at = (
        b'{"type":"refund.updated","data":{"object":{"id":"re_1","payment_intent":"pi_1","charge":null}}}',
        int(NOON.timestamp()),
    )
    good = sign(body, "whsec_a", at)
    assert signed(body, good, ["whsec_b", "whsec_a"], NOON) and signed(body, good + ",v1=00,v0=x", ["whsec_a"], NOON)
    for header in (
        "",
        "t=,v1=",
        f"t={at}",
        good.replace("v1", "v0"),
        "t=99999999999999,v1=aa",
        f"t={at},v1=é",
        good[:-1],
    ):
        assert not signed(body, header, ["whsec_a"], NOON), header
    assert not signed(body, good, [], NOON) and not signed(body + b" ", good, ["whsec_a"], NOON)
    assert references(body) == ("re_1", "pi_1")
    for passed_over in (
        b"{}",
        b'{"type":"refund.updated","data":[]}',
        b'{"type":"invoice.paid","data":{"object":{"id":"re_1"}}}',
    ):
        assert references(passed_over) == ()
