"""What is counted before a return is decided: plain figures with their rule, and nothing that is no figure."""

from comptoir.kit.i18n import messages
from comptoir.kit.ids import Seal
from comptoir.returns.policy import Signals
from comptoir.returns.signals import Brought, Counted, Kind, contact_of, person_mark, say, signals

LIMITS = Signals(returns=3, given_minor=20_000, no_receipt=1, same_article=2)
PICKED = "010371234567890121SN-7\x1d10A1"


def kinds(counted: Counted, *brought: Brought, shown_from: Signals = LIMITS) -> list[Kind]:
    return [one.kind for one in signals(counted, brought, shown_from)]


def test_a_fact_is_shown_from_its_figure_on_and_not_before() -> None:
    bag = Brought("BAG")
    for counted, shown in [
        (Counted(), []),
        (Counted(returns=2, given_minor=19_999), []),
        (Counted(returns=3, given_minor=20_000), ["returns", "given"]),
        (Counted(no_receipt=1, no_receipt_minor=4_000), ["no_receipt"]),
        (Counted(articles=(("BAG", "Sac", 1),)), ["same_article"]),
        (Counted(articles=(("HAT", "Chapeau", 5),)), []),
    ]:
        assert kinds(counted, bag) == shown
    many = Counted(99, 10**7, 9, 10**6, (("BAG", "Sac", 9),))
    assert kinds(many, bag, shown_from=Signals(0, 0, 0, 0)) == []


def test_a_serial_number_that_came_back_before_or_is_not_the_picked_one_is_always_said() -> None:
    counted = Counted(serials=(("SN-9", "R-ABCDEF"),), picked=((1, PICKED), (2, "03712345678901")))
    assert kinds(counted, Brought("CAM", 1, "SN-7")) == []
    assert kinds(counted, Brought("CAM", 1, "SN-8")) == ["serial_other"]
    assert kinds(counted, Brought("CAM", 1, " SN-9 ")) == ["serial_back", "serial_other"]
    # Where nothing was scanned with a serial number, there is nothing to compare with.
    assert kinds(counted, Brought("CAM", 2, "SN-8"), Brought("CAM", 1)) == []


def test_each_fact_has_a_sentence_and_a_rule_in_both_languages() -> None:
    counted = Counted(4, 43_000, 2, 8_000, (("CAM", "Appareil", 1),), (("SN-9", "R-ABCDEF"),), ((1, PICKED),))
    found = signals(counted, [Brought("CAM", 1, "SN-9")], LIMITS)
    assert [one.kind for one in found] == [
        "returns",
        "given",
        "no_receipt",
        "same_article",
        "serial_back",
        "serial_other",
    ]
    said = [say(one, "en") for one in found]
    assert said[0] == (
        "4 other returns in twelve months.",
        "Shown from 3 on. The same e-mail or phone; refused and canceled ones do not count.",
    )
    assert said[1][0] == "€430.00 given back in twelve months."
    assert said[5][0] == "Serial number SN-9 is not the one that was picked (SN-7)."
    assert all("{" not in text for one in found for language in ("fr", "en") for text in say(one, language))
    assert {one.kind for one in found} <= set(messages().area("signals", "fr"))


def test_a_person_is_the_same_however_the_number_is_written() -> None:
    seal = Seal(b"a secret of the tests, 32 bytes or more")
    assert {contact_of(text) for text in ("06 12 34 56 78", "+33 6 12 34 56 78", "0033612345678")} == {"612345678"}
    assert contact_of(" Ines@Example.com ") == "ines@example.com"
    assert contact_of("Inès") == contact_of("") == ""
    assert person_mark(seal, "Inès") is None
    assert person_mark(seal, "06 12 34 56 78") == person_mark(seal, "+33612345678") != person_mark(seal, "0612345679")
