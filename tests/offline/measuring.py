"""What a handheld takes for its own work: scans that count, from a scan to its tone, a cold start with no network, sending 300 facts.

The real app before a real Chromium, whose processor is throttled four times where that is said. Each figure is the
median of several runs, with the least and the greatest beside it; the last line is the same as JSON.
"""

import argparse
import json
import statistics
import sys
import time
from typing import Any

from playwright.sync_api import CDPSession

from tests.offline.site import Site, opened
from tests.offline.story import Story, wait_until

PROCESSOR = 4
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
# So many scans a second for so many seconds, whether or not the former one has been dealt with: scanners do not wait.
AT_A_PACE = """async ({ codes, perSecond }) => {
  let tones = 0;
  document.addEventListener("tone", () => tones++);
  const begun = performance.now();
  for (let at = 0; at < codes.length; at++) {
    const pause = begun + (at * 1000) / perSecond - performance.now();
    if (pause > 0) await __wait(pause);
    for (const key of [...codes[at], "Enter"]) document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }
  for (let wait = 0; wait < 100 && tones < codes.length; wait++) await __wait(100);
}"""
# From the scan's Enter to its tone, which comes once the fact is on disk; milliseconds of each scan that counted.
TO_ITS_TONE = """async ({ codes }) => {
  const { journal } = await __module("device");
  const took = [];
  for (const code of codes) {
    const facts = journal.facts.length;
    const heard = new Promise((resolve) => document.addEventListener("tone", () => resolve(performance.now()), { once: true }));
    for (const key of code) document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const begun = performance.now();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    const ended = await heard;
    if (journal.facts.length > facts) took.push(ended - begun);
    await __wait(60);
  }
  return took;
}"""
WANTED = """async () => {
  const db = await new Promise((resolve) => (indexedDB.open("comptoir").onsuccess = ({ target }) => resolve(target.result)));
  const asked = db.transaction("packs").objectStore("packs").get(location.pathname.split("/").at(-1));
  const pack = await new Promise((resolve) => (asked.onsuccess = () => (db.close(), resolve(asked.result))));
  const printed = (line) => line.codes.find((code) => /^[0-9]{14}$/.test(code)).replace(/^0/, "");
  return pack.works.flatMap((work) => work.lines.flatMap((line) => Array(line.quantity).fill(printed(line))));
}"""
FACTS = """async (count) => { const { journal } = await __module("device"); for (let at = 0; at < count; at++) await journal.append("unknown_code", { code: `X-${at}` }); }"""
Figures = dict[str, float]


