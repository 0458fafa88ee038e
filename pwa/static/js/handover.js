// The hand-over at the counter: the right to collect is proven, what must be seen is ticked, every bag is scanned, then the goods leave.
// With a network the server's answer comes first. With none, the device that holds the counter decides by itself; no other does.
//
// The page the server made gives <script type="application/json" id="handover">:
//   {order, number, name, works: [id], bags: [{bag: "B:T-104", work}], pass?, letters?, collector?, identity: bool, age: bool, done_href}
// The page out of the device's store has none: the order is found by its address among what is kept.
// Both hold associate/_handing.html and may hold [data-bag="B:T-104"] rows (data-checked appears), #identity and #age boxes, refused articles as
// <input data-refuse data-work data-line value="0"> with a <select data-reason> and, where how they are is asked, a <select data-condition>.
// With a network what is not taken is settled on the page of trying on (`try_href`); `articles` are the codes that open it.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { clone, icon, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { serverNow, setServerTime } from "./dials.js";
import { play } from "./sound.js";
import { ready } from "./scanner.js";
import { carryTryOn } from "./return-carry.js";

const PATIENCE_MS = 2000; // so long the server's answer is waited for, where this device may decide by itself
const RELOAD_MS = 30000;
const $ = (id) => document.getElementById(id);
const page = read("handover");
const id = page?.order ?? location.pathname.split("/")[3];
const opened = journal.facts.at(-1)?.seq ?? 0; // what was told before this page is another hand-over
const seen = new Set();
const proof = { kind: page?.pass ? "pass" : page?.letters ? "letters" : null, pass: page?.pass, letters: page?.letters };
let by = null; // what it takes to decide without the server, once it is here
let counter = { kept: null, orders: [], standing: { may: false, why: "nobody" }, offset: 0 };
let held = null; // this order as the device keeps it
let order = page;
let left = null; // the fact of this hand-over, once it is written
let odd = "";
let writing = false;

function fromStore(kept) {
  const { bags, age } = by.needs(kept);
  return { order: kept.order, number: kept.number, name: kept.name, works: kept.works.map((work) => work.id), bags, identity: false, age: age > 0, done_href: null };
}

const tag = (code) => code.replace(/^B:/, "");
const ticked = (box) => $(box)?.checked ?? false;
const toScan = () => order.bags.filter(({ bag }) => !seen.has(bag));
const cutOff = () => ["offline", "signed_out", "update"].includes(sync.state.state);
const sent = () => left && left.seq <= journal.acked;

// Why these goods cannot leave without the server's word; null when they can.
function why() {
  if (!counter.standing.may) return counter.standing.why;
  if (held?.collect_until && Date.parse(held.collect_until) < serverNow()) return "late";
  if (held?.fresh && !held.pass_hash) return "fresh";
  if (held && by.needs(held).nothing) return "recalled";
  return null;
}
const alone = () => !page || cutOff();
const unproven = () => (alone() && !proof.kind) || (order.identity && !ticked("identity"));
const unchecked = () => order.age && !ticked("age");

// ---- scans and taps

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(takeScan(event.detail));
});
document.addEventListener("change", async () => {
  if (!order || left) return;
  invite();
  if (!toScan().length) await finish();
});
document.addEventListener("submit", (event) => {
  const { target } = event;
  if (target.id !== "letters" && !(alone() && target.matches("[data-refusal-form]"))) return;
  event.preventDefault();
  if (target.id === "letters") takeLetters(target.elements.six);
  else keepBack();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-act=undo]")) return takeBack();
  if (event.target.closest("#try-on")) event.preventDefault(), tryOn();
});

// On to trying on: what was scanned and checked here goes along.
function tryOn(article = null) {
  carryTryOn({ order: order.order, pass: proof.pass, letters: proof.letters, bags: [...seen], identity: ticked("identity"), age: ticked("age"), article });
  location.assign(page.try_href);
}

async function takeScan({ code: { kind, code }, raw = "" }) {
  if (!order) return tell("bad", say("stop_unknown"));
  if (left) return document.body.dataset.step === "kept" ? undefined : tell("again", say("hand_sending"), say("hand_sending_more"));
  if (kind === "pass") return takePass(code);
  const wanted = say("hand_bag_wrong_more", { bags: toScan().map(({ bag }) => tag(bag)).join(", ") });
  if (page?.try_href && !alone() && (page.articles.includes(code) || page.articles.includes(raw.trim()))) return tryOn(page.articles.includes(code) ? code : raw.trim());
  if (kind !== "bag") return tell("bad", say("hand_wrong_code"), wanted);
  if (!order.bags.some(({ bag }) => bag === code)) return tell("bad", say("hand_bag_wrong", { name: order.name }), wanted);
  if (seen.has(code)) return tell("again", say("hand_bag_again", { bag: tag(code) }));
  seen.add(code);
  mark(code, true);
  tell("ok", say("hand_bag_ok", { bag: tag(code) }), toScan().length ? say("hand_scan_more", { n: toScan().length }) : "");
  invite();
  if (!toScan().length) await finish(code);
}

