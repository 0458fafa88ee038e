// The packs on this device: asked for while there is a network, whole and leased, so that work goes on without one.
// What the server has counted into a pack and what the journal still holds never count twice: `counted_through` parts them.
import { journal } from "./device.js";
import { ask, keep as note, read, recall, write } from "./store.js";

const AGAIN_MS = 5 * 60 * 1000;
const TIME_LIMIT_MS = 8000;
const MOST_PICTURES = 120;
const fetched = new Set();
let asking = null;
let shown = null; // the pack on this page is not forgotten under its reader

const has = (type, pack) => journal.factsOf(pack).some((fact) => fact.type === type && !fact.refused);
const unsent = (pack) => journal.factsOf(pack).some(({ seq }) => seq > journal.acked);

export const show = (id) => (shown = id);
export const find = (id) => read(["packs"], ({ packs }) => ask(packs.get(id)));
export const isBegun = (pack) => pack.state !== "ahead" || has("start", pack.id);

// All packs that can be gone on with or begun: [{begun}, ...], begun ones first, then by the first promise.
export async function held() {
  const all = await read(["packs"], ({ packs }) => ask(packs.getAll()));
  const first = ({ works }) => works.map(({ promise_at }) => promise_at).sort()[0];
  return all
    .filter((pack) => pack.works.length && !pack.closed && !has("release", pack.id))
    .map((pack) => ({ ...pack, begun: isBegun(pack) }))
    .sort((a, b) => b.begun - a.begun || (first(a) < first(b) ? -1 : 1));
}

// Take packs as the server knows them; an older word never replaces a newer one. Forget what it says is over.
export const stow = (fresh, gone = []) =>
  write(["meta", "packs"], async ({ meta, packs }) => {
    const { id } = await ask(meta.get("journal"));
    for (const pack of fresh) {
      const old = await ask(packs.get(pack.id));
      const counted_through = pack.counted?.[id] ?? 0;
      if (old && (counted_through < old.counted_through || pack.server_time < old.server_time)) continue;
      packs.put({ ...old, ...pack, counted_through, state: isBegun(pack) ? "open" : "ahead" });
    }
    for (const id of gone) if (id !== shown && !unsent(id)) packs.delete(id);
    // What was begun here under another name does not lie ready any more.
    const all = await ask(packs.getAll());
    const taken = new Set(all.filter(isBegun).flatMap(({ works }) => works.map((work) => work.id)));
    for (const pack of all.filter((pack) => !isBegun(pack))) {
      const works = pack.works.filter((work) => !taken.has(work.id));
      if (!works.length) packs.delete(pack.id);
      else if (works.length < pack.works.length) packs.put({ ...pack, works });
    }
  });

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
  const packs = await read(["packs"], ({ packs }) => ask(packs.getAllKeys()));
  const response = await fetch("/sync/keep", {
    method: "POST",
    body: JSON.stringify({ v: 1, journal_id: journal.id, ahead, counter, packs: packs.slice(0, 50) }),
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
  fetchPictures(answer.packs);
  return answer;
}

// Ask the server for what may be needed without it; null when it cannot be reached, and nothing has changed then.
export function keep({ ahead = 2 } = {}) {
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
