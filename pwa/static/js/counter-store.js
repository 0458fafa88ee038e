// The kept counter: what this device needs to hand over with no network, and whether it may. Asked for while there is a network.
import { journal } from "./device.js";
import { foldCounter, standing, takenBackUntil } from "./counter-fold.js";
import { ask, read, recall, write } from "./store.js";

export const UNDO_MS = 120000;
const TRIES = 5;
const LEFT_MS = 10 * 60 * 1000;
const AGAIN_MS = 60000;
const SOON_MS = 1500;
const TIME_LIMIT_MS = 8000;
const MOST_PICTURES = 80;
const CARRIED = "pass-in-hand"; // a scanned pass on its way to the page it opens: this tab only, never in an address

export const clock = (at) => new Intl.DateTimeFormat(document.documentElement.lang || "fr", { hour: "2-digit", minute: "2-digit" }).format(at);
const recallBoth = () => read(["meta"], async ({ meta }) => [await ask(meta.get("counter")), await ask(meta.get("journal"))]);
const storedPacks = () => read(["packs"], ({ packs }) => ask(packs.getAll()));

// The shelf now: {kept, orders, standing, offset}; `kept` null when this device never had the counter's shelf.
export async function shelf() {
  const [kept, head] = await recallBoth();
  const offset = head?.offset ?? 0;
  const where = standing(kept, Date.now() + offset);
  if (!kept) return { kept: null, orders: [], standing: where, offset };
  return { kept, orders: foldCounter(kept, journal, await storedPacks()), standing: where, offset, undoable: takenBackUntil(kept, journal, Date.now(), UNDO_MS) };
}

// Take the server's word. `through`: the last fact that it had when it was asked.
export const takeKept = (counter, serverTime, through = { journal: journal.id, seq: journal.acked }) =>
  write(["meta"], async ({ meta }) => {
    const before = await ask(meta.get("counter"));
    const young = Object.entries(before?.left ?? {}).filter(([, { at }]) => at > Date.now() - LEFT_MS);
    // An hour of contact is worth new tries; a device that lost its counter starts with none to lose.
    meta.put({ lease: counter.lease, orders: counter.orders, more: counter.more ?? false, at: Date.now(), server_time: serverTime, through, left: Object.fromEntries(young), tries: 0 }, "counter");
  });

let asking = null;
// Ask for the counter and its shelf. -> the standing, or null when the server cannot be reached (nothing has changed then).
export function refresh() {
  asking ??= call()
    .catch(() => null)
    .finally(() => (asking = null));
  return asking;
}

async function call() {
  const through = { journal: journal.id, seq: journal.acked };
  const response = await fetch("/sync/keep", {
    method: "POST",
    body: JSON.stringify({ v: 1, journal_id: journal.id, ahead: 0, counter: true, packs: [] }),
    headers: { "x-sync-protocol": "1", accept: "application/json", "content-type": "application/json" },
    redirect: "error",
    cache: "no-store",
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  });
  if (!response.ok || response.headers.get("x-sync-protocol") !== "1") return null;
  const answer = await response.json();
  if (!Array.isArray(answer?.counter?.orders) || typeof answer.counter.lease?.mine !== "boolean") return null;
  await journal.setClock(answer.server_time);
  await takeKept(answer.counter, answer.server_time, through);
  if (answer.counter.lease.mine) fetchPictures(answer.counter.orders);
  if (answer.counter.more) setTimeout(refresh, SOON_MS);
  const { standing: where } = await shelf();
  return where;
}

const fetched = new Set();
function fetchPictures(orders) {
  const wanted = new Set(orders.flatMap(({ works }) => works.flatMap(({ lines }) => lines.map(({ picture }) => picture))).filter((src) => src?.startsWith("/") && !fetched.has(src)));
  for (const src of [...wanted].slice(0, MOST_PICTURES)) {
    fetched.add(src);
    fetch(src, { priority: "low", cache: "force-cache" }).catch(() => fetched.delete(src));
  }
}

// Now, when the network is back, when the page is looked at again, and every minute. `told(standing)` hears of each answer.
export function goOnAsking(told = () => {}) {
  const again = async () => {
    if (document.hidden || navigator.onLine === false) return;
    const where = await refresh();
    if (where) told(where);
  };
  addEventListener("online", again);
  document.addEventListener("visibilitychange", again);
  setInterval(again, AGAIN_MS);
  return again();
}

// What left is remembered for a while: its name for the page that says so, its shelf for the undo.
export const remember = (fact, order) =>
  write(["meta"], async ({ meta }) => {
    const kept = await ask(meta.get("counter"));
    if (kept) meta.put({ ...kept, left: { ...kept.left, [fact.id]: { ...order, at: Date.now() } } }, "counter");
  });

// ---- proofs: checked here, with no network

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text) => new TextEncoder().encode(text);
export const hashOfPass = async (code) => hex(await crypto.subtle.digest("SHA-256", bytes(code.trim().toUpperCase().replace(/^P1:/, ""))));

// Whether a scanned pass opens this order.
export const opens = async (order, code) => Boolean(order?.pass_hash) && (await hashOfPass(code)) === order.pass_hash;

export const triesLeft = async () => Math.max(0, TRIES - ((await recall("counter"))?.tries ?? 0));

// Six letters against one order. -> "right", "wrong", "none" (no try left until the network is back), "network" (cannot be checked here)
export async function tryLetters(order, typed) {
  const letters = typed.toUpperCase().replace(/[^A-Z]/g, "");
  if (!order.letters || !globalThis.crypto?.subtle) return "network";
  // The try is counted before it is looked at: a page that is closed in between has had it.
  const allowed = await write(["meta"], async ({ meta }) => {
    const kept = await ask(meta.get("counter"));
    if (!kept || kept.tries >= TRIES) return false;
    meta.put({ ...kept, tries: kept.tries + 1 }, "counter");
    return true;
  });
  if (!allowed) return "none";
  const key = await crypto.subtle.importKey("raw", bytes(letters), "PBKDF2", false, ["deriveBits"]);
  const made = hex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: bytes(order.letters.salt), iterations: 200000 }, key, 256));
  if (made !== order.letters.hash) return (await triesLeft()) ? "wrong" : "none";
  await write(["meta"], async ({ meta }) => {
    const kept = await ask(meta.get("counter"));
    if (kept) meta.put({ ...kept, tries: kept.tries - 1 }, "counter");
  });
  return "right";
}

// ---- from a scan to its page

export const carry = (order, pass) => sessionStorage.setItem(CARRIED, JSON.stringify({ order, pass }));
export function carried(order) {
  const held = JSON.parse(sessionStorage.getItem(CARRIED) ?? "null");
  return held?.order === order ? held.pass : null;
}

// The page of a scanned pass or bag, out of what this device keeps; null when it keeps no such order.
export async function orderOfScan({ kind, code }) {
  if (kind !== "pass" && kind !== "bag") return null;
  const { orders } = await shelf();
  if (kind === "bag") {
    const tag = code.replace(/^B:/, "");
    const found = orders.find(({ works }) => works.some(({ bags }) => bags.some((bag) => bag.tag === tag)));
    return found ? `/counter/orders/${found.order}` : null;
  }
  const hash = await hashOfPass(code);
  const found = orders.find(({ pass_hash }) => pass_hash === hash);
  if (!found) return null;
  carry(found.order, code);
  return `/counter/orders/${found.order}`;
}
