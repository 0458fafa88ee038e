"""What happens on what: command -> flow, event -> listeners, jobs of the worker. Plain dicts, read top to bottom."""

from collections.abc import Mapping

from comptoir.alerting import changing as alert_changes
from comptoir.carriers.known import MAKERS
from comptoir.catalog.model import BlockSku, PutArticle, UnblockSku
from comptoir.channels import deciding
from comptoir.errands.carriers import Make
from comptoir.flows import (
    announce,
    change_access,
    change_collections,
    change_count_rules,
    change_payments,
    change_places,
    change_policy,
    change_return_policy,
    change_safety,
    change_staff,
    change_store,
    count_shelf,
    execute_payment,
    hear_payment,
    import_file,
    keep_reports,
    order_goods,
    print_paper,
    put_accessories,
    receive_goods,
    repair_level,
    request_transfer,
    set_up_shipping,
    settle_transfer,
    simulate,
    subscribe_report,
    watch_authorizations,
    word_reasons,
)
from comptoir.flows.adjust_stock import (
    adjust_stock,
    change_stock_rules,
    decide_adjustment,
    take_adjust_photo,
    undo_adjustment,
)
from comptoir.flows.arrive import arrive
from comptoir.flows.ask_change import ask_change, withdraw_change
from comptoir.flows.ask_label import ask_label, settle_choice
from comptoir.flows.block_sku import block_sku, unblock_sku
from comptoir.flows.cancel_by_customer import CancelByCustomer, cancel_by_customer
from comptoir.flows.cancel_order import cancel_order
from comptoir.flows.choose_for_short import ChooseForShortFlow
from comptoir.flows.choose_relay import choose_relay, tell_not_received
from comptoir.flows.close_manifest import close_manifest, reopen_manifest
from comptoir.flows.correct_address import CorrectAddressFlow
from comptoir.flows.count_stock import (
    approve_count,
    ask_count,
    ask_count_again,
    cancel_count,
    direct_counts,
    submit_count,
)
from comptoir.flows.create_transfer import cancel_transfer, create_transfer
from comptoir.flows.decline_work import DeclineWork, DeclineWorkFlow
from comptoir.flows.end_recall import close_recall, decide_recalled
from comptoir.flows.erase_customer import EraseCustomer, GiveCustomerData, erase_customer, give_customer_data
from comptoir.flows.follow_channel import FollowChannelFlow
from comptoir.flows.give_back import cancel_return, decline_return, give_back
from comptoir.flows.hand_over import HandOverFlow, RequestHandOver, undo_hand_over
from comptoir.flows.hear_tracking import hear_tracking
from comptoir.flows.import_stock import import_stock
from comptoir.flows.inspect_return import inspect_return
from comptoir.flows.invoice import MADE, OWED, write_documents, write_file
from comptoir.flows.keep_longer import keep_longer
from comptoir.flows.lease_counter import take_counter
from comptoir.flows.load_parcel import unload_parcel
from comptoir.flows.map_unknown_line import MapUnknownLineFlow
from comptoir.flows.move_to_store import MoveToStore, MoveToStoreFlow
from comptoir.flows.name_collector import CollectorFlows
from comptoir.flows.open_recall import open_recall
from comptoir.flows.open_return import open_return
from comptoir.flows.pack_parcel import unpack
from comptoir.flows.paid_again import PaidAgainFlow, PaidAtTill
from comptoir.flows.pay_with_credit import PayWithCreditFlow
from comptoir.flows.post_movements import post_movements
from comptoir.flows.post_snapshot import post_snapshot
from comptoir.flows.pull_recalled import place_looked
from comptoir.flows.put_article import put_article
from comptoir.flows.put_away_return import put_away_unit, send_away_unit
from comptoir.flows.receive_parcel import take_parcel
from comptoir.flows.receive_return import receive_return
from comptoir.flows.receive_transfer import receive_transfer
from comptoir.flows.record_label import give_up_label, record_label, record_void, type_number, void_label
from comptoir.flows.record_link import RecordLinkFlow
from comptoir.flows.record_payment import RecordPaymentFlow
from comptoir.flows.refuse_hand_over import refuse_hand_over
from comptoir.flows.release_hold import ReleaseHoldFlow, place_hold
from comptoir.flows.resolve_exception import ResolveExceptionFlow
from comptoir.flows.resolve_short import ResolveShort, ResolveShortFlow
from comptoir.flows.retry_sourcing import RetrySourcingFlow
from comptoir.flows.return_from_home import change_way, keep_draft, keep_photo, send_back
from comptoir.flows.send_back import record_return_label, record_return_void
from comptoir.flows.settle_return import SettleReturnFlow
from comptoir.flows.ship_transfer import ship_transfer
from comptoir.flows.start_pack import start_pack
from comptoir.flows.take_arrival import take_arrival
from comptoir.flows.take_over import TakeOver, take_over
from comptoir.flows.take_photo import take_photo
from comptoir.flows.take_return import TakeReturnFlow
from comptoir.flows.try_on import TryOn, TryOnFlow
from comptoir.flows.use_credit import use_credit
from comptoir.flows.withdraw import withdraw
from comptoir.fulfillment.arriving import Arrive, TakeArrival
from comptoir.fulfillment.changing import AskChange, WithdrawChange
from comptoir.fulfillment.collecting import ForgetCollector, NameCollector
from comptoir.fulfillment.handover import RefuseHandOver
from comptoir.fulfillment.keeping import KeepLonger
from comptoir.fulfillment.model import StartPack, UndoHandOver
from comptoir.fulfillment.offline_counter import TakeCounter
from comptoir.fulfillment.resolving import ResolveException
from comptoir.fulfillment.short_choice import ChooseForShort
from comptoir.kit.ids import Seal
from comptoir.kit.outbox import Listener, SetListener
from comptoir.kit.runner import Flow
from comptoir.notifications import acting, rating, recovering, wishing, writing_texts
from comptoir.notifications.choosing import KINDS as TOLD_TO_CUSTOMERS
from comptoir.notifications.listener import write_message
from comptoir.notifications.telling_devices import KINDS as TOLD_TO_DEVICES
from comptoir.notifications.telling_devices import tell_devices
from comptoir.orders.following import FollowChannel
from comptoir.orders.model import CancelOrder, CorrectAddress, MapUnknownLine, PlaceHold, ReleaseHold, RetrySourcing
from comptoir.outgoing import registering
from comptoir.outgoing.listener import TOLD_TO_OTHERS, write_deliveries
from comptoir.outgoing.sql import HEARD_WHILE as OTHERS_LISTEN
from comptoir.payments.links import RecordLink
from comptoir.payments.recording import RecordPayment
from comptoir.returns.arriving import TakeParcel
from comptoir.returns.drafting import ChangeWay, KeepDraft, KeepPhoto, SendBack
from comptoir.returns.model import (
    CancelReturn,
    DeclineReturn,
    FinishReturn,
    GiveBack,
    InspectReturn,
    OpenReturn,
    PayWithCredit,
    PutAwayUnit,
    ReceiveReturn,
    SendAwayUnit,
    SettleReturn,
    TakeReturn,
    UseCredit,
    Withdraw,
)
from comptoir.returns.photographing import TakePhoto
from comptoir.shipping.commands import (
    AskLabel,
    GiveUpLabel,
    RecordLabel,
    RecordVoid,
    SettleChoice,
    TypeNumber,
    Unpack,
    VoidLabel,
)
from comptoir.shipping.handing import CloseManifest, ReopenManifest, UnloadParcel
from comptoir.shipping.relays import ChooseRelay, TellNotReceived
from comptoir.shipping.tracking import HearTracking
from comptoir.shipping.way_back import RecordReturnLabel, RecordReturnVoid
from comptoir.sourcing.outlook import Outlook
from comptoir.stock.adjust_photos import TakeAdjustPhoto
from comptoir.stock.adjusting import AdjustStock, DecideAdjustment, UndoAdjustment
from comptoir.stock.counting import ApproveCount, AskCount, AskCountAgain, CancelCount, DirectCounts, SubmitCount
from comptoir.stock.feed import PostMovements, PostSnapshot
from comptoir.stock.imports import ImportStock
from comptoir.stock.limits import ChangeStockRules
from comptoir.stock.recalling import CloseRecall, DecideRecalled, OpenRecall, PlaceLooked
from comptoir.tower import acting as acting_in_tower
from comptoir.tower import day_plans
from comptoir.transfers.model import CancelTransfer, CreateTransfer, ReceiveTransfer, ShipTransfer


