// Counting, network or not: the list that this device keeps, one article at a time, blind. Each scan adds one, keys set the number,
// several shelves add up; what is begun stays on the device until it is saved. A whole shelf is counted through before any of it is told.
import "./handheld.js";
import { journal, sync, who } from "./device.js";
import { keep as freshen } from "./keeping.js";
import { clone, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { sayPlace } from "./matching.js";
import { elsewhere, ready } from "./scanner.js";
import { keep, recall } from "./store.js";

const MOST = 9999;
const SHELVES = 6;
const $ = (id) => document.getElementById(id);
const given = read("counts");
if (given) await keep("counts", given);
let list = given ?? (await recall("counts")) ?? null;
const drafts = (await recall("count-drafts")) ?? {};
let open = null; // the article in hand
let fresh = true; // the first key replaces what is there, the next ones follow it
let odd = null; // the code of something that is not on the list
let scope = null; // the shelf that is counted whole
let ending = false; // what was not seen of it is shown
let saving = Promise.resolve(); // what is scanned while a number is saved belongs to what comes after it
let whole = null; // what knows how a whole shelf is counted, once there is one

// Begun here, and no longer among the first of a long list: it stays until the server, asked about it, does not know of it any more.
const fallen = () =>
  Object.values(drafts).flatMap(({ row }) => (row && list && !list.begun?.includes(row.id) && !list.rows.some(({ id }) => id === row.id) ? [row] : []));
const rowsOf = () => (scope ? scope.rows : [...fallen(), ...(list?.rows ?? [])]);

const called = ({ name, deciding }) => `${name} ${deciding ?? ""}`.trim();
const sum = (parts) => parts.reduce((all, part) => all + part, 0);
// A fact that the list does not know of yet. One that the server has taken counts until the list is newer than it.
const told = ({ id }) =>
  journal.facts.findLast(({ type, body, seq, refused, at_wall, offset_ms }) => type === "count" && body.count === id && !refused && (seq > journal.acked || Date.parse(at_wall) + offset_ms > Date.parse(list.at)));
const not_mine = (row) => Boolean(row.not_by && row.not_by === who?.staff);
const fits = ({ code, raw }) => (row) => row.codes.some((known) => [code.code, raw.trim(), raw.trim().toUpperCase()].includes(known));

const draft = () => (drafts[open.id] ??= { parts: [0], begun: Date.now(), ...(scope ? {} : { row: open }) });
const keepDrafts = () => keep("count-drafts", drafts).catch(() => tell("bad", say("not_kept"), say("not_kept_more")));

function paintList() {
  document.body.dataset.step = "list";
  const rows = rowsOf();
  const shown = rows.map((row) => ({ row, fact: told(row) })).sort((a, b) => Boolean(a.fact) - Boolean(b.fact));
  $("list").hidden = !rows.length;
  const more = whole?.paint(scope);
  $("none").hidden = rows.length > 0 || !list || Boolean(more);
  $("never").hidden = Boolean(list);
  const left = shown.filter(({ row, fact }) => !fact && !not_mine(row)).length;
  $("direct").hidden = left > 0 || Boolean(scope);
  $("list").replaceChildren(
    ...shown.map(({ row, fact }) => {
      const sent = fact && fact.seq <= journal.acked;
      const words = [row.variant, not_mine(row) ? say("by_another") : row.again ? say("second") : !scope && say(`because_${row.reason}`)];
      const begun = drafts[row.id] && !fact ? say("so_far", { n: sum(drafts[row.id].parts) }) : "";
      const made = clone("t-row", { picture: row.picture, name: called(row), more: words.filter(Boolean).join(", "), begun, place: sayPlace(row.place), placed: row.place, kept: fact && !sent, sent });
      const button = made.querySelector("button");
      button.dataset.count = row.id;
      button.disabled = Boolean(fact) || not_mine(row);
      return made;
    }),
  );
  if (scope) return ask(say("scan_all"), say("seen_of", { n: rows.filter(({ id }) => drafts[id]).length, total: rows.length }));
  ask(rows.length ? (left ? say("scan_any") : say("all_counted")) : say(more ? "shelves" : "nothing"), left ? say("left", { n: left }) : "");
}

function paintOne() {
  document.body.dataset.step = "count";
  const { parts } = drafts[open.id] ?? { parts: [0] };
  const here = parts.at(-1);
  const all = sum(parts);
  $("one").replaceChildren(clone("t-one", { picture: open.picture, name: called(open), variant: open.variant, place: sayPlace(open.place), placed: open.place }));
  $("number").textContent = here;
  $("shelves").hidden = parts.length < 2;
  $("shelves").textContent = say("sum", { parts: parts.join(" + "), n: all });
  $("another").hidden = parts.length >= SHELVES || Boolean(scope);
  $("save").textContent = say("save", { n: all });
}

function paint() {
  const step = ending ? "end" : open ? "one" : "list";
  for (const part of document.querySelectorAll("[data-step-of]")) part.hidden = part.dataset.stepOf !== step;
  $("back").href = (open || ending) && scope ? `#shelf-${scope.id}` : open || scope ? "#" : "/work";
  $("odd").hidden = !odd;
  $("odd-words").textContent = odd ? say("odd", { code: odd.raw.trim().slice(0, 40) }) : "";
  if (ending) whole.paintEnd(scope);
  else if (open) paintOne();
  else paintList();
}

function choose(id) {
  odd = null;
  fresh = true;
  ending = false;
  if (!id) scope = null;
  else if (id.startsWith("shelf-")) scope = (whole && list?.shelves?.find((shelf) => shelf.mine && id === `shelf-${shelf.id}`)) || null;
  if (scope) scope.rows = scope.rows.filter((row) => !told(row));
  open = rowsOf().find((row) => row.id === id && !told(row) && !not_mine(row)) ?? null;
  if (open) ask(say("scan_one"), say("scan_more"));
  paint();
  scrollTo(0, 0);
}

async function add(units) {
  const held = draft();
  const { parts } = held;
  held.at = Date.now();
  parts[parts.length - 1] = Math.min(MOST, Math.max(0, units(parts.at(-1))));
  await keepDrafts();
  paint();
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(saving.catch(() => null).then(() => take(event.detail)));
});

