// The pick screen: listens to scans and taps, writes facts to the journal, paints the fold of pack and journal.
import { fold } from "./fold.js";
import { journal, sync } from "./device.js";
import { printable } from "./codes.js";
import { clone, element, icon, read, say } from "./paint.js";
import { ask, settle, tell } from "./feedback.js";
import { showState } from "./status.js";
import { difference, lineOf, match, sayPlace, wayTo } from "./matching.js";
import { serverNow, tick } from "./dials.js";
import { play } from "./sound.js";
import { ready } from "./scanner.js";
import "./handheld.js";

const UNDO_MS = 8000;
let pack = read("pack");
const facts = () => journal.factsOf(pack.id);
const through = (fresh) => fresh.counted?.[journal.id] ?? 0;
pack.counted_through = through(pack);
const $ = (id) => document.getElementById(id);

let view; // the fold
let versus = null; // the wrong article in the hand, until the next scan
let bound = {}; // tags scanned early, by work
let undoable = null; // {fact, text, until}: the last tap, taken back in one tap
let missing = 0; // how many the open sheet reports
let toldRefused = 0;

const workOf = (id) => pack.works.find((work) => work.id === id);
const packLine = (spot) => workOf(spot.work).lines.find(({ line }) => line === spot.line);
const staging = () => view.current === null && view.works.find(({ next }) => next === "stage");
const tagName = (code) => code.replace(/^[BL]:/, "");
const bare = (code) => tagName(code ?? "").replaceAll(" ", "");
const placeName = (code) => tagName(code).replace(/^([A-Z]+) ?(?=[0-9])/, "$1 ");
const size = (line) => line.deciding || line.name;

const refold = () => {
  // A pack that was handed on stays so: the server answers with what is left of it, which is nothing.
  const released = view?.released ?? false;
  view = fold(pack, facts(), journal.acked);
  view.released ||= released;
};

async function write(type, body) {
  const fact = await journal.append(type, body, { pack: pack.id });
  refold();
  return fact;
}

// ---- scans

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(takeScan(event.detail));
});

async function takeScan({ code, raw }) {
  if (view.released) return;
  versus = null;
  const goods = code.kind === "gtin" || code.kind === "sku";
  if (goods) await takeArticle(code, raw);
  else if (code.kind === "bag") takeBag(code.code);
  else if (code.kind === "place") await takePlace(code.code);
  else if (code.kind === "pass") tell("again", say("is_pass"), say("is_pass_more"));
  else if (code.kind === "badge") tell("again", say("is_badge"), say("is_badge_more"));
  else if (code.kind === "work" || code.kind === "sscc") tell("bad", say("not_here"), say("nothing_counted"));
  else await takeUnknown(raw);
  paint();
}

async function takeArticle(code, raw) {
  const found = match(pack, view, code, raw);
  if (found.kind === "count" && found.line.blocked) {
    $("sheet").close();
    tell("bad", say("recalled"), say("recalled_more"));
  } else if (found.kind === "count") {
    const spot = { work: found.work.id, line: found.line.line };
    const before = view.current;
    const fact = await write("pick", { ...spot, quantity: 1, code: printable(raw) });
    const now = lineOf(view, spot);
    const whole = now.remaining === 0;
    $("sheet").close();
    undoable = { fact, text: "", until: Date.now() + UNDO_MS / 2 };
    const elsewhere = before && (before.line !== spot.line || before.work !== spot.work);
    const words = say("counted", { n: now.picked, total: now.quantity });
    tell("ok", words, elsewhere || whole ? `${found.line.name} ${found.line.deciding ?? ""}`.trim() : say("kept"), whole ? "done" : "ok");
  } else if (found.kind === "again") {
    const now = lineOf(view, { work: found.work.id, line: found.line.line });
    tell("again", say("again"), say("again_more", { total: now.quantity, n: now.picked }));
  } else if (found.kind === "wrong" && view.current) {
    versus = found.hand;
    $("sheet").close();
    settle();
    play("wrong");
  } else if (code.kind === "gtin") {
    tell("bad", say("unknown_article"), say("unknown_article_more", { end: code.code.slice(-4) }));
  } else await takeUnknown(raw);
}

