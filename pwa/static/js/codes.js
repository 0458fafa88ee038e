// What a scanned text is: an article, a bag, a place, a pass, a badge, a work, or nothing we know.
// Total and inert. The same answers as backend/comptoir/kit/codes.py; tests/vectors/codes.json holds both to it.

const LONGEST = 512;
const AIM = /^\][A-Za-z][0-9A-Za-z]/;
const GS1_AIMS = ["]C1", "]e0", "]d2", "]Q3", "]J1"];
const OWN = {
  P1: ["pass", /^[0-9A-HJKMNP-TV-Z]{26}$/],
  B: ["bag", /^[A-Z0-9][A-Z0-9-]{0,23}$/],
  L: ["place", /^[A-Z0-9][A-Z0-9. -]{0,23}$/],
  U: ["badge", /^[A-Za-z0-9_-]{4,64}$/],
  W: ["work", /^[A-Za-z0-9-]{1,40}$/],
};
const SKU = /^[A-Za-z0-9][A-Za-z0-9._/-]{1,39}$/;
const GS1_TEXT = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const LINK = /^https?:\/\/[^/?# ]{1,253}(\/[^?# ]*)?(?:\?([^# ]*))?(?:#[^ ]*)?$/i;
const FIXED = { "00": 18, "01": 14, "02": 14, 11: 6, 13: 6, 15: 6, 17: 6, 20: 2 };
const FREE = { 10: 20, 21: 20, 22: 20, 240: 30, 37: 8 };
const UNKNOWN = Object.freeze({ kind: "unknown" });

const own = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);
const lengthOf = (ai) => own(FIXED, ai) ?? own(FREE, ai) ?? (/^310[0-9]$/.test(ai) ? 6 : undefined);
const digitsOnly = (text) => /^[0-9]+$/.test(text);

export function checkDigit(digits) {
  let total = 0;
  for (let at = digits.length - 1, weight = 3; at >= 0; at--, weight = 4 - weight) total += digits[at] * weight;
  return String((10 - (total % 10)) % 10);
}

export function gtin14(digits) {
  if (![8, 12, 13, 14].includes(digits.length) || !digitsOnly(digits) || /^0+$/.test(digits)) return null;
  return checkDigit(digits.slice(0, -1)) === digits.at(-1) ? digits.padStart(14, "0") : null;
}

export function parse(raw) {
  if (raw.length > LONGEST) return UNKNOWN;
  let text = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  if (!text) return UNKNOWN;
  if (text[0] === "~") text = text.slice(1);
  const aim = AIM.exec(text)?.[0];
  if (aim) text = text.slice(3);
  text = text.replaceAll("\x1d", "|");
  if (/[\x00-\x1f\x7f-\x9f]/.test(text)) return UNKNOWN;
  const ours = parseOwn(text);
  if (ours) return ours;
  const link = LINK.exec(text);
  if (link) return parseLink(link);
  if (GS1_AIMS.includes(aim)) return fromElements(readElements(text));
  if (text[0] === "(") return fromElements(readBrackets(text));
  const article = gtin14(text);
  if (digitsOnly(text) && text.length >= 12 && text.length <= 14) return article ? { kind: "gtin", code: article } : UNKNOWN;
  if (text.includes("|") || /^0[0-2][0-9]{14}/.test(text)) return fromElements(readElements(text));
  if (article) return { kind: "gtin", code: article };
  return SKU.test(text) && aim?.[1] !== "E" ? { kind: "sku", code: text } : UNKNOWN;
}

// What may be kept and shown of a text nobody knows: printable, short, never markup (it only ever goes in as text).
export const printable = (raw) => raw.replace(/[^\x20-\x7e\xa0-\uffff]/g, "").slice(0, 80);

function parseOwn(text) {
  const at = text.indexOf(":");
  const prefix = text.slice(0, Math.max(at, 0)).toUpperCase();
  const known = own(OWN, prefix);
  if (!known) return null;
  const [kind, form] = known;
  const rest = kind === "badge" || kind === "work" ? text.slice(at + 1) : text.slice(at + 1).toUpperCase();
  return form.test(rest) ? { kind, code: `${prefix}:${rest}` } : UNKNOWN;
}

function readElements(text) {
  const found = {};
  let at = text[0] === "|" ? 1 : 0;
  while (at < text.length) {
    const ai = [2, 3, 4].map((size) => text.slice(at, at + size)).find((name) => lengthOf(name));
    if (!ai || own(found, ai) !== undefined) return null;
    const start = at + ai.length;
    let end = text.indexOf("|", at);
    if (end < 0) end = text.length;
    if (!own(FREE, ai)) end = Math.min(end, start + lengthOf(ai));
    found[ai] = text.slice(start, end);
    at = text[end] === "|" ? end + 1 : end;
  }
  return found;
}

function readBrackets(text) {
  const found = {};
  let whole = "";
  for (const [all, ai, value] of text.matchAll(/\(([0-9]{2,4})\)([^()]+)/g)) {
    if (own(found, ai) !== undefined) return null;
    found[ai] = value;
    whole += all;
  }
  return whole === text ? found : null;
}

function parseLink([, path = "", query = ""]) {
  const steps = path.split("/").slice(1);
  const first = steps.slice(0, -1).indexOf("01");
  if (first < 0) return UNKNOWN;
  const found = {};
  for (let at = first; at + 1 < steps.length; at += 2) if (lengthOf(steps[at])) found[steps[at]] = steps[at + 1];
  for (const part of query.split("&")) {
    const at = part.indexOf("=");
    if (at > 0 && lengthOf(part.slice(0, at))) found[part.slice(0, at)] ??= part.slice(at + 1);
  }
  for (const ai in found) found[ai] = found[ai].replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  const article = gtin14(found["01"]);
  return article ? fromElements({ ...found, "01": article }) : UNKNOWN;
}

function holds(ai, value) {
  if (own(FREE, ai) && ai !== "37") return GS1_TEXT.test(value) && value.length <= FREE[ai];
  return digitsOnly(value) && (ai === "37" ? value.length <= 8 : value.length === lengthOf(ai));
}

function fromElements(found) {
  if (!found || !Object.keys(found).length || !Object.entries(found).every(([ai, value]) => holds(ai, value))) return UNKNOWN;
  const expiry = found["17"] ? day(found["17"]) : "";
  const digits = found["01"] || found["02"];
  const article = gtin14(digits ?? "");
  const sscc = found["00"];
  if (expiry === null || (digits && !article)) return UNKNOWN;
  const made = article ? { kind: "gtin", code: article } : sscc && checkDigit(sscc.slice(0, -1)) === sscc.at(-1) && !/^0+$/.test(sscc) ? { kind: "sscc", code: sscc } : null;
  if (!made) return UNKNOWN;
  if (found["10"]) made.lot = found["10"];
  if (found["21"]) made.serial = found["21"];
  if (expiry) made.expiry = expiry;
  if (Number(found["37"])) made.count = Number(found["37"]);
  return made;
}

// YYMMDD as an ISO day of this century; day 00 is the last of its month.
function day(digits) {
  const year = 2000 + Number(digits.slice(0, 2));
  const month = Number(digits.slice(2, 4));
  const last = month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : -1;
  const date = Number(digits.slice(4)) || last;
  return date > 0 && date <= last ? `${year}-${digits.slice(2, 4)}-${String(date).padStart(2, "0")}` : null;
}
