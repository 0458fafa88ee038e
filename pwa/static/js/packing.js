// The packing table: each scan puts one unit into the open parcel, one tap closes it, and its label comes by itself.
// What the page shows is the server's figures and the facts that it does not have yet; the server's parcels come again as HTML.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { uuid7 } from "./journal.js";
import { element, icon, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { showState } from "./status.js";
import { elsewhere, ready } from "./scanner.js";
import { printable } from "./codes.js";
import { fold, left, units } from "./packing-fold.js";
import { find, keepStations } from "./stations.js";

const LOOK_MS = 1500;
const LONGEST_MS = 15000;
const AGAIN_MS = 20000;
const KEEP_MS = 1000; // what is kept for a time without network comes after the page
const at = (id) => document.getElementById(id);
const kilos = (grams) => new Intl.NumberFormat(document.documentElement.lang || "fr", { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(grams / 1000);
const kept = document.getElementById("station") ? null : await find(location.pathname.split("/").pop());
let given = read("station") ?? kept?.data ?? null;
let aside = null; // the line that opens the next parcel: in hand, not counted, because it may not lie in this one
let chosen = null; // box and weight, once somebody changed them for this parcel
let heard = false; // the server's figures are here, not only the device's own
let timer = 0;
let wait = LOOK_MS;

const view = () => fold(given, journal);

// ---- out of the device's own memory

const busy = () => document.hidden || document.querySelector("dialog[open]") || document.activeElement?.matches("input, textarea, select");

// The page that the worker keeps has no order in it: what lies there is put in, with the icons of this release.
function lay({ number, customer, tote, goods, data }) {
  at("number").textContent = number;
  at("whose").textContent = tote ? `${say("tote", { n: tote })}, ${customer}` : customer;
  document.title = say("order", { number });
  const made = document.createElement("template");
  made.innerHTML = goods;
  const sprite = document.querySelector("use").getAttribute("href").split("#")[0];
  for (const use of made.content.querySelectorAll("use")) use.setAttribute("href", `${sprite}#${use.getAttribute("href").split("#")[1]}`);
  at("goods").replaceChildren(made.content);
  at("box").prepend(...data.boxes.map(({ id, name }) => new Option(name, id)));
}

// The server's own page is better, as soon as it answers, all is sent and nobody is in the middle of something.
function comeBack() {
  const last = Number(sessionStorage.getItem("station-again")) || 0;
  if (!kept || journal.waiting || busy() || Date.now() - last < AGAIN_MS) return;
  sessionStorage.setItem("station-again", String(Date.now()));
  location.reload();
}

// ---- what may lie together

// Why a line may not join what lies in the open parcel, as a sentence; null when it may.
function barred(now, line) {
  const inside = given.lines.filter((one) => now.inside.get(one.line) > 0);
  if (!inside.length) return null;
  const own = line.own ? line : inside.find((one) => one.own);
  if (own) return own === line ? say(`aside_${line.own}`, { article: named(line) }) : say("aside_after", { article: named(line), other: named(own) });
  const enemy = inside.find((one) => given.apart.some((pair) => pair.includes(one.line) && pair.includes(line.line)));
  return enemy ? say("aside_apart", { article: named(line), other: named(enemy) }) : null;
}

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
  if (aside && left(now, aside) <= 0) aside = null;
  paintMind(now);
  const all = given.lines.every((line) => left(now, line) <= 0);
  if (open > 0) ask(all ? say("all_in") : say("scan"), all ? "" : say("scan_more"));
  else if (now.waiting) ask(say(navigator.onLine === false || (kept && !heard) ? "kept_offline" : "closing"), "", "ok");
  document.body.dataset.step = open <= 0 ? "done" : some ? "packing" : "empty";
}

// What somebody should know before the next scan: that this page is the device's own, and what goes into a parcel of its own.
function paintMind(now) {
  const alone = given.lines.find((line) => line.own && now.inside.get(line.line) > 0);
  const rest = given.lines.some((line) => left(now, line) > 0);
  const words = [
    ...(kept && !heard ? [["off", "", say("kept_how")]] : []),
    ...(aside ? [["tri", "warn", barred(now, aside) ?? say("aside_next", { article: named(aside) })]] : alone && rest ? [["parcel", "", say("own_parcel", { article: named(alone) })]] : []),
  ];
  const key = JSON.stringify(words);
  if (at("mind").dataset.key === key) return;
  at("mind").dataset.key = key;
  at("mind").replaceChildren(...words.map(([glyph, tone, text]) => element("p", `note ${tone}`.trim(), icon(glyph), element("span", "", text))));
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
      heard = true;
      comeBack();
    }
  } catch {
    wait = Math.min(LONGEST_MS, wait * 2);
  }
  paint();
  lookLater();
}

function lookLater() {
  clearTimeout(timer);
  const pending = at("parcels").querySelector("[data-pending]") || view().waiting || kept;
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

// A unit, or all of a line, where it may lie; else it waits in the hand until this parcel is closed, and opens the next one.
async function add(line, quantity, code = "") {
  const why = barred(view(), line);
  if (!why) return put(line, line.own ? 1 : quantity, code);
  aside = line;
  tell("bad", say("aside"), why);
  paint();
}

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
  if (!given) return elsewhere(detail) ?? tell("bad", say("not_kept"));
  const { code, raw } = detail;
  const wanted = [code.code, raw.trim(), raw.trim().toUpperCase()];
  const now = view();
  const fits = given.lines.filter(({ codes }) => codes.some((known) => wanted.includes(known)));
  const line = fits.find((one) => left(now, one) > 0);
  if (line && !given.over) return add(line, 1, printable(raw));
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
  tell("ok", say(navigator.onLine === false || (kept && !heard) ? "kept_offline" : "closing"), "", "done");
  const next = aside;
  aside = null;
  if (next) await put(next, 1);
  paint();
  sync.now();
}

document.addEventListener("click", async ({ target }) => {
  if (!given) return;
  const all = target.closest("[data-all]")?.dataset.all;
  const act = target.closest("[data-act]")?.dataset.act;
  const now = view();
  if (all) {
    const line = given.lines.find(({ line }) => line === Number(all));
    if (line && left(now, line) > 0) await add(line, left(now, line));
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

if (given) {
  if (kept) lay(kept);
  sync.listen({ onAnswer: look, onState: showState });
  document.addEventListener("visibilitychange", () => !document.hidden && look());
  addEventListener("online", look);
  paint();
  if (!kept) setTimeout(keepStations, KEEP_MS);
  lookLater();
  // A page that stands here because the server did not answer says so at once.
  if (kept) sync.ping();
  ready();
} else {
  at("mind").append(element("p", "note warn", icon("off"), element("span", "", say("not_kept"))));
  at("away").hidden = false;
}
