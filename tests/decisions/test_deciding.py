"""Who fulfills an order: what rules take out, what costs choose, and whether the reasons that are kept are the true ones."""

from datetime import UTC, datetime

import msgspec
import pytest

from comptoir.kit.errors import Refusal
from comptoir.sourcing.deciding import Decision, Wish, decide
from comptoir.sourcing.model import Article, Need, Place, Share
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.policy import DEFAULT, Policy, Rule, When, check
from comptoir.sourcing.ruled import Group
from comptoir.sourcing.why import Why

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMES = ["near", "middle", "far", "depot"]
OPEN = tuple((int(MONDAY.timestamp()) // 60 + 1440 * day - 60, int(MONDAY.timestamp()) // 60 + 1440 * day + 540) for day in range(20))  # fmt: skip


def outlook_of(stock: dict[tuple[str, str], int], policy: Policy = DEFAULT, names: list[str] = NAMES) -> Outlook:
    """Places on a line east of Lyon, a hundred kilometers apart; the depot is a warehouse in Orléans, whose carrier is dear."""
    outlook = Outlook()
    outlook.set_places(
        [
            Place(
                name, at, True, True, "Europe/Paris", 47.9 if name == "depot" else 45.87, 1.9 if name == "depot" else 4.64 + 1.3 * at, 60, 10, 7,
                400 if name == "depot" else 0, None, OPEN, "warehouse" if name == "depot" else "store", "south",
            )
            for at, name in enumerate(names)
        ]
    )  # fmt: skip
    outlook.known = {
        "bowl": Article(None, 400, 2000, "table"),
        "cup": Article(None, 100, 900, "table"),
        "lamp": Article(None, 900, 6000, "light"),
    }
    outlook.set_policy(1, policy)
    outlook.set_supply((sku, place, units) for (sku, place), units in stock.items())
    return outlook


def need(sku: str, quantity: int, place: str | None = None, line: int = 1) -> Need:
    return Need(line, 1, sku, quantity, place)


def decided(needs: list[Need], stock: dict[tuple[str, str], int], policy: Policy = DEFAULT, **wish: object) -> Decision:
    asked = msgspec.structs.replace(Wish(tuple(needs), "FR", "69003"), **wish)
    return decide(asked, outlook_of(stock, policy), MONDAY)


def places(decision: Decision) -> list[str]:
    return [share.place for share in decision.plan.shares]


def with_rules(*rules: Rule) -> Policy:
    return msgspec.structs.replace(DEFAULT, rules=rules)


def test_the_store_that_the_customer_chose_gives_what_it_has_and_no_other_steps_in() -> None:
    full = decided([need("bowl", 2, "far")], {("bowl", "far"): 5, ("bowl", "near"): 5})
    assert (full.plan.shares, full.plan.missing, full.why) == ((Share(1, 1, "bowl", "far", 2),), (), None)
    part = decided([need("bowl", 2, "far")], {("bowl", "far"): 1, ("bowl", "near"): 5}).plan
    assert (part.shares, part.missing) == ((Share(1, 1, "bowl", "far", 1),), ((1, 1, 1),))


def test_one_parcel_beats_two_and_the_cheapest_one_wins() -> None:
    stock = {("bowl", "near"): 1, ("bowl", "middle"): 1, ("cup", "middle"): 1, ("bowl", "far"): 9, ("cup", "far"): 9}
    assert set(places(decided([need("bowl", 1), need("cup", 1, line=2)], stock))) == {"middle"}


def test_a_quantity_that_one_place_has_whole_is_not_split() -> None:
    stock = {("bowl", "near"): 2, ("bowl", "far"): 3}
    assert decided([need("bowl", 3)], stock).plan.shares == (Share(1, 1, "bowl", "far", 3),)


def test_two_lines_of_one_article_share_what_is_there() -> None:
    both = [need("bowl", 1), need("bowl", 1, line=2)]
    plan = decided(both, {("bowl", "near"): 1}).plan
    assert (len(plan.shares), sum(units for *_, units in plan.missing)) == (1, 1)


def test_units_promised_to_a_pickup_line_are_not_sent_too() -> None:
    plan = decided([need("bowl", 1, "near"), need("bowl", 1, line=2)], {("bowl", "near"): 1, ("bowl", "far"): 1}).plan
    assert ([(s.line, s.place) for s in plan.shares], plan.missing) == ([(1, "near"), (2, "far")], ())


def test_what_nobody_has_is_missing_and_what_is_there_is_given() -> None:
    plan = decided([need("bowl", 1), need("cup", 2, line=2)], {("bowl", "far"): 1}).plan
    assert (plan.shares, plan.missing) == ((Share(1, 1, "bowl", "far", 1),), ((2, 1, 2),))
    assert decided([need("bowl", 1)], {}).plan.missing == ((1, 1, 1),)


def test_of_places_that_cost_the_same_the_nearest_sends() -> None:
    names = ["a-far", "b-near", "c-middle"]
    outlook = outlook_of({("bowl", name): 5 for name in names}, names=names)
    outlook.set_places(
        [
            msgspec.structs.replace(place, longitude=4.64 + far)
            for place, far in zip(outlook.places, (1.1, 0.1, 0.6), strict=True)
        ]
    )
    why = decide(Wish((need("bowl", 1),), "FR", "69003"), outlook, MONDAY).why
    assert why is not None
    assert [plan.parcels[0].location for plan in why.plans] == ["b-near", "c-middle", "a-far"]


def test_a_rule_takes_locations_out_by_name_kind_or_region_and_says_so() -> None:
    stock = {("bowl", name): 5 for name in NAMES}
    for rule, expected in (
        (Rule("no shops", only=("warehouse",)), "depot"),
        (Rule("near is closed", never=("near",)), "middle"),
        (Rule("the south rests", never=("south",)), None),
    ):
        decision = decided([need("bowl", 1)], stock, with_rules(rule))
        assert places(decision) == ([expected] if expected else [])
        assert decision.why is not None and rule.name in decision.why.barred


def test_a_rule_speaks_only_of_the_orders_it_matches() -> None:
    stock = {("bowl", name): 5 for name in NAMES} | {("lamp", name): 5 for name in NAMES}
    rule = Rule("marketplace from the warehouse", When(channels=("amazon",)), only=("warehouse",))
    assert places(decided([need("bowl", 1)], stock, with_rules(rule))) == ["near"]
    assert places(decided([need("bowl", 1)], stock, with_rules(rule), channel="amazon")) == ["depot"]
    light = Rule("lamps from the warehouse", When(categories=("light",)), only=("warehouse",))
    plan = decided(
        [need("bowl", 1), need("lamp", 1, line=2)],
        {("bowl", "near"): 1, ("lamp", "near"): 1, ("lamp", "depot"): 1},
        with_rules(light),
    ).plan
    assert {(s.sku, s.place) for s in plan.shares} == {("bowl", "near"), ("lamp", "depot")}
    for when in (
        When(services=("express",)),
        When(buyers=("business",)),
        When(weekdays=(5,)),
        When(since=datetime(2027, 1, 1, tzinfo=UTC)),
    ):
        assert places(decided([need("bowl", 1)], stock, with_rules(Rule("other", when, only=("depot",))))) == ["near"]


def test_fallbacks_are_asked_one_after_the_other() -> None:
    chain = with_rules(Rule("depot first", fallbacks=(("depot",), ("far",), ("store",))))
    assert places(decided([need("bowl", 1)], {("bowl", name): 5 for name in NAMES}, chain)) == ["depot"]
    assert places(decided([need("bowl", 1)], {("bowl", "far"): 1, ("bowl", "near"): 1}, chain)) == ["far"]
    assert places(decided([need("bowl", 1)], {("bowl", "near"): 1}, chain)) == ["near"]


def test_a_buffer_stays_and_a_daily_limit_is_the_last_order_of_the_day() -> None:
    stock = {("bowl", "near"): 2, ("bowl", "far"): 3}
    assert places(decided([need("bowl", 1)], stock, with_rules(Rule("two stay", buffer=2)))) == ["far"]
    outlook = outlook_of(stock, with_rules(Rule("ten a day", daily_limit=10)))
    outlook.given = {"near": 10}
    assert places(decide(Wish((need("bowl", 1),), "FR", "69003"), outlook, MONDAY)) == ["far"]


def test_an_order_is_divided_no_further_than_a_rule_allows() -> None:
    stock = {("bowl", "near"): 1, ("cup", "middle"): 1, ("lamp", "far"): 1}
    three = [need("bowl", 1), need("cup", 1, line=2), need("lamp", 1, line=3)]
    assert len(set(places(decided(three, stock)))) == 3
    plan = decided(three, stock, with_rules(Rule("two parcels", most_parcels=2))).plan
    assert (len({s.place for s in plan.shares}), sum(units for *_, units in plan.missing)) == (2, 1)


def test_a_part_worth_too_little_goes_with_the_rest_where_somebody_has_all() -> None:
    # Two parcels would be cheaper: the far place asks a lot for being far.
    dear = msgspec.structs.replace(DEFAULT, preferences={"far": 900})
    stock = {("bowl", "near"): 1, ("cup", "middle"): 1, ("bowl", "far"): 1, ("cup", "far"): 1}
    both = [need("bowl", 1), need("cup", 1, line=2)]
    assert set(places(decided(both, stock, dear))) == {"near", "middle"}
    least = msgspec.structs.replace(dear, rules=(Rule("no crumbs", least_part_minor=1000),))
    assert set(places(decided(both, stock, least))) == {"far"}
    del stock["bowl", "far"]
    assert set(places(decided(both, stock, least))) == {"near", "middle"}


def test_a_rule_may_ask_for_a_person_first() -> None:
    decision = decided([need("bowl", 1)], {("bowl", "near"): 1}, with_rules(Rule("look at it", hold=True)))
    assert (decision.holds, places(decision)) == (("look at it",), ["near"])


def test_a_place_that_was_tried_is_asked_no_more_for_that_line() -> None:
    stock = {("bowl", "near"): 5, ("bowl", "middle"): 5}
    assert places(decided([need("bowl", 1)], stock, tried={(1, 1): frozenset({"near"})})) == ["middle"]


def test_what_is_looked_for_again_is_late_by_the_day_that_was_promised_at_first() -> None:
    stock = {("bowl", "near"): 1}
    new, old = (
        decided([need("bowl", 1)], stock, placed_at=at).why for at in (None, datetime(2026, 2, 25, 9, tzinfo=UTC))
    )
    assert new is not None
    assert old is not None
    assert (new.taken.parcels[0].cost.late, new.due > old.due) == (0, True)
    assert old.taken.parcels[0].cost.late > 0


def test_lists_of_rules_decide_where_the_policy_says_so() -> None:
    lists = msgspec.structs.replace(
        DEFAULT, mode="rules", lists=(Group("distance", frozenset({"warehouse"})), Group("distance", divides=True))
    )
    assert places(decided([need("bowl", 1)], {("bowl", name): 5 for name in NAMES}, lists)) == ["depot"]
    assert places(decided([need("bowl", 1)], {("bowl", "far"): 5, ("bowl", "middle"): 1}, lists)) == ["middle"]


def test_the_reasons_hold_every_figure_of_what_was_weighed() -> None:
    outlook = outlook_of({("bowl", "near"): 1, ("bowl", "middle"): 4, ("bowl", "depot"): 9})
    outlook.set_prices([("bowl", "near", 700, 0, 0)])
    why = decide(Wish((need("bowl", 1),), "FR", "69003"), outlook, MONDAY).why
    assert why is not None
    assert why.taken.parcels[0].location != "near"
    for plan in why.plans:
        assert plan.total == sum(parcel.cost.total for parcel in plan.parcels) + plan.missing_minor
        for parcel in plan.parcels:
            place = next(one for one in outlook.places if one.id == parcel.location)
            labor = DEFAULT.labor[place.kind]
            assert parcel.cost.labor == labor.pick_minor + labor.pack_minor + place.parcel_cost_minor
            assert parcel.cost.scarcity == (700 if parcel.location == "near" else 0)
            assert parcel.lines[0][4] == outlook.available("bowl", place.index)
    assert [plan.total for plan in why.plans] == sorted(plan.total for plan in why.plans)
    nearest = why.nearest
    assert nearest is not None and nearest.location == "near" and nearest.plan is not None
    assert nearest.plan.total > why.taken.total
    assert msgspec.json.decode(msgspec.json.encode(why), type=Why) == why


def test_what_is_only_tried_changes_nothing_and_says_what_it_would_have_done() -> None:
    outlook = outlook_of({("bowl", name): 5 for name in NAMES})
    other = with_rules(Rule("warehouse", only=("warehouse",)))
    outlook.set_policy(1, DEFAULT, (2, other))
    decision = decide(Wish((need("bowl", 1),), "FR", "69003"), outlook, MONDAY)
    assert places(decision) == ["near"] and decision.why is not None and decision.why.shadow is not None
    shadow = decision.why.shadow
    assert (shadow.policy, shadow.plan.parcels[0].location) == (2, "depot")
    assert shadow.cost_in_force >= decision.why.taken.total


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rules": (Rule("x", only=("moon",)),)}, "policy_unknown_name"),
        ({"mode": "rules"}, "policy_lists_missing"),
        ({"labor": {"store": DEFAULT.labor["store"]}}, "policy_labor_missing"),
        ({"deliveries": {}}, "policy_delivery_missing"),
        ({"tariff": msgspec.structs.replace(DEFAULT.tariff, steps=(500, 250))}, "policy_steps"),
        ({"tariff": msgspec.structs.replace(DEFAULT.tariff, steps=(500,))}, "policy_prices_differ"),
        ({"tariff": msgspec.structs.replace(DEFAULT.tariff, zones=DEFAULT.tariff.zones[:-1])}, "policy_prices_differ"),
    ],
)
def test_a_policy_that_cannot_work_is_refused_with_its_reason(change: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check(msgspec.structs.replace(DEFAULT, **change), [*NAMES, "store", "warehouse", "south"])
    assert refused.value.code == code


def test_the_policy_to_begin_with_is_one_that_may_be_saved() -> None:
    check(DEFAULT, ["store", "warehouse"])
    assert msgspec.json.decode(msgspec.json.encode(DEFAULT), type=Policy) == DEFAULT


def test_what_costs_more_to_send_than_to_miss_waits_where_the_policy_and_the_order_allow_it() -> None:
    patient = msgspec.structs.replace(DEFAULT, wait_days=5, missing_bp=0, missing_minor=300)
    stock = {("bowl", "near"): 3}
    for policy, may_wait, sent in ((patient, True, 0), (patient, False, 1), (DEFAULT, True, 1)):
        decision = decided([need("bowl", 1)], stock, policy, may_wait=may_wait)
        assert (len(decision.plan.shares), len(decision.plan.missing)) == (sent, 1 - sent)
    decision = decided([need("bowl", 1)], stock, patient, may_wait=True)
    assert decision.why is not None and decision.why.sending is not None
    assert decision.why.taken.total == 300 < decision.why.sending.total
    # What nobody has does not wait: it is missing, and said so.
    gone = decided([need("cup", 1)], stock, patient, may_wait=True)
    assert gone.why is not None and gone.why.sending is None and gone.plan.missing
