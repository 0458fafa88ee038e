"""The sentences of a decision: each figure in them is one of the kept vector, reckoned again here from its JSON."""

import json
import random
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comptoir.screens.order_why import reasons
from comptoir.sourcing.deciding import Wish, decide
from comptoir.sourcing.model import Need
from comptoir.sourcing.policy import DEFAULT, Rule
from comptoir.sourcing.saying import sentences
from comptoir.sourcing.why import Why
from tests.decisions.test_deciding import MONDAY, NAMES, outlook_of

PRINTED = Path(__file__).resolve().parents[2] / "docs" / "sourcing-examples.md"
PARTS = ("carriage", "late", "labor", "scarcity", "markdown", "decline", "preference")
SHOPS = {"near": "Lyon", "middle": "Annecy", "far": "Chamonix", "depot": "the depot in Orléans"}
ARTICLES = {"bowl": "Bol", "cup": "Tasse", "lamp": "Lampe"}


def drawn(seed: int, patient: bool = False) -> tuple[Wish, Why]:
    """An order and what was decided about it: stock, prices, a queue and rules are drawn."""
    draw = random.Random(seed)
    policy = DEFAULT
    if draw.random() < 0.3:
        policy = msgspec.structs.replace(policy, rules=(Rule("Boutique fermée au web", never=(draw.choice(NAMES),)),))
    if draw.random() < 0.2:
        policy = msgspec.structs.replace(policy, preferences={draw.choice(NAMES): draw.choice([-150, 200])})
    stock = {(sku, place): draw.randint(0, 4) for sku in ARTICLES for place in NAMES}
    outlook = outlook_of(stock, policy)
    outlook.set_prices(
        (
            sku,
            place,
            draw.choice([0, 0, 0, draw.randint(1, 2500)]),
            draw.choice([0, 0, -draw.randint(1, 300)]),
            draw.choice([0, 0, draw.randint(1, 120)]),
        )
        for sku in ARTICLES
        for place in NAMES
    )
    outlook.set_queue({place: draw.choice([0, 3, 60, 400]) for place in NAMES})
    if draw.random() < 0.2:
        outlook.set_policy(1, policy, (2, msgspec.structs.replace(policy, preferences={"near": 900})))
    needs = tuple(
        Need(line, 1, draw.choice(list(ARTICLES)), draw.choice([1, 1, 2]), None)
        for line in range(1, draw.choice([1, 1, 2, 3]) + 1)
    )
    country, postcode = draw.choice(
        [("FR", "69003"), ("FR", "75011"), ("FR", "33000"), ("FR", "20000"), ("FR", "97400"), ("BE", "1000")]
    )
    wish = Wish(needs, country, postcode, may_wait=patient)
    if patient:
        outlook.set_policy(1, msgspec.structs.replace(policy, wait_days=3, missing_bp=0, missing_minor=250))
    why = decide(wish, outlook, MONDAY).why
    assert why is not None
    return wish, why


def total(plan: Any) -> int:
    return sum(cost(parcel) for parcel in plan["parcels"]) + plan["missing_minor"]


def cost(parcel: Any) -> int:
    return sum(parcel["cost"][part] for part in PARTS)


def part(plan: Any, name: str) -> int:
    return plan["missing_minor"] if name == "missing" else sum(parcel["cost"][name] for parcel in plan["parcels"])  # type: ignore[no-any-return]


