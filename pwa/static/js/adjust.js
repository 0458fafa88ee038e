// A figure is corrected: scan, how many, why. What is saved is a fact on disk; the server applies it, or gives it to a manager.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { clone, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { elsewhere, ready } from "./scanner.js";

const MOST = 9999;
const WAIT_MS = 2500;
const $ = (id) => document.getElementById(id);
const given = read("adjust");
let open = null; // {raw, code, sku?, name, ...}
let number = 1;
let fresh = true; // the first key replaces what is there, the next ones follow it
let saved = null; // the last fact, while it can be taken back

const reason = () => given.reasons.find(({ code }) => code === document.querySelector("[name=reason]:checked")?.value);
const beyond = () => number > given.units || (open?.price_minor ?? 0) * number > given.minor;

function paint() {
  for (const part of document.querySelectorAll("[data-step-of]")) part.hidden = part.dataset.stepOf !== (open ? "one" : "scan");
  document.body.dataset.step = open ? "count" : "list";
  $("back").href = open ? "#" : "/more";
  $("undo-bar").hidden = !saved || Boolean(open);
  if (!open) return ask(say("scan"), say("scan_more"));
  $("one").replaceChildren(clone("t-one", { picture: open.picture, name: open.name, variant: open.variant ?? "", known: Boolean(open.sku) }));
  $("number").textContent = number;
  const why = reason();
  $("proof").hidden = !why?.proof;
  $("beyond").hidden = !beyond();
  $("save").disabled = !why || (why.proof && $("note").value.trim().length < 3);
  $("save").textContent = why ? say("save", { n: number, why: why.words }) : say("choose");
}

// Who it is needs the network; without one the code is kept, and the server knows the article by it.
async function look(raw, code) {
  try {
    const response = await fetch(`/adjust/article?code=${encodeURIComponent(code || raw.trim())}`, { redirect: "error", signal: AbortSignal.timeout(WAIT_MS), headers: { accept: "application/json" } });
    if (response.status === 404) return null;
    if (response.ok) return await response.json();
  } catch {
    // Out of reach.
  }
  return { name: raw.trim().slice(0, 40), offline: true };
}

async function take(detail) {
  const { raw, code } = detail;
  if (open && [open.raw, open.code].includes(raw.trim())) {
    number = Math.min(MOST, number + 1);
    fresh = true;
    paint();
    return tell("ok", say("so_far", { n: number }), open.name);
  }
  const job = elsewhere(detail);
  if (job) return job;
  const found = await look(raw, code.code);
  if (!found) return tell("bad", say("unknown"), say("unknown_more"));
  open = { ...found, raw: raw.trim(), code: code.code || raw.trim() };
  number = 1;
  fresh = true;
  saved = null;
  history.pushState(null, "", "#one");
  paint();
  ask(say("how_many"), found.offline ? say("offline") : "");
  tell("ok", say("so_far", { n: 1 }), open.name);
  scrollTo(0, 0);
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(take(event.detail));
});

async function save() {
  const why = reason();
  if (!open || !why) return;
  const note = $("note").value.trim();
  try {
    saved = await journal.append("adjust", { ...(open.sku ? { sku: open.sku } : { code: open.raw.slice(0, 512) }), quantity: number, reason: why.code, ...(note ? { note } : {}) });
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  sync.now();
  $("undo-words").textContent = say("saved", { n: number, why: why.words, name: open.name });
  const waits = beyond() || (why.proof && !note);
  tell(waits ? "again" : "ok", waits ? say("waits") : say("kept"), open.name, "done");
  open = null;
  $("note").value = "";
  document.querySelectorAll("[name=reason]").forEach((one) => (one.checked = false));
  history.replaceState(null, "", location.pathname);
  paint();
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
document.addEventListener("change", () => open && paint());
addEventListener("hashchange", () => !location.hash && ((open = null), paint()));
addEventListener("popstate", () => !location.hash && ((open = null), paint()));

sync.listen({
  onAnswer({ outcomes = [] }) {
    for (const { facts, problem } of outcomes) {
      if (problem) tell("bad", problem.title, problem.next);
      else if (facts?.status === "waiting") tell("again", say("waits"), say("waits_more"));
    }
  },
});
paint();
ready();
