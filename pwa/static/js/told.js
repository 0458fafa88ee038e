// Facts in the words of the store: what was done, to which work, by whom, when. One place for the outbox and what was refused.
import { say } from "./paint.js";

const GROUPS = { hand_over: "counter", put_back: "put_backs", count: "counts", count_found: "counts", shelf_done: "counts", recall_pull: "recalls", recall_done: "recalls", adjust: "adjustments", transfer_pick: "transfers", receive: "transfers", unlock: "device", unknown_code: "device" };
const KNOWN = ["pick", "short", "look_again", "stage", "undo", "release", "start", "hand_over", "put_back", "count", "count_found", "shelf_done", "recall_pull", "recall_done", "adjust", "unknown_code", "note", "unlock", "transfer_pick", "receive"];
const COUNTED = new Set(["pick", "short", "put_back", "recall_pull", "transfer_pick", "receive"]); // told in units; the others in acts
const clock = new Intl.DateTimeFormat(document.documentElement.lang || "fr", { hour: "2-digit", minute: "2-digit" });

export const hour = (at) => clock.format(new Date(at));

// "3 articles comptés, 1 manquant"
export function did(facts) {
  const gone = new Set(facts.filter(({ type }) => type === "undo").map(({ body }) => body.event));
  const sums = new Map();
  let undone = 0;
  for (const { id, type, body } of facts) {
    // Done and taken back before anybody heard of it: it is told as nothing.
    if (gone.has(id)) undone += 1;
    else {
      const name = KNOWN.includes(type) ? type : "other";
      sums.set(name, (sums.get(name) ?? 0) + (COUNTED.has(type) ? body.quantity ?? 1 : 1));
    }
  }
  if (sums.has("undo")) sums.set("undo", sums.get("undo") - undone);
  return [...sums].filter(([, n]) => n > 0).map(([name, n]) => say(`did_${name}`, { n })).join(", ") || say("did_undo", { n: undone });
}

function names(pack) {
  const people = [...new Set(pack.works.map(({ collector }) => collector).filter(Boolean))];
  return people.length && people.length <= 2 ? say("for_names", { names: people.join(", ") }) : say("orders", { n: pack.works.length });
}

// -> [{title, did, when, n}], the oldest first. `packs` by id, `people` the names by sign-in.
export function groups(facts, packs, people) {
  const found = new Map();
  const byId = new Map(facts.map((fact) => [fact.id, fact]));
  for (const fact of facts) {
    const root = fact.type === "undo" ? byId.get(fact.body.event) ?? fact : fact;
    const key = root.pack_id ?? fact.pack_id ?? GROUPS[root.type] ?? "others";
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(fact);
  }
  return [...found].map(([key, mine]) => {
    const pack = packs.get(key);
    const [from, to] = [hour(mine[0].at_wall), hour(mine.at(-1).at_wall)];
    const time = from === to ? from : say("between", { from, to });
    const who = [...new Set(mine.map(({ sign_in_id }) => people.get(sign_in_id)).filter(Boolean))].join(", ");
    const title = mine.some(({ pack_id }) => pack_id) ? (pack?.works?.length ? names(pack) : say("picking")) : say(key);
    return { title, did: did(mine), when: who ? say("by", { name: who, time }) : time, n: mine.length };
  });
}
