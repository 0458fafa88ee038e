// A transfer under the hands: each scan counts one, a tap on a row counts many. What is shown is the server's figures and, on top, every
// fact that it does not have yet: those are on disk before anything beeps, so a lost network loses no count. Leaving and ending need it.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { clone, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { showState } from "./status.js";
import { elsewhere, ready } from "./scanner.js";

const WAIT_MS = 4000;
const given = read("transfer");
const receiving = given.mode === "receive";
const form = document.getElementById("act");
const act = form.querySelector("button");
const sheet = document.getElementById("sheet");
const rows = new Map(given.rows.map((row) => [row.sku, row]));

const spellings = (code, raw) => [code.code, raw.trim(), raw.trim().toUpperCase()];
const unsent = () => journal.facts.filter(({ seq, type, body }) => seq > journal.acked && type === given.type && body.transfer === given.transfer);
const now = (row) => row.counted + unsent().reduce((sum, { body }) => sum + (body.sku === row.sku ? body.quantity : 0), 0);
const sum = (of) => [...rows.values()].reduce((total, row) => total + of(row), 0);

const lacking = () => sum((row) => Math.max(0, row.wanted - now(row)));
let sure = 0; // what was missing when somebody last touched "finish"

function paint() {
  for (const row of rows.values()) {
    const place = document.querySelector(`[data-sku="${CSS.escape(row.sku)}"]`);
    const counted = now(row);
    place.querySelector("[data-count]").textContent = counted;
    place.classList.toggle("full", counted === row.wanted);
    place.classList.toggle("unsent", counted !== row.counted);
    place.classList.toggle("over", counted > row.wanted);
  }
  const counted = sum(now);
  const missing = lacking();
  const over = sum((row) => Math.max(0, now(row) - row.wanted));
  // The scanner is the next act until everything is there: then leaving is, or ending.
  act.className = `btn wide ${missing ? "tall" : "main"}`;
  act.textContent = !receiving ? say("ship_act", { n: counted }) : missing ? say("close_missing", { n: missing }) : over ? say("close_over", { n: over }) : say("close_all", { n: counted });
  form.hidden = !receiving && !counted;
}

// Resolves once it is on disk; whoever is told so hears it only then.
async function count(body) {
  try {
    await journal.append(given.type, { transfer: given.transfer, ...body });
    return true;
  } catch {
    tell("bad", say("not_kept"), say("not_kept_more"));
    return false;
  }
}

async function take(detail) {
  const { code, raw } = detail;
  const wanted = spellings(code, raw);
  const row = [...rows.values()].find(({ codes }) => codes.some((known) => wanted.includes(known)));
  const job = row ? null : elsewhere(detail);
  if (job) return job;
  if (!row && !receiving) return tell("bad", say("not_asked"), say("nothing_counted"));
  if (row && !receiving && now(row) >= row.wanted) return tell("again", say("again"), say("again_more", { n: row.wanted }));
  if (!(await count(row ? { sku: row.sku, quantity: 1, code: raw } : { quantity: 1, code: raw }))) return;
  paint();
  if (!row) tell("again", say("unexpected"), say("unexpected_more"));
  else if (now(row) > row.wanted) tell("again", say("one_more"), say("one_more_more", { name: row.name }));
  else tell("ok", say("counted", { n: now(row), total: row.wanted }), row.name);
}

function openNumber(sku) {
  const row = rows.get(sku);
  sheet.replaceChildren(clone("t-number", { title: row.name, label: say(receiving ? "how_many_came" : "how_many_laid"), hint: say("how_many_hint", { n: row.wanted }) }));
  const field = sheet.querySelector("input");
  field.value = now(row);
  sheet.querySelector("form").addEventListener("submit", async (event) => {
    const total = Number(field.value.trim());
    if (!Number.isInteger(total) || total < 0) return event.preventDefault();
    const least = receiving ? total : Math.min(total, row.wanted);
    const step = least - now(row);
    if (step && (await count({ sku, quantity: step }))) tell(least < total ? "again" : "ok", least < total ? say("again_more", { n: row.wanted }) : say("counted", { n: least, total: row.wanted }), row.name);
    paint();
  });
  sheet.showModal();
  field.select();
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  if (sheet.open) sheet.close();
  event.detail.waitUntil(take(event.detail));
});

document.addEventListener("click", ({ target }) => {
  const what = target.closest("[data-act]")?.dataset.act;
  if (what === "number") openNumber(target.closest("[data-sku]").dataset.sku);
  if (what === "shut") sheet.close();
});

// What the server counted, in its own figures; an article that nobody sent gets a row of its own.
function learn({ outcomes }) {
  let strange = false;
  for (const { facts, problem, again } of outcomes) {
    if (facts?.transfer !== given.transfer) continue;
    if (problem) tell("bad", problem.title, problem.next);
    if (!facts.sku) continue;
    const row = rows.get(facts.sku);
    // An answer that comes a second time is as old as the first: others may have counted since.
    if (row) row.counted = again ? Math.max(row.counted, facts.counted ?? 0) : facts.counted ?? row.counted;
    else if (facts.counted) {
      rows.set(facts.sku, { sku: facts.sku, name: facts.name, codes: [facts.sku], wanted: 0, counted: facts.counted });
      const made = clone("t-row", { name: facts.name, more: facts.more, counted: facts.counted });
      made.querySelector("li").dataset.sku = facts.sku;
      document.getElementById("rows").append(made);
      strange = true;
    }
  }
  paint();
  if (strange) tell("again", say("unexpected"), say("unexpected_more"), null);
}

// Nothing leaves or ends on the books before every count has arrived there.
form.addEventListener("submit", async (event) => {
  // Ending with something missing cannot be taken back: it takes a second touch.
  if (receiving && lacking() && sure !== lacking()) {
    event.preventDefault();
    sure = lacking();
    return tell("again", say("sure", { n: sure }), say("sure_more"));
  }
  if (!journal.waiting && navigator.onLine !== false) return;
  event.preventDefault();
  act.disabled = true;
  sync.now();
  const end = Date.now() + WAIT_MS;
  while (journal.waiting && Date.now() < end) await new Promise((done) => setTimeout(done, 100));
  act.disabled = false;
  if (journal.waiting || navigator.onLine === false) return tell("bad", say("needs_network"), say("needs_network_more", { n: journal.waiting }));
  form.submit();
});

sync.listen({ onAnswer: learn, onState: showState });
ask(say(`scan_${given.mode}`), say("scan_more"));
paint();
ready();
