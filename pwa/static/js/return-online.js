// What the returns desk does with the server alone: other goods, a choice for each unit, a manager's word, pictures, the settlement.
// Loaded when it is first needed; with no network nobody misses it.
import { clone, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { play } from "./sound.js";
import { printable } from "./codes.js";
import { exchanges, fill, money, named, wishOf } from "./return-painting.js";

const PATIENCE_MS = 8000;
const $ = (id) => document.getElementById(id);

export function online(page, state, { send, body, changed, paint, add, current }) {
  // A credit pays what other goods cost more, and nothing else here.
  function takeCredit(code) {
    if (!exchanges(state) || current()) return tell("bad", say("credit_not_here"), say("credit_not_here_more"));
    state.credit = code.code.slice(3);
    tell("ok", say("credit_taken"), say("credit_pays_hint"));
    changed();
  }

  async function takeBlind(raw, serial) {
    const found = await article(raw);
    if (!found) return tell("bad", say("unknown_article"), say("nothing_counted"));
    const of = { ...found, line: null, part: null, left: 20, each: [] };
    page.lines.push(of);
    add(of, printable(raw), serial);
  }

  async function article(raw) {
    const answer = await send("/returns/article", { code: raw.slice(0, 512) }).catch(() => null);
    return answer?.article ?? null;
  }

  async function choose(wanted, raw) {
    const known = state.sizes?.find(({ codes, sku }) => codes.some((one) => wanted.includes(one)) || wanted.includes(sku)) ?? (await article(raw));
    if (!known) return tell("bad", say("unknown_article"), say("nothing_counted"));
    if (known.blocked) return tell("bad", say("swap_recalled"), "");
    state.chosen.push(known);
    tell("ok", named(known), money(known.price_minor, page.currency));
    changed();
  }

  async function beginExchange() {
    if (!state.apart) state.wish = "exchange";
    state.quote = state.problem = null;
    paint();
    const skus = [...new Set(state.units.filter((unit) => !unit.missing && wishOf(state, unit) === "exchange").map(({ of }) => of.sku))];
    const answer = await send("/returns/sizes", { skus }).catch(() => null);
    state.sizes = answer?.sizes ?? [];
    changed();
  }

  function paintSwap({ current: unit }) {
    if (!exchanges(state) || unit || state.left) return fill($("swap"));
    // A field that somebody types into stays.
    if ($("swap").contains(document.activeElement) && ["till", "credit-code"].includes(document.activeElement.id)) return;
    const chosen = state.chosen.map((one, index) => {
      const made = clone("t-chosen", { picture: one.picture, name: named(one), more: say(one.here ? "swap_here" : "swap_elsewhere"), price: money(one.price_minor, page.currency) });
      made.querySelector("[data-unchoose]").dataset.unchoose = index;
      return made;
    });
    const sizes = (state.chosen.length ? [] : (state.sizes ?? [])).map((one) => {
      const made = clone("t-size", { deciding: one.deciding || one.name, more: [one.variant, say(one.here ? "swap_n_here" : "swap_none_here", { n: one.here })].filter(Boolean).join(", ") });
      made.querySelector("[data-size]").dataset.size = one.sku;
      return made;
    });
    fill($("swap"), clone("t-swap", { chosen, sizes, due: (state.quote?.due_minor ?? 0) > 0 || state.till || state.credit }));
    if (state.credit) $("swap").querySelector("details").open = true;
    if ($("credit-code")) $("credit-code").value = state.credit;
    if ($("till")) $("till").value = state.till;
  }

  // Each unit begins with what all would have got.
  function openApart() {
    for (const unit of state.units) unit.wish = state.wish;
    state.apart = true;
    changed();
  }

  async function chooseWay({ dataset }) {
    const before = exchanges(state);
    state.units[Number(dataset.of)].wish = dataset.wish;
    if (!exchanges(state)) state.chosen = [];
    return exchanges(state) && !before ? beginExchange() : changed();
  }

  async function sendPhoto(unit, file) {
    const form = new FormData();
    form.set("file", file);
    form.set("line", unit.of.line ?? 0);
    if (page.order) form.set("order", page.order);
    form.set("rma", page.rma ?? page.id);
    try {
      const response = await fetch("/returns/photos", { method: "POST", body: form, redirect: "error", signal: AbortSignal.timeout(20000) });
      const answer = await response.json();
      if (answer.problem) return tell("bad", answer.problem.title, answer.problem.next);
      unit.photo = answer.photo;
      tell("ok", say("photo_kept"));
    } catch {
      return tell("bad", say("photo_not"), say("photo_not_more"));
    }
    changed();
  }

  let waive = false;
  function openPermission(all) {
    waive = all || (state.permission?.waive ?? false);
    $("permission-why").textContent = all ? say("permit_kept") : state.problem?.detail ?? "";
    $("permission-error").hidden = true;
    $("sheet").showModal();
  }

  $("permission")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const before = state.permission;
    state.permission = { reason: $("permit").value, why: $("because").value.trim(), waive, ...($("manager") ? { staff: $("manager").value, pin: $("pin").value } : {}) };
    try {
      const answer = await send(page.paths?.rehearsal ?? "/returns/rehearsal", body());
      if (answer.problem) {
        state.permission = before;
        $("permission-error").hidden = false;
        $("permission-error").lastElementChild.textContent = `${answer.problem.title} ${answer.problem.next}`;
        return;
      }
      state.quote = answer;
      state.problem = null;
      if ($("pin")) $("pin").value = "";
      $("sheet").close();
    } catch {
      state.permission = before;
      $("permission-error").hidden = false;
      $("permission-error").lastElementChild.textContent = say("offline");
    }
    paint();
  });

  async function settle() {
    if (state.sending || !state.quote) return;
    state.sending = true;
    ask(say("settling"), "");
    try {
      const answer = await send(page.paths?.settlement ?? "/returns/settlement", body(), PATIENCE_MS);
      if (answer.href) {
        if (answer.credit) sessionStorage.setItem(`credit-${answer.href}`, JSON.stringify(answer.credit));
        play("done");
        return location.assign(answer.href);
      }
      state.problem = answer.problem;
      state.quote = null;
      tell("bad", answer.problem.title, answer.problem.next);
    } catch {
      // Whether the server has it or not: the same id again has one effect.
      tell("bad", say("no_answer"), say("no_answer_more"));
    } finally {
      state.sending = false;
    }
    paint();
  }

  return { paintSwap, choose, takeBlind, takeCredit, beginExchange, openApart, chooseWay, sendPhoto, openPermission, settle };
}
