// What the screen shows is the pack plus the journal: counts are sums of facts, in the order they happened.
// Pure, total, deltas only. The same view as backend/comptoir/fulfillment/fold.py; tests/vectors/fold.json holds both to it.

const UNDOABLE = ["pick", "short", "look_again", "stage", "undo"];
const text = (fact, key) => (typeof fact.body?.[key] === "string" ? fact.body[key] : "");
const units = ({ body }) => (Number.isInteger(body?.quantity) && body.quantity > 0 && body.quantity <= 10000 ? body.quantity : 0);
const lineName = ({ body }) => (typeof body?.line === "string" || Number.isInteger(body?.line) ? body.line : "");
const spotKey = (work, line) => `${work}\n${line}`;
const left = (tally) => Math.max(0, tally.line.quantity - tally.picked - tally.short);

export function fold(pack, journal, ackedThrough) {
  const facts = journal.filter((fact) => !fact.refused).sort((a, b) => a.seq - b.seq);
  const base = pack.counted_through ?? 0;
  const gone = takenBack(facts);
  const goneThen = takenBack(facts.filter((fact) => fact.seq <= base));
  const tallies = new Map();
  const bags = new Map();
  for (const work of pack.works) {
    bags.set(work.id, new Map((work.bags ?? []).map(({ bag, place = null }) => [bag, { bag, place, sent: true }])));
    for (const line of work.lines) {
      const picked = Math.min(line.picked ?? 0, line.quantity);
      tallies.set(spotKey(work.id, line.line), { line, picked, short: line.short ?? 0, saved: 0, over: 0, parked: line.parked_until != null });
    }
  }
  let released = false;
  for (const fact of facts) {
    const tally = tallies.get(spotKey(text(fact, "work"), lineName(fact)));
    const placed = bags.get(text(fact, "work"));
    if (fact.seq <= base) {
      if (gone.has(fact.id) && !goneThen.has(fact.id)) takeOut(fact, tally, placed);
      continue;
    }
    if (gone.has(fact.id)) continue;
    const sent = fact.seq <= ackedThrough;
    if (fact.type === "pick" && tally) pick(tally, units(fact), sent);
    else if (fact.type === "short" && tally) {
      tally.short += Math.min(units(fact), left(tally));
      tally.parked = false;
    } else if (fact.type === "look_again" && tally) tally.parked = left(tally) > 0;
    else if (fact.type === "stage" && placed && text(fact, "bag")) {
      placed.set(text(fact, "bag"), { bag: text(fact, "bag"), place: text(fact, "place"), sent });
    } else if (fact.type === "release") released = true;
  }
  return view(pack, tallies, bags, released, facts.filter((fact) => fact.seq > ackedThrough), worksOf(facts));
}

// The ids of facts that an undo in force takes back; read from the last, so that an undone undo has no force.
function takenBack(facts) {
  const known = new Map(facts.map((fact) => [fact.id, fact]));
  const gone = new Set();
  for (const fact of facts.toReversed ? facts.toReversed() : [...facts].reverse()) {
    const target = fact.type === "undo" && !gone.has(fact.id) && known.get(text(fact, "event"));
    if (target && target.seq < fact.seq && UNDOABLE.includes(target.type)) gone.add(target.id);
  }
  return gone;
}

// The work each fact is about, by its id; an undo is about what it takes back.
function worksOf(facts) {
  const about = new Map();
  for (const fact of facts) about.set(fact.id, text(fact, "work") || (about.get(text(fact, "event")) ?? ""));
  return about;
}

function pick(tally, wanted, sent) {
  const counted = Math.min(wanted, tally.line.quantity - tally.picked);
  tally.picked += counted;
  // Found after all: what was reported short shrinks by what turned up.
  tally.short = Math.min(tally.short, tally.line.quantity - tally.picked);
  tally.over += wanted - counted;
  if (!sent) tally.saved += counted;
  tally.parked = false;
}

function takeOut(fact, tally, placed) {
  if (fact.type === "pick" && tally) tally.picked = Math.max(0, tally.picked - units(fact));
  else if (fact.type === "short" && tally) tally.short = Math.max(0, tally.short - units(fact));
  else if (fact.type === "look_again" && tally) tally.parked = false;
  else if (fact.type === "stage") placed?.delete(text(fact, "bag"));
}

function view(pack, tallies, bags, released, unsent, about) {
  const order = walk(pack);
  const at = (spot) => tallies.get(spotKey(spot.work, spot.line));
  const open = order.filter((spot) => left(at(spot)));
  const current = open.find((spot) => !at(spot).parked) ?? open[0] ?? null;
  const works = pack.works.map(({ id, kind }) => {
    const lines = order.filter((spot) => spot.work === id).map((spot) => lineView(at(spot), spot === current));
    const placed = [...bags.get(id).values()];
    const complete = lines.every((line) => line.remaining === 0);
    const staged = placed.some((bag) => bag.place);
    // A parcel goes on to the packing table, a transfer to its boxes; only what somebody collects is put on a shelf.
    const toStage = complete && !staged && (kind ?? "pickup") === "pickup" && lines.some((line) => line.picked);
    const sent = unsent.every((fact) => about.get(fact.id) !== id);
    return { id, complete, staged, sent, next: toStage ? "stage" : complete ? "done" : "pick", lines, bags: placed };
  });
  return { works, order, current, unsent: unsent.length, released };
}

function lineView(tally, now) {
  const { line, picked, short, over } = tally;
  const remaining = left(tally);
  const saved = Math.min(tally.saved, picked);
  const state = remaining === 0 ? (short ? "short" : "picked") : now ? "now" : tally.parked ? "parked" : "todo";
  return { line: line.line, quantity: line.quantity, picked, short, remaining, state, saved, sent: picked - saved, over };
}

// All lines by their stops; those that have none after them by aisle, bay, level, numbers by value.
// Lines with neither come last, in the order of the pack.
export function walk(pack) {
  const spots = pack.works.flatMap((work) => work.lines.map((line) => ({ work: work.id, line: line.line, place: line.place, stop: line.stop ?? Infinity })));
  spots.sort((a, b) => {
    if (a.stop !== b.stop) return a.stop - b.stop;
    if (a.stop < Infinity) return 0;
    if (!a.place || !b.place) return !a.place - !b.place;
    return natural(a.place.aisle, b.place.aisle) || natural(a.place.bay, b.place.bay) || natural(a.place.level, b.place.level);
  });
  return spots.map(({ work, line }) => ({ work, line }));
}

function natural(a, b) {
  const [as, bs] = [a, b].map((part) => String(part ?? "").match(/[0-9]+|[^0-9]+/g) ?? []);
  for (let at = 0; at < Math.min(as.length, bs.length); at++) {
    const [x, y] = [as[at], bs[at]];
    const [xn, yn] = [/^[0-9]/.test(x), /^[0-9]/.test(y)];
    if (xn !== yn) return xn ? -1 : 1;
    const by = xn ? x - y : x < y ? -1 : x > y ? 1 : 0;
    if (by) return by;
  }
  return as.length - bs.length;
}
