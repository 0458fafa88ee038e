"""A disk without room: the scan fails loudly and counts nothing; what was kept before is there, and goes out."""

from tests.offline.handheld import Handheld
from tests.offline.site import Site
from tests.offline.story import Story, wait_until

CODES = """async () => {
  const db = await new Promise((resolve) => (indexedDB.open("comptoir").onsuccess = ({ target }) => resolve(target.result)));
  const asked = db.transaction("packs").objectStore("packs").get(location.pathname.split("/").at(-1));
  const pack = await new Promise((resolve) => (asked.onsuccess = () => (db.close(), resolve(asked.result))));
  return pack.works.flatMap((work) => work.lines.map((line) => line.codes.find((code) => /^[0-9]{14}$/.test(code)).replace(/^0/, "")));
}"""
SCANNED = """async (code) => {
  const heard = new Promise((resolve) => document.addEventListener("tone", ({ detail }) => resolve(detail), { once: true }));
  for (const key of [...code, "Enter"]) document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  return await heard;
}"""


def scan(handheld: Handheld, code: str) -> str:
    return str(handheld.page.evaluate(SCANNED, code))


def test_with_no_room_a_scan_fails_loudly_and_what_was_kept_goes_out(site: Site) -> None:
    site.radio.begin_anew(0)
    story = Story(site, 0)
    phone = story.phone
    phone.plain_locks = True
    site.begin(story.name, None)
    try:
        story.begin()
        site.radio.cut()
        phone.cut(True)
        codes = phone.page.evaluate(CODES)
        assert scan(phone, codes[0]) in ("ok", "done")
        # A browser reckons for a while with the room it once saw: only a new one looks anew.
        phone.kill()
        phone.let_go()
        phone.start()
        phone.cut(True)
        cdp = phone.context.new_cdp_session(phone.page)
        cdp.send("Storage.overrideQuotaForOrigin", {"origin": site.radio.url, "quotaSize": 1})
        story.turn_to(phone.page, phone.pack)
        kept = phone.kept()
        assert scan(phone, codes[1]) == "wrong"
        assert scan(phone, codes[2]) == "wrong"
        assert phone.kept() == kept
        cdp.send("Storage.overrideQuotaForOrigin", {"origin": site.radio.url})
        wait_until(lambda: scan(phone, codes[1]) in ("ok", "done"), "the device writes again")
        facts = [fact["id"] for fact in phone.kept()["facts"]]
        assert len(facts) == len(kept["facts"]) + 1
        site.radio.is_cut = False
        phone.cut(False)
        wait_until(lambda: phone.waiting() == 0, "everything sent")
        told = [row["id"] for row in site.shop.ask("SELECT id::text FROM device_event ORDER BY seq")]
        assert [fact for fact in told if fact not in site.before] == facts
    finally:
        phone.forget()
        site.end()
