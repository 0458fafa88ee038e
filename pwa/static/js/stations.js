// Works at the packing table as this device keeps them, so that their pages open with no network: goods as they are shown, and figures.
// Twelve at most, as the server last told them; one with facts that it does not have yet stays until it has them.
import { journal } from "./device.js";
import { ask, recall, write } from "./store.js";

const TIME_LIMIT_MS = 8000;
const KEY = "stations";

export const find = async (work) => (await recall(KEY))?.[work] ?? null;
// Those that are kept, promised first.
export const held = async () => Object.values((await recall(KEY)) ?? {}).sort((a, b) => (a.promise_at < b.promise_at ? -1 : 1));

const unsent = (work) => journal.facts.some(({ seq, refused, body }) => seq > journal.acked && !refused && body.work === work);

// Ask the server for what is packed next, and keep that; null when it cannot be had, and nothing has changed then.
export async function keepStations() {
  try {
    const response = await fetch("/packing/kept", { headers: { accept: "application/json" }, redirect: "error", cache: "no-store", signal: AbortSignal.timeout(TIME_LIMIT_MS) });
    const { stations } = response.ok ? await response.json() : {};
    if (!Array.isArray(stations)) return null;
    const at = Date.now();
    await write(["meta"], async ({ meta }) => {
      const old = Object.values((await ask(meta.get(KEY))) ?? {}).filter(({ id }) => unsent(id));
      const all = [...old, ...stations.map((station) => ({ ...station, at }))];
      meta.put(Object.fromEntries(all.map((station) => [station.id, station])), KEY);
    });
    return stations;
  } catch {
    return null;
  }
}
