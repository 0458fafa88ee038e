// Trying on, a page of return.js: the units lie in bags that are about to leave; a scan says what is taken, the rest stays.
// The page gives besides: works, bags, age, refused, paths: {rehearsal, settlement}, whole; units and lines are named by work and its line (`at`).
import { journal, sync } from "./device.js";
import { icon, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { play } from "./sound.js";
import { elsewhere } from "./scanner.js";
import { TRY_ON } from "./return-carry.js";
import { named } from "./return-painting.js";

const $ = (id) => document.getElementById(id);
const ticked = (box) => $(box)?.checked ?? false;

// A bag that was scanned; once every one was, the room is for what lay in them.
function mark(code) {
  for (const row of document.querySelectorAll(`[data-bag="${CSS.escape(code)}"]`)) {
    row.toggleAttribute("data-checked", true);
    row.querySelector("[data-mark]")?.replaceChildren(icon("saved"));
  }
  $("bags").hidden = !document.querySelector("#bags [data-bag]:not([data-checked])");
}

export function tryOn(page, state, { changed, paint, lacksReason }) {
  const held = JSON.parse(sessionStorage.getItem(TRY_ON) ?? "null");
  const along = held?.order === page.order ? held : {};
  const seen = new Set(along.bags);
  const bagToScan = () => page.bags.find((bag) => !seen.has(bag));
  const unproven = () => !along.pass && !along.letters && !ticked("identity");
  const unchecked = () => page.age && !ticked("age");
  const ofUnit = (unit) => page.lines.find(({ work, at }) => work === unit.work && at === unit.at);
  // What it takes to decide without the server: fetched while there is one.
  let deciding = null;
  const alone = () => (deciding ??= import("./counter-alone.js").catch(() => (deciding = null)));

  function handOver() {
    return {
      order: page.order, works: page.works, bags: page.bags, refused: page.refused,
      ...(along.pass ? { pass: along.pass } : {}),
      ...(along.letters ? { letters: along.letters } : {}),
      ...(ticked("identity") ? { identity_checked: true } : {}),
      ...(page.age ? { age_checked: true } : {}),
      tried: state.units.filter(({ missing }) => !missing).map(({ of, condition, reason }) => ({ work: of.work, line: of.at, quantity: 1, condition, reason: reason ?? "no_reason" })),
    };
  }

  function takeBag(code) {
    if (!page.bags.includes(code)) return tell("bad", say("try_bag_wrong"), "");
    seen.add(code);
    mark(code);
    tell("ok", say("try_bag_ok", { bag: code.slice(2) }));
    changed();
  }

  // Whatever was said of another unit of the same article stays said.
  function take(fits, detail) {
    const unit = state.units.find(({ of, missing, condition }) => fits.includes(of) && !missing && !condition) ?? state.units.find(({ of, missing }) => fits.includes(of) && !missing);
    if (!unit) return fits.length ? tell("again", say("enough"), say("enough_more")) : (elsewhere(detail) ?? tell("bad", say("not_of_order"), say("not_of_order_more")));
    Object.assign(unit, { missing: true, condition: null });
    tell("ok", say("try_taken", { name: named(unit.of) }));
    changed();
  }

  // The goods leave and the rest stays, by this device alone: only where it holds the counter and the pass is checked. Money waits for the server.
  async function keep() {
    const by = await alone();
    const { orders = [], standing = {} } = (await by?.shelf()) ?? {};
    const checked = along.pass ? "pass" : along.letters ? "letters" : null;
    if (!standing.may || !checked || bagToScan() || unchecked() || lacksReason()) return tell("bad", say("try_cannot"), say("try_cannot_more"));
    try {
      state.left = await journal.append("hand_over", { ...handOver(), offline: true, checked });
    } catch {
      return tell("bad", say("not_kept"), say("not_kept_more"));
    }
    await by.remember(state.left, orders.find(({ order }) => order === page.order) ?? { order: page.order, number: page.number, name: page.name, works: [] }).catch(() => {});
    play("done");
    sync.now();
    paint();
  }

  // What is to be done next, in the band; false where it is what every return asks.
  function invite({ current, lacksReason: why }) {
    const bag = bagToScan();
    if (bag) ask(say("try_bag", { bag: bag.slice(2) }), say("try_bag_more"));
    else if (state.units.every(({ missing }) => missing)) ask(say("try_all"), say("try_all_more"));
    else if (current) ask(say("try_scan"), say("try_scan_more"));
    else if (!why && (unproven() || unchecked())) ask(say("try_check"), say("try_check_more"));
    else return false;
    return true;
  }

  for (const unit of page.units) state.units.push({ of: ofUnit(unit), n: null, reason: null, condition: null, missing: false, code: "", photo: null });
  for (const code of seen) mark(code);
  for (const box of document.querySelectorAll("[data-check]")) box.hidden = box.dataset.check === "identity" && Boolean(along.pass || along.letters);
  for (const box of ["identity", "age"]) if ($(box) && along[box]) $(box).checked = true;
  // The article that was scanned on the page before is taken.
  const first = along.article && state.units.find(({ of }) => of.codes.includes(along.article) || of.sku === along.article);
  if (first) first.missing = true;
  document.addEventListener("change", ({ target }) => (target.id === "identity" || target.id === "age") && changed());
  (window.requestIdleCallback ?? setTimeout)(alone);
  return { handOver, takeBag, take, keep, invite, ready: () => !bagToScan() && !unproven() && !unchecked() && !lacksReason() };
}
