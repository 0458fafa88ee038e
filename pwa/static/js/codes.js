// What a scanned text is: an article, a bag, a place, a tote, a pass, a credit, a badge, a work, or nothing we know, and why not.
// Total and inert. The same answers as backend/comptoir/kit/codes.py and gs1.py; tests/vectors/codes.json holds both to it.

const LONGEST = 512;
const AIM = /^\][A-Za-z][0-9A-Za-z]/;
const GS1_AIMS = ["]C1", "]e0", "]d2", "]Q3", "]J1"];
const OWN = {
  P1: ["pass", /^[0-9A-HJKMNP-TV-Z]{26}$/],
  C1: ["credit", /^[0-9A-HJKMNP-TV-Z]{26}$/],
  B: ["bag", /^[A-Z0-9][A-Z0-9-]{0,23}$/],
  L: ["place", /^[A-Z0-9][A-Z0-9. -]{0,23}$/],
  T: ["tote", /^[1-9][0-9]?$/],
  U: ["badge", /^[A-Za-z0-9_-]{4,64}$/],
  W: ["work", /^[A-Za-z0-9-]{1,40}$/],
};
const SKU = /^[A-Za-z0-9][A-Za-z0-9._/-]{1,39}$/;
const LINK = /^https?:\/\/[^/?# ]{1,253}(\/[^?# ]*)?(?:\?([^# ]*))?(?:#[^ ]*)?$/i;
const SQUEEZED = /^(?=.*[A-Z])(?=.*[a-z0-9])[A-Za-z0-9_-]{10,}$/;
const IN_STORE = /^0(02|2[0-9])/;
// Application identifiers: digits of a fixed one; most that a free text or number may have.
const FIXED = { "00": 18, "01": 14, "02": 14, 11: 6, 12: 6, 13: 6, 15: 6, 16: 6, 17: 6, 20: 2, 402: 17, 422: 3 };
const TEXTS = { 10: 20, 21: 20, 22: 20, 240: 30, 241: 30, 243: 20, 250: 30, 251: 30, 254: 20, 400: 30, 401: 30, 403: 30, 420: 20, 90: 30 };
const NUMBERS = { 30: 8, 37: 8 };
for (let ai = 410; ai <= 417; ai++) FIXED[ai] = 13;
for (let ai = 91; ai <= 99; ai++) TEXTS[ai] = 90;
const GS1_TEXT = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,90}$/;

const own = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);
const unknown = (reason) => ({ kind: "unknown", reason });
const digitsOnly = (text) => /^[0-9]+$/.test(text);
const isPrice = (ai) => /^39[0-3][0-9]$/.test(ai);
const most = (ai) => own(FIXED, ai) ?? own(TEXTS, ai) ?? own(NUMBERS, ai) ?? (/^3[1-6][0-9][0-5]$/.test(ai) ? 6 : isPrice(ai) ? 18 : 0);
const isFree = (ai) => Boolean(own(TEXTS, ai) || own(NUMBERS, ai) || isPrice(ai));

export function checkDigit(digits) {
  let total = 0;
  for (let at = digits.length - 1, weight = 3; at >= 0; at--, weight = 4 - weight) total += digits[at] * weight;
  return String((10 - (total % 10)) % 10);
}

const right = (digits) => !/^0*$/.test(digits) && checkDigit(digits.slice(0, -1)) === digits.at(-1);

export const gtin14 = (digits) => ([8, 12, 13, 14].includes(digits.length) && digitsOnly(digits) && right(digits) ? digits.padStart(14, "0") : null);

// UPC-E, 8 digits with number system and check digit, or the 6 in the middle (system 0) -> GTIN-14
export function upcE(digits) {
  if (!/^([01][0-9]{7}|[0-9]{6})$/.test(digits)) return null;
  const [system, six] = digits.length === 6 ? ["0", digits] : [digits[0], digits.slice(1, 7)];
  const last = six[5];
  const middle =
    last <= "2" ? `${six.slice(0, 2)}${last}0000${six.slice(2, 5)}`
    : last === "3" ? `${six.slice(0, 3)}00000${six.slice(3, 5)}`
    : last === "4" ? `${six.slice(0, 4)}00000${six[4]}`
    : `${six.slice(0, 5)}0000${last}`;
  const whole = system + middle;
  return gtin14(whole + (digits[7] ?? checkDigit(whole)));
}

