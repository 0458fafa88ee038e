"""Whether the server knows what hands did: every fact once, in order, and its rows equal to the fold of the journals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from comptoir.fulfillment.fold import Fact, Pack, PackLine, PackWork, View, fold
from tests.browser.shop import Shop

WORKS = """
SELECT w.id::text AS work, l.line, l.quantity, l.reserved, l.picked, l.staged, l.handed_over, l.shorted, l.canceled,
  coalesce((SELECT sum(p.quantity) FROM put_back p WHERE p.work = w.id AND p.line = l.line AND p.withdrawn_at IS NULL AND NOT p.promised), 0)::int AS surplus,
  (SELECT coalesce(sum(x.quantity), 0) FROM exception x WHERE x.work = w.id AND x.kind = 'staged_meanwhile' AND x.body ->> 'line' = l.line::text
    AND x.resolved_at IS NULL)::int AS lacking,
  (SELECT string_agg(g.tag || '@' || g.place, ' ' ORDER BY g.tag) FROM bag g WHERE g.work = w.id AND g.gone_at IS NULL) AS bags
FROM work w JOIN work_line l ON l.work = w.id WHERE w.id = ANY($1::text[]::uuid[]) ORDER BY w.id, l.line
"""
FACTS = "SELECT journal::text, seq, id::text, kind, body::text, outcome, answer->>'problem' AS problem FROM device_event ORDER BY received_at, journal, seq"
HANDED_OVER = """
SELECT w.order_id::text AS order, min(w.status) AS status, sum(l.quantity)::int AS units, sum(l.staged)::int AS staged, sum(l.handed_over)::int AS left,
  (SELECT count(*) FROM hand_over h WHERE h.order_id = w.order_id AND h.undone_at IS NULL)::int AS live,
  (SELECT count(*) FROM exception x WHERE x.order_id = w.order_id AND x.kind = 'handed_over_twice' AND x.resolved_at IS NULL)::int AS twice,
  (SELECT count(*) FROM bag g WHERE g.work = ANY(array_agg(w.id)) AND g.gone_at IS NULL)::int AS bags
FROM work w JOIN work_line l ON l.work = w.id WHERE w.order_id = ANY($1::text[]::uuid[]) GROUP BY w.order_id
"""
Written = Mapping[str, Any]
"""One fact as the device has it: seq, id, type, body, pack_id."""


class Verdict(msgspec.Struct):
    """What is wrong: facts that the server lacks, effects it has twice, and sentences about all else."""

    lost: int = 0
    doubled: int = 0
    facts: int = 0
    wrong: list[str] = []

    def say(self, sentence: str) -> None:
        self.wrong.append(sentence)


def judge(
    shop: Shop, lives: Sequence[Sequence[Written]], breaches: Sequence[str], before: frozenset[str] = frozenset()
) -> Verdict:
    """`lives`: of each handheld all facts it ever had, in its order. The clone's begin with those of its original.

    `before`: ids of facts that the server had when the story began.
    """
    verdict = Verdict()
    known = {fact["id"]: fact for life in lives for fact in life}
    rows = [row for row in shop.ask(FACTS) if row["id"] not in before]
    at = {row["id"]: place for place, row in enumerate(rows)}
    verdict.facts = len(known)
    for missing in known.keys() - at.keys():
        verdict.lost += 1
        verdict.say(f"lost: {known[missing]['type']} {missing}")
    for extra in at.keys() - known.keys():
        verdict.doubled += 1
        verdict.say(f"nobody wrote: {rows[at[extra]]['kind']} {extra}")
    for row in rows:
        if row["outcome"] == "refused":
            verdict.lost += 1
            verdict.say(f"refused: {row['kind']} {row['id']} {row['problem']}")
    for life in lives:
        places = [at[fact["id"]] for fact in life if fact["id"] in at]
        if places != sorted(places):
            verdict.say("out of order")
    compare(shop, verdict, [{**row, "body": msgspec.json.decode(row["body"])} for row in rows], lives)
    compare_counter(shop, verdict, known)
    verdict.wrong += breaches
    return verdict


def compare_counter(shop: Shop, verdict: Verdict, known: Mapping[str, Written]) -> None:
    """Goods leave once for an order that somebody handed over and did not take back; who told of it as well is somebody's work."""
    gone = {fact["body"]["event"] for fact in known.values() if fact["type"] == "undo"}
    told: dict[str, int] = defaultdict(int)
    for fact in known.values():
        if fact["type"] == "hand_over":
            told[fact["body"]["order"]] += fact["id"] not in gone
    for row in shop.ask(HANDED_OVER, sorted(told)):
        times = told[row["order"]]
        leaves = times > 0
        verdict.lost += leaves and not row["live"]
        verdict.doubled += max(0, row["live"] - 1) + (row["left"] > row["units"])
        found = (row["status"], row["left"], row["staged"], row["live"], row["twice"], row["bags"] > 0)
        units = row["units"]
        expected = ("handed_over", units, 0, 1, times - 1, False) if leaves else ("staged", 0, units, 0, 0, True)
        if found != expected:
            verdict.say(f"order {row['order']}, handed over {times} times: {found} instead of {expected}")


