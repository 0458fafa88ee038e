// Departures: each scan of a label puts a parcel on the driver's pile, first into the journal of this device, network or not.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { showState } from "./status.js";
import { elsewhere, ready } from "./scanner.js";

const SHORTEST = 8; // a number inside of a longer barcode is believed from this length on
const FRESH_MS = 4000;
const given = read("departure");
sync.listen({ onState: showState });
let parcels = given.parcels;

const bare = (text) => text.replace(/\s/g, "").toUpperCase();
const fits = (raw, number) => raw === number || (number.length >= SHORTEST && raw.includes(number));
const find = (raw) => parcels.filter(({ number }) => fits(bare(raw), bare(number))).sort((a, b) => b.number.length - a.number.length)[0];

// What this device has told and the page does not know of yet.
for (const { type, body, seq } of journal.facts) {
  const known = type === "load_parcel" && seq > journal.acked && body.lane === given.lane ? find(body.code) : null;
  if (known) known.loaded = true;
}

function paint() {
  for (const { id, loaded, lane } of parcels) {
    const row = lane === given.lane && document.getElementById(`p-${id}`);
    if (!row) continue;
    row.querySelector("[data-mark=todo]").hidden = loaded;
    row.querySelector("[data-mark=on]").hidden = !loaded;
  }
  const mine = parcels.filter(({ lane }) => lane === given.lane);
  const count = document.querySelector("[data-loaded]");
  if (count) count.textContent = mine.filter(({ loaded }) => loaded).length;
  if (mine.length && mine.every(({ loaded }) => loaded)) ask(say("all_on"), say("all_on_more"));
}

// A label that was printed after this page was opened: the server's list is asked once, where there is a network.
async function look(raw) {
  if (navigator.onLine === false) return null;
  try {
    const page = await fetch(location.pathname, { signal: AbortSignal.timeout(FRESH_MS), cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("departure");
    const on = new Set(parcels.filter(({ loaded }) => loaded).map(({ id }) => id));
    parcels = JSON.parse(fresh.textContent).parcels.map((one) => ({ ...one, loaded: one.loaded || on.has(one.id) }));
    return find(raw);
  } catch {
    return null;
  }
}

async function take(detail) {
  const { raw } = detail;
  const parcel = find(raw) ?? (await look(raw));
  const job = parcel ? null : elsewhere(detail);
  if (job) return job;
  if (!parcel) return tell("bad", say("unknown"), say("unknown_more"));
  if (parcel.lane !== given.lane) return tell("bad", say("other_lane", { name: parcel.name }), say("other_lane_more"));
  if (parcel.unpaid) return tell("bad", say("unpaid"), say("unpaid_more"));
  if (parcel.loaded) return tell("again", say("again"), parcel.number);
  try {
    await journal.append("load_parcel", { lane: given.lane, code: parcel.number });
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  parcel.loaded = true;
  sync.now();
  tell("ok", say("on_pile"), parcel.who || parcel.number);
  if (!document.getElementById(`p-${parcel.id}`)) location.reload();
  paint();
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(take(event.detail));
});

// The list before the driver leaves is the server's: what this device still holds is told first.
document.querySelector("[data-close]")?.addEventListener("click", async (event) => {
  const waits = () => journal.facts.some(({ type, seq }) => type === "load_parcel" && seq > journal.acked);
  if (!waits()) return;
  event.preventDefault();
  const { href } = event.currentTarget;
  sync.now();
  for (let tries = 0; waits() && tries < 15; tries++) await new Promise((done) => setTimeout(done, 200));
  if (waits()) return tell("bad", say("close_offline"), say("close_offline_more"));
  location.assign(href);
});
paint();
ready();
