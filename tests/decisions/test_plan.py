"""Who gives what: one parcel beats two, a quantity is split only when nobody has it whole."""

from comptoir.sourcing.model import Need, Share
from comptoir.sourcing.plan import MOST_PARCELS, plan

IDS = ["near", "middle", "far", "d", "e", "f", "g"]
INDEX = {name: at for at, name in enumerate(IDS)}


def planned(
    needs: list[Need], stock: dict[tuple[str, str], int], ranking: str = "near middle far"
) -> tuple[list[Share], list[tuple[int, int, int]]]:
    found = plan(
        needs, [INDEX[name] for name in ranking.split()], IDS, INDEX, lambda sku, at: stock.get((sku, IDS[at]), 0)
    )
    return list(found.shares), list(found.missing)


def need(sku: str, quantity: int, place: str | None = None, line: int = 1) -> Need:
    return Need(line, 1, sku, quantity, place)


def test_the_store_that_the_customer_chose_gives_what_it_has() -> None:
    assert planned([need("bowl", 2, "far")], {("bowl", "far"): 5, ("bowl", "near"): 5}) == (
        [Share(1, 1, "bowl", "far", 2)],
        [],
    )


def test_another_store_never_steps_in_for_the_chosen_one() -> None:
    assert planned([need("bowl", 2, "far")], {("bowl", "far"): 1, ("bowl", "near"): 5}) == (
        [Share(1, 1, "bowl", "far", 1)], [(1, 1, 1)],
    )  # fmt: skip


def test_the_cheapest_place_that_has_everything_gives_everything() -> None:
    stock = {("bowl", "near"): 1, ("bowl", "middle"): 1, ("cup", "middle"): 1, ("bowl", "far"): 9, ("cup", "far"): 9}
    shares, missing = planned([need("bowl", 1), need("cup", 1, line=2)], stock)
    assert ({share.place for share in shares}, missing) == ({"middle"}, [])


def test_where_nobody_has_everything_whoever_covers_most_comes_first() -> None:
    stock = {("bowl", "near"): 1, ("bowl", "far"): 2, ("cup", "far"): 1, ("cup", "middle"): 2}
    shares, missing = planned([need("bowl", 2), need("cup", 2, line=2)], stock)
    assert [(share.place, share.sku, share.quantity) for share in shares] == [
        ("far", "bowl", 2), ("far", "cup", 1), ("middle", "cup", 1),
    ]  # fmt: skip
    assert missing == []


def test_a_quantity_that_one_place_has_whole_is_not_split() -> None:
    shares, _ = planned([need("bowl", 3)], {("bowl", "near"): 2, ("bowl", "far"): 3})
    assert shares == [Share(1, 1, "bowl", "far", 3)]


def test_two_lines_of_one_article_share_what_is_there() -> None:
    shares, missing = planned([need("bowl", 1, "near"), need("bowl", 1, "near", line=2)], {("bowl", "near"): 1})
    assert (len(shares), missing) == (1, [(2, 1, 1)])


def test_units_promised_to_a_pickup_line_are_not_sent_too() -> None:
    shares, missing = planned(
        [need("bowl", 1, "near"), need("bowl", 1, line=2)], {("bowl", "near"): 1, ("bowl", "far"): 1}
    )
    assert ([(s.line, s.place) for s in shares], missing) == ([(1, "near"), (2, "far")], [])


def test_no_order_is_sent_in_more_than_five_parcels() -> None:
    stock = {("bowl", name): 1 for name in IDS}
    shares, missing = planned([need("bowl", 7)], stock, " ".join(IDS))
    assert (len(shares), missing) == (MOST_PARCELS, [(1, 1, 2)])


def test_a_place_that_does_not_send_sends_nothing() -> None:
    assert planned([need("bowl", 1)], {("bowl", "far"): 1}, "near middle") == ([], [(1, 1, 1)])


def test_a_place_that_nobody_knows_has_nothing() -> None:
    assert planned([need("bowl", 1, "moon")], {}) == ([], [(1, 1, 1)])
