// Runs the shared vectors through the browser's own modules; `window.result` holds how many there were and which failed.
const [codes, folds, { parse }, { fold }] = await Promise.all([
  fetch("/vectors/codes.json").then((answer) => answer.json()),
  fetch("/vectors/fold.json").then((answer) => answer.json()),
  import("/static/js/codes.js"),
  import("/static/js/fold.js"),
]);
// Key order is no part of an answer.
const plain = (value) => JSON.stringify(value, (_, part) => (part && typeof part === "object" && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort()) : part));
const whole = (raw) => (typeof raw === "string" ? raw : raw.repeat.repeat(raw.times));
const found = [
  ...codes.map(({ name, raw, parsed }) => ({ name, expected: plain(parsed), found: plain(parse(whole(raw))) })),
  ...folds.map((vector) => ({ name: vector.name, expected: plain(vector.view), found: plain(fold(vector.pack, vector.journal, vector.acked_through)) })),
];
window.result = { total: found.length, failures: found.filter((one) => one.expected !== one.found) };
document.title = "done";
