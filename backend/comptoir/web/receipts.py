"""What providers of SMS, mail and money tell later: delivered, failed, STOP. Verified first; an unknown message is answered like a known one."""

import hmac
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from comptoir.channels.signing import signed_by_one_of
from comptoir.errands import pushed_tracking
from comptoir.house import House
from comptoir.kit import throttle
from comptoir.kit.actor import SYSTEM
from comptoir.kit.errors import Malformed, Unknown
from comptoir.kit.ids import new_id
from comptoir.kit.text import bad_text
from comptoir.kit.words import Codename
from comptoir.notifications import fetching_bounces, keeping_events, receipts, sending_sql, silence
from comptoir.notifications.bouncing import LARGEST, read_report
from comptoir.notifications.mail_events import read_events
from comptoir.notifications.providers import twilio
from comptoir.notifications.providers.twilio import TwilioProvider
from comptoir.notifications.receipts import Heard
from comptoir.payments import stripe_events
from comptoir.payments.commands import HearProvider
from comptoir.web.guards import by_signature
from comptoir.web.requests import DoorRequest, WrongMediaType, client_ip
from comptoir.web.webhooks import WRONG_SIGNATURES

MAX_BODY: Final = 64_000
MAX_PUSHED: Final = 256_000
PUSH_SIGNATURE: Final = "x-comptoir-signature"
"""base64(HMAC-SHA256(body, the account's secret))."""
MAX_BATCH: Final = 1_500_000
"""Five hundred events of a mail with everything that Brevo says of each."""
REPORT: Final = "message/rfc822"
LONGEST: Final = 200
"""Letters of a provider's name for a message; longer ones are nobody's."""

TheHouse = NamedDependency[House]
Now = NamedDependency[datetime]


@post("/twilio", opt=by_signature(), status_code=200, request_max_body_size=MAX_BODY, include_in_schema=False)
async def from_twilio(request: DoorRequest, house: TheHouse, now: Now) -> Response[bytes]:
    """Receipts and answers; 401 unless Twilio signed our address and every field."""
    provider = house.lanes["sms"].provider
    fields = dict(
        parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True, max_num_fields=100)
    )
    signed = request.headers.get("x-twilio-signature", "")
    if not isinstance(provider, TwilioProvider) or not same(
        signed,
        twilio.signature(provider.account.token, receipts.address_of(house.seal, house.settings.url, "twilio"), fields),
    ):
        raise await wrong(request, house, now)
    return await keep(house, "twilio", receipts.from_twilio(fields), now)


@post("/brevo/{key:str}", opt=by_signature(), status_code=200, request_max_body_size=MAX_BODY, include_in_schema=False)
async def from_brevo(key: FromPath[str], request: DoorRequest, house: TheHouse, now: Now) -> Response[bytes]:
    """One event as JSON; 401 unless the address is the one we gave Brevo."""
    if not same(key, receipts.key_of(house.seal, "brevo")):
        raise await wrong(request, house, now)
    try:
        body = msgspec.json.decode(await request.body(), type=dict[str, Any])
    except msgspec.DecodeError as why:
        raise Malformed("malformed") from why
    return await keep(house, "brevo", receipts.from_brevo(body), now)


@post(
    "/brevo-mail/{key:str}",
    opt=by_signature(),
    status_code=200,
    request_max_body_size=MAX_BATCH,
    include_in_schema=False,
)
async def from_brevo_mail(key: FromPath[str], request: DoorRequest, house: TheHouse, now: Now) -> Response[bytes]:
    """Events of mails, one or a batch, as JSON; 401 unless the address is the one we print. What is not ours is answered like what is."""
    if not same(key, receipts.key_of(house.seal, "brevo-mail")):
        raise await wrong(request, house, now)
    try:
        body = msgspec.json.decode(await request.body(), type=dict[str, Any] | list[Any])
    except msgspec.DecodeError as why:
        raise Malformed("malformed") from why
    for event in read_events(body, house.seal):
        await keeping_events.keep_mail_event(house.pool, house.runner, house.seal, event, now)
    return Response(b"", status_code=200, media_type="text/plain")


