// A new version comes in when nothing is under way: no fact unsent, no pack and no hand-over on screen, nothing typed.
// It asks calmly; after a day it comes in by itself at the next quiet moment. Facts are on disk all the while.
import { journal } from "./device.js";
import { keep, recall } from "./store.js";

const FORCED_MS = 24 * 60 * 60 * 1000;
const LATER_MS = 4 * 60 * 60 * 1000;
let registration = null;
let taking = false;
let stale = false; // another page brought the new version; this one still runs the old

const typed = () => [...document.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => (field.matches("[type=radio], [type=checkbox]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue));
export const busy = () => /^\/(packs|packing|departures|counter\/orders|counts)\/./.test(location.pathname) || Boolean(document.querySelector("dialog[open]")) || typed();

// A worker waits. First seen is kept, so that a day means a day over all pages.
export async function ask(found) {
  registration = found;
  const held = (await recall("update").catch(() => null)) ?? null;
  const since = held?.since ?? Date.now();
  if (!held) await keep("update", { since, later: 0 }).catch(() => {});
  const forced = () => Date.now() - since > FORCED_MS;
  // Quiet: nobody looks, or nobody has touched this page yet.
  const quiet = () => forced() && !busy() && (document.hidden || navigator.userActivation?.hasBeenActive === false);
  if (quiet()) return take();
  document.addEventListener("visibilitychange", () => quiet() && take());
  const bar = () => {
    if (busy() || (journal.waiting && !forced())) say(null);
    else if (forced() || Date.now() > (held?.later ?? 0)) say("update-ready", () => keep("update", { since, later: Date.now() + LATER_MS }));
  };
  journal.watch(bar);
  bar();
}

// The server does not take our facts any more: say so at once, and look for the version that it takes.
export async function need(found) {
  registration = found;
  say("update-needed");
  await registration.update().catch(() => {});
}

// The new worker is in force. Whoever asked for it starts again with it; any other page does so when nobody looks at it.
export async function changed() {
  await keep("update", null).catch(() => {});
  if (taking) return location.reload();
  stale = true;
  goAlong();
  document.addEventListener("visibilitychange", goAlong);
}

function goAlong() {
  if (stale && document.hidden && !busy()) location.reload();
}

async function take() {
  taking = true;
  const worker = registration.waiting ?? (await installed());
  if (worker) worker.postMessage("take-over");
  else location.reload();
}

// The worker that is on its way, once it is complete; null when there is none.
function installed() {
  const coming = registration.installing;
  if (!coming) return null;
  return new Promise((resolve) => coming.addEventListener("statechange", () => resolve(registration.waiting)));
}

let shown = null;
function say(id, later) {
  if (shown === "update-needed" || shown === id) return;
  document.querySelector("[data-update-bar]")?.remove();
  shown = id;
  const made = id && document.getElementById(id)?.content.cloneNode(true).firstElementChild;
  if (!made) return;
  made.dataset.updateBar = "";
  made.querySelector("[data-update]").addEventListener("click", take);
  made.querySelector("[data-later]")?.addEventListener("click", () => {
    made.remove();
    later?.();
  });
  document.querySelector("main").prepend(made);
}
