// The settings of the device: what is chosen holds at once, here and on the next page, and is on disk before the band says so.
import "./handheld.js";
import { change, DEFAULTS, settings, settle } from "./settings.js";
import { tell } from "./feedback.js";
import { say } from "./paint.js";
import { show } from "./push-card.js";
import { awake, play } from "./sound.js";
import { setTheme } from "./theme.js";

const main = document.getElementById("main");
const noQuiet = document.querySelector("[data-no-quiet]");
const TONES = { ok: "ok", done: "ok", again: "again", wrong: "bad", arrived: "told" };

// On the page everything is text.
const shown = (name) => (name === "vibration" ? (settings.vibration ? "on" : "off") : String(settings[name]));
const meant = (name, value) => (name === "vibration" ? value === "on" : typeof DEFAULTS[name] === "number" ? Number(value) : value);

function paint() {
  for (const field of main.querySelectorAll("input[type=radio]")) field.checked = shown(field.name) === field.value;
  for (const field of main.querySelectorAll("input[type=time]")) field.value = settings[field.name];
  noQuiet.hidden = !settings.quiet_from && !settings.quiet_to;
}

async function set(patch) {
  try {
    await change(patch);
    tell("ok", say("kept"), "", null);
  } catch {
    tell("bad", say("not_kept"), say("not_kept_more"));
  }
  paint();
}

main.addEventListener("change", async ({ target }) => {
  const { name, value } = target;
  if (!(name in DEFAULTS)) return;
  if (name === "theme") setTheme(value);
  await set({ [name]: meant(name, value) });
  if (name === "volume" && settings.volume) play("ok");
  if (name === "vibration" && settings.vibration) navigator.vibrate?.([40, 60, 40]);
});
noQuiet.addEventListener("click", () => set({ quiet_from: "", quiet_to: "" }));

// Every sound with its twin for the eye, as it comes while working.
main.addEventListener("click", ({ target }) => {
  const name = target.closest("[data-try]")?.dataset.try;
  if (!name) return;
  const silent = !settings.volume ? say("muted") : awake() ? say(`try_${name}_more`) : say("no_sound");
  tell(TONES[name], say(`try_${name}`), silent, name);
});

await settle();
paint();
show();
