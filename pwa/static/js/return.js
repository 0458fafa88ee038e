// Goods that come back: each scan takes one unit, a tap says how it is, one more why; then the server says what the customer gets.
// What the button promises was worked out by the very steps that the tap carries out, and taken back again.
// With no network the goods are taken in and written down; money waits for the server.
//
// The page gives <script type="application/json" id="return">:
//   {kind: "order" | "announced" | "blind", id, order?, rma?, origin, currency, lines: [{line, part, sku, name, deciding, variant, picture, codes,
//    left, each: [minor], may, then: {condition: words}, asked: [{code, word}]}], units: [{n, line, part, sku, reason, absent, fixed}],
//    reasons: [{code, text, photo}], permits}
// Kind "try_on" is tried on before it leaves: try-on.js.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { uuid7 } from "./journal.js";
import { read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { play } from "./sound.js";
import { elsewhere, ready } from "./scanner.js";
import { printable } from "./codes.js";
import { carried } from "./return-carry.js";
import { apart, choices, draw, exchanges, named, toggle, wishOf } from "./return-painting.js";

const $ = (id) => document.getElementById(id);
const page = read("return") ?? { kind: "alone", id: uuid7(), lines: [], units: [], reasons: read("reasons") ?? [], currency: "EUR", origin: "counter" };
const state = {
  units: [], wish: "refund", apart: false, chosen: [], till: "", credit: "", quote: null, problem: null, permission: null, left: null, sending: false,
  receipt: page.kind === "alone" ? carried() : "",
};
let asked = 0; // the newest question to the server; older answers are none
let due = 0;

const cutOff = () => navigator.onLine === false || ["offline", "signed_out", "update"].includes(sync.state.state);
const lineOf = (line, part) => page.lines.find((one) => one.line === line && one.part === part);
const takenOf = (line) => state.units.filter((unit) => unit.of === line && !unit.missing);
const current = () => state.units.find((unit) => !unit.condition && !unit.missing);
let trying = null; // of try-on.js, where goods are tried on before they leave
const lacksReason = () => state.units.some((unit) => unit.condition && !unit.reason);

for (const unit of page.kind === "try_on" ? [] : page.units) {
  const of = lineOf(unit.line, unit.part) ?? page.lines.find(({ sku }) => sku === unit.sku);
  state.units.push({ of, n: unit.n, reason: unit.reason, condition: unit.condition ?? null, missing: unit.missing ?? false, code: "", photo: unit.photo ?? null, absent: unit.absent ?? [], fixed: unit.fixed ?? false });
}
if (page.wish && page.kind === "blind") state.wish = page.wish;
if (page.gift) state.wish = "credit";

// ---- scans

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(take(event.detail));
});

async function take(detail) {
  if (state.left) return elsewhere(detail) ?? tell("again", say("already_kept"));
  const { code, raw } = detail;
  const wanted = [code.code, raw.trim(), raw.trim().toUpperCase()];
  const fits = page.lines.filter(({ codes, sku }) => codes.some((known) => wanted.includes(known)) || wanted.includes(sku));
  if (trying && code.kind === "bag") return trying.takeBag(code.code);
  if (code.kind === "credit") return page.kind === "alone" || cutOff() ? tell("bad", say("credit_not_here"), say("credit_not_here_more")) : server("takeCredit", code);
  if (page.kind === "alone") return takeAlone(code, raw);
  if (exchanges(state) && state.units.length && !current()) return server("choose", wanted, raw);
  if (page.kind === "announced") return takeAnnounced(fits, detail);
  if (trying) return trying.take(fits, detail);
  const free = fits.find((line) => takenOf(line).length < line.left);
  if (free) return add(free, printable(raw), code.serial);
  const parts = page.lines.filter(({ kit }) => kit?.some((known) => wanted.includes(known)));
  if (parts.some((line) => takenOf(line).length < line.left)) return addKit(parts, printable(raw));
  if (fits.length || parts.length) return tell("again", say(fits.some(({ left }) => left) ? "enough" : "none_left"), say("enough_more"));
  if (page.kind === "blind") return server("takeBlind", raw, code.serial);
  return elsewhere(detail) ?? tell("bad", say("not_of_order"), say("not_of_order_more"));
}

const unitOf = (of, code, serial = "") => ({ of, n: null, reason: state.units.at(-1)?.reason ?? null, condition: null, missing: false, code, serial, photo: null, absent: [] });

// The scan of a kit stands for its parts: each is looked at by itself, and one that is not there is not taken.
function addKit(parts, code) {
  for (const of of parts) for (let n = 0; n < of.of_kit && takenOf(of).length < of.left; n++) state.units.push(unitOf(of, code));
  tell("ok", named(current().of), say("units", { n: state.units.filter(({ condition, missing }) => !condition && !missing).length }));
  changed();
}

function add(of, code, serial = "") {
  state.units.push(unitOf(of, code, serial));
  tell("ok", named(of), say("how_many", { n: takenOf(of).length, total: of.left }));
  changed();
}

