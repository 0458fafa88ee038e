// What a scanner set to a US keyboard meant, whatever keyboard the device thinks it has: read from the places of the keys.
// An AZERTY device shows "à'é" where such a scanner sent "042": the letters lie, the places do not.
import { parse } from "./codes.js";

const DIGITS = ")!@#$%^&*(";
const SIGNS = { Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"", Backquote: "\x60~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  " };

// {code, shiftKey} of a key event -> one sign, or "" for a key without one
export function asUs({ code = "", shiftKey }) {
  if (/^Key[A-Z]$/.test(code)) return shiftKey ? code[3] : code[3].toLowerCase();
  if (/^Digit[0-9]$/.test(code)) return shiftKey ? DIGITS[code[5]] : code[5];
  if (/^Numpad[0-9]$/.test(code)) return code[6];
  return Object.hasOwn(SIGNS, code) ? SIGNS[code][shiftKey ? 1 : 0] : "";
}

// The text as its letters say, unless they mean nothing and the places mean something that checks itself; or, where the letters
// are such as no code has, anything known at all.
export function meant(text, keys) {
  const places = keys.map((key) => asUs(key) || key.letter).join("");
  if (places === text || parse(text).kind !== "unknown") return text;
  const { kind } = parse(places);
  return kind !== "unknown" && (kind !== "sku" || text.length < keys.length || /[^\x20-\x7e]/.test(text)) ? places : text;
}