async function take(detail) {
  const row = open && fits(detail)(open) ? open : rowsOf().find(fits(detail));
  if (!row) {
    const job = elsewhere(detail);
    if (job) return job;
  }
  if (scope && !row && (await whole.more(scope, detail))) return;
  if (!row || (open && row !== open && !scope)) {
    odd = detail;
    paint();
    $("odd").scrollIntoView({ block: "center" });
    return tell("bad", say(open ? "wrong" : "not_listed"), row ? called(row) : say("nothing_counted"));
  }
  if (row !== open) {
    if (told(row)) return tell("again", say("counted_already"), called(row));
    if (not_mine(row)) return tell("bad", say("by_another"), say("nothing_counted"));
    history[open ? "replaceState" : "pushState"](null, "", `#${row.id}`);
    choose(row.id);
  }
  odd = null;
  await add((units) => units + 1);
  fresh = false;
  tell("ok", say("so_far", { n: drafts[row.id].parts.at(-1) }), called(row));
}

// Back to the list: what is counted of a whole shelf is told when all of it is.
function leave() {
  const back = scope ? `shelf-${scope.id}` : null;
  history.replaceState(null, "", back ? `#${back}` : location.pathname);
  choose(back);
}

async function save() {
  const row = open;
  if (scope) return draft(), await keepDrafts(), leave(), tell("ok", say("so_far", { n: sum(drafts[row.id].parts) }), called(row));
  const { parts, begun } = draft();
  const seconds = Math.max(0, Math.round((Date.now() - begun) / 1000));
  try {
    await journal.append("count", { count: row.id, quantity: sum(parts), ...(parts.length > 1 ? { parts } : {}), seconds });
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  delete drafts[row.id];
  await keepDrafts();
  sync.now();
  leave();
  tell("ok", say("counted", { n: sum(parts) }), called(row), "done");
}

async function noteOdd() {
  const { raw } = odd;
  if (scope) return await whole.add(scope, odd), (odd = null), paint();
  try {
    await journal.append("count_found", { code: raw.trim().slice(0, 512), ...(open ? { near: open.sku } : {}) });
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  odd = null;
  sync.now();
  paint();
  tell("ok", say("noted"), say("noted_more"));
}

document.addEventListener("click", async ({ target }) => {
  const key = target.closest("[data-key]")?.dataset.key;
  if (key === "back") await add((units) => Math.floor(units / 10));
  else if (key === "add") await add((units) => units + 1);
  else if (key) await add((units) => (fresh ? Number(key) : Math.min(MOST, units * 10 + Number(key))));
  if (key) return (fresh = key === "add");
  const row = target.closest("[data-count]")?.dataset.count;
  if (row) location.hash = row;
  const act = target.closest("[data-act]")?.dataset.act;
  if (act === "save") await (saving = save());
  if (act === "note") await noteOdd();
  if (act === "leave") (odd = null), paint();
  if (act === "end") (ending = true), paint(), scrollTo(0, 0);
  if (act === "go-on") (ending = false), paint();
  if (act === "done") await whole.done(scope);
  if (act === "another") {
    draft().parts.push(0);
    fresh = true;
    await keepDrafts();
    paint();
    ask(say("scan_other"), say("scan_more"));
  }
});

addEventListener("hashchange", () => choose(location.hash.slice(1)));

// The list as the server has it now, once it has heard of what was counted.
async function renew(anew) {
  await freshen({ anew: anew === true });
  const held = await recall("counts");
  const before = list?.shelves ?? [];
  if (held && held.at > (list?.at ?? "")) list = held;
  await prepare();
  for (const shelf of before) if (shelf.mine && !list.shelves?.some(({ id, mine }) => mine && id === shelf.id)) await whole?.lost(shelf);
  if (scope) scope = list.shelves?.find(({ id, mine }) => mine && id === scope.id) ?? null;
  const alive = new Set([{ rows: fallen() }, list, ...(list?.shelves ?? [])].flatMap((one) => one?.rows ?? []).map(({ id }) => id));
  if (open && !alive.has(open.id)) open = null;
  if (Object.keys(drafts).some((id) => !alive.has(id))) {
    for (const id of Object.keys(drafts)) if (!alive.has(id)) delete drafts[id];
    await keepDrafts();
  }
  paint();
}

sync.listen({
  onAnswer({ outcomes = [] }) {
    const again = outcomes.find(({ facts }) => facts?.again);
    if (again) tell("told", say("counted_again"), say("counted_again_more"));
    if (outcomes.some(({ facts }) => facts?.count)) renew(true);
    else paint();
  },
});
// What only a whole shelf needs comes along where there is one.
async function prepare() {
  if (whole || !list?.shelves?.length) return;
  const { wholeShelf } = await import("./counts-shelf.js").catch(() => ({}));
  whole = wholeShelf?.({ shelves: () => list.shelves, drafts, keepDrafts, called, sum, leave: () => ((scope = null), (ending = false), leave()) }) ?? null;
}

await prepare();
addEventListener("online", renew);
choose(given?.open ?? location.hash.slice(1));
if ((!given || fallen().length) && navigator.onLine) renew();
ready();
