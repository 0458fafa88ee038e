"""The camera as a scanner: a browser that films drawn codes reads them through our own reader, and says what stands in its way."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import QUIET
from tests.browser.counterpart import ASSETS, Counterpart
from tests.browser.drawn_codes import code128, ean13, film, qr
from tests.browser.kept_pages import kept_page
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.page_rules import TOO_WIDE

ARTICLE = "9521234543213"
PASS = "P1:0123456789ABCDEFGHJKMNPQRS"
Scenes = list[tuple[list[list[int]] | None, int]]
Filming = Callable[..., Page]
HEARD = """() => { window.heard = []; window.tones = []; document.addEventListener("scan", ({detail}) => window.heard.push([detail.raw, detail.code.kind, detail.code.code]));
  document.addEventListener("tone", ({detail}) => window.tones.push(detail)); }"""


@pytest.fixture(scope="module")
def cameras(
    tmp_path_factory: pytest.TempPathFactory, camera_chromium_path: str, browser: Browser
) -> Iterator[Callable[[Scenes], Browser]]:
    """A browser whose camera sees some scenes, over and over; whoever asks for the same film gets the same browser."""
    opened: dict[str, Browser] = {}
    with ExitStack() as ended:

        def looking_at(scenes: Scenes) -> Browser:
            if repr(scenes) not in opened:
                seen = film(tmp_path_factory.mktemp("film") / "seen.y4m", scenes)
                flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={seen}"]
                launched = browser.browser_type.launch(executable_path=camera_chromium_path, args=[*QUIET, *flags])
                ended.callback(launched.close)
                opened[repr(scenes)] = launched
            return opened[repr(scenes)]

        yield looking_at


@pytest.fixture
def filming(cameras: Callable[[Scenes], Browser], counterpart: Counterpart) -> Iterator[Filming]:
    """Opens the scanner's test page, fresh, before a camera that sees some scenes."""
    with ExitStack() as ended:

        def open_page(scenes: Scenes, before: Callable[[BrowserContext], None] | None = None) -> Page:
            context = cameras(scenes).new_context(viewport={"width": 360, "height": 640}, has_touch=True)
            ended.callback(context.close)
            context.set_default_timeout(30_000)
            context.grant_permissions(["camera"], origin=counterpart.address)
            if before:
                before(context)
            page: Page = context.new_page()
            scanner_test(page, counterpart)
            page.evaluate(HEARD)
            return page

        yield open_page


def scanner_test(page: Page, counterpart: Counterpart) -> None:
    """Open the scanner's test page."""
    counterpart.pages["/scan/test"] = lambda: kept_page("associate/scan_test.html")
    page.goto(f"{counterpart.address}/scan/test")


def heard(page: Page, least: int = 1) -> list[list[str]]:
    """What was scanned, once there are so many; after fifteen seconds whatever there is."""
    found: list[list[str]] = page.evaluate(
        "async (least) => { for (let at = 0; at < 150 && window.heard.length < least; at++) await new Promise((done) => setTimeout(done, 100)); return window.heard; }",
        least,
    )
    return found


def test_an_ean_13_is_read_twice_and_counted_once_while_it_stays_in_view(
    filming: Filming, counterpart: Counterpart
) -> None:
    page = filming([(ean13(ARTICLE), 2)])
    assert not any("zxing" in path for path in counterpart.paths)
    page.click("#camera")
    assert heard(page) == [[f"]E0{ARTICLE}", "gtin", f"0{ARTICLE}"]]
    page.wait_for_timeout(2000)
    assert len(page.evaluate("window.heard")) == 1
    expect(page.locator(".facts")).to_contain_text("]E0")
    assert any("zxing-reader" in path and path.endswith(".wasm") for path in counterpart.paths)


def test_codes_that_come_one_after_the_other_are_all_counted(filming: Filming) -> None:
    page = filming([(qr(PASS), 12), (None, 14), (code128("B:T-118"), 12), (None, 14)])
    page.click("#camera")
    codes = [code for _, _, code in heard(page, 3)]
    assert codes in ([PASS, "B:T-118", PASS], ["B:T-118", PASS, "B:T-118"])


