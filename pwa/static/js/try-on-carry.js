// From the page of a hand-over to the page of trying on: what proves the right to collect, bags that were scanned, what was checked, the article in hand.
// This tab only, never in an address; read once.
const KEY = "try-on";

export const carryTryOn = (carried) => sessionStorage.setItem(KEY, JSON.stringify(carried));

export function carriedTryOn(order) {
  const held = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  return held?.order === order ? held : null;
}