// A pass is checked here, where this order is kept; with a network the server opens whatever order it belongs to.
async function takePass(code) {
  await load();
  if (held && (await by.opens(held, code))) return proven("pass", code);
  if (held?.pass_hash || cutOff()) return tell("bad", say("pass_wrong"), say("pass_wrong_more"));
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/scan" });
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "code", value: code }));
  document.body.append(form);
  form.submit();
}

async function takeLetters(field) {
  const typed = field.value.toUpperCase().replace(/[^A-Z]/g, "");
  if (typed.length !== 6) return tell("again", say("letters_six"));
  ask(say("letters_checking"));
  const outcome = await by.tryLetters(held, typed);
  if (outcome === "right") return proven("letters", typed);
  field.value = "";
  const n = await by.triesLeft();
  if (outcome === "wrong") tell("bad", say("letters_wrong"), say("letters_left", { n }));
  else tell("bad", say(outcome === "none" ? "letters_none" : "letters_network"), say("letters_none_more"));
  invite();
}

async function proven(kind, value) {
  Object.assign(proof, { kind, [kind]: value });
  // A pass says more than a card that was looked at.
  order = { ...order, identity: false };
  if ($("identity")) $("identity").closest("label").hidden = true;
  if (kind === "pass") by.carry(id, value);
  paintProof();
  if (alone() && why()) return invite();
  tell("ok", say(`${kind}_right`), toScan().length ? say("hand_scan_bag", { bag: tag(toScan()[0].bag) }) : "");
  invite();
  if (!toScan().length) await finish();
}

function paintProof() {
  // With a network what is not taken is settled at once; without, it stays with the money waiting.
  for (const one of document.querySelectorAll("details[data-alone]")) Object.assign(one, { hidden: !alone(), open: alone() && one.open });
  if ($("try-on")) $("try-on").hidden = alone();
  const slot = $("proof");
  if (!slot) return;
  // A field that somebody types into stays.
  if (proof.kind && alone() && !why()) slot.replaceChildren(clone("t-proven", { what: say(`${proof.kind}_right`) }));
  else if (!proof.kind && alone() && held?.letters && !why()) slot.querySelector("form") ?? slot.replaceChildren(clone("t-letters", {}));
  else slot.replaceChildren();
  if ($("proof-word") && order) $("proof-word").textContent = `${say(proof.kind ? "pass_checked" : "pass_missing")}, ${order.number}`;
}

function mark(code, done) {
  for (const row of document.querySelectorAll(`[data-bag="${CSS.escape(code)}"]`)) {
    row.toggleAttribute("data-checked", done);
    row.querySelector("[data-mark]")?.replaceChildren(icon(done ? "saved" : "todo"));
  }
}

function invite() {
  const [next] = toScan();
  const stop = alone() && why();
  if (by && $("t-stop")) by.paintStop(stop, counter.standing);
  if (stop) return ask(say("hand_stop"), say("hand_stop_more"), "bad");
  if (alone() && !proof.kind) ask(say("pass_first"), held?.letters ? say("pass_first_more") : "");
  else if (unproven() || unchecked()) ask(say("hand_check"), say("hand_check_more"));
  else if (next) ask(say("hand_scan_bag", { bag: tag(next.bag) }), say("hand_scan_more", { n: toScan().length }));
}

// ---- the goods leave

async function finish(last) {
  if (left || writing || unproven() || unchecked()) return invite();
  const byItself = alone();
  if (byItself && !by) await load();
  if (byItself && why()) return invite();
  writing = true;
  const unwanted = [...document.querySelectorAll("[data-refuse]")]
    .filter(({ value }) => Number(value) > 0)
    .map((field) => ({ work: field.dataset.work, line: field.dataset.line, quantity: Number(field.value), reason: chosen(field, "reason") ?? "changed_mind", condition: chosen(field, "condition") }));
  // How it is was asked: it stays as what came back. What is recalled stays as it is.
  const tried = unwanted.filter(({ condition }) => condition);
  const refused = unwanted.filter(({ condition }) => !condition).map(({ condition, ...one }) => one);
  try {
    left = await journal.append("hand_over", {
      order: order.order,
      works: order.works,
      ...(proof.pass ? { pass: proof.pass } : {}),
      ...(proof.letters ? { letters: proof.letters } : {}),
      bags: order.bags.map(({ bag }) => bag),
      ...(ticked("identity") ? { identity_checked: true } : {}),
      ...(order.age ? { age_checked: true } : {}),
      ...(order.collector ? { collector: order.collector } : {}),
      ...(byItself ? { offline: true, checked: proof.kind } : {}),
      refused,
      ...(tried.length ? { tried } : {}),
    });
  } catch {
    // Not on disk: nobody has left with anything.
    if (last) seen.delete(last), mark(last, false);
    return tell("bad", say("not_kept"), say("not_handed"));
  } finally {
    writing = false;
  }
  await by?.remember(left, held ?? { ...order, works: [] }).catch(() => {});
  sync.now();
  if (byItself) return show();
  ask(say("hand_sending"), say("hand_sending_more"));
  setTimeout(() => left && !sent() && decide(), PATIENCE_MS);
}

