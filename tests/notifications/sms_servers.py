"""Local servers that stand for OVHcloud, Twilio and Brevo: they check what those document (keys, signatures, fields) and keep what they took.

Written from the public references, not from our adapters. `say` makes a server answer something else, hang up, or be slow.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Said = tuple[int, Any, dict[str, str]]


class SmsServer:
    """One provider on a free port of this machine."""

    def __init__(self, judge: "Callable[[SmsServer, str, str, dict[str, str], bytes], Said]") -> None:
        self.judge = judge
        self.taken: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.say: Said | str | None = None
        self.off_seconds = 0
        self.address = ""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Said | str:
        if self.say is not None and path != "/auth/time":
            return self.say
        return self.judge(self, method, path, headers, body)

    def no(self, why: str, status: int, body: Any) -> Said:
        self.refused.append(why)
        return status, body, {}


@contextmanager
def serving(judge: Callable[[SmsServer, str, str, dict[str, str], bytes], Said]) -> Iterator[SmsServer]:
    server = SmsServer(judge)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            said = server.answer(
                self.command, self.path, {name.lower(): text for name, text in self.headers.items()}, body
            )
            if isinstance(said, str):  # hangs up in the middle
                self.connection.close()
                return
            status, answer, headers = said
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.address = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


OVH = {"key": "application-of-tests", "secret": "secret-of-tests", "consumer": "consumer-of-tests", "service": "sms-ab12345-1"}  # fmt: skip


def ovh(server: SmsServer, method: str, path: str, headers: dict[str, str], body: bytes) -> Said:
    """POST /sms/{service}/jobs; the signature is over the request as it arrived, at the server's own time."""
    now = int(time.time()) + server.off_seconds
    if path == "/auth/time":
        return 200, str(now).encode(), {}
    if headers.get("x-ovh-application") != OVH["key"]:
        return server.no("application", 403, {"message": "This application key is invalid", "errorCode": "INVALID_KEY"})
    stamp = headers.get("x-ovh-timestamp", "")
    if abs(int(stamp) - now) > 30:
        return server.no("time", 400, {"message": "Query out of time", "errorCode": "QUERY_TIME_OUT"})
    text = "+".join([OVH["secret"], OVH["consumer"], method, server.address + path, body.decode(), stamp])
    if headers.get("x-ovh-signature") != "$1$" + hashlib.sha1(text.encode()).hexdigest():
        return server.no("signature", 403, {"message": "Invalid signature", "errorCode": "INVALID_SIGNATURE"})
    job = json.loads(body)
    known = {"charset", "class", "coding", "differedPeriod", "message", "noStopClause", "priority", "receivers", "sender", "senderForResponse", "tag", "validityPeriod"}  # fmt: skip
    if path != f"/sms/{OVH['service']}/jobs" or set(job) - known or not job.get("message") or job.get("coding") not in ("7bit", "8bit"):  # fmt: skip
        return server.no("fields", 400, {"message": "Invalid parameter"})
    bad = [one for one in job["receivers"] if not one.startswith("+") or not 8 < len(one) < 17]
    if not bad:
        server.taken.append(job)
    ids = [len(server.taken)] if not bad else []
    return 200, {"ids": ids, "validReceivers": [] if bad else job["receivers"], "invalidReceivers": bad, "totalCreditsRemoved": 1}, {}  # fmt: skip


TWILIO = {"sid": "AC" + "0" * 32, "token": "12345"}


def twilio(server: SmsServer, method: str, path: str, headers: dict[str, str], body: bytes) -> Said:
    """POST /2010-04-01/Accounts/{sid}/Messages.json, a form, Basic authentication."""
    login = base64.b64encode(f"{TWILIO['sid']}:{TWILIO['token']}".encode()).decode()
    if headers.get("authorization") != f"Basic {login}":
        return server.no("login", 401, {"code": 20003, "message": "Authenticate", "status": 401})
    form = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
    if path != f"/2010-04-01/Accounts/{TWILIO['sid']}/Messages.json" or set(form) - {
        "To",
        "From",
        "Body",
        "StatusCallback",
    }:
        return server.no("fields", 404, {"code": 20404, "message": "not found", "status": 404})
    if not form["To"].startswith("+") or len(form["To"]) < 9:
        return server.no("number", 400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400})
    if form["To"] == "+33600000000":
        return server.no(
            "stop", 400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}
        )
    server.taken.append(form)
    return 201, {"sid": f"SM{len(server.taken):032x}", "status": "queued", "num_segments": "1", "error_code": None}, {}


BREVO = {"key": "xkeysib-test"}


def brevo(server: SmsServer, method: str, path: str, headers: dict[str, str], body: bytes) -> Said:
    """POST /transactionalSMS/send, JSON, api-key."""
    if headers.get("api-key") != BREVO["key"]:
        return server.no("login", 401, {"code": "unauthorized", "message": "Key not found"})
    sent = json.loads(body)
    if path != "/transactionalSMS/send" or set(sent) - {"sender", "recipient", "content", "type", "tag", "webUrl", "unicodeEnabled", "organisationPrefix"}:  # fmt: skip
        return server.no("fields", 400, {"code": "invalid_parameter", "message": "unknown field"})
    if not 1 <= len(sent["sender"]) <= 11 or sent["type"] not in ("transactional", "marketing"):
        return server.no("sender", 400, {"code": "invalid_parameter", "message": "sender is invalid"})
    if not sent["recipient"].isdigit():
        return server.no("number", 400, {"code": "invalid_parameter", "message": "Invalid telephone number"})
    server.taken.append(sent)
    return 201, {"reference": "ab1cde2fgh3i4jklmno", "messageId": 1511882900176220 + len(server.taken), "smsCount": 1, "usedCredits": 0.7, "remainingCredits": 10.0}, {}  # fmt: skip
