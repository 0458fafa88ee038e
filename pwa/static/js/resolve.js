// Any known code opens its job: what this device keeps first, the server where it is in reach, else a clear word. Loaded at the first scan
// on a page that has no use of its own for codes.
import { journal, sync } from "./device.js";
import { lock } from "./lock.js";
import { tell } from "./feedback.js";
import { fold } from "./fold.js";
import { match } from "./matching.js";
import { say } from "./paint.js";
import { reach } from "./reach.js";
import { ask, read } from "./store.js";

const REACH_MS = 1500;
const PATIENCE_MS = 4000; // for what only the server knows: a slow line is no missing one
const WHY = ["check_digit", "in_store", "addon", "compressed", "link"];

const keptPacks = async () => (await read(["packs"], ({ packs }) => ask(packs.getAll()))).filter(({ closed, state, works }) => !closed && state !== "ahead" && works?.length);

// The page of a pack in hand that waits for this article or holds this work or tote; null when none does.
export async function pageInPacks(code, raw, packs) {
  if (code.kind === "work") {
    const wanted = code.code.slice(2).toLowerCase();
    const found = packs.find(({ works }) => works.some(({ id, order_number: number }) => [id, number].some((name) => name?.toLowerCase() === wanted)));
    return found ? `/packs/${found.id}` : null;
  }
  if (code.kind === "tote") {
    const found = packs.find(({ works }) => works.some(({ tote }) => tote === Number(code.code.slice(2))));
    return found ? `/packs/${found.id}` : null;
  }
  if (code.kind !== "gtin" && code.kind !== "sku" && code.reason !== "in_store") return null;
  for (const pack of packs) {
    const view = fold(pack, journal.factsOf(pack.id), journal.acked);
    if (!view.released && match(pack, view, code, raw).kind === "count") return `/packs/${pack.id}#scan=${encodeURIComponent(raw)}`;
  }
  return null;
}

// A bag or a pass, in the counter's shelf that this device keeps.
async function pageAtCounter(code) {
  if (code.kind !== "bag" && code.kind !== "pass") return null;
  const { orderOfScan } = await import("./counter-store.js");
  return orderOfScan(code);
}

function post(raw) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/scan" });
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "code", value: raw.slice(0, 512) }));
  document.body.append(form);
  form.submit();
}

function word({ kind, reason }) {
  if (kind === "place") return tell("again", say("scan_place"), say("scan_place_more"));
  if (kind === "sscc") return tell("again", say("scan_parcel"), say("scan_parcel_more"));
  if (kind === "unknown") return tell("bad", say("scan_unread"), say(WHY.includes(reason) ? `why_${reason}` : "why_other"));
  return tell("bad", say("scan_offline"), say("scan_offline_more"));
}

const answers = async (ms) => navigator.onLine !== false && sync.state.state !== "offline" && (await reach(ms)) === "ours";

export async function openJob({ raw, code }) {
  const inHand = await keptPacks().then((packs) => pageInPacks(code, raw, packs), () => null);
  if (inHand) return location.assign(inHand);
  // A carton that somebody awaits here.
  if (code.kind === "sscc" && (await answers(REACH_MS))) return post(raw);
  // A number of one store may be in the catalog: the server knows.
  if (["place", "sscc", "unknown"].includes(code.kind) && code.reason !== "in_store") return word(code);
  if (await answers(REACH_MS)) return post(raw);
  if (code.kind === "badge") return lock();
  const kept = await pageAtCounter(code).catch(() => null);
  if (kept) return location.assign(kept);
  return (await answers(PATIENCE_MS)) ? post(raw) : word(code);
}
