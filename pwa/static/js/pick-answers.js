// What the server says about this pack: facts it did not take as they were, and a pack that others have changed.
import { journal } from "./device.js";
import { say } from "./paint.js";
import { tell } from "./feedback.js";
import { facts, on, replace } from "./pick-pack.js";
import { find } from "./packs.js";

let toldRefused = 0;

// What the pack asks of hands, without what they have done: when this changes, somebody must be told.
const asked = ({ works }) => JSON.stringify(works.map(({ id, lines }) => [id, lines.map(({ line, sku, quantity, blocked }) => [line, sku, quantity, blocked ?? null])]).sort());

// A pack of ours came, kept already: its counts hold what it says, the rest is folded over it. Whether it asks for other things.
export async function takePack() {
  const fresh = await find(on.pack.id);
  if (!fresh) return;
  const before = asked(on.pack);
  replace(fresh);
  if (asked(on.pack) !== before && !on.view.released) tell("again", say("changed"), say("changed_more"));
}

export async function takeAnswer({ outcomes, packs = [] }) {
  if (packs.some(({ id }) => id === on.pack.id)) await takePack();
  const ours = new Set(facts().map(({ id }) => id));
  const about = outcomes.filter(({ id }) => ours.has(id));
  const odd = about.find(({ outcome, again, problem }) => outcome === "applied_with_exception" && problem && !again);
  if (odd) tell("bad", odd.problem.title, odd.problem.next ?? odd.problem.detail);
  const refused = about.filter(({ outcome }) => outcome === "refused");
  if (refused.length && journal.acked > toldRefused) {
    toldRefused = journal.acked;
    tell("bad", say("refused"), refused[0].problem?.title ?? "");
  }
}
