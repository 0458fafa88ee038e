// Facts on their way to another device: as a file, or as codes that it scans one after the other. They keep their ids.
// A code says: E1:<which set>.<number>.<of how many>.<a piece of the deflated JSON in base 32>; letters that every scanner types alike.
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PIECE = 600; // letters in a code that a phone's camera still reads from another phone's glass
export const MOST_CODES = 60;
export const MOST_FACTS = 2000;
const FRAME = /^E1:([0-9A-F]{8})\.([1-9][0-9]{0,2})\.([1-9][0-9]{0,2})\.([A-Z2-7]+)$/;

function toLetters(bytes) {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += LETTERS[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits ? text + LETTERS[(held << (5 - bits)) & 31] : text;
}

function toBytes(text) {
  const bytes = [];
  let held = 0;
  let bits = 0;
  for (const letter of text) {
    held = ((held << 5) | LETTERS.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((held >> (bits -= 8)) & 255);
  }
  return Uint8Array.from(bytes);
}

const through = async (bytes, stream) => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
const mark = async (bytes) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).slice(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();

const isFact = (fact) => typeof fact?.id === "string" && /^[0-9a-f-]{36}$/.test(fact.id) && typeof fact.type === "string" && typeof fact.sign_in_id === "string" && typeof fact.at_wall === "string" && typeof fact.body === "object" && fact.body !== null;
// Only what a fact is made of goes into this journal, whatever else a file says.
const fact = ({ id, at_wall, at_mono = 0, offset_ms = 0, sign_in_id, pack_id, type, body }) => ({ id, at_wall, at_mono, offset_ms, sign_in_id, ...(pack_id ? { pack_id } : {}), type, body });

export const toFile = (facts) => JSON.stringify({ comptoir: "facts", v: 1, facts: facts.map(fact) });

// -> the facts of a file's text, or null when it is none of ours.
export function fromFile(text) {
  try {
    const { comptoir, v, facts } = JSON.parse(text);
    const good = comptoir === "facts" && v === 1 && Array.isArray(facts) && facts.length > 0 && facts.length <= MOST_FACTS && facts.every(isFact);
    return good ? facts.map(fact) : null;
  } catch {
    return null;
  }
}

export async function toCodes(facts) {
  const packed = await through(new TextEncoder().encode(toFile(facts)), new CompressionStream("deflate-raw"));
  const name = await mark(packed);
  const pieces = toLetters(packed).match(new RegExp(`.{1,${PIECE}}`, "g")) ?? [];
  return pieces.map((piece, at) => `E1:${name}.${at + 1}.${pieces.length}.${piece}`);
}

// Collects codes in any order. take(raw) -> {read, of, other} after a code of ours, null after any other; `facts()` once all are there.
export function gather() {
  let set = null;
  return {
    take(raw) {
      // A scanner may say first that it is one, and a camera what kind of code it saw.
      const found = FRAME.exec(raw.trim().replace(/^~?(\][A-Za-z][0-9A-Za-z])?/, "").toUpperCase());
      if (!found) return null;
      const [, name, n, of, piece] = found;
      const other = set !== null && set.name !== name;
      if (!set || other) set = { name, of: Number(of), pieces: new Map() };
      if (Number(n) <= set.of) set.pieces.set(Number(n), piece);
      return { read: set.pieces.size, of: set.of, other };
    },
    get complete() {
      return set !== null && set.pieces.size === set.of;
    },
    // -> the facts, or null when the pieces do not make what was cut up.
    async facts() {
      try {
        const packed = toBytes([...set.pieces].sort(([one], [two]) => one - two).map(([, piece]) => piece).join(""));
        if ((await mark(packed)) !== set.name) return null;
        return fromFile(new TextDecoder().decode(await through(packed, new DecompressionStream("deflate-raw"))));
      } catch {
        return null;
      } finally {
        set = null;
      }
    },
  };
}
