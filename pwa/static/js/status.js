// Where the facts are, on every page: the pill in the bar, a note when somebody must do something. Never a modal, nothing green
// before its time. What is read aloud is read at most once in five seconds.
import { element, icon, say } from "./paint.js";
import { ask, keep, read } from "./store.js";

const SAID_MS = 5000;
const OLD_MS = 20 * 60000; // unsent for so long: walk to where the network is
const LEASE_MS = 10 * 60000; // so little is left of the time for which work is this device's
const LOOK_MS = 15000;
let last = null;
let lease = null; // until when the soonest open pack is ours
let spoken = ["", 0];
let speaking = 0;
let here = null; // who is at the device

// What there is to say about a state: {glyph, tone, short, words}; `words` is whole, `short` fits beside a title.
export function wording({ state, waiting, since }, now = Date.now()) {
  const minutes = since ? Math.floor((now - since) / 60000) : 0;
  const kept = waiting ? say("kept_n", { n: waiting }) : "";
  if (state === "offline") {
    const off = minutes ? say("off_for", { n: minutes }) : say("off");
    return { glyph: "off", tone: "warn", long: minutes ? say("minutes", { n: minutes }) : "", short: kept || say("off"), words: kept ? `${off}, ${kept}` : off };
  }
  if (state === "signed_out") return { glyph: "tri", tone: "bad", long: "", short: kept || say("sign_in"), words: say("signed_out", { n: waiting }) };
  if (state === "update") return { glyph: "tri", tone: "bad", long: "", short: kept || say("update"), words: `${say("update")} ${kept}`.trim() };
  if (state === "refused") return { glyph: "tri", tone: "bad", long: "", short: say("refused"), words: say("refused_words") };
  // The hollow tick: on this device. The filled one: the server has it.
  if (waiting) return { glyph: "saved", tone: "", long: "", short: kept, words: say("on_device", { n: waiting }) };
  return { glyph: "sent", tone: "ok", long: "", short: "", words: say("all_sent") };
}

function paintPill(told) {
  const pill = document.querySelector("[data-sync]");
  if (!pill) return;
  // Where nobody is signed in yet, "ready" says more than "all is sent".
  if (told.glyph === "sent" && pill.dataset.ready) told = { ...told, glyph: "wifi", short: pill.dataset.ready };
  const key = [told.glyph, told.tone, told.long, told.short].join("|");
  if (pill.dataset.key === key) return;
  pill.dataset.key = key;
  const long = told.long && told.short !== told.long ? [element("span", "long", `${told.long}, `)] : [];
  // Who speaks to the page says what they see: the words on it are in its name.
  const seen = long.length ? `${told.long}, ${told.short}` : told.short;
  const parts = [told.words.includes(seen) ? "" : seen, told.words, say("outbox")].filter(Boolean);
  pill.setAttribute("aria-label", parts.map((part) => part.replace(/\.$/, "")).join(". "));
  pill.replaceChildren(element("span", `pill ${told.tone}`.trim(), icon(told.glyph), ...(told.short ? [element("span", "", ...long, told.short)] : [])));
}

const link = (href, text, rel = {}) => Object.assign(element("a", "btn", text), { href }, rel);

// One note at most, the gravest first.
function noteOf({ state, waiting, since, oldest }, now) {
  const minutes = since ? Math.floor((now - since) / 60000) : 0;
  if (state === "signed_out") {
    return ["bad", "tri", waiting ? say("signed_out", { n: waiting }) : say("signed_out_none"), say("signed_out_more"), link("/sign-in", say("sign_in"))];
  }
  if (state === "update") return ["bad", "tri", say("update"), say("update_more"), link(location.href, say("update_act"))];
  const old = waiting && oldest && now - oldest >= OLD_MS;
  const short = lease && lease - now < LEASE_MS && state !== "sent";
  if (state === "offline" && (old || short)) {
    const what = old ? say("walk", { n: waiting, minutes: Math.floor((now - oldest) / 60000) }) : say("walk_lease", { n: Math.max(0, Math.ceil((lease - now) / 60000)) });
    return ["warn", "off", what, say("walk_more")];
  }
  // Whoever unlocked the device with no network signs in for real now that there is one.
  if (here?.over && state !== "offline") return ["warn", "wifi", say("back_online"), say("back_online_more"), link(`/sign-in?who=${here.staff}`, say("sign_in"))];
  if (state === "offline") return ["warn", "off", `${minutes ? say("off_for", { n: minutes }) : say("off")}.`, say("off_more")];
  return null;
}

function paintNote(told, now) {
  if ("ownNotes" in document.body.dataset) return;
  const main = document.getElementById("main");
  let notes = document.getElementById("notes");
  const note = noteOf(told, now);
  if (!notes && note && main) {
    notes = Object.assign(element("div", "stack"), { id: "notes" });
    main.prepend(notes);
  }
  const key = note ? note.slice(0, 4).join("|") : "";
  if (!notes || notes.dataset.key === key) return;
  notes.dataset.key = key;
  notes.hidden = !note;
  if (!note) return notes.replaceChildren();
  const [tone, glyph, what, more, act] = note;
  notes.replaceChildren(element("div", `note ${tone}`, icon(glyph), element("span", "", element("b", "", what), ` ${more}`), ...(act ? [act] : [])));
}

// Politely, and not at every scan: the last thing said wins when it is time to speak again.
function speak(words) {
  if (words === spoken[0]) return;
  clearTimeout(speaking);
  const wait = Math.max(0, spoken[1] + SAID_MS - Date.now());
  speaking = setTimeout(() => {
    spoken = [words, Date.now()];
    const said = document.getElementById("said") ?? document.body.appendChild(Object.assign(element("p", "sr"), { id: "said", role: "status" }));
    said.textContent = words;
  }, wait);
}

export function showState(state) {
  last = state;
  const now = Date.now();
  document.body.dataset.sending = state.state;
  const told = wording(state, now);
  paintPill(told);
  paintNote(state, now);
  // Sent and kept change with every scan; what matters to the ear is being cut off, and being back.
  speak(state.state === "sent" || state.state === "sending" ? (spoken[0] ? say("all_sent") : "") : told.words);
}

async function look() {
  try {
    const packs = await read(["packs"], ({ packs: kept }) => ask(kept.getAll()));
    const open = packs.filter(({ closed, state, lease_until }) => !closed && state !== "ahead" && lease_until);
    lease = open.length ? Math.min(...open.map(({ lease_until }) => Date.parse(lease_until))) : null;
  } catch {
    lease = null;
  }
  if (last) showState(last);
}

let heard = 0;
// When the store last answered: told on the outbox page.
function hear() {
  if (Date.now() - heard < LOOK_MS) return;
  heard = Date.now();
  keep("contact", heard).catch(() => {});
}

export function start(sync, who = null) {
  here = who;
  sync.listen({ onState: showState, onAnswer: hear });
  sync.listen({ onState: ({ state }) => state === "sent" && document.body.dataset.signIn && hear() });
  look();
  setInterval(() => document.hidden || look(), LOOK_MS);
}

export function cannotKeep() {
  document.getElementById("main")?.prepend(element("p", "note bad", icon("tri"), element("span", "", element("b", "", say("cannot_keep")), ` ${say("cannot_keep_more")}`)));
}
