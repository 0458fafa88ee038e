// The append-only list of what hands did on this device, numbered without gaps, on disk before anything beeps.
// The screen is a fold of it. One journal for all tabs; a mirror of it in memory, so that painting waits for nothing.
import { ask, read, write } from "./store.js";

const TOLD = "comptoir-journal";
const OUTCOMES = ["applied", "applied_with_exception", "refused"];

export function uuid7(now = Date.now(), random = crypto.getRandomValues(new Uint8Array(10))) {
  const time = now.toString(16).padStart(12, "0");
  random[0] = (random[0] & 0x0f) | 0x70;
  random[2] = (random[2] & 0x3f) | 0x80;
  const rest = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${time.slice(0, 8)}-${time.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`;
}

// The wire form of a fact: what the device only notes for itself stays here.
const wire = ({ refused, problem, outcome, ...fact }) => fact;

// An answer we may act upon, word by word; anything else keeps every fact where it is.
export const understood = (answer) =>
  Number.isInteger(answer?.acked_through) &&
  answer.acked_through >= 0 &&
  Array.isArray(answer.outcomes) &&
  answer.outcomes.every(({ seq, id, outcome }) => Number.isInteger(seq) && typeof id === "string" && OUTCOMES.includes(outcome));

export async function openJournal() {
  const channel = new BroadcastChannel(TOLD);
  const watchers = new Set();
  let head = await write(["meta"], async ({ meta }) => {
    const held = await ask(meta.get("journal"));
    if (held) return held;
    const made = { id: uuid7(), next: 1, acked: 0, offset: 0, follows: null };
    meta.put(made, "journal");
    return made;
  });
  let facts = await read(["ev"], ({ ev }) => ask(ev.getAll()));

  const changed = (why, detail) => watchers.forEach((watcher) => watcher(why, detail));
  const tell = (why, detail = null) => {
    channel.postMessage({ why, detail });
    changed(why, detail);
  };
  async function reload() {
    [head, facts] = await read(["meta", "ev"], async ({ meta, ev }) => [await ask(meta.get("journal")), await ask(ev.getAll())]);
  }
  // What an answer or another tab added: the tail alone. Facts that we hold stay as they are unless the journal is another one.
  async function catchUp() {
    const last = facts.at(-1)?.seq ?? 0;
    const [now, tail] = await read(["meta", "ev"], async ({ meta, ev }) => [await ask(meta.get("journal")), await ask(ev.getAll(IDBKeyRange.lowerBound(last, true)))]);
    if (now.id !== head.id) return reload();
    head = now;
    // A fact of this tab may have come to the mirror meanwhile.
    const held = facts.at(-1)?.seq ?? 0;
    facts.push(...tail.filter(({ seq }) => seq > held));
  }
  channel.onmessage = async ({ data }) => {
    await (data.detail?.whole === false ? catchUp() : reload());
    changed(data.why, data.detail);
  };

  const journal = {
    get id() {
      return head.id;
    },
    get acked() {
      return head.acked;
    },
    get waiting() {
      return head.next - 1 - head.acked;
    },
    get facts() {
      return facts;
    },
    // Where this journal goes on from, when it had to begin anew: the server then knows that nothing was lost.
    get follows() {
      return head.follows;
    },
    // The server's clock against ours, in milliseconds, as it was last heard.
    get offset() {
      return head.offset;
    },
    // When the oldest fact that the server does not have was written; null when it has all of them.
    get oldest() {
      const first = facts.find(({ seq }) => seq > head.acked);
      return first ? Date.parse(first.at_wall) : null;
    },
    factsOf: (pack) => facts.filter(({ pack_id }) => pack_id === pack),
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    // Resolves once the fact is on disk; only then may a tone say so. Rejects when the device could not write: nothing counted.
    async append(type, body, { pack = null, signIn = null } = {}) {
      const id = uuid7();
      const at_wall = new Date().toISOString();
      const at_mono = Math.round(performance.now());
      const [fact, next] = await write(["meta", "ev"], async ({ meta, ev }) => {
        const [now, person] = await Promise.all([ask(meta.get("journal")), ask(meta.get("who"))]);
        const who = signIn ?? person?.sign_in_id ?? null;
        if (!who) throw new Error("nobody is signed in");
        const made = { seq: now.next, id, at_wall, at_mono, offset_ms: now.offset, sign_in_id: who, ...(pack ? { pack_id: pack } : {}), type, body };
        const then = { ...now, next: now.next + 1 };
        ev.add(made);
        meta.put(then, "journal");
        return [made, then];
      });
      // Another tab may have written in between: the mirror holds what the store holds, in its order.
      if (next.id !== head.id || fact.seq !== head.next) await reload();
      else {
        head = next;
        facts.push(fact);
      }
      tell("appended", { seq: fact.seq, whole: false });
      return fact;
    },
    unsent: (limit) => facts.filter(({ seq }) => seq > head.acked).slice(0, limit).map(wire),
    // Take the server's word for a batch of this journal: facts, refusals and fresh packs in one transaction.
    async ack(answer, sentAs) {
      if (sentAs !== head.id) return;
      const outcomes = new Map(answer.outcomes.map((told) => [told.id, told]));
      const whole = answer.outcomes.some(({ outcome }) => outcome === "refused");
      await write(["meta", "ev", "packs", "dead"], async ({ meta, ev, packs, dead }) => {
        const now = await ask(meta.get("journal"));
        if (now.id !== sentAs) return;
        let { acked } = now;
        // Only what the answer names by its id: a copy of this device may have sent other facts under our next numbers.
        for (const fact of answer.acked_through > acked ? await ask(ev.getAll(IDBKeyRange.bound(acked, answer.acked_through, true))) : []) {
          const told = outcomes.get(fact.id);
          if (!told) break;
          acked = fact.seq;
          if (told.outcome !== "refused") continue;
          ev.put({ ...fact, refused: true, problem: told.problem ?? null });
          dead.put({ ...fact, problem: told.problem ?? null, told_at: Date.now() });
        }
        for (const fresh of answer.packs ?? []) {
          const held = await ask(packs.get(fresh.id));
          packs.put({ ...held, ...fresh, counted_through: fresh.counted?.[now.id] ?? acked });
        }
        meta.put({ ...now, acked, follows: null }, "journal");
      });
      await (whole ? reload() : catchUp());
      tell("acked", { packs: (answer.packs ?? []).map(({ id }) => id), whole });
    },
    // The server waits for another number than we thought: go there, if we have it.
    async expect(seq) {
      const kept = facts.length ? facts[0].seq : head.next;
      if (!Number.isInteger(seq) || seq < 1 || seq > head.next || (seq < kept && seq <= head.acked)) return false;
      await write(["meta"], async ({ meta }) => {
        const now = await ask(meta.get("journal"));
        meta.put({ ...now, acked: seq - 1 }, "journal");
      });
      await reload();
      return true;
    },
    // What is rarely done with a journal comes when it is needed: "beginAnew", "adopt" (facts of another device), "tidy".
    async rarely(what, ...given) {
      const done = await (await import("./journal-rare.js"))[what](...given);
      await reload();
      tell(what);
      return done;
    },
    // The server's clock against ours, in milliseconds; every fact carries the last known difference.
    async setClock(serverTime) {
      const offset = Math.round(Date.parse(serverTime) - Date.now());
      if (!Number.isFinite(offset) || Math.abs(offset - head.offset) < 250) return;
      await write(["meta"], async ({ meta }) => {
        const now = await ask(meta.get("journal"));
        meta.put({ ...now, offset }, "journal");
      });
      head = { ...head, offset };
    },
  };
  return journal;
}
