"""May this come back? Each row is a case: what happened, when it was asked, and the sentence that a person reads.

Times are UTC. Paris is one hour ahead in winter and two in summer, so that a day ends at 23:00Z or 22:00Z.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from comptoir.kit.i18n import messages
from comptoir.returns.accessories import Absent, Accessory, asked_for, kept_for
from comptoir.returns.eligibility import (
    Article,
    Asked,
    Blind,
    Bought,
    Question,
    Receipt,
    Verdict,
    judge,
    needs_permission,
)
from comptoir.returns.policy import DEFAULT, Goodwill, NoReceipt, Placing, Policy, Uninformed, When, disposition_of
from comptoir.returns.saying import sentences, told
from comptoir.returns.withdrawal import delivery_back_minor, late_increase

STRICT = Policy(ways=DEFAULT.ways)
"""No goodwill at all: what is left is the law."""


SHOE, NOTHING_BEFORE = Article("shoe"), Blind(0)


def at(text: str) -> datetime:
    """ "2026-11-05 10:00" in UTC; noon where no hour is said."""
    return datetime.fromisoformat(text if " " in text else f"{text} 12:00").replace(tzinfo=UTC)


def bought(*received: str | Receipt | None, placed: str = "", **more: Any) -> Bought:
    """An order of the web whose parts were received then (None: still to come)."""
    receipts = tuple(one if isinstance(one, Receipt) else Receipt(at(one) if one else None) for one in received)
    first = min((one.at for one in receipts if one.at), default=at("2026-11-01"))
    return Bought(at(placed) if placed else first, "web", receipts=receipts, **more)


def here(day: str, postcode: str, zone: str = "Europe/Paris") -> Receipt:
    return Receipt(at(day), zone, postcode)


def ask(order: Bought | None, day: str, policy: Policy = STRICT, *, article: Article = SHOE, sold_under: Policy | None = None,
        blind: Blind = NOTHING_BEFORE, **asked: Any) -> Verdict:  # fmt: skip
    """The goods are brought along unless `goods_at` says otherwise."""
    asked.setdefault("goods_at", at(day))
    return judge(Question(Asked(at(day), **asked), article, order, blind), policy, sold_under)


# What happened, when it is asked, the right, the legal end, and how the French sentence begins.
LEGAL = [
    ("a plain Thursday", bought("2026-11-05"), "2026-11-19 22:59", "law", date(2026, 11, 19)),
    ("a minute later it is the next day in Paris", bought("2026-11-05"), "2026-11-19 23:00", "none", date(2026, 11, 19)),
    ("the 28th is a Saturday", bought("2026-11-14"), "2026-11-30 22:59", "law", date(2026, 11, 30)),
    ("and Tuesday is too late", bought("2026-11-14"), "2026-11-30 23:00", "none", date(2026, 11, 30)),
    ("Christmas, then a weekend", bought("2026-12-11"), "2026-12-28", "law", date(2026, 12, 28)),
    ("8 May, then a weekend", bought("2026-04-24"), "2026-05-11 21:59", "law", date(2026, 5, 11)),
    ("summer time: the day ends at 22:00Z", bought("2026-04-24"), "2026-05-11 22:00", "none", date(2026, 5, 11)),
    ("two parcels, the third line canceled: the last one counts for all", bought("2026-11-02", "2026-11-09"), "2026-11-23", "law", date(2026, 11, 23)),
    ("in whatever order they came", bought("2026-11-09", "2026-11-02"), "2026-11-24", "none", date(2026, 11, 23)),
    ("something is still to come", bought("2026-10-01", None), "2026-11-23", "law", None),
    ("nothing came yet", bought(None), "2026-11-23", "law", None),
    ("received at 23:59 in Paris", bought("2026-11-05 22:59"), "2026-11-20", "none", date(2026, 11, 19)),
    ("received a minute after midnight in Paris", bought("2026-11-05 23:01"), "2026-11-20", "law", date(2026, 11, 20)),
    ("over the night when summer time ends", bought("2026-10-16 21:30"), "2026-10-30 22:59", "law", date(2026, 10, 30)),
    ("over the night when it begins: 23:30 in Paris is still that day", bought("2026-03-17 22:30"), "2026-03-31 21:59", "law", date(2026, 3, 31)),
    ("and 22:00Z is the day after", bought("2026-03-17 22:30"), "2026-03-31 22:00", "none", date(2026, 3, 31)),
    ("Good Friday is a working day in Lyon", bought(here("2026-03-20", "69003")), "2026-04-06", "none", date(2026, 4, 3)),
    ("and none in Strasbourg", bought(here("2026-03-20", "67000")), "2026-04-07", "law", date(2026, 4, 7)),
    ("Réunion is three hours ahead: its day ended already", bought(here("2026-11-05 04:00", "97400", "Indian/Reunion")), "2026-11-19 20:00", "none", date(2026, 11, 19)),
    ("an hour before it had not", bought(here("2026-11-05 04:00", "97400", "Indian/Reunion")), "2026-11-19 19:59", "law", date(2026, 11, 19)),
    ("in Réunion the abolition of slavery is a holiday", bought(here("2027-12-06", "97400", "Indian/Reunion")), "2027-12-21", "law", date(2027, 12, 21)),
    ("Martinique is behind: its day goes on", bought(here("2026-11-05 20:00", "97200", "America/Martinique")), "2026-11-20 03:59", "law", date(2026, 11, 19)),
    ("a business has no such right", bought("2026-11-05", business=True), "2026-11-06", "none", None),
    ("bought in a store", bought("2026-11-05", contract="store"), "2026-11-06", "none", None),
    ("reserved, then bought at the counter", bought("2026-11-05", contract="reserved"), "2026-11-06", "none", None),
    ("ordered in a store with an associate", bought("2026-11-05", contract="assisted"), "2026-11-06", "none", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "day", "right", "until"), [case[1:] for case in LEGAL], ids=[case[0] for case in LEGAL]
)
def test_withdrawing_by_law(order: Bought, day: str, right: str, until: date | None) -> None:
    verdict = ask(order, day)
    assert (verdict.right, verdict.legal_until) == (right, until)
    assert verdict.accepted == (right == "law")


SAID = [
    (ask(bought("2026-11-05"), "2026-11-10"),
     "Oui, par la loi : tout était arrivé le jeudi 5 novembre 2026, la rétractation est possible jusqu’au jeudi 19 novembre 2026 à 24 h."),
    (ask(bought("2026-11-05"), "2026-11-20"), "Non : aucune règle de la maison ne vaut ici. Le délai légal de rétractation a fini le jeudi 19 novembre 2026 à 24 h."),
    (ask(bought("2026-11-05", None), "2026-11-20"), "Oui, par la loi : tout n’est pas encore arrivé, le délai de rétractation n’a pas commencé."),
    (ask(bought("2026-11-05", contract="store"), "2026-11-06"), "Non : aucune règle de la maison ne vaut ici. Acheté en magasin : la loi ne prévoit pas de rétractation."),
    (ask(bought("2026-11-05"), "2026-11-06", article=Article("x", excluded="perishable")),
     "Non : aucune règle de la maison ne vaut ici. La loi exclut la rétractation : article qui se périme vite."),
    (ask(bought("2026-11-05"), "2026-11-24", DEFAULT), "Oui, par la règle « 30 jours », jusqu’au samedi 5 décembre 2026 compris. Le délai légal"),
    (ask(bought("2026-11-05"), "2026-12-06", DEFAULT), "Non : la règle « 30 jours » l’acceptait jusqu’au samedi 5 décembre 2026 compris."),
    (ask(bought("2026-11-05"), "2026-12-06", DEFAULT, permitted="cadeau"), "Oui, par exception d’un responsable. La règle « 30 jours » l’acceptait"),
    (ask(bought("2026-11-05"), "2027-03-01", DEFAULT, defect=True), "Oui, par la garantie légale de conformité, jusqu’au dimanche 5 novembre 2028"),
    (ask(None, "2026-11-05", DEFAULT), "Non : rien ne prouve l’achat. Un responsable peut l’accepter par exception, avec un motif."),
]  # fmt: skip


def test_each_decision_has_its_sentence_in_both_languages() -> None:
    for verdict, begins in SAID:
        assert " ".join(" ".join(told(verdict, "fr")).split()).startswith(begins), told(verdict, "fr")
        english = " ".join(told(verdict, "en"))
        assert english.startswith("Yes" if verdict.accepted else "No") and "{" not in english


def test_every_sentence_that_there_are_words_for_is_said_somewhere_and_none_lacks_words() -> None:
    """All barriers, refusals and rights, with everything that can follow from them."""
    longer = Policy((Goodwill("Long", days=60, keep_bp=1_000, delivery=True),), ways=DEFAULT.ways, sealed=("serum",))
    final = Policy((Goodwill("Soldes", final=True),), ways=DEFAULT.ways)
    unsealed, worn = Article("s", "serum"), Article("x", returnable=False)
    late, early = "2027-06-01", "2026-11-06"
    order = bought("2026-11-05")
    over = Blind(99_999)
    verdicts = [
        *(one for one, _ in SAID),
        *(ask(bought("2026-11-05", contract=kind), early) for kind in ("reserved", "assisted")),
        *(ask(order, early, article=Article("x", excluded=why))
          for why in ("made_to_measure", "mixed", "market_price", "press")),
        *(ask(order, late, policy, permitted="ok", from_home=True, article=worn if policy is STRICT else unsealed)
          for policy in (longer, final, STRICT)),
        ask(order, late, permitted="ok"), ask(order, late, final), ask(order, late, article=worn), ask(order, late, longer),
        ask(order, "2026-12-01", longer, condition="damaged", permitted="ok"), ask(order, "2026-12-01", longer, condition="damaged"),
        ask(order, early, longer, article=unsealed, condition="opened", from_home=True),
        ask(bought("2026-11-05", None, contract="store"), early, longer), ask(order, early, final),
        ask(order, early, longer, condition="damaged", from_home=True, goods_at=None),
        ask(order, early, longer, faulty=True, defect=True, whole=True, from_home=True),
        ask(bought("2026-11-05", business=True), early, final),
        ask(bought(here("2026-11-05", "97400", "Indian/Reunion")), early),
        ask(order, "2029-01-01", defect=True), ask(order, early, uninformed()), ask(None, early, DEFAULT, permitted="ok"),
        ask(None, early, DEFAULT, permitted="ok", blind=over), ask(None, early, Policy(no_receipt=NoReceipt(named=True))),
    ]  # fmt: skip
    for language in ("fr", "en"):
        for verdict in verdicts:
            assert all(one and "{" not in one for one in told(verdict, language))
    said = {one.key for verdict in verdicts for one in sentences(verdict)}
    parts = {f"give_{one}" for verdict in verdicts for one in verdict.may} | {
        f"excluded_{one.excluded}" for one in verdicts if one.excluded
    }
    words = set(messages().area("eligibility", "fr"))
    assert words == set(messages().area("eligibility", "en"))
    assert words - said - parts == {"or", "title", "more"}


def uninformed(told_on: date | None = None) -> Policy:
    return Policy(ways=DEFAULT.ways, uninformed=(Uninformed("web", date(2026, 10, 1), date(2026, 11, 30), told_on),))


def test_whoever_was_not_told_of_the_right_has_a_year_more_or_fourteen_days_from_being_told() -> None:
    order = bought("2026-11-05")
    assert ask(order, "2027-11-19", uninformed()).legal_until == date(2027, 11, 19)
    assert ask(order, "2027-11-22", uninformed()).right == "none"
    assert ask(order, "2027-02-15", uninformed(date(2027, 2, 1))).right == "law"
    assert ask(order, "2027-02-16", uninformed(date(2027, 2, 1))).right == "none"
    before = bought("2026-11-05", placed="2026-09-30")
    assert ask(before, "2026-11-20", uninformed()).right == "none"


def test_a_policy_never_shrinks_the_law() -> None:
    """Shorter days, nothing but credit, a kept part, a final sale, a condition: within the legal time none of them matters."""
    order = bought("2026-11-05")
    harsh = [
        Goodwill("Court", days=3, gives=("credit",), keep_bp=5_000),
        Goodwill("Soldes", final=True),
        Goodwill("Neuf", conditions=("as_new",)),
    ]
    for rule in harsh:
        policy = Policy((rule,), ways=DEFAULT.ways)
        for condition in (None, "as_new", "opened", "damaged"):
            verdict = ask(order, "2026-11-19", policy, condition=condition, article=Article("x", returnable=False))
            assert verdict.right == "law"
            assert verdict.may == ("refund", "exchange", "credit")
            assert verdict.back_minor(12_999) == 12_999
            assert verdict.delivery == "law"


GOODWILL = [
    # rule, condition, category, when asked -> right, lacks
    (Goodwill("30", days=30), "as_new", "", "2026-12-05 22:59", "goodwill", None),
    (Goodwill("30", days=30), "as_new", "", "2026-12-05 23:00", "none", "late"),
    (Goodwill("30", days=30), "opened", "", "2026-12-01", "none", "condition"),
    (Goodwill("30", days=30), None, "", "2026-12-01", "goodwill", None),  # not looked at yet
    (Goodwill("Noël", When(bought_since=date(2026, 11, 1), bought_until=date(2026, 12, 24)), 30, date(2027, 1, 31)), "as_new", "", "2027-01-31 22:59", "goodwill", None),
    (Goodwill("Noël", When(bought_since=date(2026, 11, 6)), 30, date(2027, 1, 31)), "as_new", "", "2026-12-01", "none", "no_rule"),
    (Goodwill("Noël", When(bought_until=date(2026, 11, 4)), 300), "as_new", "", "2026-12-01", "none", "no_rule"),
    (Goodwill("Pulls", When(categories=("knits",))), "as_new", "knits", "2026-12-01", "goodwill", None),
    (Goodwill("Pulls", When(categories=("knits",))), "as_new", "shoes", "2026-12-01", "none", "no_rule"),
    (Goodwill("Belgique", When(countries=("BE",))), "as_new", "", "2026-12-01", "none", "no_rule"),
    (Goodwill("Boutique", When(channels=("shopify",))), "as_new", "", "2026-12-01", "none", "no_rule"),
    (Goodwill("Entreprises", When(buyers=("business",))), "as_new", "", "2026-12-01", "none", "no_rule"),
    (Goodwill("Soldes", final=True), "as_new", "", "2026-12-01", "none", "final_sale"),
]  # fmt: skip


def test_goodwill_holds_by_country_channel_category_buyer_condition_and_days() -> None:
    for rule, condition, category, day, right, lacks in GOODWILL:
        verdict = ask(bought("2026-11-05"), day, Policy((rule,)), condition=condition, article=Article("x", category))
        assert (verdict.right, verdict.lacks) == (right, lacks), (rule, day)
    first_wins = Policy((Goodwill("Soldes", When(categories=("knits",)), final=True), Goodwill("Reste")))
    assert ask(bought("2026-11-05"), "2026-12-01", first_wins, article=Article("x", "knits")).lacks == "final_sale"
    assert ask(bought("2026-11-05"), "2026-12-01", first_wins, article=Article("x", "shoes")).rule == "Reste"
    business = ask(bought("2026-11-05", business=True), "2026-11-10", DEFAULT)
    assert (business.right, business.may, business.policy_until) == (
        "goodwill",
        ("exchange", "credit"),
        date(2026, 11, 19),
    )


def test_of_the_rules_at_the_sale_and_those_of_today_the_better_one_holds() -> None:
    order, long, short = (
        bought("2026-11-05"),
        Policy((Goodwill("Long", days=60),)),
        Policy((Goodwill("Court", days=20),)),
    )
    for today, then in ((long, short), (short, long)):
        verdict = ask(order, "2026-12-20", today, sold_under=then)
        assert (verdict.right, verdict.rule, verdict.policy_until) == ("goodwill", "Long", date(2027, 1, 4))
    kept = Policy((Goodwill("Retenue", days=60, keep_bp=1_500),))
    assert ask(order, "2026-12-20", kept, sold_under=long).keep_bp == 0
    assert ask(order, "2026-12-20", kept, sold_under=short).back_minor(3_333) == 2_833
    assert ask(order, "2026-12-20", short, sold_under=short).lacks == "late"


def test_the_way_back_costs_the_customer_only_what_the_terms_said_and_nothing_for_our_fault() -> None:
    order, day = bought("2026-11-05"), "2026-11-10"
    silent = Policy(cost_told=False)
    assert ask(order, day, from_home=True).way_back == "customer"
    assert ask(order, day).way_back is None
    assert ask(order, day, from_home=True, faulty=True).way_back == "house"
    assert ask(order, day, silent, from_home=True).way_back == "house"
    assert ask(order, day, from_home=True, sold_under=silent).way_back == "house"
    assert ask(order, "2027-11-10", from_home=True, defect=True).way_back == "house"


def test_the_refund_waits_for_goods_or_proof_and_for_nothing_else() -> None:
    order = bought("2026-11-05")
    cases: list[tuple[dict[str, Any], date | None, date | None]] = [
        ({"goods_at": at("2026-11-30"), "proof_at": at("2026-11-12")}, date(2026, 11, 24), None),
        ({"goods_at": at("2026-11-27"), "proof_at": None}, date(2026, 11, 27), None),
        ({"goods_at": None, "proof_at": None}, None, date(2026, 11, 24)),
        ({"goods_at": None, "proof_at": None, "had": False}, date(2026, 11, 24), None),
    ]
    for facts, due, goods in cases:
        verdict = ask(order, "2026-11-10", **facts)
        assert (verdict.refund_due, verdict.goods_until) == (due, goods)
    assert ask(order, "2026-12-01", DEFAULT).refund_due == date(2026, 12, 15)
    assert ask(order, "2026-12-01", DEFAULT, goods_at=None).refund_due is None
    assert (delivery_back_minor(990, 490), late_increase(25)) == (490, 10)


def test_a_defect_is_ours_for_two_years_and_the_customer_chooses_repair_or_replacement() -> None:
    order = bought("2026-11-05")
    assert ask(order, "2028-11-05 22:59", defect=True).right == "guarantee"
    assert ask(order, "2028-11-05 23:00", defect=True).right == "none"
    assert ask(bought("2024-02-29"), "2026-03-01", defect=True).guarantee_until == date(2026, 3, 1)
    assert ask(bought("2026-11-05", contract="store"), "2027-01-01", defect=True).may[:2] == ("repair", "exchange")
    assert ask(bought("2026-11-05", business=True), "2027-01-01", defect=True).right == "none"
    both = ask(order, "2026-11-10", defect=True, faulty=True, whole=True)
    assert (both.right, both.may, both.delivery) == ("law", ("refund", "exchange", "credit", "repair"), "all")


def test_worth_that_is_lost_may_be_taken_off_only_where_the_terms_say_so_and_trying_is_no_use() -> None:
    order, day = bought("2026-11-05"), "2026-11-10"
    lowered = [ask(order, day, condition=condition).lower for condition in (None, "as_new", "opened", "damaged")]
    assert lowered == [False, False, False, True]
    assert not ask(order, day, Policy(worth_told=False), condition="damaged").lower
    assert not ask(order, day, condition="damaged", faulty=True).lower
    # Nor where nobody told of the right in time: then nothing that is lost is the customer's (Directive 2011/83, article 14).
    gap = Policy(uninformed=(Uninformed("web", date(2026, 11, 1), date(2026, 11, 30)),))
    assert not ask(order, day, gap, condition="damaged").lower


def test_what_is_missing_may_cost_something_but_never_under_guarantee_nor_for_our_fault() -> None:
    order, day = bought("2026-11-05"), "2026-11-10"
    assert ask(order, day, condition="as_new").incomplete
    assert not ask(order, day, Policy(worth_told=False), condition="as_new").incomplete
    assert not ask(order, day, condition="as_new", faulty=True).incomplete
    assert not ask(order, day, condition="as_new", had=False).incomplete
    gap = Policy(uninformed=(Uninformed("web", date(2026, 11, 1), date(2026, 11, 30)),))
    assert not ask(order, day, gap, condition="as_new").incomplete
    late = "2026-12-20"
    guarantee = ask(order, late, condition="as_new", defect=True, faulty=True)
    assert (guarantee.right, guarantee.incomplete) == ("guarantee", False)
    assert ask(order, late, Policy(goodwill=(Goodwill("60", days=60),)), condition="as_new").incomplete
    permitted = ask(order, late, condition="as_new", permitted="she was ill")
    assert (permitted.right, permitted.incomplete) == ("permission", True)
    absent = (Absent("cable", "câble", "cable", 1500), Absent("box", "boîte", "box", 500))
    assert [kept_for(absent, one, 1800) for one in (permitted, guarantee)] == [1800, 0]


def test_a_skus_word_stands_over_its_categorys_and_what_is_incomplete_is_never_proposed_for_the_shelf() -> None:
    cable, box = Accessory("cable", "câble", "cable", 1500), Accessory("box", "boîte", "box")
    own = (Accessory("box", "coffret", "case", 900), Accessory("cable", "-", "-", used=False))
    assert asked_for((cable, box), ()) == (cable, box)
    assert asked_for((cable, box), own) == (own[0],)
    policy = Policy(
        dispositions=(Placing("repair", categories=("audio",), incomplete=True), Placing("shelf", ("not_liked",)))
    )
    assert disposition_of(policy, "no_reason", "as_new", "audio") == "shelf"
    assert disposition_of(policy, "no_reason", "as_new", "audio", incomplete=True) == "repair"
    assert disposition_of(policy, "not_liked", "opened", "shoes") == "shelf"
    assert disposition_of(policy, "not_liked", "opened", "shoes", incomplete=True) == "mark_down"


def test_a_broken_seal_ends_the_right_and_a_whole_one_does_not() -> None:
    order, day, policy = bought("2026-11-05"), "2026-11-10", Policy(sealed=("serum",))
    rights = [
        ask(order, day, policy, article=Article("s", "serum"), condition=condition)
        for condition in (None, "as_new", "opened", "damaged")
    ]
    assert [(one.right, one.barrier) for one in rights] == [("law", None)] * 2 + [("none", "unsealed")] * 2


def test_without_a_receipt_only_a_person_may_and_only_within_the_limits() -> None:
    policy = Policy(no_receipt=NoReceipt(most_minor=5_000, most_times=2, most_sum_minor=8_000))
    assert ask(None, "2026-11-10", policy, blind=Blind(5_000)).lacks == "no_receipt"
    allowed = ask(None, "2026-11-10", policy, blind=Blind(5_000, 1, 3_000), permitted="fidèle")
    assert (allowed.right, allowed.may) == ("permission", ("exchange", "credit"))
    for blind in (Blind(5_001), Blind(100, 2), Blind(5_000, 1, 3_001)):
        assert ask(None, "2026-11-10", policy, blind=blind, permitted="fidèle").lacks == "over_limit"
    named = Policy(no_receipt=NoReceipt(named=True))
    assert ask(None, "2026-11-10", named, blind=Blind(100), permitted="fidèle").lacks == "unnamed"
    assert ask(None, "2026-11-10", named, blind=Blind(100, named=True), permitted="fidèle").accepted


def test_a_manager_is_needed_for_what_goodwill_lacks_and_above_the_value_of_an_associate() -> None:
    order = bought("2026-11-05")
    law, late = ask(order, "2026-11-10"), ask(order, "2027-06-01", DEFAULT)
    assert needs_permission([law, law], 15_000, DEFAULT) == ()
    assert needs_permission([law], 15_001, DEFAULT) == ("value",)
    assert needs_permission([law, late, late], 100, DEFAULT) == ("late",)
    allowed = ask(order, "2027-06-01", DEFAULT, permitted="x")
    assert (allowed.right, allowed.may) == ("permission", ("refund", "exchange", "credit"))
    assert needs_permission([allowed], 20_000, DEFAULT) == ("late", "value")
