// A whole shelf, counted blind by one device: everything that lies there is scanned, what is on its list and was not seen is shown and
// confirmed before it becomes zero, what is seen and on no list is added. All of it stays on the device until it is told, network or not.
import { journal, sync } from "./device.js";
import { uuid7 } from "./journal.js";
import { clone, say } from "./paint.js";
import { sayPlace } from "./matching.js";
import { ask, tell } from "./feedback.js";
import { keep, recall } from "./store.js";

const MOST = 200;
const $ = (id) => document.getElementById(id);
const hour = new Intl.DateTimeFormat(document.documentElement.lang || "fr", { hour: "2-digit", minute: "2-digit" });
const kept = (await recall("shelf-extra")) ?? {}; // shelf -> code as scanned -> units

const named = ({ aisle, bay }) => say(bay ? "shelf_bay" : "shelf_aisle", { aisle, bay });
const done = ({ id }) => journal.facts.some(({ type, body, refused }) => type === "shelf_done" && body.shelf === id && !refused);
const extras = (scope) => (kept[scope.id] ??= {});

export function wholeShelf({ shelves, drafts, keepDrafts, called, sum, leave }) {
  // Shelves that wait, on the list of all; the name of the one in hand, and what was added to it. Whether there is any.
  function paint(scope) {
    const shown = scope ? [] : shelves().filter((shelf) => !done(shelf));
    $("shelves-list").replaceChildren(
      ...shown.map((shelf) => {
        const { id, articles, mine, free, who, device, until } = shelf;
        const more = mine ? say("shelf_mine", { n: articles }) : free ? say("shelf_free", { n: articles }) : say("shelf_held", { who: who ?? "", device: device ?? "", until: hour.format(new Date(until)) });
        const made = clone("t-shelf", { name: named(shelf), more, mine, take: free && !mine, go: `#shelf-${id}` });
        const form = made.querySelector("form");
        if (form) (form.action = `/counts/shelves/${id}/take`), (form.elements.id.value = uuid7());
        return made;
      }),
    );
    $("shelves-list").hidden = !shown.length;
    $("shelf-head").hidden = $("end").hidden = !scope;
    const codes = scope ? Object.entries(extras(scope)) : [];
    if (scope) $("shelf-name").textContent = named(scope);
    $("extras").hidden = !codes.length;
    $("extras").replaceChildren(...codes.map(([code, n]) => clone("t-extra", { name: code, more: say("extra", { n }) })));
    $("odd-more").textContent = say(scope ? "odd_add" : "odd_more");
    $("odd-do").textContent = say(scope ? "odd_do_add" : "odd_note");
    return shown.length > 0 || Boolean(scope);
  }

  function paintEnd(scope) {
    document.body.dataset.step = "end";
    const unseen = scope.rows.filter(({ id }) => !drafts[id]);
    ask(say(unseen.length ? "look_again" : "all_seen"), "");
    $("end-name").textContent = unseen.length ? say("unseen", { n: unseen.length }) : say("all_seen");
    $("end-more").textContent = unseen.length ? say("unseen_more") : say("all_seen_more");
    $("unseen").hidden = !unseen.length;
    $("unseen").replaceChildren(
      ...unseen.map((row) => {
        const made = clone("t-row", { picture: row.picture, name: called(row), more: row.variant, place: sayPlace(row.place), placed: row.place });
        made.querySelector("button").dataset.count = row.id;
        return made;
      }),
    );
    $("confirm").textContent = unseen.length ? say("confirm_zero", { n: unseen.length }) : say("confirm_all");
  }

  async function add(scope, { raw }) {
    const held = extras(scope);
    const code = raw.trim().slice(0, 512);
    if (!(code in held) && Object.keys(held).length >= MOST) return tell("bad", say("wrong"), say("nothing_counted"));
    held[code] = (held[code] ?? 0) + 1;
    await keep("shelf-extra", kept);
    paint(scope);
    tell("ok", say("extra", { n: held[code] }), code);
  }

  // One more of something that was added before.
  async function more(scope, detail) {
    if (!(detail.raw.trim().slice(0, 512) in extras(scope))) return false;
    await add(scope, detail);
    return true;
  }

  // Each figure as of its last scan: what is told stays told when the device stops in between.
  async function tellAll(scope) {
    for (const { id } of [...scope.rows]) {
      const held = drafts[id];
      if (!held) continue;
      const past = (since) => Math.max(0, Math.round((Date.now() - (since ?? held.begun)) / 1000));
      const ago = past(held.at);
      await journal.append("count", { count: id, quantity: sum(held.parts), seconds: Math.max(0, past(held.begun) - ago), ago });
      delete drafts[id];
      await keepDrafts();
      scope.rows = scope.rows.filter((row) => row.id !== id);
    }
  }

  async function finish(scope) {
    const unseen = scope.rows.filter(({ id }) => !drafts[id]).map(({ id }) => id);
    try {
      await tellAll(scope);
      const extra = Object.entries(extras(scope)).map(([code, quantity]) => ({ code, quantity }));
      await journal.append("shelf_done", { shelf: scope.id, unseen, ...(extra.length ? { extra } : {}) });
    } catch {
      return tell("bad", say("not_kept"), say("not_kept_more"));
    }
    delete kept[scope.id];
    await keep("shelf-extra", kept);
    sync.now();
    leave();
    tell("ok", say("shelf_done"), named(scope), "done");
  }

  // The manager gave it to another device: what was counted here is told all the same, and kept there without changing anything.
  async function lost(scope) {
    if (done(scope) || !scope.rows.some(({ id }) => drafts[id])) return;
    await tellAll(scope).catch(() => {});
    sync.now();
    tell("told", say("shelf_lost"), say("shelf_lost_more"));
  }

  return { paint, paintEnd, add, more, lost, done: finish };
}
