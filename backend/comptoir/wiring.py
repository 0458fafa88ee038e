"""What happens on what: command -> flow, event -> listeners, jobs of the worker. Plain dicts, read top to bottom."""

from collections.abc import Mapping

from comptoir.flows.arrive import arrive
from comptoir.flows.cancel_order import cancel_order
from comptoir.flows.follow_channel import FollowChannelFlow
from comptoir.flows.hand_over import HandOverFlow, RequestHandOver, undo_hand_over
from comptoir.flows.map_unknown_line import MapUnknownLineFlow
from comptoir.flows.release_hold import ReleaseHoldFlow, place_hold
from comptoir.flows.resolve_short import ResolveShort, ResolveShortFlow
from comptoir.flows.start_pack import start_pack
from comptoir.fulfillment.arriving import Arrive, TakeArrival
from comptoir.fulfillment.model import StartPack, UndoHandOver
from comptoir.kit.ids import Seal
from comptoir.kit.outbox import Listener
from comptoir.kit.runner import Flow
from comptoir.notifications.choosing import KINDS as TOLD_TO_CUSTOMERS
from comptoir.notifications.listener import write_message
from comptoir.orders.following import FollowChannel
from comptoir.orders.model import CancelOrder, MapUnknownLine, PlaceHold, ReleaseHold
from comptoir.sourcing.outlook import Outlook


def flows(seal: Seal, outlook: Outlook) -> Mapping[type, Flow]:
    """The flow of every command. Flows that derive tokens or source units get the seal or the outlook here."""
    return {
        Arrive: arrive,
        CancelOrder: cancel_order,
        FollowChannel: FollowChannelFlow(ReleaseHoldFlow(outlook)),
        MapUnknownLine: MapUnknownLineFlow(ReleaseHoldFlow(outlook)),
        PlaceHold: place_hold,
        ReleaseHold: ReleaseHoldFlow(outlook),
        ResolveShort: ResolveShortFlow(outlook),
        StartPack: start_pack,
        RequestHandOver: HandOverFlow(seal).request,
        UndoHandOver: undo_hand_over,
    }


LISTENERS: Mapping[str, tuple[str, ...]] = {kind: ("messages",) for kind in TOLD_TO_CUSTOMERS}
"""Event kind -> names of the listeners it is delivered to."""

WIRED: Mapping[str, Listener] = {"messages": write_message}
"""The listener behind every name of LISTENERS."""

JOBS: Mapping[str, tuple[str, float]] = {
    "take in webhooks": ("comptoir.channels.intake:drain_inbox", 1.0),
    "forget old webhooks": ("comptoir.channels.intake:sweep", 3600.0),
}
"""What the worker does again and again: name -> (module:function that takes the house, seconds between two runs)."""
