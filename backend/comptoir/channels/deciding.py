"""Head office decides for a channel: who makes its invoices and when, and what a delivery asked for later costs."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.channels.changing import ChannelChanged, SaveChannel
from comptoir.channels.sql import lock_channel, put_decisions
from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.runner import Flow


async def save_channel(tx: Tx, command: SaveChannel, actor: Actor, now: datetime) -> ChannelChanged:
    """For what is confirmed, handed over or asked for from now on; documents that are made stay as they are."""
    actor.needs("head_office")
    await lock_channel(tx, command.channel, command.version)
    before = await auditing.standing(tx, "channel", command.channel)
    version = await put_decisions(tx, command.channel, command.invoices, command.delivery_minor)
    await auditing.keep(tx, actor, "channel.saved", "channel", command.channel, before)
    return ChannelChanged(command.channel, version)


FLOWS: Mapping[type, Flow] = {SaveChannel: save_channel}