// Announced at home: the scan says which of the units is in hand.
function takeAnnounced(fits, detail) {
  const waiting = state.units.filter(({ condition, missing }) => !condition || missing);
  const unit = waiting.find(({ of }) => fits.includes(of));
  if (!unit) {
    const job = fits.length ? null : elsewhere(detail);
    return job ?? tell(fits.length ? "again" : "bad", say(fits.length ? "enough" : "not_announced"), say("enough_more"));
  }
  state.units.splice(state.units.indexOf(unit), 1);
  Object.assign(unit, { missing: false, serial: detail.code.serial ?? "" });
  state.units.splice(Math.max(0, state.units.findIndex((one) => !one.condition && !one.missing)), 0, unit);
  tell("ok", named(unit.of), "");
  changed();
}

// Without the server an article is its code, and the first code may be the receipt.
function takeAlone(code, raw) {
  const article = code.kind === "gtin" || code.kind === "sku" || code.reason === "in_store";
  if (!article || (!state.receipt && code.kind !== "gtin")) {
    state.receipt = raw.slice(0, 512);
    tell("ok", say("receipt_read"), say("scan_item"));
    return changed();
  }
  const known = page.lines.find(({ sku }) => sku === code.code);
  const of = known ?? { line: null, part: null, sku: code.code, asked: [{ code: "other", word: say("all_parts") }], name: code.code.replace(/^0/, ""), deciding: "", variant: "", picture: "", codes: [code.code], left: 99, each: [], then: {} };
  if (!known) page.lines.push(of);
  add(of, raw.slice(0, 512));
}

// ---- what the server says it comes to

// What takes the server is loaded when somebody first wants it, and asked for again where it could not be.
let loading = null;
let by = null;
async function load() {
  loading ??= import("./return-online.js").then(({ online }) => online(page, state, { send, body, changed, paint, add, current }));
  by = await loading.catch(() => (loading = null));
}
async function server(what, ...told) {
  if (!by) await load();
  return by ? by[what](...told) : tell("bad", say("no_answer"), say("no_answer_more"));
}

async function send(path, body, ms = 4000) {
  const response = await fetch(path, {
    method: "POST", headers: { accept: "application/json", "content-type": "application/json" }, body: JSON.stringify(body), redirect: "error", signal: AbortSignal.timeout(ms),
  });
  const kind = response.headers.get("content-type") ?? "";
  if (response.status >= 500 || !/^application\/(problem\+)?json/.test(kind)) throw new Error(response.status);
  const told = await response.json();
  return response.ok ? told : { problem: { next: "", ...told } };
}

function body() {
  const instead = exchanges(state) ? state.chosen.map(({ sku }) => ({ sku })) : [];
  const paying = { till: state.till.trim(), credit: state.credit.trim(), ...(state.permission ? { permission: state.permission } : {}) };
  if (trying) return { id: page.id, rma: page.rma, hand_over: trying.handOver(), wish: state.wish, apart: apart(state), exchange: instead, ...paying };
  return {
    id: page.id,
    ...(page.order ? { order: page.order } : {}),
    ...(page.rma ? { rma: page.rma } : {}),
    origin: page.origin,
    units: state.units
      .filter(({ missing, fixed }) => !missing && !fixed)
      .map((unit) => ({
        ...(unit.n ? { n: unit.n } : unit.of.line ? { line: unit.of.line, part: unit.of.part } : { sku: unit.of.sku }),
        condition: unit.condition, reason: unit.reason ?? "no_reason", ...(unit.photo ? { photo: unit.photo } : {}),
        ...(unit.serial ? { serial: unit.serial, article: unit.of.sku } : {}),
        ...(unit.absent?.length || unit.n ? { absent: unit.absent ?? [] } : {}),
      })),
    missing: state.units.filter(({ missing, n }) => missing && n).map(({ n }) => n),
    wish: state.wish,
    apart: apart(state),
    exchange: instead,
    ...paying,
    gift: page.gift || ($("gift")?.checked ?? false),
    recipient: $("recipient")?.value.trim() ?? "",
    ...($("brought-by")?.value.trim() ? { brought_by: $("brought-by").value.trim() } : {}),
  };
}

const complete = () => state.units.some(({ missing }) => !missing) && !current();
const wants = () => complete() && (!trying || trying.ready()) && (!exchanges(state) || state.chosen.length > 0) && state.units.every((unit) => unit.missing || wishes().includes(wishOf(state, unit)));

const wishes = () => choices(page, page.gift || $("gift")?.checked);

async function quote() {
  clearTimeout(due);
  if (!wants() || cutOff() || page.kind === "alone" || state.left) return;
  const mine = ++asked;
  try {
    const answer = await send(page.paths?.rehearsal ?? "/returns/rehearsal", body());
    if (mine !== asked) return;
    state.quote = answer.problem ? null : answer;
    state.problem = answer.problem ?? null;
  } catch {
    if (mine !== asked) return;
    state.quote = null;
    due = setTimeout(quote, 2000);
  }
  paint();
}

