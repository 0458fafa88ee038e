"""What happens on what: command -> flow, event -> listeners, jobs of the worker. Plain dicts, read top to bottom."""

from collections.abc import Mapping

from comptoir.flows.cancel_order import cancel_order
from comptoir.flows.hand_over import HandOverFlow, RequestHandOver, undo_hand_over
from comptoir.flows.release_hold import ReleaseHoldFlow, place_hold
from comptoir.flows.resolve_short import ResolveShort, ResolveShortFlow
from comptoir.flows.start_pack import start_pack
from comptoir.flows.take_reports import Batch, TakeReports
from comptoir.fulfillment.model import StartPack, UndoHandOver
from comptoir.kit.ids import Seal
from comptoir.kit.runner import Flow
from comptoir.orders.model import CancelOrder, PlaceHold, ReleaseHold
from comptoir.sourcing.outlook import Outlook


def flows(seal: Seal, outlook: Outlook) -> Mapping[type, Flow]:
    """The flow of every command. Flows that derive tokens or source units get the seal or the outlook here."""
    return {
        CancelOrder: cancel_order,
        PlaceHold: place_hold,
        ReleaseHold: ReleaseHoldFlow(outlook),
        ResolveShort: ResolveShortFlow(outlook),
        StartPack: start_pack,
        RequestHandOver: HandOverFlow(seal).request,
        UndoHandOver: undo_hand_over,
        Batch: TakeReports(seal, outlook),
    }