async function takeUnknown(raw) {
  tell("bad", say("unknown"), say("unknown_more"));
  await write("unknown_code", { code: printable(raw), screen: "pick" });
}

function takeBag(code) {
  const work = staging()?.id ?? view.current?.work;
  const owner = view.works.find(({ bags: placed }) => placed.some(({ bag }) => bare(bag) === bare(code)))?.id ?? Object.keys(bound).find((id) => bound[id].includes(code));
  const name = (id) => workOf(id).collector;
  if (!work) return tell("again", say("bag_again"));
  if (owner && owner !== work) return tell("bad", say("bag_taken", { name: name(owner) }), say("bag_taken_more"));
  if (owner) return tell("again", say("bag_again"));
  (bound[work] ??= []).push(code);
  tell("ok", say("bag_for", { bag: tagName(code), name: name(work) }), say("kept"));
}

async function takePlace(code) {
  const work = staging();
  if (!work) return tell("again", say("is_place"), say("is_place_more"));
  const tags = bound[work.id] ?? [];
  if (!tags.length) return tell("again", say("bag_missing"), say("bag_missing_more"));
  if (pack.places?.length && !pack.places.some((known) => bare(known) === bare(code))) {
    return tell("bad", say("place_wrong", { place: placeName(code) }), say("place_wrong_more"));
  }
  let fact;
  for (const bag of tags) fact = await write("stage", { work: work.id, bag, place: code });
  delete bound[work.id];
  undoable = { fact, text: say("staged", { place: placeName(code) }), until: Date.now() + UNDO_MS };
  tell("ok", say("staged", { place: placeName(code) }), workOf(work.id).collector, "done");
  sync.now();
}

// ---- taps

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-act]");
  if (!button) return;
  const act = button.dataset.act;
  const { current } = view;
  if (act === "close") $("sheet").close();
  else if (act === "find" && current) openShort();
  else if (act === "list") openList();
  else if (act === "fewer" || act === "more") countMissing(act === "more" ? 1 : -1);
  else if (act === "report" && current) {
    const reason = new FormData($("short-form")).get("reason");
    const fact = await write("short", { ...current, quantity: missing, reason });
    $("sheet").close();
    undoable = { fact, text: say("short_done", { n: missing }), until: Date.now() + UNDO_MS };
    play("ok");
  } else if (act === "recalled" && current) {
    const n = lineOf(view, current).remaining;
    const fact = await write("short", { ...current, quantity: n, reason: "not_sellable" });
    undoable = { fact, text: say("recalled_done", { n }), until: Date.now() + UNDO_MS };
    play("ok");
  } else if (act === "park" && current) {
    const fact = await write("look_again", { ...current });
    $("sheet").close();
    undoable = { fact, text: say("parked_done"), until: Date.now() + UNDO_MS };
    play("ok");
  } else if (act === "release") {
    $("sheet").close();
    await write("release", { pack: pack.id });
    sync.now();
  } else if (act === "undo" && undoable) await takeBack(undoable.fact);
  else if (act === "back") await takeBack(facts().find(({ id }) => id === button.dataset.fact));
  else return;
  versus = null;
  paint();
});

$("sheet").addEventListener("click", (event) => event.target === $("sheet") && $("sheet").close());

async function takeBack(fact) {
  const line = fact.body.line && workOf(fact.body.work)?.lines.find(({ line }) => line === fact.body.line);
  // All bags of one shelf go back together, as they went there.
  const twins = fact.type === "stage" ? facts().filter(({ type, body }) => type === "stage" && body.work === fact.body.work) : [fact];
  for (const twin of twins) await write("undo", { event: twin.id });
  if (fact.type === "stage") bound[fact.body.work] = twins.map(({ body }) => body.bag);
  undoable = null;
  if ($("sheet").open) $("sheet").close();
  tell("again", line ? say("undone", { what: `${line.name} ${line.deciding ?? ""}`.trim() }) : say("undone_plain"), "", "ok");
}

function openSheet(template, values) {
  $("sheet").replaceChildren(clone(template, values));
  if (!$("sheet").open) $("sheet").showModal();
}

