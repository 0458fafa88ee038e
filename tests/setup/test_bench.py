"""The bench measures what it says: the shape of its lines, its draws, its figures out of /proc, its proof."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest

from comptoir.bench import bodies, commands, floor, processes, scarce, throughput
from comptoir.bench.rig import Rig
from comptoir.bench.sender import Plan, Seen
from comptoir.bench.world import Size
from comptoir.kit.text import decode
from comptoir.orders import capture
from comptoir.orders.model import PlaceOrder

TINY = Size(stores=3, skus=40, customers=20)
KEYS = [
    "clients", "orders_per_s", "floor_per_s", "ratio_to_floor", "p50_ms", "p99_ms", "cpu_ms_per_order", "other_cores",
]  # fmt: skip


def a_round(orders_per_s: float, floor_per_s: float) -> throughput.Round:
    return throughput.Round(orders_per_s, 4.0, 9.0, 0.5, 0.3, 0.2, 0.1, 0.0, floor_per_s)


def test_a_line_has_the_named_figures_in_their_order() -> None:
    line = throughput.line(32, [a_round(900, 1000), a_round(1200, 1000), a_round(1500, 1100)])
    assert list(line) == KEYS


def test_a_line_holds_medians_and_their_ratio() -> None:
    line = throughput.line(32, [a_round(900, 1000), a_round(1200, 1000), a_round(1500, 1100)])
    assert (line["orders_per_s"], line["floor_per_s"], line["ratio_to_floor"]) == (1200, 1000, 1.2)


def test_the_last_line_of_the_output_is_the_json_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {"id": "M1", "runs": [throughput.line(8, [a_round(900, 1000)])]}
    monkeypatch.setitem(commands.MEASUREMENTS, "M1", lambda *asked: (figures, []))
    commands.run(["M1", "--clients", "8"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == figures


def test_a_violation_makes_the_command_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {"id": "M1", "runs": [throughput.line(8, [a_round(900, 1000)])]}
    monkeypatch.setitem(commands.MEASUREMENTS, "M1", lambda *asked: (figures, ["2 levels that are oversold"]))
    assert commands.run(["M1", "--json"]) == 1


def test_every_measurement_can_be_asked_for() -> None:
    assert {"M1", "M3", "M4", "M5", "M6"} <= set(commands.MEASUREMENTS)


def test_the_first_sku_is_wanted_as_often_as_zipf_says() -> None:
    ranks = bodies.Ranks(seed=7)
    drawn = Counter(ranks.distinct(1)[0] for _ in range(20_000))
    share = 1 / sum((k + 1) ** -bodies.ZIPF for k in range(2_000))
    assert drawn[0] / 20_000 == pytest.approx(share, rel=0.15)


def test_a_prepared_order_is_one_that_capture_accepts() -> None:
    _, requests = bodies.rush(1, seed=3)
    order = decode(requests[0].partition(b"\r\n\r\n")[2], PlaceOrder)
    known = {line.sku: None for line in order.lines if line.sku}
    assert capture.review(order, {}, known, strict=True).reasons == ()


def test_the_orders_of_two_senders_share_no_id() -> None:
    assert not set(bodies.rush(50, seed=1)[0]) & set(bodies.rush(50, seed=2)[0])


def test_a_hot_rush_wants_one_sku_only() -> None:
    _, requests = bodies.rush(5, seed=3, hot=0)
    wanted = {line.sku for raw in requests for line in decode(raw.partition(b"\r\n\r\n")[2], PlaceOrder).lines}
    assert wanted == {"1001"}


def test_cpu_seconds_of_a_process_grow_with_its_work() -> None:
    before = processes.cpu_of(os.getpid())
    sum(range(20_000_000))
    assert processes.cpu_of(os.getpid()) > before


def test_a_process_that_is_gone_has_used_nothing() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert processes.cpu_of(ended.pid) == 0.0


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[int]:
    """A server that accepts everything; its port."""
    server = HTTPServer(("127.0.0.1", 0), Shop)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_the_sender_sends_each_prepared_order_once(shop: int) -> None:
    plan = Plan(port=shop, clients=1, seconds=30, prepared=25, size=TINY)
    said = subprocess.run(
        [sys.executable, "-m", "comptoir.bench.sender"],
        input=msgspec.json.encode(plan).decode() + "\ngo\n", capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert msgspec.json.decode(said.stdout.splitlines()[-1], type=Seen).answers == {201: 25}


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Rig(TINY) as small:
        assert small._server is not None
        data = small._server.folder
        yield small
    assert not data.exists(), "a measurement leaves its gigabytes behind"


def test_a_round_on_a_tiny_world_is_measured_and_proved(rig: Rig) -> None:
    counter = throughput.Counter(rig, processes=1)
    counter.orders(clients=4, seconds=1)
    assert counter.accepted
    assert counter.prove() == []


def test_an_order_that_is_missing_is_told(rig: Rig) -> None:
    counter = throughput.Counter(rig, processes=1)
    counter.accepted += bodies.rush(1, seed=9, size=TINY)[0]
    assert "1 orders answered 201 are not on file" in counter.prove()


def test_twenty_units_go_to_twenty_of_sixty_buyers_though_a_process_is_killed(rig: Rig) -> None:
    outcome = scarce.play(rig, 0, kill_after=0.05, last_rank=TINY.skus - 1)
    assert (outcome.accepted, outcome.told, outcome.wrong) == (20, 40, ())


def test_the_floor_runs_to_its_end(rig: Rig) -> None:
    assert floor.run(floor.FLOOR_11, rig.dsn, clients=2, seconds=1).transactions > 0
