// Asks the server for what may be needed without it: packs leased anew, the next ones, their pictures, the counter's shelf.
import { journal } from "./device.js";
import { stow } from "./packs.js";
import { ask, keep as note, read, recall } from "./store.js";

const AGAIN_MS = 5 * 60 * 1000;
const TIME_LIMIT_MS = 8000;
const MOST_PICTURES = 120;
const fetched = new Set();
let asking = null;

// Pictures go into the cache while they can be had: those of the walk first, then those that name a wrong article.
export function fetchPictures(packs) {
  const lines = packs.flatMap(({ works }) => works.flatMap((work) => work.lines));
  const others = packs.flatMap(({ known }) => Object.values(known ?? {}));
  const wanted = new Set([...lines, ...others].map(({ picture }) => picture).filter((src) => src?.startsWith("/") && !fetched.has(src)));
  for (const src of [...wanted].slice(0, MOST_PICTURES)) {
    fetched.add(src);
    fetch(src, { priority: "low", cache: "force-cache" }).catch(() => fetched.delete(src));
  }
}

async function call(ahead) {
  const counter = Boolean((await recall("counter"))?.lease?.mine);
  const through = { journal: journal.id, seq: journal.acked };
  const counts = Object.entries((await recall("count-drafts")) ?? {}).flatMap(([id, { row }]) => (row ? [id] : [])).slice(0, 100);
  const packs = await read(["packs"], ({ packs }) => ask(packs.getAllKeys()));
  const response = await fetch("/sync/keep", {
    method: "POST",
    body: JSON.stringify({ v: 1, journal_id: journal.id, ahead, counter, packs: packs.slice(0, 50), counts }),
    headers: { "x-sync-protocol": "1", accept: "application/json", "content-type": "application/json" },
    redirect: "error",
    cache: "no-store",
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  });
  if (!response.ok || response.headers.get("x-sync-protocol") !== "1") return null;
  const answer = await response.json();
  if (!Array.isArray(answer.packs) || !Array.isArray(answer.gone)) return null;
  await journal.setClock(answer.server_time);
  await stow(answer.packs, answer.gone);
  await note("kept", { at: Date.now(), server_time: answer.server_time, location: answer.location, device: answer.device });
  if (answer.counter) await (await import("./counter-store.js")).takeKept(answer.counter, answer.server_time, through);
  // The list says which of them it was asked about.
  if (answer.counts) answer.counts.begun = counts;
  for (const name of ["announcements", "counts", "recalls"]) if (answer[name]) await note(name, answer[name]);
  if (answer.recalls?.rows.length) navigator.serviceWorker?.controller?.postMessage({ keep: "recalls" });
  if (answer.photos?.length) (await import("./adjust-photos.js")).bring(answer.photos);
  fetchPictures(answer.packs);
  await journal.rarely("tidy");
  return answer;
}

// Ask the server for what may be needed without it; null when it cannot be reached, and nothing has changed then.
// `anew`: what was asked before this moment is too old an answer.
export function keep({ ahead = 2, anew = false } = {}) {
  if (anew && asking) return asking.then(() => keep({ ahead }));
  asking ??= call(ahead)
    .catch(() => null)
    .finally(() => (asking = null));
  return asking;
}

// Now, when the network is back, when the page is looked at again, and every five minutes. `taken(answer)` hears of each answer.
export function goOnKeeping(taken = () => {}) {
  let last = 0;
  const again = async () => {
    if (document.hidden || navigator.onLine === false) return;
    last = Date.now();
    const answer = await keep();
    if (answer) taken(answer);
  };
  addEventListener("online", again);
  document.addEventListener("visibilitychange", () => Date.now() - last > AGAIN_MS / 5 && again());
  setInterval(again, AGAIN_MS);
  return again();
}