def test_an_open_camera_is_accessible_and_leaves_room_at_320_px(filming: Filming) -> None:
    page = filming([(ean13(ARTICLE), 2)])
    page.click("#camera")
    heard(page)
    page.set_viewport_size({"width": 320, "height": 568})
    assert_nothing_to_say(page)
    assert_targets_are_large_enough(page)
    assert page.evaluate(TOO_WIDE) == []


def test_the_camera_closes_with_the_button_that_opened_it(filming: Filming) -> None:
    page = filming([(None, 2)])
    page.click("#camera")
    page.locator("#viewfinder[data-reading]").wait_for()
    page.click("#camera")
    expect(page.locator("#viewfinder")).to_have_count(0)
    assert page.locator("#camera").get_attribute("aria-pressed") == "false"


def test_a_camera_that_was_open_is_open_again_on_the_next_page(filming: Filming) -> None:
    page = filming([(None, 2)])
    page.click("#camera")
    page.locator("#viewfinder[data-reading]").wait_for()
    page.reload()
    page.locator("#viewfinder[data-reading]").wait_for()


@pytest.mark.parametrize(
    ("what_happens", "told"), [("NotAllowedError", "Autorisations"), ("NotFoundError", "Pas de caméra")]
)
def test_a_camera_that_is_refused_or_absent_says_what_to_do(
    page: Page, counterpart: Counterpart, what_happens: str, told: str
) -> None:
    scanner_test(page, counterpart)
    page.evaluate(
        "(name) => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)); }",
        what_happens,
    )
    page.click("#camera")
    expect(page.get_by_role("alert")).to_contain_text(told)


def test_an_address_that_is_not_secure_says_so(page: Page, counterpart: Counterpart) -> None:
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    scanner_test(page, counterpart)
    page.click("#camera")
    expect(page.get_by_role("alert")).to_contain_text("https")


def test_a_reader_that_cannot_be_fetched_says_that_it_needs_the_network_once(filming: Filming) -> None:
    def cut(context: BrowserContext) -> None:
        context.route("**/zxing-reader*", lambda route: route.abort())

    page = filming([(None, 2)], before=cut)
    page.click("#camera")
    expect(page.get_by_role("alert")).to_contain_text("première utilisation")


def test_the_camera_offers_itself_only_where_no_scanner_was_heard_lately(page: Page, counterpart: Counterpart) -> None:
    scanner_test(page, counterpart)
    expect(page.locator("#camera")).to_have_count(1)
    page.evaluate("localStorage.setItem('wedge_at', Date.now())")
    page.reload()
    page.locator("#band").wait_for()
    expect(page.locator("#camera")).to_have_count(0)


def test_a_native_reader_is_used_where_there_is_one(filming: Filming, counterpart: Counterpart) -> None:
    def native(context: BrowserContext) -> None:
        context.add_init_script(
            """window.BarcodeDetector = class { static getSupportedFormats() { return Promise.resolve(["ean_13", "qr_code"]); }
            constructor({formats}) { window.asked = formats; } detect() { return Promise.resolve([{rawValue: "9521234543213", format: "ean_13"}]); } };"""
        )

    page = filming([(None, 2)], before=native)
    page.click("#camera")
    assert heard(page) == [[f"]E0{ARTICLE}", "gtin", f"0{ARTICLE}"]]
    assert page.evaluate("window.asked") == ["ean_13", "qr_code"]
    assert not any("zxing" in path for path in counterpart.paths)


def test_one_reading_of_a_bar_code_is_not_enough_and_of_a_qr_code_it_is(page: Page, counterpart: Counterpart) -> None:
    counterpart.pages["/"] = lambda: kept_page("associate/scan_test.html")
    page.goto(counterpart.address)
    assert page.evaluate(
        """async (address) => { const { chooser } = await import(address); const choose = chooser();
        const flat = {text: "1", aim: "]E0", flat: true}, square = {text: "2", aim: "]Q1", flat: false};
        return [choose([flat], 0), choose([square], 100), choose([flat], 1000), choose([flat], 1100), choose([flat, square], 1200), choose([square], 1300), choose([], 2600), choose([square], 2700)]; }""",
        ASSETS.url("js/camera.js"),
    ) == [[], ["]Q12"], [], ["]E01"], [], [], [], ["]Q12"]]
