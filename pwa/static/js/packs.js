// The packs on this device, whole, so that work goes on with no network.
// What the server has counted into a pack and what the journal still holds never count twice: `counted_through` parts them.
import { journal } from "./device.js";
import { ask, read, write } from "./store.js";

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