function changed() {
  state.quote = null;
  state.problem = null;
  paint();
  quote();
}

// ---- painting

const facts = () => ({ current: current(), complete: complete(), lacksReason: lacksReason(), cutOff: cutOff() || page.kind === "alone", taken: takenOf });

function paint() {
  draw(page, state, facts(), by);
  const now = facts();
  document.body.dataset.step = state.left ? "kept" : !state.units.length ? "empty" : now.current ? "condition" : lacksReason() ? "reason" : state.quote ? "ready" : now.cutOff ? "alone" : state.problem ? "refused" : "asking";
  if (state.left) return;
  if (trying?.invite(now)) return;
  if (!state.units.length) ask(say(page.kind === "alone" && !state.receipt ? "scan_receipt" : "scan_item"), say(page.kind === "alone" && !state.receipt ? "scan_receipt_more" : "scan_item_more"));
  else if (now.current) ask(say("choose_condition"), say("choose_condition_more"));
  else if (lacksReason()) ask(say("why"), say("why_more"));
  else if (exchanges(state) && !state.chosen.length) ask(say("scan_swap"), say("scan_swap_more"));
  else ask(say(trying ? "try_scan" : "scan_item_next"), "");
}

// ---- what hands do

document.addEventListener("click", async ({ target }) => {
  const near = (name) => target.closest(`[data-${name}]`);
  const unit = current();
  if (near("condition") && unit) {
    unit.condition = near("condition").dataset.condition;
    play("ok");
    return changed();
  }
  if (near("accessory") && unit) {
    toggle(unit, near("accessory").dataset.accessory);
    return paint();
  }
  if (near("wish")) return server("chooseWay", near("wish"));
  if (near("reason")) {
    for (const one of state.units) if (one.condition && !one.reason) one.reason = near("reason").dataset.reason;
    return changed();
  }
  if (near("again")) {
    const again = state.units[Number(near("again").dataset.again)];
    if (again.fixed) return tell("again", say("put_away_already"), "");
    Object.assign(again, { condition: null, missing: false, ...(again.n ? {} : { reason: null }) });
    return changed();
  }
  if (near("size")) return server("choose", [], near("size").dataset.size);
  if (near("unchoose")) return state.chosen.splice(Number(near("unchoose").dataset.unchoose), 1), changed();
  const act = near("act")?.dataset.act;
  if (act === "drop" && unit) {
    if (unit.n || trying) unit.missing = true;
    else state.units.splice(state.units.indexOf(unit), 1);
    changed();
  } else if (act === "exchange") await server("beginExchange");
  else if (act === "credit" || act === "refund") Object.assign(state, { wish: act, chosen: [] }), changed();
  else if (act === "apart") await server("openApart");
  else if (act === "together") Object.assign(state, { apart: false, ...(state.wish === "exchange" ? {} : { chosen: [] }) }), changed();
  else if (act === "settle") await server("settle");
  else if (act === "ask" || act === "waive") await server("openPermission", act === "waive");
  else if (act === "shut") $("sheet").close();
  else if (act === "keep") await keep();
});

document.addEventListener("change", async ({ target }) => {
  if (target.id === "till") (state.till = target.value), changed();
  else if (target.id === "credit-code") (state.credit = target.value), changed();
  else if (target.id === "gift") {
    $("recipient-field").hidden = !target.checked;
    if (target.checked) {
      if (state.wish === "refund") state.wish = "credit";
      for (const unit of state.units) if (unit.wish === "refund") unit.wish = "credit";
    }
    changed();
  } else if (target.id === "recipient" || target.id === "brought-by") changed();
  else if (target.matches("[data-photo]") && target.files[0]) await server("sendPhoto", state.units[Number(target.dataset.photo)], target.files[0]);
});

// The goods are here and the server is not: written down, and told as soon as it is.
async function keep() {
  if (state.left || !complete()) return;
  if (trying) return trying.keep();
  const { id, order, rma, units, missing } = body();
  try {
    state.left = await journal.append("return", {
      return: id, ...(order ? { order } : {}), ...(rma ? { rma, missing } : {}), ...(state.receipt ? { receipt: state.receipt } : {}),
      units: units.map(({ photo, article, wish, ...unit }) => unit),
    });
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  play("done");
  sync.now();
  paint();
}

function takeAnswer({ outcomes }) {
  const told = state.left && outcomes.find((outcome) => outcome.id === state.left.id);
  if (!told) return;
  state.odd = told.outcome === "applied" ? "" : (told.problem?.title ?? say("odd"));
  state.told = told.facts ?? {};
  paint();
}

sync.listen({
  onAnswer: takeAnswer,
  onState() {
    if (state.left) return;
    paint();
    if (!state.quote && !state.problem) quote();
  },
  onJournal: () => state.left && paint(),
});
if (page.kind === "try_on") trying = (await import("./try-on.js")).tryOn(page, state, { changed, paint, lacksReason });
paint();
if (trying) quote();
if (page.kind !== "alone") (window.requestIdleCallback ?? setTimeout)(load);
ready();
