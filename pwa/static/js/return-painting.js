// The return as it stands, drawn from the page's templates: the unit in hand, what was taken, why, what the customer gets.
import { clone, say } from "./paint.js";
import { journal } from "./device.js";

const $ = (id) => document.getElementById(id);
export const fill = (place, ...nodes) => {
  place.replaceChildren(...nodes);
  place.hidden = !nodes.length;
};

export const named = ({ name, deciding }) => [name, deciding].filter(Boolean).join(", ");
export const money = (minor, currency) => new Intl.NumberFormat(document.documentElement.lang || "fr", { style: "currency", currency }).format(minor / 100);
const reasonOf = (page, code) => page.reasons.find((one) => one.code === code);

// What each unit gets: one choice for all, or, once somebody asks for it, a choice for each. And what was not with it.
export const wishOf = (state, unit) => (state.apart ? (unit.wish ?? state.wish) : state.wish);

const inHand = (state) => state.units.filter(({ missing }) => !missing);

// Somebody takes other goods instead.
export const exchanges = (state) => (state.units.length ? inHand(state).some((unit) => wishOf(state, unit) === "exchange") : state.wish === "exchange");

// A refund is for whoever bought it: not for a gift, and not where nobody knows who that was.
export const choices = (page, gift) => ["refund", "exchange", "credit"].filter((wish) => (wish !== "refund" || (!gift && page.kind !== "blind")) && (wish !== "exchange" || (page.kind !== "blind" && (page.order || page.rma))));

// What the server is told of units that are settled apart, by their number in the return or their place among those in hand.
export const apart = (state) => (state.apart ? inHand(state).flatMap((unit, at) => (wishOf(state, unit) === state.wish ? [] : [{ n: unit.n ?? at + 1, wish: wishOf(state, unit) }])) : []);

// Everything is there unless a tap says otherwise.
export const lacking = (unit) => (unit.of.asked ?? []).filter(({ code }) => unit.absent?.includes(code));

export function toggle(unit, code) {
  const before = unit.absent ?? [];
  unit.absent = before.includes(code) ? before.filter((one) => one !== code) : [...before, code];
}

// `by` is what only the server makes possible, once it is loaded: return-online.js.
export function draw(page, state, now, by) {
  paintNow(page, state, now);
  $("why").hidden = Boolean(now.current || state.left || !now.lacksReason);
  paintTaken(page, state, now);
  by ? by.paintSwap(now) : fill($("swap"));
  paintActs(page, state, now);
  const away = Boolean(state.left || now.current || exchanges(state));
  if ($("lines")) $("lines").hidden = away;
  if ($("earlier")) $("earlier").hidden = away || state.units.length > 0;
  if ($("verdict")) $("verdict").hidden = away || state.units.length > 0;
  if ($("facts")) fill($("facts"), ...((state.quote ?? state.problem)?.facts ?? []).map((told) => clone("t-fact", told)));
  if ($("odd")) $("odd").hidden = !state.units.length;
  $("band").hidden = Boolean(state.left);
  for (const row of document.querySelectorAll("[data-line]")) {
    const line = page.lines.find((one) => `${one.line}/${one.part}` === row.dataset.line);
    if (!line) continue;
    const left = line.left - now.taken(line).length;
    const count = row.querySelector("[data-count]");
    if (count) count.textContent = left;
    row.hidden = page.kind === "order" && line.left > 0 && left === 0;
  }
}

function paintNow(page, state, { current, taken }) {
  if (!current || state.left) return fill($("now"));
  const { of } = current;
  const asked = page.kind === "try_on" ? [] : (of.asked ?? []);
  fill($("now"), clone("t-now", {
    ...of, ...(current.absent?.length ? {} : of.then), has: asked.length > 0, asked: asked.map((one) => accessory(one, current)), more: [reasonOf(page, current.reason)?.text, taken(of).length > 1 ? say("units", { n: taken(of).length }) : ""].filter(Boolean).join(", "),
    drop: say(page.kind === "try_on" ? "try_takes" : current.n ? "not_here" : "not_taken"),
  }));
}

// There unless it was tapped.
function accessory({ code, word }, unit) {
  const gone = unit.absent?.includes(code) ?? false;
  const made = clone("t-accessory", { word, state: say(gone ? "is_absent" : "is_with_it"), there: !gone, gone });
  const button = made.querySelector("[data-accessory]");
  button.dataset.accessory = code;
  button.setAttribute("aria-pressed", String(!gone));
  return made;
}

// What one unit was paid: the next of its line's places, counted as they were taken.
function priceOf(page, state, unit) {
  if (!unit.of.each?.length) return "";
  const before = state.units.filter((one) => one.of === unit.of && !one.missing).indexOf(unit);
  return before < 0 || unit.of.each[before] === undefined ? "" : money(unit.of.each[before], page.currency);
}