def flows(seal: Seal, outlook: Outlook, *, own_printers: bool = False) -> Mapping[type, Flow]:
    """The flow of every command. Flows that derive tokens or source units get the seal or the outlook here."""
    return {
        Arrive: arrive,
        AskChange: ask_change,
        WithdrawChange: withdraw_change,
        ChooseForShort: ChooseForShortFlow(ResolveShortFlow(outlook)),
        KeepLonger: keep_longer,
        NameCollector: CollectorFlows(seal).name,
        ForgetCollector: CollectorFlows(seal).forget,
        CancelByCustomer: cancel_by_customer,
        CancelOrder: cancel_order,
        CorrectAddress: CorrectAddressFlow(ReleaseHoldFlow(outlook)),
        DeclineWork: DeclineWorkFlow(outlook),
        FollowChannel: FollowChannelFlow(ReleaseHoldFlow(outlook)),
        MapUnknownLine: MapUnknownLineFlow(ReleaseHoldFlow(outlook)),
        PlaceHold: place_hold,
        Unpack: unpack,
        AskLabel: ask_label,
        SettleChoice: settle_choice,
        TypeNumber: type_number,
        GiveUpLabel: give_up_label,
        VoidLabel: void_label,
        RecordLabel: record_label,
        RecordVoid: record_void,
        RecordPayment: RecordPaymentFlow(ReleaseHoldFlow(outlook)),
        PaidAtTill: PaidAgainFlow(RecordPaymentFlow(ReleaseHoldFlow(outlook))),
        PayWithCredit: PayWithCreditFlow(ReleaseHoldFlow(outlook)),
        RecordLink: RecordLinkFlow(RecordPaymentFlow(ReleaseHoldFlow(outlook))),
        ReleaseHold: ReleaseHoldFlow(outlook),
        RetrySourcing: RetrySourcingFlow(ReleaseHoldFlow(outlook)),
        ResolveException: ResolveExceptionFlow(outlook, SettleReturnFlow(seal, outlook)),
        ResolveShort: ResolveShortFlow(outlook),
        MoveToStore: MoveToStoreFlow(outlook),
        StartPack: start_pack,
        TakeOver: take_over,
        TakeArrival: take_arrival,
        TakePhoto: take_photo,
        TakeCounter: take_counter,
        RequestHandOver: HandOverFlow(seal).request,
        RefuseHandOver: refuse_hand_over,
        UndoHandOver: undo_hand_over,
        PostMovements: post_movements,
        PostSnapshot: post_snapshot,
        ImportStock: import_stock,
        AdjustStock: adjust_stock,
        TakeAdjustPhoto: take_adjust_photo,
        DecideAdjustment: decide_adjustment,
        UndoAdjustment: undo_adjustment,
        ChangeStockRules: change_stock_rules,
        OpenRecall: open_recall,
        PlaceLooked: place_looked,
        DecideRecalled: decide_recalled,
        CloseRecall: close_recall,
        AskCount: ask_count,
        DirectCounts: direct_counts,
        SubmitCount: submit_count,
        ApproveCount: approve_count,
        AskCountAgain: ask_count_again,
        CancelCount: cancel_count,
        CreateTransfer: create_transfer,
        ShipTransfer: ship_transfer,
        ReceiveTransfer: receive_transfer,
        CancelTransfer: cancel_transfer,
        BlockSku: block_sku,
        UnblockSku: unblock_sku,
        PutArticle: put_article,
        Withdraw: withdraw,
        OpenReturn: open_return,
        ReceiveReturn: receive_return,
        InspectReturn: inspect_return,
        SettleReturn: SettleReturnFlow(seal, outlook),
        TakeReturn: TakeReturnFlow(SettleReturnFlow(seal, outlook)).take,
        FinishReturn: TakeReturnFlow(SettleReturnFlow(seal, outlook)).finish,
        TryOn: TryOnFlow(HandOverFlow(seal), TakeReturnFlow(SettleReturnFlow(seal, outlook))),
        PutAwayUnit: put_away_unit,
        SendAwayUnit: send_away_unit,
        GiveBack: give_back,
        DeclineReturn: decline_return,
        CancelReturn: cancel_return,
        UseCredit: use_credit,
        EraseCustomer: erase_customer,
        GiveCustomerData: give_customer_data,
        ChooseRelay: choose_relay,
        TellNotReceived: tell_not_received,
        HearTracking: hear_tracking,
        RecordReturnLabel: record_return_label,
        RecordReturnVoid: record_return_void,
        KeepDraft: keep_draft,
        KeepPhoto: keep_photo,
        SendBack: send_back,
        ChangeWay: change_way,
        TakeParcel: take_parcel,
        UnloadParcel: unload_parcel,
        CloseManifest: close_manifest,
        ReopenManifest: reopen_manifest,
        **change_collections.FLOWS,
        **set_up_shipping.FLOWS,
        **change_staff.FLOWS,
        **change_access.FLOWS,
        **change_store.FLOWS,
        **change_places.FLOWS,
        **import_file.FLOWS,
        **change_policy.FLOWS,
        **execute_payment.FLOWS,
        **hear_payment.FLOWS,
        **watch_authorizations.FLOWS,
        **change_return_policy.FLOWS,
        **change_safety.FLOWS,
        **change_count_rules.FLOWS,
        **count_shelf.FLOWS,
        **repair_level.FLOWS,
        **put_accessories.FLOWS,
        **word_reasons.FLOWS,
        **change_payments.FLOWS,
        **simulate.FLOWS,
        **subscribe_report.FLOWS,
        **order_goods.FLOWS,
        **receive_goods.FLOWS,
        **request_transfer.FLOWS,
        **settle_transfer.FLOWS,
        **print_paper.flows(own_machine=own_printers),
        **deciding.FLOWS,
        **acting.FLOWS,
        **recovering.FLOWS,
        **writing_texts.FLOWS,
        **wishing.FLOWS,
        **rating.FLOWS,
        **registering.FLOWS,
        **acting_in_tower.flows(outlook),
        **alert_changes.FLOWS,
        **announce.FLOWS,
        **day_plans.FLOWS,
    }


