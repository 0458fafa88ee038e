// A recalled article leaves its shelf: every unit is scanned, each scan is a fact on disk before anything beeps, network or not.
// What is shown is the server's figures, from this page or as the device keeps them, and on top every fact that they do not count yet.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { keep as freshen } from "./keeping.js";
import { clone, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { sayPlace } from "./matching.js";
import { elsewhere, ready } from "./scanner.js";
import { keep, recall } from "./store.js";

const AGAIN_MS = 15000;
const $ = (id) => document.getElementById(id);
const given = read("recalls");
if (given) await keep("recalls", given).catch(() => {});
let held = given ?? (await recall("recalls")) ?? null;
let open = null; // the recall in hand
let sure = -1; // how many were missing when somebody last touched "done"
let renewed = Date.now();

const rows = () => held?.rows ?? [];
const called = ({ name, deciding }) => `${name} ${deciding ?? ""}`.trim();
const fits = ({ code, raw }) => (row) => row.codes.some((known) => [code.code, raw.trim(), raw.trim().toUpperCase()].includes(known));
const clock = (at) => new Intl.DateTimeFormat(document.documentElement.lang || "fr", { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
const fresh = (row) => journal.facts.filter(({ seq, refused }) => !refused && seq > (row.counted[journal.id] ?? 0));
const pulls = (row) => journal.facts.filter(({ type, body, refused }) => type === "recall_pull" && body.recall === row.id && !refused);
const undone = () => new Set(journal.facts.filter(({ type }) => type === "undo").map(({ body }) => body.event));

// What hands have done that the figures do not have: scans, and scans that were taken back.
function since(row) {
  const mine = new Map(pulls(row).map((fact) => [fact.id, fact.body.quantity]));
  return fresh(row).reduce((n, { id, type, body }) => n + (mine.has(id) ? mine.get(id) : type === "undo" && mine.has(body.event) ? -mine.get(body.event) : 0), 0);
}
const found = (row) => row.found + since(row);
const left = (row) => Math.max(0, row.to_find - since(row));
const done = (row) => row.done || fresh(row).some(({ type, body }) => type === "recall_done" && body.recall === row.id);
const last = (row) => pulls(row).findLast(({ id }) => !undone().has(id));
// What the books know nothing of here is nobody's task, until hands find one.
const listed = () => rows().filter((row) => row.asked || found(row));

function paintList() {
  document.body.dataset.step = "list";
  const shown = listed();
  $("list").hidden = !shown.length;
  $("none").hidden = shown.length > 0 || !held;
  $("never").hidden = Boolean(held);
  $("list").replaceChildren(
    ...shown.map((row) => {
      const words = done(row) ? say("looked", { n: found(row) }) : left(row) ? say("to_find", { n: left(row) }) : say("look_for");
      const made = clone("t-row", { picture: row.picture, name: called(row), variant: row.variant, more: words, place: sayPlace(row.place), placed: row.place, done: done(row) });
      made.querySelector("button").dataset.recall = row.id;
      return made;
    }),
  );
  const left_to_do = shown.filter((row) => !done(row)).length;
  ask(say(shown.length ? "scan_any" : held ? "nothing" : "never"), left_to_do ? say("recalls_left", { n: left_to_do }) : "");
}

function paintOne() {
  document.body.dataset.step = "pull";
  const bags = open.bags.join(", ");
  const lots = open.lots.join(", ");
  $("one").replaceChildren(clone("t-one", { picture: open.picture, name: called(open), variant: open.variant, hazard: open.hazard, place: sayPlace(open.place), placed: open.place, bags: bags && say("bags_too", { bags }), lots: lots && say("lots_are", { lots }) }));
  $("number").textContent = found(open);
  $("of").textContent = say("still", { n: left(open) });
  $("undo").hidden = !last(open);
  const missing = left(open);
  $("done").hidden = done(open);
  $("looked").hidden = !done(open);
  $("done").className = `btn ${missing ? "tall" : "main"}`;
  $("done").textContent = !found(open) && !missing ? say("none_here") : !missing ? say("all_out", { n: found(open) }) : sure === missing ? say("sure_missing", { n: missing }) : say("done_missing", { n: missing });
}

function paint() {
  for (const part of document.querySelectorAll("[data-step-of]")) part.hidden = part.dataset.stepOf !== (open ? "one" : "list");
  $("back").href = open ? "#" : "/work";
  if (open) paintOne();
  else paintList();
}

function choose(id) {
  sure = -1;
  open = rows().find((row) => row.id === id) ?? null;
  if (open) ask(say("scan_each"), say("set_apart"));
  paint();
  scrollTo(0, 0);
}

async function write(type, body) {
  try {
    await journal.append(type, body);
    sync.now();
    return true;
  } catch {
    tell("bad", say("not_kept"), say("not_kept_more"));
    return false;
  }
}

async function pull(row, code, lot) {
  if (!(await write("recall_pull", { recall: row.id, quantity: 1, ...(code ? { code: code.slice(0, 512) } : {}) }))) return;
  sure = -1;
  paint();
  // Only some lots may be dangerous: all of them leave the shelf, and what is safe is said later, with a name behind it.
  const other = lot && row.lots.length && !row.lots.includes(lot);
  tell(other ? "again" : "ok", other ? say("other_lot", { lot }) : say("pulled", { n: found(row) }), other ? say("other_lot_more") : called(row));
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(take(event.detail));
});

async function take(detail) {
  const row = open && fits(detail)(open) ? open : rows().find(fits(detail));
  // With no network nobody knows what was recalled since this device last heard.
  if (!row) return elsewhere(detail) ?? (sync.state.state === "offline" || !held ? tell("again", held ? say("not_in_list", { at: clock(held.at) }) : say("never"), say("ask_first")) : tell("bad", say("not_recalled"), say("stays")));
  if (open !== row) {
    history.pushState(null, "", `#${row.id}`);
    choose(row.id);
  }
  await pull(row, detail.raw, detail.code.lot);
}

document.addEventListener("click", async ({ target }) => {
  const row = target.closest("[data-recall]")?.dataset.recall;
  if (row) location.hash = row;
  const act = target.closest("[data-act]")?.dataset.act;
  if (act === "plus") await pull(open, "");
  if (act === "undo" && last(open)) {
    if (await write("undo", { event: last(open).id })) paint(), tell("again", say("taken_back"), called(open));
  }
  if (act === "done") {
    const missing = left(open);
    if (missing && sure !== missing) return (sure = missing), paintOne();
    if (!(await write("recall_done", { recall: open.id }))) return;
    tell(missing ? "again" : "ok", missing ? say("missing_told", { n: missing }) : say("thanks"), called(open), "done");
    paint();
  }
});
addEventListener("hashchange", () => choose(location.hash.slice(1)));

// The figures as the server has them now: what other hands found, what has come since, what is recalled besides.
async function renew() {
  renewed = Date.now();
  await freshen({ ahead: 0 });
  const now = await recall("recalls");
  if (!now || now.at <= (held?.at ?? "")) return;
  held = now;
  if (open) open = rows().find(({ id }) => id === open.id) ?? null;
  paint();
}
const renewRarely = () => Date.now() - renewed > AGAIN_MS && renew();

sync.listen({
  onAnswer({ outcomes = [] }) {
    for (const { facts, problem } of outcomes) if (problem && rows().some(({ id }) => id === facts?.recall)) tell("again", problem.title, problem.next);
    paint();
    renewRarely();
  },
});
addEventListener("online", renew);
document.addEventListener("visibilitychange", () => document.hidden || renewRarely());
choose(location.hash.slice(1));
if (!given && navigator.onLine) renew();
ready();