export function parse(raw) {
  if (raw.length > LONGEST && [...raw].length > LONGEST) return unknown("too_long");
  let text = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  if (text[0] === "~") text = text.slice(1);
  const aim = AIM.exec(text)?.[0] ?? "";
  text = text.slice(aim.length).replaceAll("\x1d", "|");
  if (!text) return unknown("nothing");
  if (/[^\x20-\x7e]/.test(text)) return unknown("characters");
  const ours = parseOwn(text);
  if (ours) return ours;
  const link = LINK.exec(text);
  if (link) return parseLink(link);
  if (GS1_AIMS.includes(aim)) return fromElements(readElements(text));
  if (text[0] === "(") return fromElements(readBrackets(text));
  return aim[1] === "E" ? retail(aim, text) : plain(aim, text);
}

// What may be kept and shown of a text nobody knows: printable, short, never markup (it only ever goes in as text).
export const printable = (raw) => raw.replace(/[^\x20-\x7e\xa0-\uffff]/g, "").slice(0, 80);

function plain(aim, text) {
  // No article number of eight digits begins with 0: it is a UPC-E, if it checks as one.
  const short = text.length === 8 ? upcE(text) : null;
  const whole = (text[0] === "0" ? short : null) ?? gtin14(text);
  if (whole) return article(whole);
  if (/^[0-9]{12,14}$/.test(text) && (!aim || aim[1] === "I" || aim[1] === "X")) return unknown("check_digit");
  if (text.includes("|") || /^0[0-2][0-9]{14}/.test(text)) return fromElements(readElements(text));
  if (short) return { kind: "gtin", code: short };
  return SKU.test(text) ? { kind: "sku", code: text } : unknown("unlisted");
}

function retail(aim, text) {
  if (aim === "]E1" || aim === "]E2") return unknown("addon");
  if (!digitsOnly(text)) return unknown("elements");
  const digits = aim === "]E3" && (text.length === 15 || text.length === 18) ? text.slice(0, 13) : text;
  const found = (aim === "]E4" ? null : upcE(digits)) ?? gtin14(digits);
  return found ? article(found) : unknown("check_digit");
}

// A number that means something in one store only may be a weight, a price, or an article: whoever asks looks whether the whole is listed.
const article = (code) => (IN_STORE.test(code) ? { kind: "unknown", code, reason: "in_store" } : { kind: "gtin", code });

function parseOwn(text) {
  const at = text.indexOf(":");
  const prefix = text.slice(0, Math.max(at, 0)).toUpperCase();
  const known = own(OWN, prefix);
  if (!known) return null;
  const [kind, form] = known;
  const rest = kind === "badge" || kind === "work" ? text.slice(at + 1) : text.slice(at + 1).toUpperCase();
  return form.test(rest) ? { kind, code: `${prefix}:${rest}` } : unknown("form");
}

function readElements(text) {
  const found = {};
  let at = text[0] === "|" ? 1 : 0;
  while (at < text.length) {
    const ai = [2, 3, 4].map((size) => text.slice(at, at + size)).find(most);
    if (!ai || own(found, ai) !== undefined) return null;
    const start = at + ai.length;
    let end = text.indexOf("|", at);
    if (end < 0) end = text.length;
    if (!isFree(ai)) end = Math.min(end, start + most(ai));
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
  const first = steps.slice(0, -1).findIndex((step) => step === "00" || step === "01");
  if (first < 0) return unknown(SQUEEZED.test(steps.at(-1) ?? "") ? "compressed" : "link");
  const found = {};
  for (let at = first; at + 1 < steps.length; at += 2) if (most(steps[at])) found[steps[at]] = steps[at + 1];
  for (const part of query.split("&")) {
    const at = part.indexOf("=");
    if (at > 0 && most(part.slice(0, at))) found[part.slice(0, at)] ??= part.slice(at + 1);
  }
  for (const ai in found) found[ai] = found[ai].replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  if ("01" in found) found["01"] = gtin14(found["01"]);
  return found["01"] === null ? unknown("check_digit") : fromElements(found);
}

function holds(ai, value) {
  if (own(TEXTS, ai)) return GS1_TEXT.test(value) && value.length <= TEXTS[ai];
  if (!digitsOnly(value) || !most(ai)) return false;
  return isFree(ai) ? value.length <= most(ai) : value.length === most(ai);
}

function fromElements(found) {
  if (!found || !Object.keys(found).length || !Object.entries(found).every(([ai, value]) => holds(ai, value))) return unknown("elements");
  const days = Object.fromEntries(["11", "12", "13", "15", "16", "17"].filter((ai) => ai in found).map((ai) => [ai, day(found[ai])]));
  if (Object.values(days).includes(null)) return unknown("date");
  const digits = found["01"] || found["02"] || found["00"];
  if (!digits) return unknown("no_article");
  if (!right(digits)) return unknown("check_digit");
  const made = { kind: digits.length === 18 ? "sscc" : "gtin", code: digits };
  if (found["10"]) made.lot = found["10"];
  if (found["21"]) made.serial = found["21"];
  if (days["17"]) made.expiry = days["17"];
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
