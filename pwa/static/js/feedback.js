// The band under the thumb: what the scan did, in a word, a glyph, a colour, a tone. Two seconds, then what to do next.
import { element, icon, say } from "./paint.js";
import { play } from "./sound.js";

const GLYPHS = { ready: "scan", ok: "saved", again: "minus", bad: "tri", told: "user" };
const HOLD_MS = 2000;
const own = document.querySelector("#band, .dock .band");
// What the page said to do before anything happened, until it says something else.
let ready = ["ready", own?.querySelector("span")?.firstChild?.textContent ?? "", own?.querySelector("small")?.textContent ?? ""];
let timer = 0;

// A page without a band of its own gets one for as long as there is something to say.
function bandOf() {
  const found = document.getElementById("band") ?? document.querySelector(".dock .band");
  if (found) return found;
  const made = element("div", "band");
  made.setAttribute("role", "status");
  made.dataset.passing = "";
  (document.querySelector(".dock") ?? document.getElementById("main")).prepend(made);
  return made;
}

function show(tone, text, more) {
  const band = bandOf();
  if (!text && "passing" in band.dataset) return band.remove();
  band.className = `band ${tone}`;
  const words = element("span", "", text);
  if (more) words.append(element("small", "", more));
  band.replaceChildren(icon(GLYPHS[tone]), words);
}

// What to do now; it appears at once unless an outcome is still being read.
export function ask(text, more, tone = "ready") {
  ready = [tone, text, more];
  if (!timer) show(...ready);
}

export function tell(tone, text, more, sound = { ok: "ok", again: "again", bad: "wrong" }[tone]) {
  clearTimeout(timer);
  show(tone, text, more);
  if (sound) play(sound);
  timer = setTimeout(settle, HOLD_MS);
}

export function settle() {
  clearTimeout(timer);
  timer = 0;
  show(...ready);
}

// What nobody asked for and somebody must know: a sound, and its twin for the eye.
export const announce = (name) => tell("told", say(name), say(`${name}_more`), name);
