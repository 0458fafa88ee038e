"""A bounce is believed for the one mail that it names under our seal; whatever else a stranger sends changes nothing."""

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.kit.errors import Invalid
from comptoir.kit.ids import Seal
from comptoir.notifications.bouncing import LARGEST, Bounce, code_of, read_report
from comptoir.notifications.marks import LARGEST as LAST
from comptoir.notifications.marks import mark_of, marks_in, ref_of
from tests.notifications.bounce_mails import report

SEAL, OTHER_SEAL = Seal(b"a secret for tests, 32 bytes long"), Seal(b"another secret for tests, 32 bytes")
ID = UUID("01920000-0000-7000-8000-000000000001")
OTHER = UUID("01920000-0000-7000-8000-000000000002")
MARK = mark_of(SEAL, ID, 2)


@given(st.uuids(), st.integers(1, 5000))
def test_a_mark_says_which_try_in_any_case_and_fits_into_an_address(message: UUID, n: int) -> None:
    mark = mark_of(SEAL, message, n)
    assert (
        marks_in(SEAL, f"<{mark.upper()}@orme.example>")
        == marks_in(SEAL, f"r+{mark}@x.fr")
        == {(message, min(n, LAST))}
    )
    assert len(mark) + 22 <= 64 + 1
    assert marks_in(OTHER_SEAL, mark) == set()


def test_a_later_round_has_a_name_of_its_own() -> None:
    assert (ref_of(ID, 1), ref_of(ID, 2)) == (str(ID), f"{ID}/2")


@pytest.mark.parametrize("where", ["envid", "sent_id", "to"])
def test_the_mail_is_named_by_its_envelope_by_its_own_id_or_by_the_address(where: str) -> None:
    text = {"envid": MARK.upper(), "sent_id": f"{MARK}@orme.example", "to": f"returns+{MARK}@orme.example"}[where]
    assert read_report(report(**{where: text}), SEAL) == Bounce(ID, 2, "failed", "bounce_address")


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers", "message/global-headers"])
def test_what_came_back_may_be_whole_or_headers_alone(kind: str) -> None:
    assert read_report(report(sent_id=f"{MARK}@orme.example", kind=kind), SEAL).message == ID


@pytest.mark.parametrize(
    ("action", "receipt"),
    [("failed", "failed"), ("FAILED", "failed"), ("delivered", "delivered"), ("delayed", None), ("relayed", None), ("expanded", None), ("of tomorrow", None)],
)  # fmt: skip
def test_only_a_last_word_is_a_receipt(action: str, receipt: str | None) -> None:
    assert read_report(report(action, "2.0.0", envid=MARK), SEAL).receipt == receipt


@pytest.mark.parametrize(
    ("status", "code"),
    [("5.1.1", "bounce_address"), ("5.1.10 (x)", "bounce_address"), ("5.2.2", "bounce_full"), ("4.2.2", "bounce_full"), ("5.2.1", "bounce_mailbox"), ("5.7.1", "bounce_refused"), ("4.4.7", "bounce_other"), ("", "bounce_other"), ("5", "bounce_other")],
)  # fmt: skip
def test_the_status_becomes_words(status: str, code: str) -> None:
    assert code_of(status) == code


FORGED = mark_of(OTHER_SEAL, ID, 1)
SWAPPED = mark_of(SEAL, OTHER, 1)[:28] + MARK[28:]


@pytest.mark.parametrize(
    "raw",
    [
        report(), report(envid=FORGED), report(envid=SWAPPED), report(envid=str(ID)), report(envid=MARK[:-1]),
        report(envid=MARK, sent_id=mark_of(SEAL, OTHER, 1)), report(envid=MARK + "0"), report(sent_id="x" * 5000 + MARK),
    ],
)  # fmt: skip
def test_a_report_that_names_none_of_our_mails_or_two_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="bounce_unnamed"):
        read_report(raw, SEAL)


DEEP = (
    b"Content-Type: multipart/report; boundary=a\r\n\r\n"
    + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 3000
)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x00\xff" * 500, b"Subject: Out of office\r\n\r\nBack on Monday", DEEP, b"x" * (LARGEST + 1),
        report(envid=MARK).replace(b"multipart/report", b"multipart/mixed"),
        report(envid=MARK).replace(b"message/delivery-status", b"text/plain"),
        report(envid=MARK).replace(b"Action:", b"Auction:"),
        b"Content-Type: multipart/report; boundary=\xff\r\n\r\n--\xff\r\n",
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="bounce_unreadable"):
        read_report(raw, SEAL)


@given(st.binary(max_size=60), st.integers(0, 900))
def test_a_report_that_is_broken_anywhere_is_understood_or_refused(noise: bytes, at: int) -> None:
    whole = report(envid=MARK)
    with suppress(Invalid):
        assert read_report(whole[:at] + noise + whole[at + len(noise) :], SEAL).message == ID
