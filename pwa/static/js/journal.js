// The append-only list of what a person did, numbered without gaps; the screen is a fold of it.
// Here it lives in memory. A store that survives the page keeps the same five names: append, facts, unsent, ack, expect.

export function uuid7(now = Date.now(), random = crypto.getRandomValues(new Uint8Array(10))) {
  const time = now.toString(16).padStart(12, "0");
  random[0] = (random[0] & 0x0f) | 0x70;
  random[2] = (random[2] & 0x3f) | 0x80;
  const rest = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${time.slice(0, 8)}-${time.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`;
}

// signIn: who is at the device; serverTime: the server's clock when it made the page, to tell a wrong clock.
export function openJournal({ signIn, packId, serverTime }) {
  const facts = [];
  const offset = serverTime ? Math.round(Date.parse(serverTime) - Date.now()) : 0;
  let acked = 0;
  return {
    id: uuid7(),
    facts,
    get acked() {
      return acked;
    },
    // Resolves once the fact is safe; only then may a tone say so.
    async append(type, body) {
      const fact = {
        seq: facts.length + 1,
        id: uuid7(),
        at_wall: new Date().toISOString(),
        at_mono: Math.round(performance.now()),
        offset_ms: offset,
        sign_in_id: signIn,
        ...(packId ? { pack_id: packId } : {}),
        type,
        body,
      };
      facts.push(fact);
      return fact;
    },
    unsent: (limit) => facts.slice(acked, acked + limit).map(({ refused, problem, ...fact }) => fact),
    get waiting() {
      return facts.length - acked;
    },
    ack(through, outcomes) {
      for (const { seq, outcome, problem } of outcomes) {
        const fact = facts[seq - 1];
        if (fact && outcome === "refused") Object.assign(fact, { refused: true, problem: problem ?? null });
      }
      acked = Math.max(acked, Math.min(through, facts.length));
    },
    // The server waits for another number than we thought: go there, if we have it.
    expect(seq) {
      if (!Number.isInteger(seq) || seq < 1 || seq > facts.length + 1) return false;
      acked = seq - 1;
      return true;
    },
  };
}
