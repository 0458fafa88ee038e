// The list of work with no network: the packs on this device, the one act that is possible, and an honest word when none is.
import "./handheld.js";
import { journal, sync, who } from "./device.js";
import { beginNext, isOurs, next } from "./beginning.js";
import { fold } from "./fold.js";
import { serverNow, setServerTime, tick } from "./dials.js";
import { held } from "./packs.js";
import { clone, element, icon, say } from "./paint.js";
import { recall } from "./store.js";
import { play } from "./sound.js";

const ASK_MS = 4000;
const AGAIN_MS = 20000; // a page that comes out of the cache again and again is not asked for every few seconds
const STILL_MS = 4000; // so long nobody has typed, scanned or tapped
const board = document.getElementById("board");
const acts = document.getElementById("acts");
const kept = (await recall("kept")) ?? null;
let touched = Date.now();

const hour = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: kept?.location?.time_zone }).format(at);
const units = ({ works }) => works.flatMap(({ lines }) => lines).reduce((sum, { quantity }) => sum + quantity, 0);
// What is in it and how long it takes; a pack that was laid ready before carts were reckoned has no minutes.
const about = (pack) => (pack.minutes ? say("about", { units: say("units", { n: units(pack) }), n: pack.minutes }) : say("units", { n: units(pack) }));
const called = ({ works }) => (works.length > 1 ? say("others", { name: works[0].collector, n: works.length - 1 }) : works[0].collector);
const promised = ({ works }) => works.map(({ promise_at }) => promise_at).sort()[0];

function seen(pack) {
  const view = fold(pack, journal.factsOf(pack.id), journal.acked);
  const lines = view.works.flatMap((work) => work.lines);
  const done = lines.filter(({ remaining }) => remaining === 0).length;
  const staged = view.works.every((work) => work.next === "done");
  const told = view.works.filter((work, at) => work.staged && !work.sent && pack.works[at].kind === "pickup").length;
  return { pack, done, of: lines.length, over: staged, unsent: view.unsent, told };
}

function face(pack) {
  const made = clone("t-face", {});
  made.firstElementChild.dataset.until = promised(pack);
  return [...made.children];
}

const rows = (made) => {
  const list = element("ol", "list");
  list.append(...made);
  return list;
};

function begun({ pack, done, of, over }) {
  const words = over ? say("staged") : done === of ? say("all_lines", { n: of }) : say("lines", { n: done, of });
  return clone("t-pack", { href: over ? "" : `/packs/${pack.id}`, face: face(pack), name: called(pack), words, kept: over });
}

function lying(pack) {
  const ours = isOurs(pack);
  const words = ours ? say("orders", { n: pack.works.length, units: say("units", { n: units(pack) }) }) : say("run_out");
  return clone("t-pack", { face: face(pack), name: called(pack), words, ready: ours, run_out: !ours });
}

const press = (glyph, text, act, more = "") => {
  const words = more ? [element("span", "", text, element("small", "", more))] : [text];
  const made = element("button", "btn main grow", ...(glyph ? [icon(glyph)] : []), ...words);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
};

async function paint() {
  const packs = await held();
  const open = packs.filter((pack) => pack.begun).map(seen).filter(({ over, unsent }) => !over || unsent);
  const ready = packs.filter((pack) => !pack.begun);
  const first = open.find(({ over }) => !over);
  const following = next(packs);
  const parts = [];
  if (open.length) parts.push(clone("t-head", { text: say("under_way") }), rows(open.map(begun)));
  if (ready.length) {
    const until = following ? say("until", { time: hour(Date.parse(following.lease_until)) }) : "";
    parts.push(clone("t-head", { text: say("ready"), more: until }), rows(ready.map(lying)));
  }
  if (!first && !following) {
    const minutes = kept && Math.max(0, Math.round((Date.now() - kept.at) / 60000));
    const why = !kept ? say("nothing_never") : ready.length ? say("nothing_run_out") : say("nothing_why", { n: minutes });
    parts.push(clone("t-empty", { why }));
  }
  const told = open.reduce((sum, one) => sum + one.told, 0);
  if (journal.waiting || first || following) {
    const sent = journal.waiting ? say("later_sent", { n: journal.waiting }) : "";
    parts.push(clone("t-head", { text: say("later") }), clone("t-later", { sent, told: told ? say("later_told", { n: told }) : "" }));
  }
  board.replaceChildren(...parts);
  if (first) {
    const on = element("a", "btn main grow", say("go_on", { name: first.pack.works[0].collector }));
    on.href = `/packs/${first.pack.id}`;
    acts.replaceChildren(on);
  } else if (following) acts.replaceChildren(press("", say("start", { n: following.works.length }), start, about(following)));
  else acts.replaceChildren(press("", say("again"), seek));
  document.getElementById("store").textContent = kept?.location?.name ?? who?.store_name ?? document.title;
  document.getElementById("hour").textContent = hour(serverNow());
  document.body.dataset.kept = packs.length;
  tick();
}

async function start({ currentTarget }) {
  currentTarget.disabled = true;
  try {
    location.assign((await beginNext()) ?? "/work");
  } catch {
    play("wrong");
    const note = element("div", "note bad", icon("tri"), element("span", "", element("b", "", say("cannot_keep")), ` ${say("cannot_keep_more")}`));
    note.setAttribute("role", "alert");
    board.prepend(note);
    acts.querySelector("button").disabled = false;
  }
}

// ---- the network

async function reachable() {
  try {
    const answer = await fetch("/sync/ping", { headers: { "x-sync-protocol": "1" }, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(ASK_MS) });
    return answer.ok && answer.headers.get("x-sync-protocol") === "1";
  } catch {
    return false;
  }
}

const busy = () => Date.now() - touched < STILL_MS || document.hidden || document.activeElement?.matches("input, textarea, select") || document.querySelector("dialog[open]");

// The live list comes by itself, but not under anybody's hands, and after what is kept has been sent.
async function look() {
  if (!busy() && (await reachable())) {
    sync.now();
    const last = Number(sessionStorage.getItem("work-again")) || 0;
    if (!journal.waiting && Date.now() - last > AGAIN_MS) return reload();
  }
  setTimeout(look, ASK_MS);
}

function reload() {
  sessionStorage.setItem("work-again", String(Date.now()));
  location.reload();
}

async function seek({ currentTarget }) {
  const button = currentTarget;
  button.disabled = true;
  button.textContent = say("seeking");
  if (await reachable()) return reload();
  button.textContent = say("still_away");
  setTimeout(() => ((button.textContent = say("again")), (button.disabled = false)), 2000);
}

setServerTime(new Date(Date.now() + journal.offset).toISOString());
for (const type of ["keydown", "pointerdown", "scan"]) document.addEventListener(type, () => (touched = Date.now()), { capture: true });
await paint();
import("./announcements.js");
sync.ping();
sync.listen({ onJournal: () => paint() });
setInterval(() => document.hidden || paint(), 30000);
// Asked for by its own name it only shows; in the place of the live list it makes way for it.
if (location.pathname === "/work") setTimeout(look, ASK_MS);
