// Bags and their shelf: tags are scanned as they come, the shelf once for all of them.
import { sync } from "./device.js";
import { say } from "./paint.js";
import { tell } from "./feedback.js";
import { bare, keepBound, on, placeName, record, staging, tagName, UNDO_MS, workOf } from "./pick-pack.js";

export async function takeBag(code) {
  const work = staging()?.id ?? on.view.current?.work;
  const owner = on.view.works.find(({ bags }) => bags.some(({ bag }) => bare(bag) === bare(code)))?.id ?? Object.keys(on.bound).find((id) => workOf(id) && on.bound[id].includes(code));
  const name = (id) => workOf(id).collector;
  if (!work) return tell("again", say("bag_again"));
  if (owner && owner !== work) return tell("bad", say("bag_taken", { name: name(owner) }), say("bag_taken_more"));
  if (owner) return tell("again", say("bag_again"));
  (on.bound[work] ??= []).push(code);
  await keepBound();
  tell("ok", say("bag_for", { bag: tagName(code), name: name(work) }), say("kept"));
}

export async function takePlace(code) {
  const work = staging();
  if (!work) return tell("again", say("is_place"), say("is_place_more"));
  const tags = on.bound[work.id] ?? [];
  if (!tags.length) return tell("again", say("bag_missing"), say("bag_missing_more"));
  if (on.pack.places?.length && !on.pack.places.some((known) => bare(known) === bare(code))) {
    return tell("bad", say("place_wrong", { place: placeName(code) }), say("place_wrong_more"));
  }
  let fact;
  // A tag leaves the list when its fact is on disk: what could not be written is still to be scanned.
  while (on.bound[work.id].length) {
    fact = await record("stage", { work: work.id, bag: on.bound[work.id][0], place: code });
    on.bound[work.id].shift();
  }
  delete on.bound[work.id];
  await keepBound();
  on.undoable = { fact, text: say("staged", { place: placeName(code) }), until: Date.now() + UNDO_MS };
  tell("ok", say("staged", { place: placeName(code) }), workOf(work.id).collector, "done");
  sync.now();
}
