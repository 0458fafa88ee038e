// Paints the fold: the line to pick, the bag to stage, what is done; nothing here decides what counts.
import { clone, element, icon, say } from "./paint.js";
import { ask } from "./feedback.js";
import { difference, lineOf, sayPlace, wayTo } from "./matching.js";
import { serverNow, tick } from "./dials.js";
import { bare, named, on, packLine, placeName, refold, staging, tagName, toteOf, workOf } from "./pick-pack.js";

const $ = (id) => document.getElementById(id);

export function paint() {
  refold();
  const { view } = on;
  if (view.current === null) on.versus = null;
  paintTicks();
  paintUndo();
  paintAlert();
  const done = view.released || (view.current === null && !staging() && !on.putting);
  $("band").hidden = done && !on.broken;
  // The end is loaded behind the page; by then something may have been taken back.
  if (done) import("./pick-done.js").then(({ paintDone }) => document.body.dataset.step === "done" && paintDone(paintBar), () => {});
  else if (on.putting && !on.versus) paintPut();
  else if (view.current) paintLine();
  else paintStage(staging());
  if (on.broken) ask(say("not_kept"), say("not_kept_more"), "bad");
  document.body.dataset.step = done ? "done" : view.current || !staging() ? "pick" : "stage";
  tick();
}

function paintTicks() {
  const tally = { sent: 0, saved: 0, short: 0, todo: 0 };
  const bars = on.view.order.map((spot) => {
    const now = lineOf(on.view, spot);
    const tone = now.state === "picked" ? (now.saved ? "saved" : "sent") : now.state === "short" ? "short" : now.state === "now" ? "now" : "";
    tally[tone in tally ? tone : "todo"]++;
    return element("i", tone);
  });
  $("ticks").replaceChildren(...bars);
  $("ticks").setAttribute("aria-label", say("ticks", tally));
}

function paintBar(title, work) {
  $("where").replaceChildren(`${title} `, element("small", "", work ? work.collector : ""));
  document.title = work ? `${title} · ${work.collector}` : title;
  $("dial").hidden = !work;
  if (work) $("dial").dataset.until = work.promise_at;
}

const button = (act, glyph, text) => {
  const made = element("button", "btn tall", icon(glyph), text);
  made.type = "button";
  made.dataset.act = act;
  return made;
};

// What to do with goods in the hand that nobody wants any more stays until somebody has read it. The wrong article stays
// in red above until the next scan; below, the band already says what to scan instead.
function paintAlert() {
  const [aside] = on.asides;
  $("alert").hidden = !on.versus && !aside;
  if (aside) {
    const goods = aside.goods.map(({ what, n }) => `${n} × ${what}`).join(", ");
    const more = say(goods ? `aside_${aside.why}_more` : "aside_nothing", { goods });
    $("alert").replaceChildren(element("div", "note bad", icon("tri"), element("span", "", element("b", "", say(`aside_${aside.why}`, { name: aside.name })), ` ${more}`), button("seen", "sent", say("aside_seen"))));
  } else if (on.versus) {
    const words = element("span", "", say(difference(on.versus, packLine(on.view.current))), element("small", "", say("nothing_counted")));
    $("alert").replaceChildren(element("div", "band bad", icon("tri"), words));
  } else $("alert").replaceChildren();
}

function paintUndo() {
  const { undoable } = on;
  const open = undoable?.text && undoable.until > Date.now();
  $("undo").hidden = !open;
  $("undo").replaceChildren(...(open ? [clone("t-undo", undoable)] : []));
  if (open) $("undo").querySelector("[data-undo-until]").dataset.undoUntil = new Date(serverNow() + undoable.until - Date.now()).toISOString();
}

// All that is still to take at this place of the same article, tote by tote; the first is the one of now.
function totesHere(current) {
  if (!toteOf(current.work)) return [];
  const { sku } = packLine(current);
  const open = on.view.order.filter((spot) => spot === current || (packLine(spot).sku === sku && lineOf(on.view, spot).remaining));
  const sorted = [current, ...open.filter((spot) => spot !== current)];
  return sorted.map((spot) => {
    const here = spot === current;
    const units = sorted.length > 1 ? [" ", element("small", "", say("tote_units", { n: lineOf(on.view, spot).remaining }))] : [];
    return element("span", here ? "tote" : "tote off", element("small", here ? "" : "sr", say("tote")), ` ${toteOf(spot.work)}`, ...units);
  });
}

// What comes after a line in the walk: a line to do, else one that was set aside.
function following(spot) {
  const { order } = on.view;
  const state = (other) => lineOf(on.view, other).state;
  const rest = order.filter((other) => other !== spot && ["now", "todo", "parked"].includes(state(other)));
  return rest.find((other) => state(other) !== "parked" && order.indexOf(other) > order.indexOf(spot)) ?? rest.find((other) => state(other) !== "parked") ?? rest[0];
}