def compare(
    shop: Shop, verdict: Verdict, rows: Sequence[Mapping[str, Any]], lives: Sequence[Sequence[Written]]
) -> None:
    """The rows of every work that a fact names, against the fold of the facts as the server took them."""
    facts = [Fact(place, row["id"], row["kind"], row["body"]) for place, row in enumerate(rows, 1)]
    named = sorted({fact.body["work"] for fact in facts if "work" in fact.body})
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in shop.ask(WORKS, named):
        lines[row["work"]].append(row)
    view = fold(
        Pack(
            tuple(
                PackWork(work, tuple(PackLine(row["line"], row["quantity"]) for row in lines[work])) for work in lines
            )
        ),
        facts,
        len(facts),
    )
    shared, told_of = touched_by_several(lives), staged_by_several(lives)
    for work in view.works:
        held = lines[work.id]
        bags = {f"{bag.bag.removeprefix('B:')}@{(bag.place or '').removeprefix('L:')}" for bag in work.bags}
        found = set((held[0]["bags"] or "").split())
        # Two devices that told of one bag at the same moment: whichever the server heard last says where it stands.
        if bags != found and not (
            found <= told_of[work.id] and {bag.split("@")[0] for bag in bags} == {bag.split("@")[0] for bag in found}
        ):
            verdict.say(f"bags of {work.id}: {held[0]['bags']} instead of {' '.join(sorted(bags))}")
        for row in held:
            compare_line(verdict, view, facts, row, (work.id, str(row["line"])) in shared)
        if (
            work.staged
            and not any((work.id, str(row["line"])) in shared for row in held)
            and any(row["picked"] for row in held)
        ):
            verdict.say(f"{work.id} lies on its shelf and is not staged")


def compare_line(verdict: Verdict, view: View, facts: Sequence[Fact], row: Mapping[str, Any], shared: bool) -> None:
    line = next(
        line for work in view.works if work.id == row["work"] for line in work.lines if line.line == row["line"]
    )
    units = row["picked"] + row["staged"] + row["handed_over"]
    # What was put back though the other device had staged the bag is in the books until the manager has looked: a case says how many.
    expected = line.picked + line.over + row["lacking"]
    found = units + row["surplus"]
    verdict.lost += max(0, expected - found)
    verdict.doubled += max(0, found - expected)
    if found != expected or (
        not shared and not row["lacking"] and (units != line.picked or row["shorted"] != line.short)
    ):
        told = [
            fact.type
            for fact in facts
            if fact.body.get("work") == row["work"] and str(fact.body.get("line")) == str(row["line"])
        ]
        verdict.say(
            f"{row['work']} line {row['line']} of {row['quantity']}: picked {units}, surplus {row['surplus']}, short {row['shorted']};"
            f" by the journal {line.picked}, {line.over}, {line.short} ({', '.join(told)})"
        )


def staged_by_several(lives: Sequence[Sequence[Written]]) -> dict[str, set[str]]:
    """Of works whose bags two handhelds staged, each by facts of its own: every bag at every place that was told."""
    common = set.intersection(*({fact["id"] for fact in life} for life in lives)) if len(lives) > 1 else set()
    told: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for number, life in enumerate(lives):
        for fact in life:
            if fact["type"] == "stage":
                bag, place = fact["body"]["bag"].removeprefix("B:"), fact["body"]["place"].removeprefix("L:")
                told[fact["body"]["work"]][-1 if fact["id"] in common else number].add(f"{bag}@{place}")
    return defaultdict(set, {work: set().union(*by.values()) for work, by in told.items() if len(by.keys() - {-1}) > 1})


def touched_by_several(lives: Sequence[Sequence[Written]]) -> set[tuple[str, str]]:
    """Lines that two handhelds worked on, each by facts of its own."""
    by_line: dict[tuple[str, str], set[int]] = defaultdict(set)
    common = set.intersection(*({fact["id"] for fact in life} for life in lives)) if len(lives) > 1 else set()
    for number, life in enumerate(lives):
        targets = {fact["id"]: fact for fact in life}
        for fact in life:
            if fact["id"] in common:
                continue
            body = targets.get(fact["body"].get("event"), fact)["body"]
            by_line[body.get("work", ""), str(body.get("line", ""))].add(number)
    return {line for line, who in by_line.items() if len(who) > 1}
