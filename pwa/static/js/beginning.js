// Begins the next pack that lies ready on this device, with or without a network: a fact in the journal, like any other.
import { journal, sync } from "./device.js";
import { held } from "./packs.js";
import { ask, write } from "./store.js";

// Still this device's by the server's clock: work that has run out may be in a colleague's hands by now.
export const isOurs = ({ lease_until }) => Date.parse(lease_until) > Date.now() + journal.offset;

export const next = (packs) => packs.find((pack) => !pack.begun && isOurs(pack)) ?? null;

// -> the address of the begun pack, null when there is none. Rejects when the device could not write: nothing has begun then.
export async function beginNext() {
  const pack = next(await held());
  if (!pack) return null;
  await journal.append("start", { pack: pack.id }, { pack: pack.id });
  await write(["packs"], async ({ packs }) => {
    const now = await ask(packs.get(pack.id));
    if (now) packs.put({ ...now, state: "open" });
  }).catch(() => {}); // the journal says it as well
  sync.now();
  return `/packs/${pack.id}`;
}
