// Android scanners that write like an on-screen keyboard: no key is pressed, text just appears in the field that has the focus.
// A burst that no thumb can type and that is a code is taken out of the field again and becomes a scan. Where the device's
// setting says that its scanner works like this, a field that nobody sees keeps the focus, so that there is always one.
import { parse } from "./codes.js";

let given = null; // {isField, take, quick, gap, typing}
let burst = null; // {element, before, started, last, timer}

const isHidden = (element) => element.id === "wedge";

function onBeforeInput({ target, inputType, timeStamp }) {
  const writable = isHidden(target) || given.isField(target);
  if (!writable || given.typing() || !/^insert(Text|CompositionText|LineBreak)$/.test(inputType)) return;
  if (burst?.element === target && timeStamp - burst.last <= given.gap) return;
  burst = { element: target, before: target.value, started: timeStamp, last: timeStamp, timer: 0 };
}

function onInput({ target, timeStamp }) {
  // A key that came as a key is the other listener's.
  if (burst?.element !== target || given.typing()) return (burst = null);
  burst.last = timeStamp;
  clearTimeout(burst.timer);
  if (/[\n\t]$/.test(target.value)) end(true);
  else burst.timer = setTimeout(() => end(false), given.gap);
}

// The end of a burst, if it was a scan: the text leaves the field. -> whether it was one
function end(suffixed) {
  const { element, before, started, last, timer } = burst;
  clearTimeout(timer);
  burst = null;
  const added = element.value.startsWith(before) ? element.value.slice(before.length) : "";
  const raw = added.trim();
  const ms = (last - started) / Math.max(1, raw.length - 1);
  const { kind } = parse(raw);
  const fast = raw.length >= 6 && ms <= given.quick;
  const isScan = raw[0] === "~" || (isHidden(element) ? raw.length >= 3 : fast && kind !== "unknown" && (kind !== "sku" || (suffixed && /[0-9]/.test(raw))));
  if (!isScan) return isHidden(element) && ((element.value = ""), false);
  element.value = before;
  element.dispatchEvent(new Event("input", { bubbles: true }));
  given.take(raw, { via: "field", ms: Math.round(ms), signs: raw.length, prefix: raw[0] === "~", suffix: suffixed ? "Enter" : "", layout: false });
  return true;
}

// Enter or Tab after such a burst belongs to it.
export function enterInField(event) {
  if (!burst || event.timeStamp - burst.last > given.gap || !end(true)) return false;
  event.preventDefault();
  event.stopImmediatePropagation();
  return true;
}

export function burstInField(listener) {
  if (given) return;
  given = listener;
  document.addEventListener("beforeinput", onBeforeInput, { capture: true });
  document.addEventListener("input", onInput, { capture: true });
}

// The hidden field takes the focus whenever nothing else has it; `inputmode=none` keeps the on-screen keyboard away.
export function keepField() {
  const root = document.documentElement;
  if (root.dataset.wedge !== "field") return;
  const hidden = Object.assign(document.createElement("input"), { id: "wedge", className: "sr", inputMode: "none", autocomplete: "off", tabIndex: -1 });
  hidden.setAttribute("aria-label", root.dataset.wedgeLabel ?? "Scanner");
  const hold = () => {
    const host = document.querySelector("dialog[open]") ?? document.body;
    if (hidden.parentNode !== host) host.append(hidden);
    if (!document.activeElement || document.activeElement === document.body) hidden.focus({ preventScroll: true });
  };
  document.addEventListener("focusout", () => setTimeout(hold));
  document.addEventListener("close", () => setTimeout(hold), { capture: true });
  document.addEventListener("visibilitychange", hold);
  hold();
}
