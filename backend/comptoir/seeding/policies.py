"""The demo's sourcing policies: one that head office put in force a month ago, and one that it only tries."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid5

import msgspec

from comptoir.flows.change_policy import activate_policy, save_policy, try_policy
from comptoir.kit.actor import Actor
from comptoir.kit.db import Pool, Tx, in_transaction
from comptoir.kit.runner import Command, Flow
from comptoir.seeding.reference import STOCKED_BEFORE, staff_id
from comptoir.sourcing.changing import ActivatePolicy, SavePolicy, TryPolicy
from comptoir.sourcing.policy import DEFAULT, Delivery, Rule, When
from comptoir.world.cast import MANAGERS
from comptoir.world.scripts import NAMESPACE

OURS = msgspec.structs.replace(
    DEFAULT,
    deliveries={"standard": Delivery(4), "express": Delivery(2, 720)},
    rules=(
        Rule("Professionnels depuis l’entrepôt", When(buyers=("business",)), fallbacks=(("warehouse",), ("store",))),
        Rule("Express professionnel relu", When(buyers=("business",), services=("express",)), hold=True),
    ),
)
TRIED = msgspec.structs.replace(
    OURS,
    preferences={"warehouse": 150},
    rules=(
        Rule("Les magasins d’abord", fallbacks=(("store",), ("warehouse",))),
        Rule("Une unité reste en rayon", buffer=1),
        Rule("Pas plus de deux colis", most_parcels=2),
    ),
)
_STEPS: Final[tuple[tuple[timedelta, Callable[[UUID], Command], Flow], ...]] = (
    (timedelta(0), lambda id: SavePolicy(id, 0, OURS, "Nos contrats de transport"), save_policy),
    (timedelta(minutes=4), lambda id: ActivatePolicy(id, 1), activate_policy),
    (timedelta(days=2), lambda id: SavePolicy(id, 1, TRIED, "Écouler le stock des magasins"), save_policy),
    (timedelta(days=2, minutes=2), lambda id: TryPolicy(id, 2), try_policy),
)


async def load(pool: Pool, now: datetime) -> None:
    """Save, activate and try them, each at its own moment before the first order."""
    boss = next(who for who in MANAGERS if who.role == "head_office")
    actor = Actor(str(staff_id(boss.key)), "head_office", None)
    for step, (after, command, flow) in enumerate(_STEPS):
        made, at = command(uuid5(NAMESPACE, f"policy|{step}")), now - STOCKED_BEFORE + after
        await in_transaction(pool, actor.who, at, partial(_do, flow, made, actor))


async def _do(flow: Flow, command: Command, actor: Actor, tx: Tx) -> None:
    await flow(tx, command, actor, tx.now)
