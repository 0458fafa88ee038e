// The sheets over the pick: what is missing and why, and the whole pack with a way back for each line.
import { clone, element, icon, say } from "./paint.js";
import { lineOf, sayPlace } from "./matching.js";
import { facts, named, on, packLine, workOf } from "./pick-pack.js";

const sheet = document.getElementById("sheet");
let missing = 0; // how many the open sheet reports

function openSheet(template, values) {
  sheet.replaceChildren(clone(template, values));
  if (!sheet.open) sheet.showModal();
}

export function openShort() {
  const { current } = on.view;
  const line = packLine(current);
  const work = workOf(current.work);
  missing = lineOf(on.view, current).remaining;
  openSheet("t-short", {
    title: say("short_title", { n: missing, what: named(line) }),
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

// What the short sheet says now: {quantity, reason}.
export const reported = () => ({ quantity: missing, reason: new FormData(document.getElementById("short-form")).get("reason") });

export function openList() {
  const told = facts();
  const taken = new Set(told.filter(({ type }) => type === "undo").map(({ body }) => body.event));
  const last = (spot) => told.findLast(({ type, id, body }) => ["pick", "short", "look_again"].includes(type) && body.line === spot.line && body.work === spot.work && !taken.has(id));
  openSheet("t-list", { lines: on.view.order.map((spot) => row(spot, last(spot), true)) });
}

// A line as a row: with its picture while staging, with its place and a way back in the overview.
export function row(spot, fact, overview) {
  const line = packLine(spot);
  const now = lineOf(on.view, spot);
  const button = element("button", "btn", icon("undo"), element("span", "sr", `${say("undo")} ${named(line)}`));
  Object.assign(button, { type: "button" });
  Object.assign(button.dataset, { act: "back", fact: fact?.id ?? "" });
  const made = clone("t-row", {
    ...line,
    shown: !overview,
    more: [line.variant, line.deciding, overview && sayPlace(line.place)].filter(Boolean).join(", "),
    count: overview ? `${now.picked}/${now.quantity}` : now.picked,
    sent: now.state === "picked" && now.saved === 0,
    saved: now.state === "picked" && now.saved > 0,
    short: now.short ? say("short_word", { n: now.short }) : "",
    todo: now.state === "todo",
    now: now.state === "now",
    parked: now.state === "parked",
    undoable: Boolean(fact),
    button,
  });
  return [...made.children];
}
