// A figure is corrected: scan, how many, why, and a picture where the reason wants one. What is saved is a fact on disk; the server
// applies it, or gives it to a manager. The reasons are this page's, or those that the device keeps.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { clone, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { bring, drop, keepPhoto, nameCorrection, waiting } from "./adjust-photos.js";
import { uuid7 } from "./journal.js";
import { elsewhere, ready } from "./scanner.js";
import { keep, recall } from "./store.js";

const MOST = 9999;
const WAIT_MS = 2500;
const $ = (id) => document.getElementById(id);
const page = read("adjust");
if (page) await keep("adjust", page).catch(() => {});
const given = page ?? (await recall("adjust")) ?? null;
const reasons = given?.reasons ?? [];
// Who opens this page with no network may be somebody else than who opened it before: what anybody may do.
const [units, minor] = given?.alone[page ? page.role : "associate"] ?? [0, 0];
let open = null; // {raw, code, sku?, name, ...}
let number = 1;
let fresh = true; // the first key replaces what is there, the next ones follow it
let photo = null; // the picture of the correction in hand
let saved = null; // the last fact, while it can be taken back

const reason = () => reasons.find(({ code }) => code === document.querySelector("[name=reason]:checked")?.value);
const beyond = () => number > units || (open?.price_minor ?? 0) * number > minor;

$("reasons").append(
  ...reasons.map(({ code, words }) => {
    const made = clone("t-reason", { words });
    made.querySelector("input").value = code;
    return made;
  }),
);

function paint() {
  for (const part of document.querySelectorAll("[data-step-of]")) part.hidden = part.dataset.stepOf !== (open ? "one" : "scan");
  document.body.dataset.step = open ? "count" : "list";
  $("back").href = open ? "#" : "/more";
  $("never").hidden = Boolean(given);
  $("undo-bar").hidden = !saved || Boolean(open);
  if (!open) return ask(say(given ? "scan" : "never"), given ? say("scan_more") : "");
  $("one").replaceChildren(clone("t-one", { picture: open.picture, name: open.name, variant: open.variant ?? "", known: Boolean(open.sku) }));
  $("number").textContent = number;
  const why = reason();
  const lacks = Boolean(why?.photo && !photo);
  $("proof").hidden = !why?.proof;
  $("picture").hidden = !why;
  $("picture-word").textContent = say(photo ? "photo_taken" : why?.photo ? "photo_needed" : "photo_may");
  $("beyond").hidden = !beyond();
  $("save").disabled = !why || (!lacks && why.proof && $("note").value.trim().length < 3);
  $("save").textContent = lacks ? say("photo_needed") : why ? say("save", { n: number, why: why.words }) : say("choose");
}

// Pictures that wait here for the network, and corrections that wait for a manager or were declined.
async function paintTold() {
  const kept = (await waiting().catch(() => [])).filter(({ adjustment }) => adjustment).length;
  $("photos").hidden = !kept;
  $("photos-word").textContent = say("photos_wait", { n: kept });
  const told = given?.told ?? [];
  $("told").hidden = !told.length;
  $("lead").hidden = told.length > 0 || !given;
  $("told-list").replaceChildren(...told.map(({ name, deciding, quantity, why, status }) => clone("t-told", { name: `${quantity} × ${name} ${deciding}`.trim(), why, waits: status === "waiting", declined: status === "declined" })));
}

// Who it is needs the network; without one the code is kept, and the server knows the article by it.
async function look(raw, code) {
  try {
    const response = await fetch(`/adjust/article?code=${encodeURIComponent(code || raw.trim())}`, { redirect: "error", signal: AbortSignal.timeout(WAIT_MS), headers: { accept: "application/json" } });
    if (response.ok) return await response.json();
    if (response.status === 404) return { problem: { title: say("unknown"), next: say("unknown_more") } };
    if (response.status === 422) return { problem: await response.json() };
  } catch {
    // Out of reach.
  }
  // The lists that this device keeps know some articles by name.
  const codes = [code, raw.trim(), raw.trim().toUpperCase()];
  for (const list of ["counts", "recalls"]) {
    const known = ((await recall(list).catch(() => null))?.rows ?? []).find((row) => row.codes.some((one) => codes.includes(one)));
    if (known) return { sku: known.sku, name: `${known.name} ${known.deciding ?? ""}`.trim(), variant: known.variant, picture: known.picture, offline: true };
  }
  return { name: raw.trim().slice(0, 40), offline: true };
}

