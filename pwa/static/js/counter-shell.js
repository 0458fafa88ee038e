// The counter with no network: who may hand over and until when, the shelf as this device keeps it, a search on the device.
import "./handheld.js";
import { journal, sync, who } from "./device.js";
import { clock, orderOfScan, shelf } from "./counter-store.js";
import { clone, element, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { setServerTime, tick } from "./dials.js";
import { reach } from "./reach.js";
import { ready } from "./scanner.js";

const MOST = 50;
const RELOAD_MS = 30000;
const $ = (id) => document.getElementById(id);
const spaced = (place) => (place ?? "").replace(/^([A-Z]+) ?(?=[0-9])/, "$1 ");
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
let now = await shelf();
setServerTime(new Date(Date.now() + now.offset).toISOString());
if (who?.store_name) $("store").textContent = who.store_name;

const href = ({ order }) => `/counter/orders/${order}`;
const units = ({ works }) => works.flatMap(({ lines }) => lines).reduce((sum, { staged }) => sum + staged, 0);
const placeOf = ({ works }) => spaced(works.flatMap(({ bags }) => bags).map(({ place }) => place).filter(Boolean).sort()[0]);
const more = (order) => `${order.number}, ${order.fresh ? say("fresh") : say("units", { n: units(order) })}`;
const list = (rows) => element("ul", "list", ...rows);
const head = (text, word = "") => clone("t-head", { text, more: word });

function matches(order, words) {
  const text = plain(`${order.name} ${order.number} ${order.number.replace(/\D/g, "")}`);
  return words.split(" ").every((word) => text.includes(word));
}

function waitingRow(order) {
  const row = clone("t-waiting", { href: href(order), name: order.name, more: more(order), place: placeOf(order) });
  row.querySelector("[data-since]").dataset.since = order.arrival.since;
  return row;
}

function paint() {
  const { kept, orders, standing, undoable = [] } = now;
  const { may, why, holder, until } = standing;
  const words = { holder, time: until ? clock(until) : "" };
  $("lease").replaceChildren(clone("t-lease", { may, what: say(`lease_${why}`, words), more: may ? "" : say(`lease_${why}_more`, words) }));
  const query = plain($("q").value);
  const found = query ? orders.filter((order) => matches(order, query)) : orders;
  const waiting = query ? [] : found.filter(({ arrival }) => arrival).sort((a, b) => Date.parse(a.arrival.since) - Date.parse(b.arrival.since));
  const lying = found.filter((order) => !waiting.includes(order)).slice(0, MOST);
  const parts = [];
  if (undoable.length && !query) {
    parts.push(head(say("just_handed")), list(undoable.map(({ order }) => clone("t-handed", { href: href(order), name: say("handed", { name: order.name }), more: say("can_undo") }))));
  }
  if (waiting.length) parts.push(head(say("waiting"), String(waiting.length)), list(waiting.map(waitingRow)));
  if (lying.length) {
    parts.push(head(query ? say("found", { n: found.length }) : say("on_shelf"), query || !kept ? "" : String(lying.length)));
    parts.push(list(lying.map((order) => clone("t-order", { href: href(order), name: order.name, more: more(order), fresh: order.fresh, place: placeOf(order) }))));
  } else if (query) parts.push(clone("t-none", { what: say("find_none", { q: $("q").value.trim() }) }));
  else if (!waiting.length && !undoable.length) parts.push(clone("t-empty", {}));
  if (kept && !query) parts.push(element("p", "note", say("kept_at", { time: clock(kept.at) })));
  $("view").replaceChildren(...parts);
  tick();
}

async function again() {
  now = await shelf();
  paint();
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(
    orderOfScan(event.detail.code).then((page) => {
      if (page) location.assign(page);
      else tell("bad", say("scan_unknown"), say("scan_unknown_more"));
    }),
  );
});
$("find").addEventListener("input", paint);
$("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const [only, ...others] = now.orders.filter((order) => matches(order, plain($("q").value)));
  if (only && !others.length) location.assign(href(only));
});

// The server's own page is better, as soon as it answers.
async function comeBack() {
  if ($("q").value || (await reach()) !== "ours") return;
  if (Date.now() - (Number(sessionStorage.getItem("opened-again")) || 0) < RELOAD_MS) return;
  sessionStorage.setItem("opened-again", String(Date.now()));
  location.reload();
}

ask(say("scan"), say("scan_more"));
paint();
ready();
journal.watch(again);
sync.listen({ onState: ({ state }) => state === "sent" && navigator.onLine && comeBack() });
setInterval(again, 15000);
addEventListener("online", comeBack);
// This page stands here because the server did not answer: the pill says so at once.
sync.ping();