HEARD: Mapping[str, tuple[str, ...]] = {
    "messages": TOLD_TO_CUSTOMERS,
    "invoices": OWED,
    "document_files": MADE,
    "devices": TOLD_TO_DEVICES,
    "reports": keep_reports.TOLD,
    "webhooks": TOLD_TO_OTHERS,
}

LISTENERS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(name for name, kinds in HEARD.items() if kind in kinds)
    for kind in dict.fromkeys(kind for kinds in HEARD.values() for kind in kinds)
}
"""Event kind -> names of the listeners it is delivered to."""

WIRED: Mapping[str, Listener] = {
    "messages": write_message,
    "invoices": write_documents,
    "document_files": write_file,
    "devices": tell_devices,
    "reports": keep_reports.keep_one,
    "webhooks": write_deliveries,
}
"""The listener behind every name of LISTENERS."""

WIRED_SETS: Mapping[str, SetListener] = {"reports": keep_reports.keep_figures}
"""Those that take many deliveries at once."""

HEARD_WHILE: Mapping[str, str] = {"webhooks": OTHERS_LISTEN}
"""Listeners that hear nothing while nobody wants it, and under which condition they do."""

CARRIERS: dict[str, Make] = dict(MAKERS)
"""What `carrier_account.carrier` says -> how a carrier is made from an account's settings and secrets."""