@get("/ovh/{key:str}", opt=by_signature(), include_in_schema=False)
async def from_ovh(key: FromPath[str], request: DoorRequest, house: TheHouse, now: Now) -> Response[bytes]:
    """OVHcloud calls back with GET; 401 unless the address is the one we gave it."""
    if not same(key, receipts.key_of(house.seal, "ovh")):
        raise await wrong(request, house, now)
    return await keep(
        house, "ovh", receipts.from_ovh({name: str(text) for name, text in request.query_params.items()}), now
    )


@post("/mail/{key:str}", opt=by_signature(), status_code=200, request_max_body_size=LARGEST, include_in_schema=False)
async def from_mail_server(key: FromPath[str], request: DoorRequest, house: TheHouse, now: Now) -> Response[bytes]:
    """A delivery report as it came (message/rfc822); 401 unless the address is the one we print, 422 when it is no report of ours."""
    if not same(key, receipts.key_of(house.seal, "mail")):
        raise await wrong(request, house, now)
    if request.content_type[0] != REPORT:
        raise WrongMediaType(takes=REPORT)
    await fetching_bounces.keep(house, read_report(await request.body(), house.seal))
    return Response(b"", status_code=200, media_type="text/plain")


@post(
    "/payments/{account:str}",
    opt=by_signature(),
    status_code=200,
    request_max_body_size=MAX_PUSHED,
    include_in_schema=False,
)
async def from_stripe(account: FromPath[Codename], request: DoorRequest, house: TheHouse, now: Now) -> Response[bytes]:
    """Something changed at Stripe: it is looked at with the next round. 401 unless the account's secret signed the body just now."""
    body, held = await request.body(), house.payments.keys_of(account)
    secrets = [held[name] for name in ("webhook", "webhook_old") if held.get(name)]
    if not stripe_events.signed(body, request.headers.get("stripe-signature", ""), secrets, now):
        raise await wrong(request, house, now)
    try:
        named = tuple(one for one in stripe_events.references(body) if not bad_text(one))
    except msgspec.DecodeError as why:
        raise Malformed("malformed") from why
    if named:
        await house.runner.perform(HearProvider(new_id(), account, named), SYSTEM)
    return Response(b"", status_code=200, media_type="text/plain")


@post(
    "/parcels/{account:str}",
    opt=by_signature(),
    status_code=200,
    request_max_body_size=MAX_PUSHED,
    include_in_schema=False,
)
async def from_carrier(account: FromPath[Codename], request: DoorRequest, house: TheHouse, now: Now) -> Response[bytes]:
    """What a carrier tells of parcels; 401 unless the account's secret signed the very bytes, as a shop's webhooks are signed."""
    body = await request.body()
    signed = request.headers.get(PUSH_SIGNATURE, "")
    if not signed_by_one_of(body, signed, pushed_tracking.secrets_of(house, account)):
        raise await wrong(request, house, now)
    try:
        pushed = msgspec.json.decode(body, type=pushed_tracking.Pushed)
    except msgspec.DecodeError as why:
        raise Malformed("malformed") from why
    await pushed_tracking.hear_pushed(house, account, pushed)
    return Response(b"", status_code=200, media_type="text/plain")


async def wrong(request: DoorRequest, house: House, now: datetime) -> Unknown:
    """Counted for each address; what is signed never is."""
    await throttle.take(house.pool, WRONG_SIGNATURES, client_ip(request, request.app.state.trusted), now)
    return Unknown("wrong_signature")


def same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


async def keep(house: House, provider: str, heard: Heard, now: datetime) -> Response[bytes]:
    """In the ledger and on the list of silence; a message that we do not know is no reason to be told again and again."""
    if heard.receipt and heard.ref and len(heard.ref) <= LONGEST and not bad_text(heard.ref):
        await sending_sql.keep_receipt(house.pool, provider, heard.ref, heard.receipt, heard.code, now)
    if heard.number and heard.wish is not None:
        mark = silence.mark_of(house.seal, "sms", heard.number)
        if heard.wish:
            await silence.keep(house.pool, "sms", mark, provider, now)
        else:
            await silence.lift(house.pool, "sms", mark)
    return Response(b"", status_code=200, media_type="text/plain")


ROUTES: list[BaseRouteHandler] = [
    from_twilio,
    from_brevo,
    from_brevo_mail,
    from_ovh,
    from_mail_server,
    from_carrier,
    from_stripe,
]
