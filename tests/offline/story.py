"""One seed, one story: sign in, take packs and the counter, no network for half an hour, 300 scans, hand-overs, falls, and a network that lies at its return."""

import random
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from playwright.sync_api import Error, Page

from tests.browser.shop import LYON, pass_of
from tests.offline.handheld import Handheld, Told
from tests.offline.site import TOKEN, Site
from tests.offline.verdict import judge

SCANS = 300
OF_THE_CLONE = 24
IN_THE_FIRST = 8
AHEAD = 2
HALF_AN_HOUR = 30 * 60.0
SKEWS_MS = (600_000, -600_000)
STILL_SECONDS = 60.0
NEW_TOKEN = TOKEN.format("anew")


class Line(msgspec.Struct):
    """What is told of one seed."""

    seed: int
    scans: int = 0
    facts: int = 0
    heard: int = 0
    hand_overs: int = 0
    kills: int = 0
    batches: int = 0
    faults: dict[str, int] = {}
    lost: int = 0
    doubled: int = 0
    verdict: str = "good"
    wrong: list[str] = []
    skew_ms: int = 0
    batch: int = 0
    seconds: float = 0.0


class Story:
    """The parts of one telling."""

    def __init__(self, site: Site, seed: int, scans: int = SCANS) -> None:
        self.site, self.seed, self.dice = site, seed, random.Random(seed)
        self.scans = scans
        self.name = f"seed_{seed}"
        self.line = Line(seed)
        self.phone = site.handheld(self.name)
        self.clone = site.handheld(f"{self.name}_clone")
        self.skew = self.line.skew_ms = self.dice.choice(SKEWS_MS)
        self.batch = self.line.batch = self.dice.choice((3, 5, 8))
        self.lives: list[list[Told]] = [[], []]
        self.minutes = 0.0
        self.shelf = list(site.shelf)
        self.dice.shuffle(self.shelf)

    # ---- with a network

    def begin(self) -> None:
        """Sign in, take packs on, open them once, and hold the counter."""
        phone = self.phone
        phone.ahead_ms = self.skew
        phone.plain_locks = self.dice.random() < 0.75
        phone.start()
        phone.sign_in()
        phone.page.evaluate("async (most) => (await __module('store')).keep('batch', most)", self.batch)
        # On a busy machine the server may be too late for the service worker, which then shows what the device keeps.
        wait_until(
            lambda: (
                phone.page.locator("form[action='/packs']").count()
                or not phone.page.goto(f"{self.site.radio.url}/work")
            ),
            "the list of work",
        )
        phone.page.evaluate(
            "(most) => (document.querySelector('form[action=\"/packs\"] [name=next]').value = most)", IN_THE_FIRST
        )
        phone.page.click("#acts form[action='/packs'] button")
        phone.page.wait_for_url("**/packs/*")
        phone.page.wait_for_selector("body[data-step]")
        phone.pack = phone.page.url
        wait_until(lambda: phone.packs() >= AHEAD + 1, "the next packs lie ready")
        phone.take_counter(len(self.shelf))
        self.turn_to(phone.page, phone.pack)
        assert phone.has_worker(), "no service worker stands before the page"

    # ---- without

    def open(self, handheld: Handheld, *, online: bool = False) -> None:
        """A browser that was started again finds its pack."""
        handheld.start()
        handheld.cut(not online)
        if online:
            handheld.give_credential(NEW_TOKEN)
        self.turn_to(handheld.page, handheld.pack)

    def turn_to(self, page: Page, pack: str) -> None:
        page.goto(pack)
        page.wait_for_selector("body[data-step]")

    def pass_time(self, minutes: float) -> None:
        self.minutes += minutes
        self.site.move_clock(self.minutes * 60)
        for handheld in (self.phone, self.clone):
            handheld.ahead_ms = self.skew + self.minutes * 60_000
            if handheld.runs:
                handheld.set_ahead(handheld.ahead_ms)

    def scan(self, handheld: Handheld, count: int, **how: Any) -> None:
        """So many scans, one pack after the other; a killed browser ends them."""
        left = count
        while left > 0:
            done = handheld.work(
                handheld.page, seed=self.dice.getrandbits(31), scans=left, tags=f"S{self.seed}-", **how
            )
            left -= done["scans"]
            self.line.wrong += [f"silent: {what}" for what in done["silent"]]
            if left > 0 and not self.take_next(handheld):
                return

    def take_next(self, handheld: Handheld) -> bool:
        """Begin the next pack that lies ready on the device; false when there is none."""
        handheld.page.goto(f"{self.site.radio.url}/work")
        handheld.page.wait_for_selector("body[data-kept]")
        if not handheld.packs(ready=True):
            return False
        handheld.page.click("#acts button, #acts a.btn")
        handheld.page.wait_for_url("**/packs/*")
        handheld.page.wait_for_selector("body[data-step]")
        handheld.pack = handheld.page.url
        return True

    def hand_over(self, handheld: Handheld, *orders: str) -> None:
        """The customers of these orders come, each with the pass; one in four hand-overs is taken back."""
        for order in orders:
            page = handheld.page
            page.goto(f"{self.site.radio.url}/counter/orders/{order}")
            collects = {"pass": "P1:" + pass_of(UUID(order), LYON), "bags": [self.site.shelf[order]]}
            done = handheld.work(page, seed=0, **collects)
            self.line.wrong += [f"silent: {what}" for what in done["silent"]]
            self.line.hand_overs += 1
            if self.dice.random() < 0.25:
                self.take_back(handheld)
        self.turn_to(handheld.page, handheld.pack)

    def take_back(self, handheld: Handheld) -> None:
        with handheld.page.expect_navigation():
            handheld.page.click(".undo button")
        last = handheld.kept()["facts"][-1]
        assert last["type"] == "undo", f"taken back, and {last['type']} is the last that is kept"

    def hand_over_and_fall(self, order: str) -> None:
        """The browser is killed right after the tone that says that the goods may leave."""
        self.fall_at(lambda: self.phone.heard[-1]["tone"] == "done", lambda: self.hand_over(self.phone, order))

    def scan_and_fall(self, tones: int) -> None:
        """The browser is killed right after a tone, or a moment later."""
        heard = len(self.phone.heard)
        self.fall_at(lambda: len(self.phone.heard) - heard == tones, lambda: self.scan(self.phone, self.scans))

    def fall_at(self, moment: Callable[[], bool], work: Callable[[], None]) -> None:
        """Let hands work until the moment comes; then the browser is gone."""
        phone = self.phone
        pause = self.dice.choice((0.0, 0.0, self.dice.uniform(0, 0.01)))

        def fall() -> None:
            if moment():
                time.sleep(pause)
                phone.kill()

        phone.on_tone = fall
        try:
            work()
        except Error:
            if phone.runs:
                raise
        finally:
            phone.on_tone = None
        if phone.runs:
            phone.kill()
        self.line.kills += 1
        phone.let_go()

    def remember(self, handheld: Handheld, life: list[Told], since: int = 0) -> None:
        """What the disk holds; whatever was heard must be among it."""
        kept = handheld.kept()["facts"]
        ids = {fact["id"] for fact in kept}
        life[:] = [fact for fact in life if fact["id"] not in ids] + kept
        for told in handheld.heard[since:]:
            for fact in told["facts"]:
                if fact["id"] not in ids:
                    self.line.lost += 1
                    self.line.wrong.append(f"heard and not kept: {fact['type']} {fact['id']} after {told['act']}")

    def be_offline(self) -> None:
        """Half an hour: 300 scans, two falls or three, hand-overs, and somewhere in it a copy of the device."""
        phone = self.phone
        self.site.radio.cut()
        phone.cut(True)
        first, second = (self.dice.randint(self.scans // 5, self.scans * 11 // 30) for _ in range(2))
        self.pass_time(8)
        self.scan_and_fall(first)
        self.open(phone)
        self.remember(phone, self.lives[0])
        self.pass_time(10)
        self.hand_over(phone, self.shelf[0])
        if self.dice.random() < 0.5:
            self.hand_over_and_fall(self.shelf[1])
            self.open(phone)
            self.remember(phone, self.lives[0])
        self.scan_and_fall(second)
        self.site.copy_profile(self.name, f"{self.name}_clone")
        clone_of = phone.pack
        self.open(phone)
        self.remember(phone, self.lives[0])
        self.pass_time(12)
        self.hand_over(phone, *self.shelf[2:4])
        self.scan(phone, self.scans - phone.scans)
        self.remember(phone, self.lives[0])
        self.clone.plain_locks = phone.plain_locks
        self.clone.pack = clone_of
        self.open(self.clone)
        self.scan(self.clone, OF_THE_CLONE, careful=True)
        # One that the original has handed over as well, and one that only the copy hands over.
        self.hand_over(self.clone, *self.shelf[3:5])
        self.remember(self.clone, self.lives[1])

    # ---- and back

    def come_back(self) -> None:
        """The network returns and spoils every batch; two tabs and a clone drain, keys are rotated, the app is renewed."""
        radio, phone, clone = self.site.radio, self.phone, self.clone
        radio.spoils = True
        radio.at_batch[self.dice.randrange(4, 12)] = lambda: self.site.rotate_keys(TOKEN.format(0), NEW_TOKEN)
        falls_again_at = self.dice.randrange(10, 60) if self.dice.random() < 0.5 else 0
        radio.is_cut = False
        for handheld in (phone, clone):
            handheld.cut(False)
        self.turn_to(phone.new_tab(), phone.pack)
        renewed = False
        moved, left = time.monotonic(), -1
        while time.monotonic() - moved < STILL_SECONDS:
            # As long as facts go out it is only slow.
            if (now := phone.waiting() + clone.waiting()) != left:
                moved, left = time.monotonic(), now
            if radio.faults["401"] and not renewed:
                renewed = True
                for handheld in (phone, clone):
                    handheld.give_credential(NEW_TOKEN)
                self.update(phone)
            if falls_again_at and renewed and radio.batches >= falls_again_at:
                falls_again_at = 0
                phone.kill()
                phone.let_go()
                self.line.kills += 1
                self.open(phone, online=True)
                self.turn_to(phone.new_tab(), phone.pack)
            if renewed and now == 0:
                return
            time.sleep(0.05)
        self.line.wrong.append(
            f"nothing goes out any more: {phone.waiting()} and {clone.waiting()} wait; {self.site.how_is_the_server()}"
        )

    def update(self, handheld: Handheld) -> None:
        """A new version of the app is there: its service worker is another one by one line."""
        radio = self.site.radio

        def newer(body: bytes) -> bytes:
            radio.count("new_app")
            return body + b"\n// a newer version\n"

        radio.edits["^/sw.js"] = newer
        handheld.page.evaluate(
            "async () => { for (const found of await navigator.serviceWorker.getRegistrations()) found.update().catch(() => {}); }"
        )


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Return once it holds; AssertionError when it does not in half a minute."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.05)


def tell(
    site: Site, seed: int, bug: str | None = None, say: Callable[[str], None] = lambda _: None, scans: int = SCANS
) -> Line:
    """Play the story of a seed from its first sign-in to the verdict."""
    started = time.monotonic()
    site.radio.begin_anew(seed)
    story = Story(site, seed, scans)
    line = story.line

    def stage(name: str, part: Callable[[], None]) -> None:
        began = time.monotonic()
        part()
        say(f"{name} {time.monotonic() - began:.1f} s")

    try:
        stage("a fresh store", lambda: site.begin(story.name, bug))
        stage("packs taken", story.begin)
        stage("offline", story.be_offline)
        stage("sent", story.come_back)
        verdict = judge(site.shop, story.lives, site.breaches(), site.before)
        line.facts = verdict.facts
        line.lost += verdict.lost
        line.doubled += verdict.doubled
        line.wrong += verdict.wrong
    except (Error, AssertionError) as fault:
        line.wrong.append(f"{type(fault).__name__}: {str(fault)[:600]}")
    finally:
        line.wrong += [f"script error: {error}" for error in {*story.phone.errors, *story.clone.errors}]
        for handheld in (story.phone, story.clone):
            handheld.forget()
        site.end()
    line.scans = story.phone.scans + story.clone.scans
    line.heard = len(story.phone.heard) + len(story.clone.heard)
    line.batches, line.faults = site.radio.batches, dict(site.radio.faults)
    if line.wrong or line.lost or line.doubled:
        line.verdict = "WRONG"
    line.seconds = round(time.monotonic() - started, 1)
    return line