async function take(detail) {
  const { raw, code } = detail;
  if (!given) return tell("bad", say("never"), say("never_more"));
  if (open && [open.raw, open.code].includes(raw.trim())) {
    number = Math.min(MOST, number + 1);
    fresh = true;
    paint();
    return tell("ok", say("so_far", { n: number }), open.name);
  }
  const job = elsewhere(detail);
  if (job) return job;
  const found = await look(raw, code.code);
  if (found.problem) return tell("bad", found.problem.title, found.problem.next);
  await forgetPhoto();
  open = { ...found, raw: raw.trim(), code: code.code || raw.trim() };
  number = 1;
  fresh = true;
  saved = null;
  history[location.hash ? "replaceState" : "pushState"](null, "", "#one");
  paint();
  ask(say("how_many"), found.offline ? say("offline") : "");
  tell("ok", say("so_far", { n: 1 }), open.name);
  scrollTo(0, 0);
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(take(event.detail));
});

async function forgetPhoto() {
  if (photo) await drop(photo).catch(() => {});
  photo = null;
  $("photo").value = "";
}

async function save() {
  const why = reason();
  if (!open || !why) return;
  // The one button is always the next step: here it is the camera.
  if (why.photo && !photo) return $("photo").click();
  const note = $("note").value.trim();
  try {
    saved = await journal.append("adjust", { ...(open.sku ? { sku: open.sku } : { code: open.raw.slice(0, 512) }), quantity: number, reason: why.code, ...(note ? { note } : {}), ...(photo ? { photo } : {}) });
    if (photo) await nameCorrection(photo, saved.id);
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  sync.now();
  $("undo-words").textContent = say("saved", { n: number, why: why.words, name: open.name });
  const waits = beyond() || (why.proof && !note);
  tell(waits ? "again" : "ok", waits ? say("waits") : say("kept"), open.name, "done");
  open = photo = null;
  $("note").value = $("photo").value = "";
  document.querySelectorAll("[name=reason]").forEach((one) => (one.checked = false));
  history.replaceState(null, "", location.pathname);
  paint();
  await paintTold();
}

document.addEventListener("click", async ({ target }) => {
  const key = target.closest("[data-key]")?.dataset.key;
  if (key === "back") number = Math.floor(number / 10);
  else if (key === "add") number = Math.min(MOST, number + 1);
  else if (key) number = fresh ? Number(key) : Math.min(MOST, number * 10 + Number(key));
  if (key) return (fresh = key === "add"), (number = Math.max(1, number)), paint();
  const act = target.closest("[data-act]")?.dataset.act;
  if (act === "save") await save();
  if (act === "undo" && saved) {
    try {
      await journal.append("undo", { event: saved.id });
    } catch {
      return tell("bad", say("not_kept"), say("not_kept_more"));
    }
    saved = null;
    sync.now();
    paint();
    tell("again", say("taken_back"));
  }
});
document.addEventListener("input", () => open && paint());
document.addEventListener("change", async ({ target }) => {
  const [file] = target.id === "photo" ? target.files : [];
  if (file) {
    const before = photo;
    try {
      photo = await keepPhoto(file, uuid7());
      if (before) await drop(before);
    } catch {
      $("photo").value = "";
      tell("bad", say("photo_not"), say("photo_not_more"));
    }
  }
  if (open) paint();
});
const leave = () => {
  if (location.hash) return;
  open = null;
  forgetPhoto();
  paint();
};
addEventListener("hashchange", leave);
addEventListener("popstate", leave);

// Corrections go first: a picture belongs to one.
async function bringPhotos() {
  const refused = await bring();
  for (const { title, next } of refused) tell("bad", title ?? say("photo_not"), next ?? "");
  await paintTold();
}

sync.listen({
  onAnswer({ outcomes = [] }) {
    for (const { facts, problem } of outcomes) {
      if (problem) tell("bad", problem.title, problem.next);
      else if (facts?.status === "waiting") tell("again", say("waits"), say("waits_more"));
    }
    bringPhotos();
  },
});
addEventListener("online", bringPhotos);
// What was taken for a correction that nobody saved is of no use.
for (const { id, adjustment } of await waiting().catch(() => [])) if (!adjustment) await drop(id);
paint();
await paintTold();
if (navigator.onLine) bringPhotos();
ready();