def true_figures(kept: Any, key: str, facts: dict[str, Any]) -> dict[str, Any]:
    """The same facts, found in the decision's JSON by their meaning and not by the program's way."""
    plans = kept["plans"]
    taken = plans[0]
    by_place = {parcel["location"]: parcel for plan in reversed(plans) for parcel in plan["parcels"]}
    if key.startswith(("one", "parcel")):
        parcel = next(one for one in taken["parcels"] if one["location"] == facts["place"])
        found = {
            "place": parcel["location"],
            "total_minor": cost(parcel),
            "n": sum(line[3] for line in parcel["lines"]),
        }
        return found | ({"day": date.fromisoformat(parcel["arrives"])} if "day" in facts else {})
    if key == "several":
        return {"n": len(taken["parcels"]), "total_minor": sum(map(cost, taken["parcels"]))}
    if key == "missing":
        return {"n": sum(units for *_, units in taken["missing"])}
    if key.startswith("next"):
        other = plans[1]
        found = {
            "places": tuple(p["location"] for p in other["parcels"]),
            "more_minor": total(other) - total(taken),
            "n": len(other["parcels"]),
        }
        if key == "next_because":
            most = max((*PARTS, "missing"), key=lambda name: part(other, name) - part(taken, name))
            found |= {"part": most, "amount_minor": part(other, most) - part(taken, most)}
        return found
    if key == "scarce":
        parcel = next(p for p in plans[1]["parcels"] if p["location"] == facts["place"])
        return {
            "place": parcel["location"],
            "n": min(line[4] for line in parcel["lines"]),
            "scarcity_minor": parcel["cost"]["scarcity"],
        }
    if key == "late":
        parcel = next(p for p in plans[1]["parcels"] if p["location"] == facts["place"])
        return {
            "place": parcel["location"],
            "day": date.fromisoformat(parcel["arrives"]),
            "due_day": date.fromisoformat(kept["due"]),
            "late_minor": parcel["cost"]["late"],
        }
    if key == "barred":
        return {"rule": facts["rule"], "n": len(kept["barred"][facts["rule"]])}
    if key.startswith("tried"):
        shadow = kept["shadow"]
        found = {
            "policy": shadow["policy"],
            "total_minor": total(shadow["plan"]),
            "in_force_minor": shadow["cost_in_force"],
            "n": len(shadow["plan"]["parcels"]),
        }
        return found | ({"places": tuple(p["location"] for p in shadow["plan"]["parcels"])} if key == "tried" else {})
    if key.startswith("nearest"):
        near = kept["nearest"]
        found = {"place": near["location"], "kilometers": near["kilometers"]}
        if key == "nearest_barred":
            return found | {"rule": near["rule"]}
        if key == "nearest_short":
            return found | {"sku": near["short_sku"]}
        if key in ("nearest_part", "nearest_same"):
            return found | {"total_minor": total(near["plan"])}
        most = max((*PARTS, "missing"), key=lambda name: part(near["plan"], name) - part(taken, name))
        return found | {
            "more_minor": total(near["plan"]) - total(taken),
            "part": most,
            "amount_minor": part(near["plan"], most) - part(taken, most),
        }
    assert key == "nobody" and not taken["parcels"] and by_place is not None
    return {}


def test_what_waits_is_said_with_what_sending_and_waiting_come_to() -> None:
    seen = 0
    for seed in range(40):
        _, why = drawn(seed, patient=True)
        waits = [said for said in sentences(why) if said.key == "waits"]
        assert bool(waits) == (why.sending is not None)
        for said in waits:
            kept = json.loads(msgspec.json.encode(why))
            left = sum(m[3] for m in kept["plans"][0]["missing"]) - sum(m[3] for m in kept["sending"]["missing"])
            figures = (said.facts["n"], said.facts["total_minor"], said.facts["waiting_minor"])
            assert figures == (left, total(kept["sending"]), total(kept["plans"][0]))
            seen += 1
    assert seen > 5


def test_every_figure_of_every_sentence_is_the_kept_vectors() -> None:
    seen = set()
    for seed in range(300):
        _, why = drawn(seed)
        kept = json.loads(msgspec.json.encode(why))
        for said in sentences(why):
            seen.add(said.key)
            assert said.facts == true_figures(kept, said.key, said.facts), (seed, said)
            if said.parts:
                parcel = next(p for p in kept["plans"][0]["parcels"] if p["location"] == said.facts["place"])
                assert dict(said.parts) == {name: parcel["cost"][name] for name in PARTS if parcel["cost"][name]}
    assert {
        "one",
        "several",
        "parcel",
        "missing",
        "next_because",
        "scarce",
        "late",
        "nearest_barred",
        "nearest_short",
        "barred",
        "tried",
    } <= seen


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_amount_that_is_read_is_an_amount_that_was_kept(lang: str) -> None:
    for seed in range(60):
        _, why = drawn(seed)
        kept = {
            Decimal(value).scaleb(-2)
            for said in sentences(why)
            for name, value in said.facts.items()
            if name.endswith("_minor")
        }
        kept |= {Decimal(figure).scaleb(-2) for said in sentences(why) for _, figure in said.parts}
        for text in reasons(why, {}, ARTICLES, lang).said:
            for amount in re.findall(r"(-?\d[\d\s\u202f]*,\d\d)\s?€" if lang == "fr" else r"(-?€[\d,]+\.\d\d)", text):
                plain = re.sub(r"[€\s\u202f]", "", amount).rstrip(".,")
                plain = plain.replace(",", ".") if lang == "fr" else plain.replace(",", "")
                assert Decimal(plain) in kept, (seed, text)


def printed() -> str:
    """Ten orders with why they go where they go, as the docs show them."""
    lines = []
    for number, seed in enumerate((0, 1, 2, 6, 14, 15, 31, 53, 68, 72), 1):
        wish, why = drawn(seed)
        wanted = ", ".join(f"{need.quantity} × {need.sku}" for need in wish.needs)
        lines.append(f"{number}. **{wanted}, to {wish.country} {wish.postcode}.**")
        lines += [
            f"   * {text}" for text in reasons(why, SHOPS, {"bowl": "bowls", "cup": "cups", "lamp": "lamps"}, "en").said
        ]
    return "\n".join(lines)


def test_the_ten_decisions_in_the_docs_are_what_the_program_says() -> None:
    assert printed() in PRINTED.read_text(encoding="utf-8")