class Bench(Story):
    """A handheld with its packs, begun like a story, measured instead of dropped."""

    def __init__(self, site: Site, run: int) -> None:
        super().__init__(site, run)
        self.name = f"bench_{run}"
        self.phone = site.handheld(self.name)
        self.phone.plain_timers = True
        self.skew, self.batch = 0, 50

    def throttled(self) -> CDPSession:
        cdp: CDPSession = self.phone.context.new_cdp_session(self.phone.page)
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": PROCESSOR})
        return cdp

    def wanted(self, part: int) -> list[str]:
        """What the pack asks for, a third of it; the last unit stays, so that it goes on asking for articles."""
        codes: list[str] = self.phone.page.evaluate(WANTED)[:-1]
        return codes[part * len(codes) // 3 : (part + 1) * len(codes) // 3]

    def pace(self, seconds: int, part: int) -> float:
        """Percent of the scans that are in the journal, ten a second: first what is wanted, then codes that nobody knows."""
        phone = self.phone
        strange = (f"X-{part}-{number}-?" for number in range(10 * seconds))
        codes = [*self.wanted(part), *strange][: 10 * seconds]
        before = phone.kept()["head"]["next"]
        phone.page.evaluate(AT_A_PACE, {"codes": codes, "perSecond": 10})
        return round(100 * (phone.kept()["head"]["next"] - before) / len(codes), 2)

    def to_its_tone(self, part: int) -> float:
        """95 of 100 scans had their tone within so many milliseconds."""
        codes = self.wanted(part)
        cdp = self.throttled()
        took = sorted(self.phone.page.evaluate(TO_ITS_TONE, {"codes": codes}))
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        cdp.detach()
        assert len(took) == len(codes), f"{len(codes) - len(took)} of {len(codes)} scans did not count"
        return round(float(took[int(len(took) * 0.95)]), 1)

    def cold_open(self) -> float:
        """Milliseconds until a pack's document stands, the browser just started and no network."""
        phone = self.phone
        phone.kill()
        phone.let_go()
        phone.start()
        phone.cut(True)
        cdp = self.throttled()
        phone.page.goto(phone.pack, wait_until="load")
        phone.page.wait_for_selector("body[data-step]")
        took = phone.page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        cdp.detach()
        return round(float(took), 1)

    def send_all(self) -> None:
        """A good network for a moment: nothing waits any more, and it is cut again."""
        self.site.radio.is_cut = False
        self.phone.cut(False)
        self.phone.page.evaluate("dispatchEvent(new Event('online'))")
        wait_until(lambda: self.phone.waiting() == 0, "everything sent")
        self.site.radio.cut()
        self.phone.cut(True)

    def drain(self, count: int) -> float:
        """Seconds from the network's return until the server has so many facts, on a slow line."""
        phone = self.phone
        phone.page.evaluate(FACTS, count)
        cdp: CDPSession = phone.context.new_cdp_session(phone.page)
        cdp.send("Network.enable")
        cdp.send("Network.emulateNetworkConditions", SLOW_4G)
        self.site.radio.is_cut = False
        began = time.monotonic()
        phone.cut(False)
        cdp.send("Network.emulateNetworkConditions", SLOW_4G)
        phone.page.evaluate("dispatchEvent(new Event('online'))")
        wait_until(lambda: phone.waiting() == 0, "everything sent")
        return round(time.monotonic() - began, 2)


def measure(site: Site, run: int, seconds: int) -> Figures:
    """All figures once, on a store and a handheld of this run's own."""
    site.radio.begin_anew(run)
    bench = Bench(site, run)
    site.begin(bench.name, None)
    try:
        bench.begin()
        figures = {"online_percent": bench.pace(seconds, 0)}
        wait_until(lambda: bench.phone.waiting() == 0, "everything sent")
        site.radio.cut()
        bench.phone.cut(True)
        figures["tone_p95_ms"] = bench.to_its_tone(1)
        figures["offline_percent"] = bench.pace(seconds, 2)
        figures["cold_open_ms"] = bench.cold_open()
        bench.send_all()
        figures["drain_s"] = bench.drain(300)
        return figures
    finally:
        bench.phone.forget()
        site.end()


NAMED = {
    "online_percent": ("scans at 10 a second that counted, with network", "%", ">= 100"),
    "offline_percent": ("scans at 10 a second that counted, without", "%", ">= 100"),
    "tone_p95_ms": ("scan to durable and tone, p95, processor 4x slower", "ms", "<= 60"),
    "cold_open_ms": ("cold open with no network, processor 4x slower", "ms", "<= 700"),
    "drain_s": ("300 facts sent on slow 4G", "s", "<= 3"),
}


def main() -> int:
    """Measure, print a table and one line of JSON."""
    asked = argparse.ArgumentParser(prog="bin/measure handheld", description=__doc__)
    asked.add_argument("--runs", type=int, default=5, help="runs of each figure (default 5)")
    asked.add_argument("--seconds", type=int, default=60, help="how long scans come at ten a second (default 60)")
    given = asked.parse_args()
    seen: list[Figures] = []
    with opened() as site:
        for run in range(given.runs):
            seen.append(measure(site, run, given.seconds))
            print(json.dumps(seen[-1]), file=sys.stderr, flush=True)
    told: dict[str, Any] = {"id": "handheld", "runs": given.runs}
    for key, (name, unit, bar) in NAMED.items():
        values = [figures[key] for figures in seen]
        middle = round(statistics.median(values), 2)
        print(f"{name:<56} {middle:>8} {unit:<3} (least {min(values)}, most {max(values)}; bar {bar})")
        told |= {key: middle, f"{key}_least": min(values), f"{key}_most": max(values)}
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