function openShort() {
  const { current } = view;
  const line = packLine(current);
  const now = lineOf(view, current);
  const work = workOf(current.work);
  missing = now.remaining;
  const what = `${line.name} ${line.deciding ?? ""}`.trim();
  openSheet("t-short", {
    title: say("short_title", { n: missing, what }),
    many: missing > 1,
    n: missing,
    act: say("short_act", { n: missing }),
    effect: work.kind === "ship" ? say("short_effect_ship") : say("short_effect", { name: work.collector }),
    may_park: view.order.some((spot) => spot !== current && lineOf(view, spot).state === "todo"),
  });
}

function countMissing(step) {
  missing = Math.min(lineOf(view, view.current).remaining, Math.max(1, missing + step));
  $("short-count").textContent = missing;
  $("sheet").querySelector("[data-act=report]").textContent = say("short_act", { n: missing });
}

function openList() {
  const taken = new Set(facts().filter(({ type }) => type === "undo").map(({ body }) => body.event));
  const last = (spot) => facts().findLast(({ type, id, body }) => ["pick", "short", "look_again"].includes(type) && body.line === spot.line && body.work === spot.work && !taken.has(id));
  openSheet("t-list", { lines: view.order.map((spot) => row(spot, last(spot), true)) });
}

// ---- painting