JOBS: Mapping[str, tuple[str, float]] = {
    "keep safety stock in line": ("comptoir.flows.keep_safety:keep_safety", 5.0),
    "expire pickups": ("comptoir.flows.lapse:expire_pickups", 30.0),
    "read the stock for reports": ("comptoir.flows.keep_reports:read_stock", 60.0),
    "count figures anew": ("comptoir.flows.keep_reports:count_anew", 5.0),
    "forget old figures": ("comptoir.flows.keep_reports:forget_figures", 60.0),
    "settle what nobody chose": ("comptoir.flows.lapse:settle_unanswered", 60.0),
    "price last units": ("comptoir.flows.price_units:start_pricing", 600.0),
    "leave what lies": ("comptoir.flows.source_elsewhere:leave_lying", 60.0),
    "leave what is lacking": ("comptoir.flows.source_lacking:leave_lacking", 60.0),
    "join parcels": ("comptoir.flows.source_elsewhere:join_parcels", 300.0),
    "fill what waits for stock": ("comptoir.flows.source_elsewhere:fill_waiting", 60.0),
    "stop what is recalled": ("comptoir.flows.stop_recalled:stop_recalled", 2.0),
    "clear pictures of corrections": ("comptoir.flows.clear_adjust_photos:clear_adjust_photos", 3600.0),
    "foresee delays": ("comptoir.flows.foresee:foresee", 60.0),
    "foresee late transfers": ("comptoir.flows.foresee_brought:foresee_brought", 60.0),
    "keep hours of stores": ("comptoir.tower.keeping:keep_hours", 60.0),
    "keep forecasts": ("comptoir.tower.keeping:keep_forecasts", 120.0),
    "keep readings of stores": ("comptoir.tower.keeping:keep_readings", 60.0),
    "judge what managers did": ("comptoir.tower.judging:judge_acts", 60.0),
    "look through stock": ("comptoir.alerting.looking:look_through_stock", 60.0),
    "judge alerts": ("comptoir.alerting.keeping:judge_alerts", 60.0),
    "send alerts": ("comptoir.alerting.sending:send_alerts", 2.0),
    "forget old alerts": ("comptoir.alerting.keeping:forget_old", 3600.0),
    "learn from past hours": ("comptoir.tower.keeping:learn_from_hours", 3600.0),
    "remind of pickups": ("comptoir.flows.remind:remind", 60.0),
    "ask how it was": ("comptoir.notifications.surveying:survey", 300.0),
    "clear pictures of returns": ("comptoir.flows.lapse_returns:clear_pictures", 3600.0),
    "end returns that never came": ("comptoir.flows.lapse_returns:lapse_returns", 3600.0),
    "lapse payments": ("comptoir.flows.lapse:lapse_payments", 15.0),
    "end leases": ("comptoir.flows.lapse:end_leases", 30.0),
    "forget old customers": ("comptoir.flows.erase_customer:forget_old", 3600.0),
    "forget old tries": ("comptoir.flows.lapse:forget_tries", 600.0),
    "look for what devices are told": ("comptoir.notifications.telling_devices:look", 2.0),
    "send to devices": ("comptoir.notifications.sending_notes:send_notes", 1.0),
    "forget old notes": ("comptoir.notifications.sending_notes:forget_old", 3600.0),
    "send push": ("comptoir.notifications.sending:send_push", 2.0),
    "send SMS": ("comptoir.notifications.sending:send_sms", 2.0),
    "send reports": ("comptoir.notifications.report_mails:send_reports", 20.0),
    "send e-mail": ("comptoir.notifications.sending:send_email", 2.0),
    "fetch bounces": ("comptoir.notifications.fetching_bounces:fetch_bounces", 60.0),
    "buy labels": ("comptoir.errands.buy_label:buy_labels", 1.0),
    "reconcile money": ("comptoir.errands.reconcile_money:reconcile_money", 900.0),
    "tend links to pay": ("comptoir.errands.pay_links:tend_links", 1.0),
    "look at payments": ("comptoir.errands.look_at_payments:look_at_payments", 5.0),
    "watch authorizations": ("comptoir.flows.watch_authorizations:watch_authorizations", 300.0),
    "move money": ("comptoir.errands.move_money:move_money", 2.0),
    "ask where parcels are": ("comptoir.errands.tracking:ask_carriers", 30.0),
    "forget return drafts": ("comptoir.flows.return_from_home:forget_drafts", 3600.0),
    "buy return labels": ("comptoir.errands.return_labels:buy_return_labels", 1.0),
    "watch returns": ("comptoir.flows.watch_returns:watch_returns", 300.0),
    "throw away return labels": ("comptoir.flows.send_back:drop_unused", 3600.0),
    "ask where returns are": ("comptoir.errands.return_labels:ask_ways_back", 60.0),
    "ask for hand-over slips": ("comptoir.errands.slips:ask_slips", 2.0),
    "watch parcels": ("comptoir.flows.watch_parcels:watch_parcels", 300.0),
    "replay past orders": ("comptoir.flows.simulate:simulate", 2.0),
    "print": ("comptoir.errands.printing:print_due", 1.0),
    "forget old print jobs": ("comptoir.errands.printing:forget_old", 3600.0),
    "tell of paused webhooks": ("comptoir.notifications.webhook_words:tell_head_office", 60.0),
    "send webhooks": ("comptoir.outgoing.sending:send_webhooks", 1.0),
    "forget old webhook deliveries": ("comptoir.outgoing.sending:sweep", 600.0),
    "take in webhooks": ("comptoir.channels.intake:drain_inbox", 1.0),
    "forget old webhooks": ("comptoir.channels.intake:sweep", 3600.0),
}
"""What the worker does again and again: name -> (module:function that takes the house, seconds between two runs)."""
