// Goods under the hands, of a transfer or of a supplier: each scan counts one, a tap on a row counts many. What is shown is the server's
// figures and, on top, every fact that it does not have yet: those are on disk before anything beeps, so a lost network loses no count.
// Leaving and ending need it. Who counts blind sees what was counted, never what is expected.
//   given: {about: {transfer | purchase: id}, type, mode, rows: [{sku, name, codes, wanted, counted, damaged}], blind,
//     cartons: {code: {sku: units}}, taken: {code: {sku: units counted out of it}}, carton: the open one, photos: where pictures go}
import "./handheld.js";
import { journal, sync } from "./device.js";
import { clone, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { showState } from "./status.js";
import { elsewhere, ready } from "./scanner.js";

const WAIT_MS = 4000;
const given = read("transfer");
const [about, id] = Object.entries(given.about)[0];
const receiving = given.mode === "receive";
const { blind = false, cartons = {}, photos = "" } = given;
given.taken ??= {};
const form = document.getElementById("act");
const act = form.querySelector("button");
const sheet = document.getElementById("sheet");
const strip = document.getElementById("carton");
const rows = new Map(given.rows.map((row) => [row.sku, row]));
let carton = given.carton ?? "";

const spellings = (code, raw) => [code.code, raw.trim(), raw.trim().toUpperCase()];
const unsent = () => journal.facts.filter(({ seq, type, body }) => seq > journal.acked && type === given.type && body[about] === id);
const added = (row, wanted) => unsent().reduce((sum, { body }) => sum + (body.sku === row.sku && wanted(body) ? body.quantity : 0), 0);
const now = (row) => row.counted + added(row, () => true);
const damaged = (row) => (row.damaged ?? 0) + added(row, (body) => body.damaged);
const sum = (of) => [...rows.values()].reduce((total, row) => total + of(row), 0);

const lacking = () => sum((row) => Math.max(0, row.wanted - now(row)));
let sure = 0; // what was missing when somebody last touched "finish"

function paint() {
  for (const row of rows.values()) {
    const place = document.querySelector(`[data-sku="${CSS.escape(row.sku)}"]`);
    const counted = now(row);
    place.querySelector("[data-count]").textContent = counted;
    const broken = place.querySelector("[data-damaged]");
    if (broken) broken.textContent = damaged(row) ? say("damaged_n", { n: damaged(row) }) : "";
    place.hidden = blind && !counted;
    place.classList.toggle("full", !blind && counted === row.wanted);
    place.classList.toggle("unsent", counted !== row.counted);
    place.classList.toggle("over", !blind && counted > row.wanted);
  }
  const counted = sum(now);
  const missing = blind ? 0 : lacking();
  const over = blind ? 0 : sum((row) => Math.max(0, now(row) - row.wanted));
  // The scanner is the next act until everything is there: then leaving is, or ending.
  act.className = `btn wide ${missing ? "tall" : "main"}`;
  act.textContent = !receiving ? say("ship_act", { n: counted }) : missing ? say("close_missing", { n: missing }) : over ? say("close_over", { n: over }) : say("close_all", { n: counted });
  form.hidden = !receiving && !counted;
  paintCarton();
}

// Resolves once it is on disk; whoever is told so hears it only then.
async function count(body) {
  try {
    await journal.append(given.type, { [about]: id, ...(carton ? { carton } : {}), ...body });
    return true;
  } catch {
    tell("bad", say("not_kept"), say("not_kept_more"));
    return false;
  }
}

const word = (row) => (blind ? say("counted_blind", { n: now(row) }) : say("counted", { n: now(row), total: row.wanted }));

async function take(detail) {
  const { code, raw } = detail;
  if (strip && (code.kind === "sscc" || Object.hasOwn(cartons, raw.trim()))) return openCarton(code.kind === "sscc" ? code.code : raw.trim(), detail);
  const wanted = spellings(code, raw);
  const row = [...rows.values()].find(({ codes }) => codes.some((known) => wanted.includes(known)));
  const job = row ? null : elsewhere(detail);
  if (job) return job;
  if (!row && !receiving) return tell("bad", say("not_asked"), say("nothing_counted"));
  if (row && !receiving && now(row) >= row.wanted) return tell("again", say("again"), say("again_more", { n: row.wanted }));
  if (!(await count(row ? { sku: row.sku, quantity: 1, code: raw } : { quantity: 1, code: raw }))) return;
  paint();
  if (!row) tell("again", say("unexpected"), say("unexpected_more"));
  else if (!blind && now(row) > row.wanted) tell("again", say("one_more"), say("one_more_more", { name: row.name }));
  else tell("ok", word(row), row.name);
}

// ---- cartons: what is counted next lies in this one

const short = (code) => (/^[0-9]{18}$/.test(code) ? `… ${code.slice(-6)}` : code);
const inside = (code) => Object.entries(cartons[code] ?? {});
const takenOut = (code, sku) => (given.taken[code]?.[sku] ?? 0) + unsent().reduce((total, { body }) => total + (body.carton === code && body.sku === sku ? body.quantity : 0), 0);
const left = (code) => inside(code).map(([sku, units]) => [sku, Math.max(0, units - takenOut(code, sku))]).filter(([, units]) => units);

function paintCarton() {
  if (!strip) return;
  strip.hidden = !carton;
  if (!carton) return;
  const units = blind ? 0 : left(carton).reduce((total, [, n]) => total + n, 0);
  strip.querySelector("[data-name]").textContent = say(receiving ? "carton_open" : "carton_fill", { carton: short(carton) });
  const whole = strip.querySelector("[data-act=whole]");
  if (whole) {
    whole.hidden = !units;
    whole.textContent = say("carton_whole", { n: units });
  }
}

async function openCarton(code, detail) {
  // A carton of something else: whoever knows it opens it.
  if (receiving && !Object.hasOwn(cartons, code) && Object.keys(cartons).length && detail) return import("./resolve.js").then(({ openJob }) => openJob(detail));
  carton = code;
  paint();
  const units = inside(code).reduce((total, [, n]) => total + n, 0);
  tell("ok", say(receiving ? "carton_open" : "carton_fill", { carton: short(code) }), units && receiving && !blind ? say("carton_holds", { n: units }) : say("scan_more"));
}

async function wholeCarton() {
  for (const [sku, units] of left(carton)) if (!(await count({ sku, quantity: units }))) return;
  paint();
  tell("ok", say("carton_counted", { carton: short(carton) }));
}

// ---- a number instead of scans

function openNumber(sku) {
  const row = rows.get(sku);
  sheet.replaceChildren(clone("t-number", { title: row.name, label: say(receiving ? "how_many_came" : "how_many_laid"), hint: blind ? "" : say("how_many_hint", { n: row.wanted }), photos }));
  const field = sheet.querySelector("#how-many");
  const broken = sheet.querySelector("#how-many-damaged");
  const picture = sheet.querySelector("[data-photo]");
  field.value = now(row);
  if (broken) broken.value = damaged(row);
  sheet.querySelector("form").addEventListener("submit", async (event) => {
    const total = Number(field.value.trim());
    const bad = broken ? Number(broken.value.trim() || 0) : damaged(row);
    if (![total, bad].every((n) => Number.isInteger(n) && n >= 0) || bad > total) return event.preventDefault();
    const least = receiving ? total : Math.min(total, row.wanted);
    const step = least - bad - (now(row) - damaged(row));
    const steps = [[step, {}], [bad - damaged(row), { damaged: true }]];
    // What is taken back first makes room for what is told instead.
    for (const [units, more] of steps.sort(([a], [b]) => a - b)) if (units && !(await count({ sku, quantity: units, ...more }))) return paint();
    if (least < total) tell("again", say("again_more", { n: row.wanted }), row.name);
    else if (steps.some(([units]) => units)) tell("ok", word(row), row.name);
    paint();
    if (picture?.files[0]) await sendPhoto(sku, picture.files[0]);
  });
  sheet.showModal();
  field.select();
}

// A picture needs the network; the count does not wait for it.
async function sendPhoto(sku, file) {
  const body = new FormData();
  body.set("file", file);
  body.set("sku", sku);
  body.set(about, id);
  try {
    const answer = await (await fetch(photos, { method: "POST", body, redirect: "error", signal: AbortSignal.timeout(20000) })).json();
    if (answer.problem) return tell("bad", answer.problem.title, answer.problem.next);
    tell("ok", say("photo_kept"));
  } catch {
    tell("bad", say("photo_not"), say("photo_not_more"));
  }
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  if (sheet.open) sheet.close();
  event.detail.waitUntil(take(event.detail));
});

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-act]");
  const what = button?.dataset.act;
  if (what === "number") openNumber(button.closest("[data-sku]").dataset.sku);
  if (what === "shut") sheet.close();
  if (what === "whole") await wholeCarton();
  if (what === "carton") await openCarton(button.dataset.carton);
  if (what === "next_carton") await openCarton(String(1 + Math.max(0, ...[carton, ...Object.keys(cartons)].map(Number).filter((n) => n < 1000))));
  if (what === "end") {
    sheet.close();
    form.elements.last.value = button.value;
    await send();
  }
});