// A line as a row: with its picture while staging, with its place and a way back in the overview.
function row(spot, fact, overview) {
  const line = packLine(spot);
  const now = lineOf(view, spot);
  const button = element("button", "btn", icon("undo"), element("span", "sr", `${say("undo")} ${line.name} ${line.deciding ?? ""}`));
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

function paintTicks() {
  const tally = { sent: 0, saved: 0, short: 0, todo: 0 };
  const bars = view.order.map((spot) => {
    const now = lineOf(view, spot);
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

// The wrong article stays in red above until the next scan; below, the band already says what to scan instead.
function paintAlert() {
  $("alert").hidden = !versus;
  const band = versus && element("div", "band bad", icon("tri"), element("span", "", say(difference(versus, packLine(view.current))), element("small", "", say("nothing_counted"))));
  $("alert").replaceChildren(...(band ? [band] : []));
}

function paintUndo() {
  const open = undoable?.text && undoable.until > Date.now();
  $("undo").hidden = !open;
  $("undo").replaceChildren(...(open ? [clone("t-undo", undoable)] : []));
  if (open) $("undo").querySelector("[data-undo-until]").dataset.undoUntil = new Date(serverNow() + undoable.until - Date.now()).toISOString();
}

function paintLine() {
  const { current } = view;
  const line = packLine(current);
  const now = lineOf(view, current);
  const at = view.order.indexOf(current);
  const rest = view.order.filter((spot) => spot !== current && ["todo", "parked"].includes(lineOf(view, spot).state));
  const ahead = rest.find((spot) => lineOf(view, spot).state === "todo" && view.order.indexOf(spot) > at) ?? rest.find((spot) => lineOf(view, spot).state === "todo") ?? rest[0];
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
    next_name: next && [next.name, next.deciding].filter(Boolean).join(", "),
    next_place: next && sayPlace(next.place),
    last: !next,
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
  const tags = bound[now.id] ?? [];
  const used = new Set(view.works.flatMap(({ bags: placed }) => placed.map(({ place }) => bare(place))));
  const free = pack.places?.map(bare).find((place) => !used.has(place));
  paintBar(work.collector, work);
  $("where").replaceChildren(`${work.collector} `, element("small", "", tags.length ? tags.map((tag) => say("bag", { bag: tagName(tag) })).join(", ") : say("stage_title")));
  $("view").replaceChildren(
    clone("t-stage", {
      rack: tags.length && free ? free.match(/^[A-Z]+/)?.[0] ?? free : "",
      spot: free?.replace(/^[A-Z]+/, ""),
      lines: view.order.filter((spot) => spot.work === now.id && lineOf(view, spot).picked).flatMap((spot) => row(spot)),
      told: work.kind === "ship" ? say("ship_next") : say("told_later", { name: work.collector }),
    }),
  );
  if (!tags.length) ask(say("bag_first"), say("bag_first_more"));
  else ask(free ? say("place_scan", { place: placeName(free) }) : say("place_scan_any"), free ? say("place_other") : say("bag_more"));
  $("acts").replaceChildren(button("list", "list", say("list")));
}

function paintDone() {
  const single = pack.works.length === 1 ? pack.works[0] : null;
  const picked = view.works.flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.picked, 0);
  const short = view.works.flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.short, 0);
  const places = [...new Set(view.works.flatMap(({ bags: placed }) => placed.map(({ place }) => placeName(place ?? ""))))];
  const names = pack.works.map(({ collector }) => collector).join(", ");
  const sent = view.unsent === 0;
  const pickup = pack.works.filter(({ kind }) => kind !== "ship");
  const values = view.released
    ? { title: say("released"), more: say("released_more"), sent }
    : {
        title: picked ? say("staged", { place: places.join(", ") }) : say("staged_none"),
        more: picked ? say("staged_more", { name: names, n: picked }) : say("staged_none_more", { name: names }),
        sent,
        told: picked && pickup.length && places.length ? say(sent ? "told" : "told_when_sent", { name: pickup.map(({ collector }) => collector).join(", ") }) : "",
        partly: picked && short ? say("partly", { n: short }) : "",
      };
  paintBar(say(view.released ? "title" : "done_title"), view.released ? null : single);
  $("dial").hidden = true;
  $("ticks").hidden = view.released;
  $("view").replaceChildren(clone("t-done", values));
  const next = Object.assign(element("a", "btn main", pack.next?.text ?? say("back_to_work")), { href: pack.next?.href ?? "/work" });
  $("acts").replaceChildren(next);
}

function paint() {
  refold();
  if (view.current === null) versus = null;
  paintTicks();
  paintUndo();
  paintAlert();
  const done = view.released || (view.current === null && !staging());
  $("band").hidden = done;
  if (done) paintDone();
  else if (view.current) paintLine();
  else paintStage(staging());
  document.body.dataset.step = done ? "done" : view.current ? "pick" : "stage";
  tick();
}

// ---- the server's answers

function takeAnswer({ outcomes, packs = [] }) {
  const fresh = packs.find(({ id }) => id === pack.id);
  if (fresh) {
    // A whole new pack: its counts hold every fact acknowledged so far; its pictures are the ones already here.
    const before = asked(pack);
    pack = drawn({ ...pack, ...fresh, counted_through: through(fresh) });
    if (asked(pack) !== before && !view.released) tell("again", say("changed"), say("changed_more"));
  }
  const odd = outcomes.find(({ outcome, again, problem }) => outcome === "applied_with_exception" && problem && !again);
  if (odd) tell("bad", odd.problem.title, odd.problem.detail);
  const refused = outcomes.filter(({ outcome }) => outcome === "refused");
  if (refused.length && journal.acked > toldRefused) {
    toldRefused = journal.acked;
    tell("bad", say("refused"), refused[0].problem?.title ?? "");
  }
  paint();
}

// What the pack asks of hands, without what they have done: when this changes, somebody must be told.
const asked = ({ works }) => JSON.stringify(works.map(({ id, lines }) => [id, lines.map(({ line, sku, quantity, blocked }) => [line, sku, quantity, blocked ?? null])]).sort());

function drawn(fresh) {
  const pictures = new Map(pack.works.flatMap(({ lines }) => lines).concat(Object.values(pack.known)).map(({ sku, picture }) => [sku, picture]));
  const works = fresh.works.map((work) => ({ ...work, lines: work.lines.map((line) => ({ ...line, picture: pictures.get(line.sku) ?? "" })) }));
  return { ...fresh, works, known: pack.known };
}

setInterval(() => {
  if (undoable && undoable.until <= Date.now()) {
    undoable = null;
    paint();
  }
}, 500);

// The pictures of the whole walk come now, while there is a network.
const fetchPictures = () => new Set(pack.works.flatMap(({ lines }) => lines.map(({ picture }) => picture))).forEach((src) => src && (new Image().src = src));
addEventListener("load", () => (window.requestIdleCallback ?? setTimeout)(fetchPictures));

refold();
// A pack may hold facts of an earlier hour: nothing is unsent then, and the walk goes on where it stood.
if (serverNow() > Date.parse(pack.lease_until ?? "9999-12-31T00:00:00Z")) settle();
paint();
sync.listen({ onAnswer: takeAnswer, onState: showState, onJournal: ({ why }) => why === "appended" || paint() });
ready();
