// What this device still has to send, painted from what it keeps: it works with no network, no sign-in, no enrolment.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { clone, element, say } from "./paint.js";
import { did, groups, hour } from "./told.js";
import { reach } from "./reach.js";
import { ready } from "./scanner.js";
import { ask, read, recall, write } from "./store.js";

const LOOK_MS = 15000;
const $ = (id) => document.getElementById(id);
const sheet = $("sheet");
let way = ""; // what stands between this device and the store; empty until it was asked
let trying = false;
let share = null; // {codes, at, drawn}
let received = null;

const button = (act, text, className) => {
  const made = element("button", className, text);
  made.type = "button";
  made.dataset.act = act;
  return made;
};

async function known() {
  const [packs, people] = await read(["packs", "meta"], async ({ packs: kept, meta }) => [await ask(kept.getAll()), await ask(meta.get("people"))]);
  return [new Map(packs.map((pack) => [pack.id, pack])), new Map(Object.values(people ?? {}).map(({ sign_in_id, person }) => [sign_in_id, person]))];
}

const WAYS = { none: "way_none", slow: "way_none", stranger: "way_stranger", signed_out: "way_signed_out", update: "way_update" };
const DOORS = { signed_out: "/enroll", update: location.href };

function paintWay() {
  const key = WAYS[way];
  const values = key && { what: say(key), more: say(`${key}_more`), href: DOORS[way] ?? "", act: DOORS[way] ? say(`${key}_act`) : "" };
  $("way").hidden = !key;
  if ($("way").dataset.key === way) return;
  $("way").dataset.key = way;
  $("way").replaceChildren(...(key ? [clone("t-way", values)] : []));
}

async function paint() {
  const [[packs, people], dead, contact] = await Promise.all([known(), read(["dead"], ({ dead: refused }) => ask(refused.getAll())), recall("contact")]);
  const unsent = journal.unsent(Infinity);
  $("last").textContent = contact ? say("last", { time: hour(contact) }) : say("never");
  if (unsent.length) {
    const rows = groups(unsent, packs, people).map((row) => clone("t-row", row));
    $("kept").replaceChildren(clone("t-some", { title: say("kept", { n: unsent.length }), rows }));
  } else {
    const sure = way === "ours" && !dead.length;
    $("kept").replaceChildren(clone("t-none", { sure, title: say(sure ? "none" : "none_off"), more: say(sure ? "none_more" : "none_off_more") }));
  }
  $("refused").hidden = !dead.length;
  $("refused").replaceChildren(
    ...(dead.length ? [element("div", "head", element("h2", "", say("refused_head")), element("small", "", String(dead.length)))] : []),
    ...dead.map((fact) => {
      const seen = button("seen", say("seen"), "btn tall wide");
      seen.dataset.fact = fact.id;
      return clone("t-refused", { title: fact.problem?.title ?? say("refused_plain"), what: say("refused_at", { what: did([fact]), time: hour(fact.at_wall) }), detail: fact.problem?.detail ?? "", button: seen });
    }),
  );
  paintActs(unsent.length);
  paintWay();
}

function paintActs(n) {
  $("home").hidden = Boolean(n) || way !== "ours";
  $("try").hidden = !$("home").hidden;
  $("try").textContent = say(trying ? "trying" : "try");
  $("share").hidden = !n;
}

// ---- to the store

async function look() {
  way = await reach();
  if (way === "ours" && journal.waiting) sync.now();
  await paint();
}

async function tryNow() {
  if (trying) return;
  trying = true;
  paintActs(journal.waiting);
  sync.now();
  await look();
  trying = false;
  paintActs(journal.waiting);
}

// ---- to another device

async function openShare() {
  const facts = journal.unsent(Infinity);
  const { toCodes, MOST_CODES } = await import("./carry.js");
  // Drawn on the device, by a part that comes only now; without it the file does the same.
  const [codes, drawing] = await Promise.all([toCodes(facts).catch(() => []), import(document.body.dataset.qr).catch(() => null)]);
  share = { facts, codes: drawing && codes.length <= MOST_CODES ? codes : [], at: 0, generate: drawing?.generate };
  share.how = share.codes.length ? say("share_how") : codes.length > MOST_CODES ? say("share_many", { n: codes.length }) : say("share_no_code");
  paintShare();
  if (!sheet.open) sheet.showModal();
}

