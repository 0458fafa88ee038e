"""One handheld: a real Chromium on a folder of its own, which can be killed like a dropped device and started again."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright

from comptoir.world.cast import CAMILLE
from tests.aside import end_with_us
from tests.browser.conftest import QUIET
from tests.browser.shop import SCAN

FLAGS = (
    *QUIET, "--headless", "--remote-debugging-port=0", "--disable-gpu", "--mute-audio", "--hide-scrollbars", "--no-default-browser-check",
    "--disable-component-extensions-with-background-pages", "--disable-default-apps", "--disable-extensions", "--disable-breakpad",
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
    "--password-store=basic", "--window-size=360,740", "--blink-settings=imagesEnabled=false", "--disable-smooth-scrolling",
    "--disable-features=SpareRendererForSitePerProcess,IsolateOrigins,site-per-process,Translate,OptimizationHints,MediaRouter,PaintHolding",
)  # fmt: skip
FOLDER = Path(__file__).parent
LAPSE = (FOLDER / "lapse.js").read_text(encoding="utf-8")
HANDS = (FOLDER / "hands.js").read_text(encoding="utf-8").rstrip().rstrip(";")
START_SECONDS = 60
KEPT = """() => new Promise((resolve, reject) => {
  const request = indexedDB.open("comptoir");
  request.onerror = () => reject(request.error);
  request.onsuccess = () => {
    const db = request.result;
    const tx = db.transaction(["meta", "ev"]);
    const head = tx.objectStore("meta").get("journal");
    const facts = tx.objectStore("ev").getAll();
    tx.oncomplete = () => (db.close(), resolve({ head: head.result ?? null, facts: facts.result }));
    tx.onabort = () => reject(tx.error);
  };
})"""
REGISTERED = "async () => Boolean((await navigator.serviceWorker?.getRegistrations())?.length)"
PACKS = """(ready) => new Promise((resolve) => {
  indexedDB.open("comptoir").onsuccess = ({ target }) => {
    const asked = target.result.transaction("packs").objectStore("packs").getAll();
    asked.onsuccess = () => (target.result.close(), resolve(asked.result.filter(({ state }) => !ready || state === "ahead").length));
  };
})"""
WAITING = """() => new Promise((resolve) => {
  indexedDB.open("comptoir").onsuccess = ({ target }) => {
    const asked = target.result.transaction("meta").objectStore("meta").get("journal");
    asked.onsuccess = () => (target.result.close(), resolve(asked.result.next - 1 - asked.result.acked));
  };
})"""
COUNTER = """() => new Promise((resolve) => {
  indexedDB.open("comptoir").onsuccess = ({ target }) => {
    const asked = target.result.transaction("meta").objectStore("meta").get("counter");
    asked.onsuccess = () => {
      target.result.close();
      resolve(asked.result?.lease?.mine ? asked.result.orders.filter(({ pass_hash }) => pass_hash).length : 0);
    };
  };
})"""
Told = dict[str, Any]


class Handheld:
    """Between `start` and `kill` or `leave` it is one life of the browser."""

    def __init__(self, playwright: Playwright, chromium: str, folder: Path, url: str) -> None:
        self.playwright, self.chromium, self.folder, self.url = playwright, chromium, folder, url
        self.pack = ""
        self.ahead_ms = 0.0
        self.heard: list[Told] = []
        self.errors: list[str] = []
        self.on_tone: Callable[[], None] | None = None
        self.plain_locks = True
        self.plain_timers = False
        self._process: subprocess.Popen[bytes] | None = None
        self.browser: Browser
        self.context: BrowserContext

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def scans(self) -> int:
        """How many scans have sounded in all its lives."""
        return sum(told["act"].startswith("scan") for told in self.heard)

    def start(self) -> None:
        """Open the browser; its clock is `ahead_ms` ahead of this machine's, its timers run fast."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told = self.folder / "DevToolsActivePort"
        told.unlink(missing_ok=True)
        for left in self.folder.glob("Singleton*"):
            left.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [self.chromium, *FLAGS, f"--user-data-dir={self.folder}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=end_with_us,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not told.exists() or told.read_text().count("\n") < 1:
            assert self._process.poll() is None and time.monotonic() < deadline, "the browser did not start"
            time.sleep(0.01)
        port, path = told.read_text().split("\n")[:2]
        self.browser = self.playwright.chromium.connect_over_cdp(f"ws://127.0.0.1:{port}{path}")
        self.context = self.browser.contexts[0]
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(
            LAPSE.replace("__PLAIN_LOCKS__", json.dumps(self.plain_locks)).replace(
                "__LAPSE__", "1" if self.plain_timers else "40"
            )
        )
        self.context.expose_binding("__beep", self._beep)
        self.set_ahead(self.ahead_ms)
        for page in self.context.pages[1:]:
            page.close()
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self._watch(self.page)

    def new_tab(self) -> Page:
        tab = self.context.new_page()
        self._watch(tab)
        return tab

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        # Keys reach a page in a window that nobody sees, and each tab believes that it is looked at.
        self.context.new_cdp_session(page).send("Emulation.setFocusEmulationEnabled", {"enabled": True})

    def _beep(self, source: Any, told: str) -> None:
        """What the person heard, as soon as it sounds; it is remembered here, whatever becomes of the browser."""
        self.heard.append(json.loads(told))
        if self.on_tone:
            self.on_tone()

    def set_ahead(self, ms: float) -> None:
        """Move this device's clock, on open pages and on those to come."""
        self.ahead_ms = ms
        self.context.add_init_script(f"globalThis.__ahead = {ms}")
        for page in self.context.pages:
            if page.url.startswith("http"):
                page.evaluate(f"globalThis.__ahead = {ms}")

    def cut(self, off: bool) -> None:
        """The browser itself knows that there is no network."""
        self.context.set_offline(off)

    def kill(self) -> None:
        """As when the battery falls out: the whole process group, at once."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def let_go(self) -> None:
        """Forget a browser that was killed."""
        with contextlib.suppress(Error):
            self.browser.close()
        self._process = None

    def leave(self) -> None:
        """Close the browser as a person would; what it holds back is written."""
        assert self._process is not None
        with contextlib.suppress(Error):
            self.browser.new_browser_cdp_session().send("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
        self.let_go()

    def forget(self) -> None:
        if self.runs:
            self.kill()
            self.let_go()
        shutil.rmtree(self.folder, ignore_errors=True)

    def give_credential(self, token: str) -> None:
        """The store's credential for this device, as enrolment gives it."""
        self.context.add_cookies([
            {"name": "device", "value": token, "url": self.url, "httpOnly": True, "expires": time.time() + 300 * 24 * 3600}
        ])  # fmt: skip

    def sign_in(self) -> None:
        self.page.goto(f"{self.url}/sign-in")
        self.page.evaluate(SCAN, CAMILLE.badge)
        self.page.wait_for_url("**/work")

    def type_code(self, code: str) -> None:
        """The scanner types: trusted key events, with the prefix that the set-up sheet gives it."""
        self.page.keyboard.type(f"~{code}")
        self.page.keyboard.press("Enter")

    def ask(self, script: str, argument: Any = None, page: Page | None = None) -> Any:
        """A question that changes nothing; asked again where the page began anew under it, as one does with a new version of the app."""
        asked = page or self.page
        for _ in range(2):
            try:
                return asked.evaluate(script, argument)
            except Error as fault:
                if "context was destroyed" not in str(fault):
                    raise
                asked.wait_for_load_state()
        return asked.evaluate(script, argument)

    def has_worker(self) -> bool:
        """Whether a service worker controls this page: then documents come without a network."""
        return bool(self.ask("Boolean(navigator.serviceWorker?.controller)"))

    def settle_in(self) -> None:
        """Wait until the service worker, if there is one, has all that it keeps, and stands before the page."""
        deadline = time.monotonic() + 20
        while self.ask(REGISTERED) and time.monotonic() < deadline:
            if self.ask("Boolean(navigator.serviceWorker.controller)"):
                break
            self.page.wait_for_timeout(100)
        self.page.goto(f"{self.url}/work")

    def kept(self, page: Page | None = None) -> Told:
        """What is on the disk: {head, facts}, read past the app."""
        told: Told = self.ask(KEPT, page=page)
        return told

    def waiting(self) -> int:
        """How many facts the server has not acknowledged, by what is on the disk."""
        count: int = self.ask(WAITING)
        return count

    def packs(self, ready: bool = False) -> int:
        """How many packs are on the disk; with `ready`, of those that nobody has begun."""
        count: int = self.ask(PACKS, ready)
        return count

    def take_counter(self, orders: int) -> None:
        """Hold the store's counter from now on; returns once so many orders of the shelf are kept with their passes."""
        self.page.goto(f"{self.url}/counter")
        button = self.page.locator("#lease form button")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(Error):  # a tap on the button brings the page anew
                if self.page.evaluate(COUNTER) >= orders:
                    return
                if button.count():
                    button.click()
            time.sleep(0.1)
        raise AssertionError("the shelf is not kept")

    def work(self, page: Page, **plan: Any) -> Told:
        """Let hands work at the pack that is open on this page; Error when the browser is killed under them."""
        told: Told = page.evaluate(HANDS, plan)
        return told
