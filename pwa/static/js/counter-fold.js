// The pickup shelf as this device knows it: what the server last said, plus what this journal has done since. Pure.
//
// kept: {orders, through: {journal, seq}, left: {factId: order}}; facts up to `seq` of that journal are in `orders` already.
import { fold } from "./fold.js";

const tagOf = (code) => code.replace(/^B:/, "");
const placeOf = (code) => (code ?? "").replace(/^L:/, "") || null;

// The ids of facts that a later undo takes back; an undo that is itself taken back has no force.
export function undone(facts) {
  const gone = new Set();
  for (const { id, type, body } of [...facts].reverse()) if (type === "undo" && !gone.has(id)) gone.add(body.event);
  return gone;
}

// -> [{...order, works, fresh}]: `fresh` when the server has not heard of all of its bags yet.
export function foldCounter(kept, journal, packs) {
  const known = journal.facts.filter(({ refused }) => !refused);
  const gone = undone(known);
  const seq = kept.through?.journal === journal.id ? kept.through.seq : 0;
  const since = known.filter((fact) => fact.seq > seq && !gone.has(fact.id));
  const orders = new Map(kept.orders.map((order) => [order.order, { ...order, fresh: false }]));
  // Handed over before the server last spoke, and taken back since: it stands there again.
  for (const { id, type, body, seq: at } of known) {
    const order = type === "undo" && at > seq && !gone.has(id) ? kept.left?.[body.event] : null;
    if (order && !orders.has(order.order)) orders.set(order.order, { ...order, fresh: false });
  }
  for (const pack of packs) addStaged(orders, pack, known, journal.acked, new Set(since.filter(({ type }) => type === "stage").map(({ body }) => body.work)));
  for (const { body } of since.filter(({ type }) => type === "hand_over")) {
    const order = orders.get(body.order);
    if (!order) continue;
    const works = order.works.filter(({ id }) => !body.works.includes(id));
    if (works.length) orders.set(body.order, { ...order, works });
    else orders.delete(body.order);
  }
  return [...orders.values()];
}

// Bags that went onto the shelf by this device, of which the kept shelf does not know yet.
function addStaged(orders, pack, facts, acked, staged) {
  const ours = pack.works.filter(({ id, kind }) => kind === "pickup" && staged.has(id));
  if (!ours.length) return;
  const view = fold(pack, facts.filter(({ pack_id }) => pack_id === pack.id), acked);
  for (const work of ours) {
    const now = view.works.find(({ id }) => id === work.id);
    if (!now.staged) continue;
    const bags = now.bags.filter(({ place }) => place).map(({ bag, place }) => ({ tag: tagOf(bag), place: placeOf(place) }));
    const lines = now.lines
      .filter(({ picked }) => picked)
      .map(({ line, picked }) => {
        const { name, variant, deciding, picture, minimum_age = null, blocked = null } = work.lines.find((other) => other.line === line);
        return { line, name, variant, deciding, picture, staged: picked, minimum_age, blocked };
      });
    const order = orders.get(work.order) ?? { order: work.order, number: work.order_number, name: work.collector, works: [], part: false, collect_until: null, arrival: null, pass_hash: work.pass_hash ?? null, letters: null };
    const others = order.works.filter(({ id }) => id !== work.id);
    orders.set(work.order, { ...order, works: [...others, { id: work.id, collect_until: null, lines, bags }], fresh: true });
  }
}

// What was handed over on this device within the last two minutes and can be taken back: [{fact, order, until}], newest first.
export function takenBackUntil(kept, journal, now, limit) {
  const gone = undone(journal.facts);
  return journal.facts
    .filter(({ type, id, refused }) => type === "hand_over" && !refused && !gone.has(id) && kept?.left?.[id])
    .map((fact) => ({ fact, order: kept.left[fact.id], until: Date.parse(fact.at_wall) + limit }))
    .filter(({ until }) => until > now)
    .reverse();
}

// May this device hand over with no network? -> {may, why: "mine" | "over" | "other" | "nobody", until, holder}
export function standing(kept, serverNow) {
  const lease = kept?.lease;
  if (!lease) return { may: false, why: "nobody", until: null, holder: "" };
  const until = Date.parse(lease.until);
  const live = until > serverNow;
  return { may: lease.mine && live, why: lease.mine ? (live ? "mine" : "over") : live ? "other" : "nobody", until, holder: lease.holder };
}

// What must be seen before these goods leave, and what stays: of an order as it is kept.
export function needs(order) {
  const lines = order.works.flatMap(({ id, lines: of }) => of.map((line) => ({ ...line, work: id })));
  const leaving = lines.filter(({ blocked }) => !blocked);
  return {
    lines,
    bags: order.works.flatMap(({ id, bags }) => bags.map(({ tag, place }) => ({ bag: `B:${tag}`, place, work: id }))),
    age: Math.max(0, ...leaving.map(({ minimum_age }) => minimum_age ?? 0)),
    recalled: lines.filter(({ blocked }) => blocked),
    nothing: !leaving.length,
  };
}