function drawn(text) {
  const code = share.generate(text);
  const canvas = element("canvas", "qr");
  Object.assign(canvas, { role: "img" });
  canvas.setAttribute("aria-label", say("share_label", { n: share.at + 1, of: share.codes.length }));
  code.toCanvas(canvas, { on: [0, 0, 0], off: [255, 255, 255], pad: 4 });
  return canvas;
}

function paintShare() {
  const { codes, at, how } = share;
  sheet.replaceChildren(clone("t-share", { how, code: codes.length ? drawn(codes[at]) : null, nth: say("share_nth", { n: at + 1, of: codes.length }), steps: codes.length > 1 }));
}

function turn(by) {
  share.at = (share.at + by + share.codes.length) % share.codes.length;
  sheet.querySelector(".qr").replaceWith(drawn(share.codes[share.at]));
  sheet.querySelector("[data-nth]").textContent = say("share_nth", { n: share.at + 1, of: share.codes.length });
}

async function sendFile() {
  const { toFile } = await import("./carry.js");
  const name = `comptoir-${new Date().toISOString().slice(0, 16).replace(/\D/g, "-")}.json`;
  const file = new File([toFile(share.facts)], name, { type: "application/json" });
  if (navigator.canShare?.({ files: [file] }) && (await navigator.share({ files: [file] }).then(() => true, ({ name: why }) => why === "AbortError"))) return;
  const href = URL.createObjectURL(file);
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60000);
}

// ---- from another device

async function openReceive() {
  const { gather } = await import("./carry.js");
  received = gather();
  sheet.replaceChildren(clone("t-receive", { told: say("receive_ready") }));
  if (!sheet.open) sheet.showModal();
}

function tellReceived(tone, text) {
  const band = sheet.querySelector("[data-received]");
  if (!band) return;
  band.className = `band ${tone}`;
  band.querySelector("span").textContent = text;
}

// A telephone has no scanner: its camera films inside the sheet, and ends with it.
let filming = false;
async function film() {
  const { toggleCamera } = await import("./camera.js");
  const row = sheet.querySelector("[data-film]") ?? element("div");
  const tapped = sheet.querySelector("[data-act=film]");
  const ended = toggleCamera(row, (on) => {
    filming = on;
    tapped?.setAttribute("aria-pressed", String(on));
  });
  const finder = $("viewfinder");
  if (finder) row.prepend(finder);
  await ended;
}

async function take(facts) {
  if (!facts) return tellReceived("bad", say("receive_wrong"));
  try {
    const n = await journal.rarely("adopt", facts);
    tellReceived(n ? "ok" : "again", n ? say("receive_done", { n }) : say("receive_known"));
    sync.now();
  } catch {
    tellReceived("bad", say("receive_failed"));
  }
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(takeScan(event.detail.raw));
});

async function takeScan(raw) {
  if (!sheet.open || !received) await openReceive();
  const told = received.take(raw);
  if (!told) return tellReceived("bad", say("receive_wrong"));
  if (received.complete) return take(await received.facts());
  tellReceived(told.other ? "again" : "ok", told.other ? say("receive_other") : say("receive_some", { n: told.read, of: told.of }));
}

document.addEventListener("change", async ({ target }) => {
  if (!target.matches("[data-file]") || !target.files[0]) return;
  const { fromFile } = await import("./carry.js");
  await take(target.files[0].size < 4_000_000 ? fromFile(await target.files[0].text()) : null);
  target.value = "";
});

// ---- taps

const ACTS = {
  try: tryNow,
  share: openShare,
  receive: openReceive,
  file: sendFile,
  film,
  "code-next": () => turn(1),
  "code-back": () => turn(-1),
  close: () => sheet.close(),
  async seen({ fact }) {
    await write(["dead"], ({ dead }) => void dead.delete(fact));
    await paint();
  },
};
document.addEventListener("click", ({ target }) => {
  const tapped = target.closest("[data-act]");
  if (tapped) ACTS[tapped.dataset.act]?.(tapped.dataset);
});
sheet.addEventListener("click", ({ target }) => target === sheet && sheet.close());
sheet.addEventListener("close", () => {
  received = share = null;
  if (filming) film();
  sheet.replaceChildren();
});

ready();
await paint();
sync.listen({
  onState({ state }) {
    if (state === "signed_out" || state === "update") way = state;
    else if (state === "sent") way = "ours";
    paint();
  },
  onJournal: paint,
});
look();
setInterval(() => document.hidden || look(), LOOK_MS);