function paintTaken(page, state, { current, cutOff }) {
  const rows = state.left ? [] : state.units.flatMap((unit, index) => {
    if (!unit.condition && !unit.missing) return unit === current ? [] : [row(page, state, unit, index, say("choose_condition"), "")];
    const reason = reasonOf(page, unit.reason);
    const words = unit.missing ? say(page.kind === "try_on" ? "is_leaving" : "is_missing") : [say(`is_${unit.condition}`), reason?.text, lacks(unit)].filter(Boolean).join(", ");
    const then = unit.missing ? "" : (quoted(state, unit)?.then ?? (unit.absent?.length ? "" : unit.of.then?.[unit.condition]) ?? "");
    return [row(page, state, unit, index, words, then, Boolean(reason?.photo && !cutOff && page.order))];
  });
  fill($("taken"), ...rows, ...(state.apart && rows.length ? [clone("t-together", {})] : []));
}

const lacks = (unit) => (unit.absent?.length ? say("lacks", { what: lacking(unit).map(({ word }) => word).join(", ") || say("all_parts") }) : "");

// What the server says of one unit: by its number in the return, else by its place among those in hand.
function quoted(state, unit) {
  const n = unit.n ?? state.units.filter(({ missing }) => !missing).indexOf(unit) + 1;
  return state.quote?.units?.find((one) => one.n === n);
}

function row(page, state, unit, index, more, then, photo = false) {
  const made = clone("t-unit", {
    picture: unit.of.picture, name: named(unit.of), more, then, price: unit.missing ? "" : priceOf(page, state, unit), change: say("change_unit", { name: named(unit.of) }),
    photo, photo_word: say(unit.photo ? "photo_there" : "photo_asked"), ...quoted(state, unit),
  });
  made.querySelector("[data-again]").dataset.again = index;
  const ways = made.querySelector("[data-ways]");
  if (state.apart && !unit.missing && unit.condition) for (const wish of choices(page, page.gift || $("gift")?.checked)) ways.append(way(state, unit, index, wish));
  else ways.remove();
  const field = made.querySelector("[data-photo]");
  if (field) field.dataset.photo = index;
  return made;
}

function way(state, unit, index, wish) {
  const made = clone("t-way", { word: say(`way_${wish}`), hidden: say("way_of", { name: named(unit.of) }) });
  const button = made.querySelector("[data-wish]");
  Object.assign(button.dataset, { wish, of: index });
  button.setAttribute("aria-pressed", String(wishOf(state, unit) === wish));
  return made;
}

// Opened while the amount is still asked for, it stays open when it comes; once another way is chosen it is shut.
function otherwise(acts, state, ways) {
  const made = clone("t-otherwise", { ways: [ways] });
  const fold = made.querySelector("details");
  fold.dataset.than = state.wish;
  fold.open = Boolean(acts.querySelector(`.otherwise[open][data-than="${state.wish}"]`));
  return made;
}

function paintActs(page, state, { current, complete, lacksReason, cutOff }) {
  const acts = $("acts");
  if (state.left) return paintKept(page, state, acts);
  fill($("said"), ...(state.problem && !state.problem.permit ? [clone("t-said", state.problem)] : []));
  if (page.kind === "try_on" && !current && state.units.every(({ missing }) => missing)) return fill(acts, clone("t-whole", { href: page.whole }));
  if (!complete || lacksReason || current) return fill(acts);
  const n = state.units.filter(({ missing }) => !missing).length;
  if (cutOff) return fill(acts, clone("t-keep", { text: page.kind === "try_on" ? say("try_keep") : say("keep", { n }) }));
  const may = (wish) => state.wish !== wish && choices(page, page.gift || $("gift")?.checked).includes(wish);
  const other = { apart: n > 1, exchange: may("exchange"), credit: may("credit"), refund: may("refund") };
  const many = state.apart ? 0 : Object.values(other).filter(Boolean).length;
  // Several other ways lie behind one button: what the customer gets is above the dock, not under it.
  const ways = many ? [many > 1 ? otherwise(acts, state, clone("t-ways", other)) : clone("t-ways", other)] : [];
  // Whoever takes something else chooses it first.
  if (exchanges(state) && !state.chosen.length) return fill(acts, ...ways);
  if (state.problem?.permit) return fill(acts, ...ways, clone("t-ask", { text: say("ask_permission") }));
  const told = state.quote;
  if (!told) return fill(acts, ...ways);
  fill(acts, ...(told.parts ?? [told]).map(({ word, where, amount }) => clone("t-amount", { word, where, amount })), ...ways, clone("t-main", { text: told.button }));
}

function paintKept(page, state, acts) {
  document.body.dataset.step = "kept";
  const sent = state.left.seq <= journal.acked;
  const units = state.units.filter(({ missing }) => !missing);
  const rows = units.map((unit) => {
    return clone("t-kept-unit", { picture: unit.of.picture, name: named(unit.of), more: [say(`is_${unit.condition}`), lacks(unit)].filter(Boolean).join(", "), then: say("keep_behind") });
  });
  for (const id of ["now", "taken", "swap", "why", "said"]) $(id).hidden = true;
  fill($("kept"), clone("t-kept", {
    sent, kept: !sent, title: sent && state.told?.number ? say("number_is", { number: state.told.number }) : say(sent ? "kept_sent" : "kept_here"),
    more: say(page.kind === "try_on" && !state.odd ? (sent ? "try_sent_more" : "try_kept_more") : sent ? `kept_${state.odd ? "odd" : "sent"}_more` : "kept_here_more"), odd: state.odd ?? "", units: rows,
  }));
  fill(acts, clone("t-next", {}));
}
