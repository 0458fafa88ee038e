// The sheets over the pick: what is missing and why, and the whole pack with a way back for each line. Loaded behind the page.
import { clone, element, say } from "./paint.js";
import { lineOf } from "./matching.js";
import { sync } from "./device.js";
import { facts, named, on, packLine, record, UNDO_MS, workOf } from "./pick-pack.js";

const sheet = document.getElementById("sheet");
let missing = 0; // how many the open sheet reports

function openSheet(template, values) {
  sheet.replaceChildren(clone(template, values));
  if (!sheet.open) sheet.showModal();
}

// A pack that was kept before reasons had words of their own names them only.
function reasonChoice(reason, at) {
  const input = element("input");
  Object.assign(input, { type: "radio", name: "reason", value: reason.code ?? reason, checked: !at });
  return element("label", "choice slim", input, element("b", "", reason[document.documentElement.lang] ?? say("reason_" + reason)));
}

export function openShort() {
  const { current } = on.view;
  const line = packLine(current);
  const work = workOf(current.work);
  missing = lineOf(on.view, current).remaining;
  openSheet("t-short", {
    title: say("short_title", { n: missing, what: named(line) }),
    reasons: on.pack.reasons.map(reasonChoice),
    many: missing > 1,
    n: missing,
    act: say("short_act", { n: missing }),
    effect: work.kind === "ship" ? say("short_effect_ship") : say("short_effect", { name: work.collector }),
    may_park: on.view.order.some((spot) => spot !== current && lineOf(on.view, spot).state === "todo"),
  });
}

export function countMissing(step) {
  missing = Math.min(lineOf(on.view, on.view.current).remaining, Math.max(1, missing + step));
  document.getElementById("short-count").textContent = missing;
  sheet.querySelector("[data-act=report]").textContent = say("short_act", { n: missing });
}

// Units of a parcel are looked for elsewhere as soon as the server hears: it hears when a slip of the thumb is ruled out.
export async function tellMissing(n, reason, said) {
  const { current } = on.view;
  const fact = await record("short", { ...current, quantity: n, reason });
  on.undoable = { fact, text: say(said, { n }), until: Date.now() + UNDO_MS };
  if (workOf(current.work).kind === "ship") sync.hold(UNDO_MS);
}

// What the short sheet says now.
export const report = () => tellMissing(missing, new FormData(document.getElementById("short-form")).get("reason"), "short_done");

// `row(spot, fact, overview)` paints a line.
export function openList(row) {
  const told = facts();
  const taken = new Set(told.filter(({ type }) => type === "undo").map(({ body }) => body.event));
  const last = (spot) => told.findLast(({ type, id, body }) => ["pick", "short", "look_again"].includes(type) && body.line === spot.line && body.work === spot.work && !taken.has(id));
  openSheet("t-list", { lines: on.view.order.map((spot) => row(spot, last(spot), true)) });
}
