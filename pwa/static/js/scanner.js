// A keyboard-wedge scanner anywhere on the page: no focused field, no lost scan.
// Each scan becomes a `scan` event on the document: {raw, code, waitUntil}. Scans wait in line while a listener's promise is open.
import { parse } from "./codes.js";

const RESET_MS = 150; // a gap longer than this starts a new text
const MARKED_MS = 1000; // behind the scanner's own prefix we wait for its end: a busy device must not cut a code in two
const BURST_MS = 45; // people do not type faster than this, scanners do
const SHORTEST = 3;
const queue = [];
let draining = false;
// A page that takes its own scans may still be opening its journal: what is scanned meanwhile waits for it.
let open = !document.body.hasAttribute("data-own-scans");
let text = "";
let marked = false; // the scanner's own prefix was seen: no doubt that this is a scan
let started = 0;
let last = 0;
let field = null; // the field that had the focus, as it was before the burst
let timer = 0;

const isField = (element) => element?.matches?.("input:not([type=checkbox],[type=radio],[type=button],[type=submit]), textarea, select, [contenteditable]");

function reset() {
  clearTimeout(timer);
  text = "";
  marked = false;
  field = null;
}

function finish(event) {
  const fast = (last - started) / Math.max(1, text.length - 1) <= BURST_MS;
  const isScan = text.length >= SHORTEST && (marked || !field || (fast && text.length >= 6));
  if (!isScan) return reset();
  event?.preventDefault();
  event?.stopImmediatePropagation();
  if (field && !marked) {
    field.element.value = field.value;
    field.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const raw = text;
  reset();
  submit(raw);
}

function onKey(event) {
  if (event.isComposing || event.altKey || event.metaKey) return;
  const { key, timeStamp } = event;
  if (text && (key === "~" || timeStamp - last > (marked ? MARKED_MS : RESET_MS))) reset();
  if (event.ctrlKey) {
    if (key !== "]" || !text) return;
  } else if (key === "Enter" || key === "Tab") {
    if (text) finish(event);
    return;
  } else if (key.length !== 1) return;
  if (!text) {
    // A blank on a focused button is a press, not the first letter of a code.
    if (key === " ") return;
    started = timeStamp;
    marked = key === "~";
    const element = document.activeElement;
    field = isField(element) ? { element, value: element.value } : null;
  }
  text = (text + (event.ctrlKey ? "|" : key)).slice(0, 6000);
  last = timeStamp;
  if (!field || marked || event.ctrlKey) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  clearTimeout(timer);
  timer = setTimeout(() => (marked ? finish() : reset()), marked ? MARKED_MS : RESET_MS);
}

// Takes a text as if it had been scanned; the camera and the tests come in here.
export function submit(raw) {
  queue.push(raw);
  if (open && !draining) drain();
}

// The page has its listener: from here on scans are dealt with as they come, those that waited first.
export function ready() {
  open = true;
  if (queue.length && !draining) drain();
}

async function drain() {
  draining = true;
  while (queue.length) {
    const raw = queue.shift();
    const open = [];
    const event = new CustomEvent("scan", { cancelable: true, detail: { raw, code: parse(raw), waitUntil: (promise) => open.push(promise) } });
    document.dispatchEvent(event);
    await Promise.allSettled(open);
  }
  draining = false;
}

export function listen() {
  document.addEventListener("keydown", onKey, { capture: true });
}
