// Who is at this device, and who else signed in on it today: kept beside the journal, so that it can be unlocked with no network.
import { ask, read, recall, write } from "./store.js";

// Where the sign-in page leaves what opens the device later (pin.js), for the page that follows the server's yes.
export const STAGED = "secret";
export const signingIn = () => sessionStorage.getItem(STAGED) !== null;

// A calendar day of the store, as its devices' clocks have it.
const sameDay = (one, other) => new Date(one).toDateString() === new Date(other).toDateString();
export const ofToday = (people, now) => Object.fromEntries(Object.entries(people ?? {}).filter(([, { at }]) => sameDay(at, now)));

// What a page says about who is signed in becomes who is at the device. -> {who, go}: `go` is where this page must go instead.
export async function arrive({ signIn, staff, person = "", initials = "", location = "", storeName = "", language = "" }, now = Date.now()) {
  if (!signIn) return { who: (await recall("who")) ?? null, go: null };
  const staged = JSON.parse(sessionStorage.getItem(STAGED) ?? "null");
  sessionStorage.removeItem(STAGED);
  const [held, gone, all] = await read(["meta"], async ({ meta }) => [await ask(meta.get("who")), await ask(meta.get("left")), await ask(meta.get("people"))]);
  // Signed out with no network: the server hears of it now.
  if (gone?.includes(signIn)) return { who: null, go: "/sign-out" };
  // Somebody else unlocked the device meanwhile: they sign in where the network is, before the page is theirs.
  if (held?.over === signIn && held.sign_in_id !== signIn) return { who: held, go: `/sign-in?who=${held.staff}` };
  const names = { sign_in_id: signIn, staff, person, initials, location, store_name: storeName, language };
  const known = (staff && ofToday(all, now)[staff]) || {};
  const since = held?.sign_in_id === signIn ? held.since : now;
  const fresh = known.sign_in_id !== signIn;
  const same = !fresh && !held?.over && Object.entries(names).every(([key, value]) => held?.[key] === value);
  if (same) return { who: held, go: null };
  const mine = staged && (!staged.of || staged.of === staff) && staged.before !== signIn ? { [staged.kind]: staged.held } : {};
  const who = { ...names, since };
  // A device that can write no more still shows its pages; what it cannot keep is said where something is to be kept.
  await write(["meta"], async ({ meta }) => {
    meta.put(who, "who");
    const people = ofToday(await ask(meta.get("people")), now);
    if (staff) meta.put({ ...people, [staff]: { ...known, ...mine, ...names, at: fresh ? now : known.at, tries: fresh ? 0 : known.tries } }, "people");
  }).catch(() => {});
  return { who, go: null };
}

// Who may unlock this device now, the last one first.
export async function today(now = Date.now()) {
  const people = Object.values(ofToday(await recall("people"), now)).filter(({ pin, badge }) => pin || badge);
  return people.sort((one, other) => other.at - one.at);
}

