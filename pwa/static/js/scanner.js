// A keyboard-wedge scanner anywhere on the page: no focused field, no lost scan.
// Each scan becomes a `scan` event on the document: {raw, code, how, waitUntil}. Scans wait in line while a listener's promise is open.
//   how: {via: "keys" | "field" | "camera", ms: per sign, signs, prefix, suffix: "Enter" | "Tab" | "", layout: read from the places of the keys}
import { parse } from "./codes.js";

const RESET_MS = 150; // a gap longer than this starts a new text
const MARKED_MS = 1000; // behind the scanner's own prefix we wait for its end: a busy device must not cut a code in two
const BURST_MS = 60; // people do not type faster than this, scanners do
const SHORTEST = 3;
const LONGEST = 6000;
const NO_LETTER = ["Dead", "Process", "Unidentified"]; // what a key is called whose letter the system keeps to itself
const queue = [];
let draining = false;
// A page may still be opening its journal: what is scanned meanwhile waits until it is ready.
let open = false;
let text = ""; // as the letters say
let keys = []; // the places of the keys, as far as the device tells
let marked = false; // the scanner's own prefix was seen: no doubt that this is a scan
let started = 0;
let last = 0;
let field = null; // the field that had the focus, as it was before the burst
let timer = 0;

const isField = (element) => element?.id !== "wedge" && element?.matches?.("input:not([type=checkbox],[type=radio],[type=button],[type=submit]), textarea, select, [contenteditable]");
const known = (raw) => parse(raw).kind !== "unknown";
const pace = () => (last - started) / Math.max(1, keys.length - 1);
let soft = null; // scanners that write without keys: ./soft-wedge.js, once there is a field to write into

function reset() {
  clearTimeout(timer);
  text = "";
  keys = [];
  marked = false;
  field = null;
}

function finish(event) {
  const isScan = keys.length >= SHORTEST && (marked || !field || (pace() <= BURST_MS && keys.length >= 6));
  if (!isScan) return reset();
  event?.preventDefault();
  event?.stopImmediatePropagation();
  if (field && !marked) {
    field.element.value = field.value;
    field.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const how = { via: "keys", ms: Math.round(pace()), signs: keys.length, prefix: marked, suffix: event?.key ?? "", layout: false };
  heard();
  // Letters that mean nothing may be those of another keyboard.
  submit(known(text) || !keys.some(({ code }) => code) ? text : read(text, keys, how), how);
  reset();
}

async function read(raw, pressed, how) {
  try {
    const { meant } = await import("./keyboard.js");
    const placed = meant(raw, pressed);
    how.layout = placed !== raw;
    return placed;
  } catch {
    return raw; // not on this device yet
  }
}

// Silence. A scanner without a suffix ends like this: nobody is at a field, and no hand is that fast.
function silence() {
  if (navigator.scheduling?.isInputPending?.()) timer = setTimeout(silence, 30);
  else if (marked || (!field && keys.length >= 6 && pace() <= BURST_MS)) finish();
  else reset();
}

function onKey(event) {
  const altGr = event.getModifierState?.("AltGraph") ?? false;
  if (event.isComposing || event.metaKey || event.repeat || (event.altKey && !altGr)) return;
  const { key, timeStamp } = event;
  const control = event.ctrlKey && !altGr;
  const prefix = key === "~" || (event.code === "Backquote" && event.shiftKey && !isField(document.activeElement));
  if (keys.length && (prefix || timeStamp - last > (marked ? MARKED_MS : RESET_MS))) reset();
  if (control) {
    // Ctrl and ] is GS, the separator of GS1 codes.
    if ((key !== "]" && event.code !== "BracketRight") || !keys.length) return;
  } else if (key === "Enter" || key === "Tab") {
    if (keys.length) finish(event);
    else soft?.enterInField(event);
    return;
  } else if (key.length !== 1 && !(NO_LETTER.includes(key) && event.code)) return;
  if (!keys.length) {
    // A blank on a focused button is a press, not the first letter of a code.
    if (key === " ") return;
    started = timeStamp;
    marked = prefix;
    const element = document.activeElement;
    field = isField(element) ? { element, value: element.value } : null;
  }
  const letter = control ? "|" : key.length === 1 ? key : "";
  if (keys.length < LONGEST) {
    text += letter;
    keys.push({ letter, code: control ? "" : event.code, shiftKey: event.shiftKey });
  }
  last = timeStamp;
  if (!field || marked || control) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  clearTimeout(timer);
  timer = setTimeout(silence, marked ? MARKED_MS : RESET_MS);
}

// A scanner works here: the camera need not offer itself.
function heard() {
  try {
    localStorage.setItem("wedge_at", Date.now());
  } catch {
    // Then the camera stays on offer.
  }
}

// Takes a text as if it had been scanned; the camera and the tests come in here.
export function submit(raw, how = { via: "camera" }) {
  queue.push([raw, how]);
  if (open && !draining) drain();
}

// Codes that stand for a job of their own, on whatever page they are scanned. -> a promise when the job is on its way, else null
export const elsewhere = (detail) => (["pass", "bag", "badge", "work", "credit"].includes(detail.code.kind) ? import("./resolve.js").then(({ openJob }) => openJob(detail)) : null);

// The page has its listener: from here on scans are dealt with as they come, those that waited first.
export function ready() {
  open = true;
  if (queue.length && !draining) drain();
}

async function drain() {
  draining = true;
  while (queue.length) {
    const [given, how] = queue.shift();
    const raw = await given;
    const pending = [];
    const detail = { raw, code: parse(raw), how, waitUntil: (promise) => pending.push(promise) };
    document.dispatchEvent(new CustomEvent("scan", { cancelable: true, detail }));
    await Promise.allSettled(pending);
  }
  draining = false;
}

// A scanner that writes like an on-screen keyboard needs a field: the one that has the focus, or one that always waits.
async function listenToFields() {
  soft ??= await import("./soft-wedge.js");
  const take = (raw, how) => {
    heard();
    submit(raw, how);
  };
  soft.burstInField({ isField, take, quick: BURST_MS, gap: RESET_MS, typing: () => keys.length > 0 });
}

let listening = false;
export function listen() {
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", onKey, { capture: true });
  if (document.documentElement.dataset.wedge === "field") listenToFields().then(() => soft.keepField());
  else document.addEventListener("focusin", ({ target }) => isField(target) && !soft && listenToFields());
}

listen();
