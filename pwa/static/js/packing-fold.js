// A work at the packing table as it is now: the server's figures, and the facts of this device that they do not hold yet. Pure.

const OURS = ["pack_parcel", "close_parcel"];

// What this device did with a work: `fresh`, which the server's figures do not hold yet; `back`, counted there and undone since;
// `stands`, all that was not taken back.
function told(given, journal) {
  const through = given.counted[journal.id] ?? 0;
  const mine = journal.facts.filter(({ refused }) => !refused);
  const undoes = (after) => new Set(mine.filter(({ seq, type }) => type === "undo" && seq > after).map(({ body }) => body.event));
  const [undone, lately] = [undoes(0), undoes(through)];
  const ours = mine.filter(({ type, body }) => OURS.includes(type) && body.work === given.work);
  const stands = ours.filter(({ id }) => !undone.has(id));
  return { fresh: stands.filter(({ seq }) => seq > through), back: ours.filter(({ id, seq }) => seq <= through && lately.has(id)), stands };
}

// -> {parcel, inside: line -> units in the open parcel, packed: line -> units in closed ones, last: what can be taken out, waiting: facts}
export function fold(given, journal) {
  const { fresh: facts, back, stands } = told(given, journal);
  const closed = new Set(facts.filter(({ type }) => type === "close_parcel").map(({ body }) => body.parcel));
  const inside = new Map(given.lines.map(({ line, inside }) => [line, closed.has(given.parcel) ? 0 : inside]));
  const packed = new Map(given.lines.map(({ line, packed, inside }) => [line, packed + (closed.has(given.parcel) ? inside : 0)]));
  let parcel = given.parcel && !closed.has(given.parcel) ? given.parcel : null;
  for (const { type, body } of facts) {
    if (type !== "pack_parcel") continue;
    const into = closed.has(body.parcel) ? packed : inside;
    into.set(body.line, (into.get(body.line) ?? 0) + body.quantity);
    if (!closed.has(body.parcel)) parcel = body.parcel;
  }
  for (const { type, body } of back) {
    if (type === "pack_parcel" && body.parcel === given.parcel) inside.set(body.line, Math.max(0, (inside.get(body.line) ?? 0) - body.quantity));
  }
  const last = parcel && stands.findLast(({ type, body }) => type === "pack_parcel" && body.parcel === parcel);
  return { parcel, inside, packed, last: units({ inside }) ? last : null, waiting: facts.length + back.length };
}

export const left = (now, { line, quantity }) => quantity - now.inside.get(line) - now.packed.get(line);
export const units = (now) => [...now.inside.values()].reduce((sum, n) => sum + n, 0);
// Whether anything is still to go into a closed parcel.
export const toPack = (given, now) => given.lines.some(({ line, quantity }) => quantity > now.packed.get(line));
