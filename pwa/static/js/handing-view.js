// What the hand-over shows: the order out of the device's store, why it may not leave here, and what is kept once it has left.
import { needs } from "./counter-fold.js";
import { clock } from "./counter-store.js";
import { clone, element, icon, say } from "./paint.js";
import { serverNow, tick } from "./dials.js";

const $ = (id) => document.getElementById(id);
const spaced = (place) => (place ?? "").replace(/^([A-Z]+) ?(?=[0-9])/, "$1 ");
const first = (name) => name.split(" ")[0];

// The order as the server's page has it, painted from the device's store.
export function paintOrder(order) {
  const { lines, bags, age, recalled, nothing } = needs(order);
  const [bag] = bags;
  const place = bags.length === 1 && bag.place;
  $("who").textContent = order.name;
  document.title = say("hand_to", { name: order.name });
  if (order.arrival) {
    $("wait").dataset.since = order.arrival.since;
    $("wait").hidden = false;
  }
  $("view").replaceChildren(
    clone("t-order", {
      one: place,
      rack: place && (place.match(/^[A-Z]+/)?.[0] ?? place),
      spot: place && place.replace(/^[A-Z]+ ?/, ""),
      many: bags.length > 1,
      bags: bags.map((held) => bagRow(held)),
      recall: recalled.length && !nothing ? say("recall_keep", { name: first(order.name) }) : "",
      lines: lines.map((line) => lineRow(line, order)),
      age: age ? say("age_seen", { age }) : "",
      part: order.part,
    }),
  );
  tick();
}

function bagRow({ bag, place }) {
  const row = clone("t-bag", { name: say("bag", { bag: bag.slice(2) }), place: spaced(place) }).firstElementChild;
  row.dataset.bag = bag;
  return row;
}

function lineRow(line, order) {
  const name = first(order.name);
  const more = [line.variant, line.deciding].filter(Boolean).join(", ");
  const row = clone(line.blocked ? "t-blocked" : "t-line", { ...line, more, refuse: say("refuse", { name }), refuse_not: say("refuse_not", { name }) }).firstElementChild;
  const units = row.querySelector("[data-refuse]");
  Object.assign(units.dataset, { work: line.work, line: line.line });
  if (line.blocked) units.value = line.staged;
  else {
    units.append(...Array.from({ length: line.staged + 1 }, (_, n) => new Option(n, n)));
    units.closest("label").hidden = line.staged === 1;
  }
  return row;
}

// Why nothing can leave here now, and what to do; nothing when it can.
export function paintStop(why, { holder, until } = {}) {
  const slot = $("alert");
  if (!slot) return;
  slot.hidden = !why;
  const time = until ? clock(until) : "";
  slot.replaceChildren(...(why ? [...clone("t-stop", { what: say(`stop_${why}`, { holder, time }), more: say(`stop_${why}_more`, { holder, time }) }).children] : []));
}

// The goods are gone: hollow as long as only this device knows, filled once the server has it.
export function paintKept(order, fact, { sent, odd = "" }) {
  const name = first(order.name);
  const left = Date.parse(fact.at_wall) + 120000 - Date.now();
  document.title = say("handed", { name: order.name });
  document.body.dataset.step = "kept";
  for (const id of ["band", "wait"]) if ($(id)) $(id).hidden = true;
  paintStop(null);
  $("view").replaceChildren(
    clone("t-kept", {
      sent,
      title: say("handed", { name: order.name }),
      more: say("handed_at", { number: order.number, time: clock(Date.parse(fact.at_wall)) }),
      money: fact.body.tried?.length ? say(sent ? "money_sent" : "money_waits", { n: fact.body.tried.length }) : "",
      waiting: sent ? "" : say("kept_here", { name }),
      odd,
    }),
  );
  $("undo").hidden = left <= 0;
  if (left > 0) {
    $("undo").replaceChildren(clone("t-undo", { text: say("handed_undo", { name }) }));
    $("undo").querySelector("[data-undo-until]").dataset.undoUntil = new Date(serverNow() + left).toISOString();
  }
  $("acts").replaceChildren(clone("t-next", {}));
  tick();
}

// A button that takes back what is written and not answered: the goods stay.
export function paintWait(act) {
  const button = element("button", "btn tall", icon("undo"), say("hand_not_yet"));
  button.type = "button";
  button.dataset.act = act;
  $("acts").replaceChildren(button);
}
