// A recalled article leaves its shelf: every unit is scanned, each scan is a fact on disk before anything beeps, network or not.
// What is shown is the server's figures and, on top, every fact that it does not have yet.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { clone, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { sayPlace } from "./matching.js";
import { elsewhere, ready } from "./scanner.js";

const $ = (id) => document.getElementById(id);
const { rows } = read("recalls");
let open = null; // the recall in hand
let sure = -1; // how many were missing when somebody last touched "done"

const called = ({ name, deciding }) => `${name} ${deciding ?? ""}`.trim();
const fits = ({ code, raw }) => (row) => row.codes.some((known) => [code.code, raw.trim(), raw.trim().toUpperCase()].includes(known));
const unsent = () => journal.facts.filter(({ seq }) => seq > journal.acked);
const pulls = (row) => journal.facts.filter(({ type, body, refused }) => type === "recall_pull" && body.recall === row.id && !refused);
const undone = () => new Set(journal.facts.filter(({ type }) => type === "undo").map(({ body }) => body.event));

// What hands have done since the server last told: scans, and scans that were taken back.
function since(row) {
  const mine = new Map(pulls(row).map((fact) => [fact.id, fact.body.quantity]));
  return unsent().reduce((n, { id, type, body }) => n + (mine.has(id) ? mine.get(id) : type === "undo" && mine.has(body.event) ? -mine.get(body.event) : 0), 0);
}
const found = (row) => row.found + since(row);
const left = (row) => Math.max(0, row.to_find - since(row));
const done = (row) => row.done || unsent().some(({ type, body }) => type === "recall_done" && body.recall === row.id);
const last = (row) => pulls(row).findLast(({ id }) => !undone().has(id));

function paintList() {
  document.body.dataset.step = "list";
  $("list").hidden = !rows.length;
  $("none").hidden = rows.length > 0;
  $("list").replaceChildren(
    ...rows.map((row) => {
      const words = done(row) ? say("looked", { n: found(row) }) : left(row) ? say("to_find", { n: left(row) }) : say("look_for");
      const made = clone("t-row", { picture: row.picture, name: called(row), more: words, place: sayPlace(row.place), placed: row.place, done: done(row) });
      made.querySelector("button").dataset.recall = row.id;
      return made;
    }),
  );
  const open_ones = rows.filter((row) => !done(row)).length;
  ask(rows.length ? say("scan_any") : say("nothing"), open_ones ? say("recalls_left", { n: open_ones }) : "");
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
  open = rows.find((row) => row.id === id) ?? null;
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
  const row = open && fits(detail)(open) ? open : rows.find(fits(detail));
  if (!row) return elsewhere(detail) ?? tell("bad", say("not_recalled"), say("stays"));
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

// The server's own figures; an answer that comes a second time is as old as the first.
sync.listen({
  onAnswer({ outcomes = [] }) {
    for (const { facts, problem, again } of outcomes) {
      const row = rows.find(({ id }) => id === facts?.recall);
      if (!row) continue;
      if (problem) tell("again", problem.title, problem.next);
      if (again) continue;
      const before = row.found;
      row.found = facts.found ?? row.found;
      row.to_find = facts.missing ?? Math.max(0, row.to_find - (row.found - before));
      row.done ||= facts.missing !== undefined;
    }
    paint();
  },
});
choose(location.hash.slice(1));
ready();
