// The band under the thumb: what the scan did, in a word, a glyph, a colour, a tone. Two seconds, then what to do next.
import { element, icon } from "./paint.js";
import { play } from "./sound.js";

const GLYPHS = { ready: "scan", ok: "saved", again: "minus", bad: "tri" };
const HOLD_MS = 2000;
let ready = ["ready", "", ""];
let timer = 0;

function show(tone, text, more) {
  const band = document.getElementById("band");
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
