// Which line of the pack a scanned article belongs to, and what is wrong with it when it belongs to none. Pure.

export const sayPlace = (place) => (place ? [place.aisle, place.bay, place.level].filter((part) => part != null && part !== "").join(" ") : "");

// The spellings under which a code may stand in a pack: its GTIN-14, the text as scanned, capital letters.
function spellings(code, raw) {
  const plain = raw.trim();
  return new Set([code.code, plain, plain.toUpperCase()].filter(Boolean));
}

// -> {kind: "count", work, line} | {kind: "again", work, line} | {kind: "wrong", hand} | {kind: "unlisted"}
export function match(pack, view, code, raw) {
  const wanted = spellings(code, raw);
  const fits = [];
  for (const spot of view.order) {
    const work = pack.works.find(({ id }) => id === spot.work);
    const line = work.lines.find(({ line }) => line === spot.line);
    if (line.codes.some((known) => wanted.has(known))) fits.push({ work, line, now: lineOf(view, spot) });
  }
  const here = ({ work, line }) => work.id === view.current?.work && line.line === view.current?.line;
  const open = fits.filter(({ now }) => now.remaining > 0);
  const short = fits.filter(({ now }) => now.short > 0);
  const found = open.find(here) ?? open.find(({ work }) => work.id === view.current?.work) ?? open[0] ?? short[0];
  if (found) return { kind: "count", ...found };
  if (fits.length) return { kind: "again", ...fits[0] };
  const hand = [...wanted].map((spelling) => pack.known?.[spelling]).find(Boolean);
  return hand ? { kind: "wrong", hand } : { kind: "unlisted" };
}

export const lineOf = (view, spot) => view.works.find(({ id }) => id === spot.work).lines.find(({ line }) => line === spot.line);

// The words for what differs: size before version before article.
export function difference(hand, line) {
  if (hand.style !== line.style) return "wrong_article";
  if (hand.variant !== line.variant) return "wrong_variant";
  const shoe = /^(3[0-9]|4[0-9])([.,]5)?$/;
  return shoe.test(hand.deciding) && shoe.test(line.deciding) ? "wrong_shoe" : "wrong_size";
}

// From where the wrong one lives to where the right one lives: [key, {n | bay}] or null.
export function wayTo(from, to) {
  if (!from || !to || String(from.aisle) !== String(to.aisle)) return null;
  if (String(from.bay) !== String(to.bay)) return ["next_bay", { bay: to.bay }];
  const steps = Number(to.level) - Number(from.level);
  return Number.isInteger(steps) && steps ? [steps > 0 ? "higher" : "lower", { n: Math.abs(steps) }] : null;
}