function paintPut() {
  const { view, putting, pack } = on;
  const spot = view.order.find(({ work, line }) => work === putting.work && line === putting.line);
  if (!spot) return (on.putting = null), paint();
  const line = packLine(spot);
  const next = view.current && packLine(view.current);
  paintBar(say("line_of", { at: view.order.indexOf(spot) + 1, of: view.order.length }), workOf(spot.work));
  $("view").replaceChildren(
    clone("t-put", {
      ...line,
      tote: putting.tote,
      next_name: next && named(next),
      next_place: next && sayPlace(next.place),
    }),
  );
  $("view").querySelector(".tote.xl").setAttribute("aria-label", say("put_done", putting));
  if (pack.scan_totes) ask(say("put_scan", putting), say("put_scan_more"));
  else ask(next ? say("put_next") : say("put_last"), "");
  $("acts").replaceChildren(button("undo", "undo", say("undo")), button("list", "list", say("list")));
}

function paintLine() {
  const { view, versus, undoable } = on;
  const { current } = view;
  const line = packLine(current);
  const now = lineOf(view, current);
  const at = view.order.indexOf(current);
  const ahead = following(current);
  const next = ahead && packLine(ahead);
  paintBar(say("line_of", { at: at + 1, of: view.order.length }), workOf(current.work));
  const place = line.place ?? {};
  const levels = [5, 4, 3, 2, 1].map((level) => element("i", String(place.level) === String(level) ? "on" : ""));
  const values = {
    ...line,
    ...{ aisle: place.aisle, bay: place.bay, level: place.level, bars: levels },
    count: say("of", { n: now.picked, total: now.quantity }),
    saved: now.saved > 0,
    saved_word: say("kept"),
    sent: now.saved === 0 && now.sent > 0,
    sent_word: say("sent"),
    parked: line.parked_until && now.picked === 0,
    totes: totesHere(current),
    next_name: next && [next.name, next.deciding].filter(Boolean).join(", "),
    next_place: next && sayPlace(next.place),
    last: !next && on.pack.works.some(({ kind }) => (kind ?? "pickup") === "pickup"),
    pack: !next && on.pack.works.every(({ kind }) => kind === "ship"),
  };
  if (versus) {
    const hand = Object.fromEntries(["name", "variant", "deciding", "picture"].map((key) => [`hand_${key}`, versus[key]]));
    $("view").replaceChildren(clone("t-versus", { ...values, ...hand, home: sayPlace(versus.place) }));
  } else {
    $("view").replaceChildren(clone("t-line", values));
    const plate = $("view").querySelector(".plate.xl");
    plate?.classList.toggle("two", !place.level);
    plate?.classList.toggle("long", String(place.bay ?? "").length > 2 || String(place.aisle ?? "").length > 1);
  }
  const way = versus && wayTo(versus.place, line.place);
  const end = line.codes.find((code) => /^[0-9]{14}$/.test(code))?.slice(-4);
  const nth = now.picked + 1;
  const what = versus && line.deciding ? say("scan_one", { what: line.deciding }) : nth === 1 ? say("scan_first") : nth === 2 ? say("scan_second") : say("scan_nth", { n: nth });
  if (line.blocked) ask(say("recalled"), say("recalled_more"), "bad");
  else ask(what, way ? `${say(...way)}, ${sayPlace(line.place)}` : end ? say("code_ends", { end }) : say("no_code"));
  const fresh = undoable && !undoable.text && undoable.until > Date.now();
  $("acts").replaceChildren(
    line.blocked ? button("recalled", "tri", say("recalled_act", { n: now.remaining })) : fresh && !versus ? button("undo", "undo", say("undo")) : button("find", "nofind", versus && line.deciding ? say("none_of", { what: line.deciding }) : say("not_found")),
    button("list", "list", say("list")),
  );
}

function paintStage(now) {
  const work = workOf(now.id);
  const tags = on.bound[now.id] ?? [];
  const used = new Set(on.view.works.flatMap(({ bags: placed }) => placed.map(({ place }) => bare(place))));
  const free = on.pack.places?.map(bare).find((place) => !used.has(place));
  paintBar(work.collector, work);
  $("where").replaceChildren(`${work.collector} `, element("small", "", tags.length ? tags.map((tag) => say("bag", { bag: tagName(tag) })).join(", ") : say("stage_title")));
  $("view").replaceChildren(
    clone("t-stage", {
      rack: tags.length && free ? free.match(/^[A-Z]+/)?.[0] ?? free : "",
      spot: free?.replace(/^[A-Z]+/, ""),
      lines: on.view.order.filter((spot) => spot.work === now.id && lineOf(on.view, spot).picked).flatMap((spot) => row(spot)),
      tote: toteOf(now.id),
      whose: work.collector,
      told: say("told_later", { name: work.collector }),
    }),
  );
  if (!tags.length) ask(say("bag_first"), say("bag_first_more"));
  else ask(free ? say("place_scan", { place: placeName(free) }) : say("place_scan_any"), free ? say("place_other") : say("bag_more"));
  $("acts").replaceChildren(button("list", "list", say("list")));
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
    tote: overview && toteOf(spot.work),
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
