// The lock of a shared device. Whoever signed in on it today opens it again with their PIN or badge, checked here; that needs no network.
// Another person than the one whose sign-in the server still knows goes through the server's door, as long as there is a network.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { keypad } from "./keypad.js";
import { lockedAt, unlocked } from "./lock.js";
import { clone, element, icon, say } from "./paint.js";
import { today } from "./people.js";
import { left, stage, tryBadge, tryPin } from "./pin.js";
import { play } from "./sound.js";
import { reach } from "./reach.js";
import { ready } from "./scanner.js";
import { recall } from "./store.js";

const NEAR = 3; // faces beside the keypad; the others are behind "someone else"
const ASK_MS = 2000;
const $ = (id) => document.getElementById(id);
const form = $("pin");
const keys = document.querySelector("[data-keys]");
const held = await recall("who");
let people = await today();
let chosen = null;
let busy = false;

const face = ({ initials, person }, on) => [element("span", on ? "av" : "av off", initials), person];

function choose(staff) {
  chosen = people.find((person) => person.staff === staff) ?? null;
  paint();
}

function paint() {
  const pin = chosen?.pin && left(chosen) > 0;
  form.hidden = keys.hidden = !pin;
  if (!people.length) return $("view").replaceChildren(clone("t-nobody", {}));
  if (!chosen) {
    const rows = people.map((person) => {
      const row = clone("t-person", { face: [element("span", "av off", person.initials), element("span", "txt", element("b", "", person.person)), icon("chev")] });
      row.querySelector("button").dataset.who = person.staff;
      return row;
    });
    return $("view").replaceChildren(clone("t-list", { people: rows }));
  }
  const near = [chosen, ...people.filter((person) => person !== chosen)].slice(0, NEAR);
  const faces = near.map((person) => {
    const made = element("button", "", ...face(person, person === chosen));
    Object.assign(made, { type: "button" });
    made.dataset.who = person.staff;
    if (person === chosen) made.setAttribute("aria-current", "true");
    return made;
  });
  const others = element("button", "", element("span", "av off", icon("more")), say("other"));
  Object.assign(others, { type: "button" });
  others.dataset.who = "";
  const rest = left(chosen) ? (chosen.pin ? [] : [element("p", "hello", say("badge_only"))]) : [clone("t-network", {})];
  $("view").replaceChildren(clone("t-people", { people: [...faces, others] }), ...rest);
  document.querySelector(".band span").textContent = say(chosen.pin ? "badge" : "badge_opens");
  form.elements.who.value = chosen.staff;
  $("hello").textContent = say("hello", { name: chosen.person });
}

const tell = (text, more = "") => $("told").replaceChildren(...(text ? [element("p", "note bad", icon("tri"), element("span", "", element("b", "", text), ` ${more}`))] : []));

// The device is open: the fact first, under the sign-in of whoever opened it, then on to where the work was.
async function open(staff) {
  const who = await recall("who");
  await journal.append("unlock", {}, { signIn: who.sign_in_id }).catch(() => {});
  sync.now();
  const to = held?.staff === staff ? lockedAt() : "/work";
  unlocked();
  location.replace(to);
}

async function enter(pin) {
  if (busy || !chosen) return;
  busy = true;
  const { staff, person } = chosen;
  // Another person, and our server is there: a real sign-in, which ends the one before.
  if (staff !== held?.staff && (await reach(ASK_MS)) === "ours") {
    await stage("pin", staff, pin).catch(() => {});
    return form.submit();
  }
  const outcome = await tryPin(staff, pin).catch(() => "network");
  if (outcome === "open") return open(staff);
  play("wrong");
  people = await today();
  chosen = people.find((one) => one.staff === staff) ?? null;
  tell(outcome === "wrong" ? say("wrong", { n: left(chosen), name: person }) : "");
  busy = false;
  pad.clear();
  paint();
}

const pad = keypad(form, keys, enter);

document.addEventListener("click", ({ target }) => {
  const who = target.closest("[data-who]")?.dataset.who;
  if (who === undefined) return;
  tell("");
  pad.clear();
  choose(who);
});

document.addEventListener("scan", (event) => {
  event.preventDefault();
  const { code, raw } = event.detail;
  event.detail.waitUntil(takeBadge((code.kind === "badge" ? code.code : raw.trim()).slice(0, 80)));
});

async function takeBadge(raw) {
  const [staff, outcome] = await tryBadge(raw);
  const mine = outcome === "open" && staff === held?.staff;
  if (!mine && (await reach(ASK_MS)) === "ours") {
    await stage("badge", null, raw).catch(() => {});
    $("badge").elements.badge.value = raw;
    return $("badge").submit();
  }
  if (outcome === "open") return open(staff);
  play("wrong");
  tell(say("wrong_badge"), say("wrong_badge_more"));
}

const asked = new URLSearchParams(location.search).get("who");
if (people[0]?.store_name) $("store").textContent = people[0].store_name;
choose(asked ?? held?.staff ?? (people.length === 1 ? people[0].staff : ""));
document.body.dataset.step = "ready";
ready();
