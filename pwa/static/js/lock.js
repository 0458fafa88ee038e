// The device locks itself when nobody has touched it or scanned for a while, and when somebody asks for it. Unlocking needs no network.
import { recall } from "./store.js";
import { today } from "./people.js";

const MINUTES = 15;
const LOCKED = "locked";
const TOUCHED = "touched";
const NOTE_MS = 5000;
const LOOK_MS = 10000;
export const UNLOCK = "/shell/unlock";

export const isLocked = () => localStorage.getItem(LOCKED) !== null;
export const unlocked = () => localStorage.removeItem(LOCKED);
const locked = () => JSON.parse(localStorage.getItem(LOCKED) ?? "null");
// Where the person was, to go on from there.
export const lockedAt = () => locked()?.to ?? "/work";

export function lock() {
  localStorage.setItem(LOCKED, JSON.stringify({ to: location.pathname + location.search, at: Date.now() }));
  location.assign(UNLOCK);
}

let noted = 0;
export function touched(now = Date.now()) {
  if (now - noted < NOTE_MS) return;
  noted = now;
  localStorage.setItem(TOUCHED, String(now));
}

// Whether it is time: nobody touched it, and no pack of this device had a scan, for the time that the store chose.
export function isDue(facts, who, minutes, now = Date.now()) {
  const scanned = facts.findLast(({ pack_id }) => pack_id);
  const since = Math.max(Number(localStorage.getItem(TOUCHED) ?? 0), who.since ?? now, scanned ? Date.parse(scanned.at_wall) : 0);
  return minutes > 0 && now - since >= minutes * 60000;
}

async function look(journal, who) {
  // Whoever signed in or unlocked after the lock has opened it.
  if (isLocked() && who.since > locked().at) unlocked();
  if (isLocked()) return location.replace(UNLOCK);
  const { lock_minutes: minutes = MINUTES } = (await recall("settings").catch(() => null)) ?? {};
  if (!isDue(journal.facts, who, minutes)) return;
  // Nobody is locked out of a device that they could not open again.
  if ((await today()).some(({ staff }) => staff === who.staff)) lock();
}

// Called on pages of somebody who is at the device; `journal` tells when a pack was last scanned into.
export function start(journal, who) {
  if (!who?.staff || "unlock" in document.body.dataset) return;
  look(journal, who).then(() => touched());
  for (const type of ["pointerdown", "keydown", "scan"]) document.addEventListener(type, () => touched(), { capture: true, passive: true });
  const again = () => document.hidden || look(journal, who);
  setInterval(again, LOOK_MS);
  document.addEventListener("visibilitychange", again);
  addEventListener("storage", ({ key }) => key === LOCKED && again());
}