// What the server counted, in its own figures; an article that nobody sent gets a row of its own.
function learn({ outcomes }) {
  let strange = false;
  for (const { facts, problem, again } of outcomes) {
    if (facts?.[about] !== id) continue;
    if (problem) tell("bad", problem.title, problem.next);
    if (!facts.sku) continue;
    if (facts.carton) {
      const taken = (given.taken[facts.carton] ??= {});
      taken[facts.sku] = again ? Math.max(taken[facts.sku] ?? 0, facts.taken) : facts.taken;
    }
    const row = rows.get(facts.sku);
    // An answer that comes a second time is as old as the first: others may have counted since.
    if (row) {
      row.counted = again ? Math.max(row.counted, facts.counted ?? 0) : facts.counted ?? row.counted;
      if (!again) row.damaged = facts.damaged ?? row.damaged;
    } else if (facts.counted) {
      rows.set(facts.sku, { sku: facts.sku, name: facts.name, codes: [facts.sku], wanted: 0, counted: facts.counted, damaged: facts.damaged ?? 0 });
      const made = clone("t-row", { name: facts.name, more: facts.more, counted: facts.counted });
      made.querySelector("li").dataset.sku = facts.sku;
      document.getElementById("rows").append(made);
      strange = true;
    }
  }
  paint();
  if (strange && !blind) tell("again", say("unexpected"), say("unexpected_more"), null);
}

// Nothing leaves or ends on the books before every count has arrived there.
async function send() {
  if (!journal.waiting && navigator.onLine !== false) return form.submit();
  act.disabled = true;
  sync.now();
  const end = Date.now() + WAIT_MS;
  while (journal.waiting && Date.now() < end) await new Promise((done) => setTimeout(done, 100));
  act.disabled = false;
  if (journal.waiting || navigator.onLine === false) return tell("bad", say("needs_network"), say("needs_network_more", { n: journal.waiting }));
  form.submit();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const missing = lacking();
  if (receiving && form.elements.last) {
    // A supplier may bring the rest another day; who counts blind cannot know that everything is there.
    if (!missing && !blind) return send();
    sheet.replaceChildren(clone("t-end", { title: blind ? say("end_blind") : say("sure_rest", { n: missing }) }));
    return sheet.showModal();
  }
  // Ending with something missing cannot be taken back: it takes a second touch.
  if (receiving && missing && sure !== missing) {
    sure = missing;
    return tell("again", say("sure", { n: sure }), say("sure_more"));
  }
  await send();
});

sync.listen({ onAnswer: learn, onState: showState });
ask(say(`scan_${given.mode}`), say("scan_more"));
paint();
ready();
