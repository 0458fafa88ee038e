"""What changes between two policies is told, whatever it is; rates go into a file and come back the same."""

import msgspec
import pytest

from comptoir.kit.errors import Invalid
from comptoir.sourcing.difference import changes
from comptoir.sourcing.policy import DEFAULT, Delivery, Labor, Policy, Rule, Zone
from comptoir.sourcing.rates_file import read, written
from comptoir.sourcing.ruled import Group
from comptoir.sourcing.snapshot import Late

TARIFF = DEFAULT.tariff
OTHERS = {
    "tariff": msgspec.structs.replace(TARIFF, steps=(250, 500, 1_000, 2_000, 5_000, 10_000, 20_000)),
    "labor": DEFAULT.labor | {"store": Labor(120, 140)},
    "late": Late(400, 200),
    "deliveries": {"standard": Delivery(3)},
    "rules": (Rule("x"),),
    "lists": (Group(),),
    "preferences": {"store": 10},
    "mode": "rules",
    "transfer_days": 3,
    "wait_days": 5,
}


def test_no_change_goes_untold() -> None:
    assert changes(DEFAULT, msgspec.structs.replace(DEFAULT)) == ()
    for field in msgspec.structs.fields(Policy):
        before = getattr(DEFAULT, field.name)
        after = OTHERS.get(field.name) or before - 1
        told = changes(DEFAULT, msgspec.structs.replace(DEFAULT, **{field.name: after}))
        assert len(told) == 1, field.name


def test_prices_rules_and_deliveries_are_told_one_by_one() -> None:
    home = TARIFF.services[0]
    dearer = msgspec.structs.replace(
        home, prices=(*home.prices[:2], (480, 530, 600, 690, 990, 1490, 2390), *home.prices[3:-1], None)
    )
    new = msgspec.structs.replace(
        DEFAULT, tariff=msgspec.structs.replace(TARIFF, services=(dearer, TARIFF.services[1])), rules=(Rule("b"), Rule("a", buffer=1)),
        deliveries={"standard": Delivery(4, 900), "express": Delivery(1)},
    )  # fmt: skip
    old = msgspec.structs.replace(DEFAULT, rules=(Rule("a"), Rule("b"), Rule("c")))
    assert [(one.what, *one.about, one.before, one.after) for one in changes(old, new)] == [
        ("rule_changed", "a", None, None), ("rule_gone", "c", None, None), ("rule_order", None, None), ("price", "home", "near", "3", 470, 480),
        ("zone_left", "home", "world", None, None), ("delivery_new", "express", None, None), ("delivery_before", "standard", 840, 900),
    ]  # fmt: skip


def test_rates_come_back_from_a_file_as_they_were() -> None:
    assert read(written(TARIFF)) == TARIFF
    assert read("\ufeff" + written(TARIFF)) == TARIFF
    head = "service;days;zone;areas;within_km;days_more;500"
    zones = read(f"{head}\nhome;2;near;fr, mc;120;0;4,7\nhome;2;rest;;;3;\n").zones
    assert zones == (Zone("near", ("FR", "MC"), 120), Zone("rest", (), None, 3))
    for text, line in (
        ("", 1),
        ("a;b", 1),
        (f"{head}\nhome;2;near;FR;x;0;4", 2),
        (f"{head}\nhome;2;n;;;0;4\nhome;3;m;;;0;4", 3),
        (f"{head}\nhome;2;n;;;0;-4", 2),
    ):
        with pytest.raises(Invalid) as refused:
            read(text)
        assert (refused.value.code, refused.value.facts["line"]) == ("policy_file", line)
