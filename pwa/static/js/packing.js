// The packing table: each scan puts one unit into the open parcel, one tap closes it, and its label comes by itself.
// What the page shows is the server's figures and the facts that it does not have yet; the server's parcels come again as HTML.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { uuid7 } from "./journal.js";
import { read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { showState } from "./status.js";
import { elsewhere, ready } from "./scanner.js";
import { printable } from "./codes.js";

const LOOK_MS = 1500;
const LONGEST_MS = 15000;
const at = (id) => document.getElementById(id);
const kilos = (grams) => new Intl.NumberFormat(document.documentElement.lang || "fr", { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(grams / 1000);
let given = read("station");
let chosen = null; // box and weight, once somebody changed them for this parcel
let timer = 0;
let wait = LOOK_MS;

// ---- the fold: figures of the server, and what this device did since it counted

// What this device did with this work: `fresh`, which the server's figures do not hold yet; `back`, counted there and undone since;
// `stands`, all that was not taken back.
function told() {
  const through = given.counted[journal.id] ?? 0;
  const mine = journal.facts.filter(({ refused }) => !refused);
  const undoes = (after) => new Set(mine.filter(({ seq, type }) => type === "undo" && seq > after).map(({ body }) => body.event));
  const [undone, lately] = [undoes(0), undoes(through)];
  const ours = mine.filter(({ type, body }) => (type === "pack_parcel" || type === "close_parcel") && body.work === given.work);
  const stands = ours.filter(({ id }) => !undone.has(id));
  return { fresh: stands.filter(({ seq }) => seq > through), back: ours.filter(({ id, seq }) => seq <= through && lately.has(id)), stands };
}

// -> {parcel, inside: line -> units in the open parcel, packed: line -> units in closed ones, last: what can be taken out, waiting: facts}
function view() {
  const { fresh: facts, back, stands } = told();
  const closed = new Set(facts.filter(({ type }) => type === "close_parcel").map(({ body }) => body.parcel));
  const inside = new Map(given.lines.map(({ line, inside }) => [line, closed.has(given.parcel) ? 0 : inside]));
  const packed = new Map(given.lines.map(({ line, packed, inside }) => [line, packed + (closed.has(given.parcel) ? inside : 0)]));
  let parcel = given.parcel && !closed.has(given.parcel) ? given.parcel : null;
  for (const { type, body } of facts) {
    if (type !== "pack_parcel") continue;
    const into = closed.has(body.parcel) ? packed : inside;
    into.set(body.line, (into.get(body.line) ?? 0) + body.quantity);
    if (!closed.has(body.parcel)) parcel = body.parcel;
  }
  for (const { type, body } of back) {
    if (type === "pack_parcel" && body.parcel === given.parcel) inside.set(body.line, Math.max(0, (inside.get(body.line) ?? 0) - body.quantity));
  }
  const last = parcel && stands.findLast(({ type, body }) => type === "pack_parcel" && body.parcel === parcel);
  return { parcel, inside, packed, last: units({ inside }) ? last : null, waiting: facts.length + back.length };
}

const left = (now, { line, quantity }) => quantity - now.inside.get(line) - now.packed.get(line);
const units = (now) => [...now.inside.values()].reduce((sum, n) => sum + n, 0);

// The box of the proposed parcel that holds what is in the open one, and what it should weigh.
function proposed(now) {
  const skus = given.lines.flatMap(({ line, sku }) => Array(now.inside.get(line)).fill(sku));
  const holds = ({ skus: theirs }) => {
    const rest = [...theirs];
    return skus.every((sku) => {
      const found = rest.indexOf(sku);
      if (found >= 0) rest.splice(found, 1);
      return found >= 0;
    });
  };
  const box = (given.plan.find(holds) ?? given.plan[0])?.box ?? null;
  const goods = given.lines.reduce((sum, { line, grams }) => sum + grams * now.inside.get(line), 0);
  const tare = (id) => given.boxes.find((one) => one.id === id)?.tare ?? 0;
  const wanted = chosen?.box === undefined ? box : chosen.box;
  return { box: wanted, grams: chosen?.grams ?? Math.max(1, goods + tare(wanted)), weigh: (id) => Math.max(1, goods + tare(id)) };
}

// ---- painting

function paint() {
  const now = view();
  let open = 0;
  for (const line of given.lines) {
    const row = document.querySelector(`[data-line="${line.line}"]`);
    const total = line.quantity - now.packed.get(line.line);
    open += total;
    if (!row) continue;
    row.hidden = total <= 0;
    row.querySelector("[data-count]").textContent = say("in_parcel", { n: now.inside.get(line.line), total });
    row.querySelector("[data-all]").hidden = left(now, line) <= 0;
  }
  const some = units(now) > 0;
  at("open").hidden = open <= 0;
  at("acts").hidden = !some;
  at("away").hidden = open > 0 || some;
  at("band").hidden = open <= 0 && !now.waiting;
  at("undo").hidden = !now.last;
  if (some) {
    const { box, grams } = proposed(now);
    const name = given.boxes.find((one) => one.id === box)?.name;
    at("close").textContent = name ? say("close_as", { box: name, kg: kilos(grams) }) : say("close_bare", { kg: kilos(grams) });
  }
  const all = given.lines.every((line) => left(now, line) <= 0);
  if (open > 0) ask(all ? say("all_in") : say("scan"), all ? "" : say("scan_more"));
  else if (now.waiting) ask(say(navigator.onLine === false ? "kept_offline" : "closing"), "", "ok");
  document.body.dataset.step = open <= 0 ? "done" : some ? "packing" : "empty";
}

// The server's parcels and figures as they are now; again while a label is on its way or a closed parcel is not there yet.
async function look() {
  clearTimeout(timer);
  try {
    const response = await fetch(`/packing/${given.work}/parcels`, { headers: { "hx-request": "true" }, redirect: "error", signal: AbortSignal.timeout(4000) });
    if (!response.ok) throw new Error(response.status);
    const fresh = document.createElement("template");
    fresh.innerHTML = await response.text();
    const figures = fresh.content.getElementById("station");
    // Whoever is typing a number goes on typing.
    if (figures && !at("parcels").contains(document.activeElement) && !at("parcels").querySelector("details[open]")) {
      given = JSON.parse(figures.textContent);
      at("parcels").replaceChildren(fresh.content);
      wait = LOOK_MS;
    }
  } catch {
    wait = Math.min(LONGEST_MS, wait * 2);
  }
  paint();
  lookLater();
}

function lookLater() {
  clearTimeout(timer);
  const pending = at("parcels").querySelector("[data-pending]") || view().waiting;
  if (pending && !document.hidden) timer = setTimeout(look, wait);
}

// ---- what hands do

async function write(type, body) {
  try {
    return await journal.append(type, body);
  } catch {
    tell("bad", say("not_kept"), say("not_kept_more"));
    return null;
  }
}

const named = ({ name, deciding }) => `${name} ${deciding ?? ""}`.trim();

async function put(line, quantity, code = "") {
  const now = view();
  const fact = await write("pack_parcel", { work: given.work, parcel: now.parcel ?? uuid7(), line: line.line, quantity, ...(code ? { code } : {}) });
  if (!fact) return;
  chosen = null;
  const then = view();
  const whole = given.lines.every((one) => left(then, one) <= 0);
  tell("ok", named(line), say("in_parcel", { n: then.inside.get(line.line), total: line.quantity - then.packed.get(line.line) }), whole ? "done" : "ok");
  paint();
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(take(event.detail));
});

async function take(detail) {
  const { code, raw } = detail;
  const wanted = [code.code, raw.trim(), raw.trim().toUpperCase()];
  const now = view();
  const fits = given.lines.filter(({ codes }) => codes.some((known) => wanted.includes(known)));
  const line = fits.find((one) => left(now, one) > 0);
  if (line && !given.over) return put(line, 1, printable(raw));
  const job = fits.length ? null : elsewhere(detail);
  if (job) return job;
  if (fits.length && !given.over) return tell("again", say("enough"), say("enough_more"));
  tell("bad", given.over ? say("over") : say("not_here"), say("not_here_more"));
}

async function close(box, grams) {
  const now = view();
  if (!now.parcel || !units(now)) return;
  if (!(await write("close_parcel", { work: given.work, parcel: now.parcel, weight_grams: grams, ...(box ? { box } : {}) }))) return;
  chosen = null;
  tell("ok", say(navigator.onLine === false ? "kept_offline" : "closing"), "", "done");
  paint();
  sync.now();
}

document.addEventListener("click", async ({ target }) => {
  const all = target.closest("[data-all]")?.dataset.all;
  const act = target.closest("[data-act]")?.dataset.act;
  const now = view();
  if (all) {
    const line = given.lines.find(({ line }) => line === Number(all));
    if (line && left(now, line) > 0) await put(line, left(now, line));
  } else if (act === "undo" && now.last) {
    if (await write("undo", { event: now.last.id })) tell("ok", say("taken_out"), "", "again");
    paint();
  } else if (act === "change") {
    const { box, grams } = proposed(now);
    at("box").value = box ?? "";
    at("grams").value = grams;
    at("sheet").showModal();
  } else if (act === "shut") at("sheet").close();
  else if (target.closest("#close")) {
    const { box, grams } = proposed(now);
    await close(box, grams);
  }
});

at("box").addEventListener("change", () => {
  at("grams").value = proposed(view()).weigh(at("box").value || null);
});

at("closing").addEventListener("submit", async (event) => {
  event.preventDefault();
  const grams = Number(at("grams").value);
  if (!Number.isInteger(grams) || grams < 1 || grams > 1000000) return tell("bad", say("grams_wrong"));
  at("sheet").close();
  await close(at("box").value || null, grams);
});

sync.listen({ onAnswer: look, onState: showState });
document.addEventListener("visibilitychange", () => !document.hidden && look());
addEventListener("online", look);
paint();
lookLater();
ready();