// The answer does not come: whoever holds the counter lets the goods go, anybody else keeps them here.
function decide() {
  if (!by) return;
  if (document.body.dataset.step === "kept") return;
  if (proof.kind && !why() && $("t-kept")) return show();
  if (!cutOff()) return;
  ask(say("hand_offline"), say("hand_offline_more"));
  if ($("acts")) by.paintWait("undo");
}

function show() {
  if (document.body.dataset.step !== "kept") play("done");
  by.paintKept(order, left, { sent: sent(), odd });
}

const chosen = (field, what) => field.closest("[data-refusal]")?.querySelector(`[data-${what}]`)?.value;

// Too young for what is in the bag: it stays, and that is noted.
async function keepBack() {
  if (left) return;
  try {
    await journal.append("note", { work: order.works[0], text: say("age_refused") });
  } catch {
    return tell("bad", say("not_kept"), "");
  }
  sync.now();
  location.assign("/counter");
}

async function takeBack() {
  if (!left) return;
  try {
    await journal.append("undo", { event: left.id });
  } catch {
    return tell("bad", say("not_kept"), "");
  }
  sync.now();
  play("ok");
  location.replace(`/counter/orders/${id}`);
}

// ---- the server's word

function takeAnswer({ outcomes }) {
  const told = left && outcomes.find((outcome) => outcome.id === left.id);
  if (!told) return;
  if (told.outcome === "refused") {
    left = null;
    seen.clear();
    for (const { bag } of order.bags) mark(bag, false);
    tell("bad", say("hand_refused"), told.problem?.title ?? "");
    return invite();
  }
  odd = told.outcome === "applied_with_exception" ? told.problem?.title ?? say("odd") : "";
  if (by && $("t-kept") && (document.body.dataset.step === "kept" || odd)) return show();
  play("done");
  location.assign(order.done_href ?? `/counter/orders/${id}/done`);
}

function takeState() {
  if (!order) return;
  if (left) return cutOff() ? decide() : undefined;
  paintProof();
  invite();
}

// Here with the page's own first work done, at once where the server had no part in it.
async function load() {
  by ??= await import("./counter-alone.js");
  counter = await by.shelf();
  held = counter.orders.find((kept) => kept.order === id) ?? null;
}

function begin() {
  if (!page) {
    // What left this device lately, and was not taken back, is what there is to see.
    const gone = by.undone(journal.facts);
    left = held ? null : (journal.facts.findLast((fact) => fact.type === "hand_over" && fact.body.order === id && !fact.refused && !gone.has(fact.id)) ?? null);
    const was = left && counter.kept?.left?.[left.id];
    if (was) return (order = was), show();
    order = held && fromStore(held);
  }
  left = null;
  if (!order) {
    by.paintStop("unknown", counter.standing);
    return ask(say("hand_stop"), say("stop_unknown_more"), "bad");
  }
  if (!page) {
    by.paintOrder(held);
    const pass = by.carried(id);
    if (pass) by.opens(held, pass).then((fits) => fits && proven("pass", pass));
  }
  watchRefusals();
  paintProof();
  invite();
}

// Opening a refusal means it: all units stay, unless a smaller number is chosen; closing takes it back.
function watchRefusals() {
  for (const refusal of document.querySelectorAll("details.refuse")) {
    const units = refusal.querySelector("[data-refuse]");
    const mean = () => (units.selectedIndex = refusal.open ? units.options.length - 1 : 0);
    refusal.addEventListener("toggle", mean);
    mean();
  }
}

// The page stands in for the server's: once the server answers, and nobody has begun, the real one is better.
async function comeBack() {
  if (page || seen.size || left || (await by.reach()) !== "ours") return;
  if (Date.now() - (Number(sessionStorage.getItem("opened-again")) || 0) < RELOAD_MS) return;
  sessionStorage.setItem("opened-again", String(Date.now()));
  location.reload();
}

if (!page) {
  await load();
  setServerTime(new Date(Date.now() + counter.offset).toISOString());
}
begin();
ready();
sync.listen({
  onAnswer: takeAnswer,
  onState: takeState,
  async onJournal({ why: reason }) {
    if (reason === "acked" && document.body.dataset.step === "kept") show();
    if (!left && by) counter = await by.shelf();
  },
});
// A lease runs out while the page is open.
setInterval(() => {
  if (!left && order) takeState();
}, 15000);
if (page) (window.requestIdleCallback ?? setTimeout)(() => load().then(takeState).catch(() => {}));
else {
  addEventListener("online", comeBack);
  comeBack();
  // This page stands here because the server did not answer: the pill says so at once.
  sync.ping();
}
