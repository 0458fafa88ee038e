// The pack on the screen, the facts about it and their fold; and the one way to add a fact: on disk first, or it does not count.
import { fold } from "./fold.js";
import { journal } from "./device.js";
import { find, show, stow } from "./packs.js";
import { read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { ask as request, keep, write } from "./store.js";

const PROBE_MS = 2000;
const OVER = ["canceled", "expired", "rejected"];
export const UNDO_MS = 8000;

// view: the fold. versus: the wrong article in the hand, until the next scan. bound: tags scanned early, by work.
// putting: {work, line, tote, fact}, the unit in the hand that goes into a tote now, until that is said or the next scan.
// undoable: {fact, text, until}, the last tap, taken back in one tap. asides: what the hands hold that nobody wants any more.
export const on = { pack: null, view: null, versus: null, putting: null, bound: {}, undoable: null, asides: [], broken: false };

export const facts = () => journal.factsOf(on.pack.id);
export const workOf = (id) => on.pack.works.find((work) => work.id === id);
export const packLine = (spot) => workOf(spot.work).lines.find(({ line }) => line === spot.line);
// What lies in the tote of a work is only told where several orders share the walk.
export const toteOf = (work) => workOf(work)?.tote ?? null;
export const staging = () => on.view.current === null && on.view.works.find(({ next }) => next === "stage");
export const tagName = (code) => code.replace(/^[BL]:/, "");
export const bare = (code) => tagName(code ?? "").replaceAll(" ", "");
export const placeName = (code) => tagName(code).replace(/^([A-Z]+) ?(?=[0-9])/, "$1 ");
export const named = (line) => `${line.name} ${line.deciding ?? ""}`.trim();

// Only what is still wanted is walked: canceled work and lines are not on the way any more.
const wanted = (pack) => {
  const works = pack.works.filter(({ status }) => !OVER.includes(status));
  return { ...pack, works: works.map((work) => ({ ...work, lines: work.lines.filter(({ quantity }) => quantity > 0) })).filter(({ lines }) => lines.length) };
};

// The pack of this page: as the device has it, else as it stands in the page. null when there is none.
export async function open() {
  const given = read("pack");
  const id = given?.id ?? location.pathname.split("/").pop();
  show(id);
  try {
    if (given) await stow([given]);
    const kept = await find(id);
    if (kept) on.bound = kept.bound ?? {};
    on.pack = kept ?? given;
  } catch {
    on.pack = given && { ...given, counted_through: given.counted?.[journal.id] ?? 0 };
  }
  if (!on.pack) return null;
  on.pack = wanted(on.pack);
  refold();
  return on.pack;
}

// The server has another pack under this id now. What the hands hold of work that is canceled, taken or smaller is put aside.
export function replace(fresh) {
  const [before, seen] = [on.pack, on.view];
  on.pack = wanted({ ...fresh, next: before.next });
  refold();
  // A pack that was handed on has nothing left in it, and nothing to say.
  if (on.view.released) return;
  for (const work of before.works) {
    const [now, was] = [workOf(work.id), seen.works.find(({ id }) => id === work.id)];
    if (was.next === "done") continue;
    const goods = work.lines.map((line) => {
      const { picked } = was.lines.find((other) => other.line === line.line);
      const left = now?.lines.find((other) => other.line === line.line)?.quantity ?? 0;
      return { what: named(line), n: Math.max(0, picked - left) };
    });
    const surplus = goods.filter(({ n }) => n);
    const over = fresh.works.find(({ id }) => id === work.id);
    const why = now ? "fewer" : !over ? "taken" : over.ended_because === "moved" ? "moved" : "canceled";
    if (!now || surplus.length) on.asides.push({ why, name: work.collector, goods: surplus });
  }
}

export function refold() {
  // A pack that was handed on stays so: the server answers with what is left of it, which is nothing.
  const released = on.view?.released ?? false;
  on.view = fold(on.pack, facts(), journal.acked);
  on.view.released ||= released;
}

// ---- writing

export class NotKept extends Error {}
let probing = 0;

function fail(fault) {
  console.warn("not kept", fault);
  clearTimeout(probing);
  probing = setTimeout(probe, PROBE_MS);
  on.broken = true;
  ask(say("not_kept"), say("not_kept_more"), "bad");
  tell("bad", say("not_kept"), say("not_kept_more"));
  throw new NotKept();
}

// One more fact about this pack. Throws NotKept, loudly, when the device could not write it: nothing was counted then.
export async function record(type, body) {
  const fact = await journal.append(type, body, { pack: on.pack.id }).catch(fail);
  refold();
  return fact;
}

// Which tags are meant for which work: kept with the pack, so that a dead battery does not forget them.
export async function keepBound() {
  const { id } = on.pack;
  await write(["packs"], async ({ packs }) => {
    const held = await request(packs.get(id));
    if (held) packs.put({ ...held, bound: on.bound });
  }).catch(fail);
}

// Whether the device writes again; until it does, no scan counts.
export async function probe() {
  try {
    await keep("probe", Date.now());
    const again = on.broken;
    on.broken = false;
    if (again) document.dispatchEvent(new CustomEvent("writes"));
  } catch {
    clearTimeout(probing);
    probing = setTimeout(probe, PROBE_MS);
  }
  return !on.broken;
}
