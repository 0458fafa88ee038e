"""Plays the demo world's scripts: places each order through the real flow, with the clock set to the script's time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from comptoir.flows.order_grouper import OrderGrouper, OutlookKeeper
from comptoir.kit.actor import Actor
from comptoir.kit.clock import SetClock
from comptoir.kit.db import Pool
from comptoir.kit.ids import Seal
from comptoir.kit.money import vat_within
from comptoir.orders.model import (
    Address,
    ChannelFacts,
    CustomerDetails,
    OrderedLine,
    PaymentDetails,
    PlaceOrder,
)
from comptoir.seeding.acting import Hands
from comptoir.seeding.reference import key_id
from comptoir.sourcing.outlook import Outlook
from comptoir.world.articles import ARTICLE
from comptoir.world.cast import CUSTOMER, SHOP_KEY
from comptoir.world.scripts import NAMESPACE, Script, Step, Want

SHOP = Actor(
    who=str(key_id(SHOP_KEY.key)), role="integrator", locations=None, via="api", scopes=frozenset(SHOP_KEY.scopes)
)
CHANNEL_IDS = {"shopify": "shopify-orme", "woocommerce": "woo-orme"}
SHIPPING_VAT_BP = 2000
PAYMENT_WAITS = timedelta(days=4)
READ_AGAIN_EVERY = 20
"""Orders placed between two readings of the queues, on which the promised times rest."""


def customer_id(key: str) -> UUID:
    """The id of a customer of the cast; the same in every database."""
    return uuid5(NAMESPACE, f"customer|{key}")


def command(script: Script) -> PlaceOrder:
    """The order as the shop sends it: prices of the catalog, sums that add up unless the script says otherwise."""
    who = CUSTOMER[script.customer]
    lines = tuple(_line(want, script.discount_minor if rank == 0 else 0) for rank, want in enumerate(script.lines))
    shipping_vat = vat_within(script.shipping_minor, SHIPPING_VAT_BP)
    total = sum(line.total_minor for line in lines) + script.shipping_minor + script.total_off_minor
    ships = any(want.method == "ship" for want in script.lines)
    return PlaceOrder(
        id=script.id,
        placed_at=script.placed_at,
        customer=CustomerDetails(
            first_name=who.first_name,
            last_name=who.last_name,
            id=customer_id(who.key),
            email=who.email,
            phone=who.phone,
            consents=("marketing",) if who.marketing else (),
        ),
        lines=lines,
        payment=PaymentDetails(
            provider="demo-pay",
            reference=f"P-{script.id.hex[:12]}",
            state=script.payment,
            amount_minor=total,
            expires_at=script.placed_at + PAYMENT_WAITS if script.payment == "pending" else None,
        ),
        total_minor=total,
        vat_minor=sum(line.vat_minor for line in lines) + shipping_vat,
        shipping_minor=script.shipping_minor,
        shipping_vat_minor=shipping_vat,
        language="en" if who.language == "en" else "fr",
        ship_to=Address(
            name=who.name,
            street=who.address,
            postcode=who.postcode if script.address_complete else "",
            city=who.city,
            country=who.country,
            phone=who.phone,
        )
        if ships
        else None,
        collector=script.collector,
    )


def channel(script: Script) -> ChannelFacts | None:
    """What a foreign shop adds; nothing for our own."""
    if script.channel not in CHANNEL_IDS:
        return None
    number = str(5_000_000 + script.id.int % 900_000)
    return ChannelFacts(CHANNEL_IDS[script.channel], number, f"#{number[-4:]}", script.placed_at)


async def play(pool: Pool, seal: Seal, scripts: Sequence[Script]) -> None:
    """Place every order and do every step, in the order of time; a refusal is a fault of the script and is raised."""
    clock = SetClock(scripts[0].placed_at)
    outlook = Outlook()
    keeper = OutlookKeeper(pool, clock, outlook)
    grouper = OrderGrouper(pool, clock, seal, outlook)
    hands = Hands(pool, seal, outlook, SHOP)
    moments: list[tuple[datetime, int, int, Script, Step | None]] = []
    for rank, script in enumerate(scripts):
        moments.append((script.placed_at, rank, 0, script, None))
        moments += [(step.at, rank, place, script, step) for place, step in enumerate(script.steps, 1)]
    placed = 0
    for clock.at, _, _, script, step in sorted(moments, key=lambda moment: moment[:3]):
        if step is not None:
            await hands.do(script, step)
            continue
        if placed % READ_AGAIN_EVERY == 0:
            await keeper.load()
        placed += 1
        await grouper.submit(command(script), SHOP, channel(script))
    await grouper.close()


def _line(want: Want, discount_minor: int) -> OrderedLine:
    article = ARTICLE.get(want.sku or "")
    price = article.price_minor if article else 1500
    rate = article.vat_bp if article else 2000
    total = want.quantity * price - discount_minor
    return OrderedLine(
        quantity=want.quantity,
        unit_price_minor=price,
        vat_rate_bp=rate,
        vat_minor=vat_within(total, rate),
        total_minor=total,
        method="pickup" if want.method == "pickup" else "ship",
        sku=want.sku,
        location=want.location,
        discount_minor=discount_minor,
        title=article.name if article else "Article de vitrine",
        external_sku=want.external_sku,
    )
