// What happens to a journal once in a while: it begins anew, takes over another device's facts, forgets what is over.
// Each is one transaction on the store; whoever calls reads the store again.
import { fold } from "./fold.js";
import { uuid7 } from "./journal.js";
import { ask, write } from "./store.js";

const KEPT_WITHOUT_PACK_MS = 10 * 60 * 1000; // an acknowledged fact stays this long, for the undo of a hand-over

// Two devices claim this journal, or the server has never heard of its beginning: what is unsent goes on in a new one,
// under the same ids, so that nothing is lost and nothing counts twice. What was acknowledged is counted into the packs.
export const beginAnew = () =>
  write(["meta", "ev", "packs"], async ({ meta, ev, packs }) => {
    const now = await ask(meta.get("journal"));
    const all = await ask(ev.getAll());
    const done = all.filter(({ seq }) => seq <= now.acked);
    const unsent = all.filter(({ seq }) => seq > now.acked);
    for (const pack of await ask(packs.getAll())) packs.put({ ...bake(pack, done.filter(({ pack_id }) => pack_id === pack.id)), counted: {} });
    ev.clear();
    unsent.forEach((fact, at) => ev.add({ ...fact, seq: at + 1 }));
    meta.put({ ...now, id: uuid7(), next: unsent.length + 1, acked: 0, follows: { journal_id: now.id, acked_through: now.acked } }, "journal");
  });

// The same pack with these facts counted in: what it looked like to the person.
export function bake(pack, facts) {
  const view = fold(pack, facts, Number.MAX_SAFE_INTEGER);
  const works = pack.works.map((work) => {
    const seen = view.works.find(({ id }) => id === work.id);
    const lines = work.lines.map((line) => {
      const { picked, short, state } = seen.lines.find((other) => other.line === line.line);
      return { ...line, picked, short, parked_until: state === "parked" ? (line.parked_until ?? pack.lease_until ?? null) : null };
    });
    return { ...work, lines, bags: seen.bags.map(({ bag, place }) => ({ bag, place })) };
  });
  return { ...pack, works, counted_through: 0 };
}

// Facts that another device of the store could not send: they keep their ids, so that the server takes each once, whoever brings it.
// -> how many were new here.
export const adopt = (foreign) =>
  write(["meta", "ev"], async ({ meta, ev }) => {
    const now = await ask(meta.get("journal"));
    const held = new Set((await ask(ev.getAll())).map(({ id }) => id));
    const fresh = foreign.filter(({ id }) => !held.has(id));
    fresh.forEach((fact, at) => ev.add({ ...fact, seq: now.next + at }));
    meta.put({ ...now, next: now.next + fresh.length }, "journal");
    return fresh.length;
  });

// Forget what the server has and no open pack needs. Never a fact that is still to be sent.
export const tidy = () =>
  write(["meta", "ev", "packs"], async ({ meta, ev, packs }) => {
    const before = Date.now() - KEPT_WITHOUT_PACK_MS;
    const now = await ask(meta.get("journal"));
    const open = new Set(await ask(packs.getAllKeys()));
    for (const fact of await ask(ev.getAll(IDBKeyRange.upperBound(now.acked)))) {
      if (!open.has(fact.pack_id) && Date.parse(fact.at_wall) < before) ev.delete(fact.seq);
    }
  });
