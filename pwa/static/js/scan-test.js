// The scanner's test page: what arrived, key by key, what it means, and what to change about the scanner. Nothing is counted here.
import "./handheld.js";
import { tell } from "./feedback.js";
import { clone, element, icon, say } from "./paint.js";
import { ready } from "./scanner.js";
import { change, settings } from "./settings.js";

const SLOW_MS = 60;
const TONES = { ok: "saved", warn: "minus", bad: "tri" };
const result = document.getElementById("result");
const aimOf = (raw) => /^~?(\][A-Za-z][0-9A-Za-z])/.exec(raw)?.[1] ?? "";
// Signs that nobody sees, seen.
const visible = (raw) => raw.replaceAll("\x1d", "␝").replace(/[\x00-\x1f\x7f-\x9f]/g, "␀").slice(0, 200);

// What there is to say about a scan: [tone, key] in the order of weight.
export function verdicts({ raw, code, how }) {
  const told = [];
  if (code.kind === "unknown") told.push(["bad", `why_${code.reason}`]);
  if (how.via === "camera") return [...told, ["ok", "by_camera"]];
  if (how.via === "field") return [...told, settings.wedge === "field" ? ["ok", "field_on"] : ["warn", "in_field"]];
  if (how.layout) told.push(["warn", "layout"]);
  if (!how.suffix) told.push(["warn", "no_suffix"]);
  if (!how.prefix) told.push(["warn", "no_prefix"]);
  else if (!aimOf(raw)) told.push(["warn", "no_aim"]);
  if (how.ms > SLOW_MS) told.push(["warn", "slow"]);
  return told.length ? told : [["ok", "all_well"]];
}

function show({ raw, code, how }) {
  const keys = how.via === "keys";
  const told = verdicts({ raw, code, how });
  const made = clone("t-result", {
    meaning: say(`kind_${code.kind}`),
    code: code.code ?? "",
    raw: visible(raw),
    prefix: say(how.via === "camera" ? "none_needed" : how.prefix || raw[0] === "~" ? "yes" : "no"),
    id: aimOf(raw) || say("no"),
    suffix: how.via === "camera" ? say("none_needed") : how.suffix === "Tab" ? say("tab") : how.suffix ? say("enter") : say("no"),
    pace: how.ms === undefined ? say("none_needed") : say("ms", { n: how.ms }),
    signs: how.signs ?? [...raw].length,
    verdicts: told.map(([tone, key]) => element("li", `note ${tone}`, icon(TONES[tone]), element("span", "", say(key)))),
    in_field: how.via === "field" && settings.wedge !== "field",
    in_keys: keys && settings.wedge === "field",
  });
  result.replaceChildren(made);
  const [tone] = told[0];
  tell({ ok: "ok", warn: "again", bad: "bad" }[tone], say(`band_${tone}`), say(told[0][1]), { ok: "ok", warn: "ok", bad: "wrong" }[tone]);
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  show(event.detail);
});

document.addEventListener("click", async ({ target }) => {
  const act = target.closest("[data-act]")?.dataset.act;
  if (act === "sound") tell("ok", say("sound_played"), "", "done");
  else if (act === "shake") tell("ok", say(navigator.vibrate?.([300, 100, 300]) ? "shaken" : "no_shake"), "", null);
  else if (act === "field" || act === "keys") {
    await change({ wedge: act });
    location.reload();
  }
});

ready();
