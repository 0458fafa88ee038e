// What opens this device with no network: a PIN or a badge, tried here. A PIN is never kept, only what 200,000 rounds of PBKDF2 make
// of it under a salt of its own, once the server has said yes. Five tries a person, then it takes the network.
import { STAGED, ofToday, today } from "./people.js";
import { ask, recall, write } from "./store.js";

const ROUNDS = 200000;
const TRIES = 5;

const bits = async (secret, salt, rounds) => {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, key, 256));
};
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

export async function verifier(secret) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return { rounds: ROUNDS, salt: hex(salt), made: hex(await bits(secret, salt, ROUNDS)) };
}

export async function fits(secret, held) {
  const made = await bits(secret, unhex(held.salt), held.rounds);
  // All bytes are looked at, whatever the first ones say.
  return made.reduce((wrong, byte, at) => wrong | (byte ^ unhex(held.made)[at]), 0) === 0;
}

// Between the keypad and the page that follows: what the secret became waits in this tab for the server's yes.
// `of` is the person of a PIN, null for a badge; `before` the sign-in that was there, which is no yes.
export async function stage(kind, of, secret) {
  sessionStorage.removeItem(STAGED);
  if (!globalThis.crypto?.subtle) return;
  const before = (await recall("who"))?.sign_in_id ?? null;
  sessionStorage.setItem(STAGED, JSON.stringify({ kind, of, before, held: await verifier(secret) }));
}
export const unstage = () => sessionStorage.removeItem(STAGED);

export const left = ({ tries }) => Math.max(0, TRIES - (tries ?? 0));

// One try, counted before it is looked at. -> "open", "wrong", or "network" when none is left.
async function attempt(staff, kind, secret, now) {
  const person = await write(["meta"], async ({ meta }) => {
    const people = ofToday(await ask(meta.get("people")), now);
    const found = people[staff];
    if (!found?.[kind] || !left(found)) return null;
    people[staff] = { ...found, tries: (found.tries ?? 0) + 1 };
    meta.put(people, "people");
    return people[staff];
  });
  if (!person) return "network";
  if (!(await fits(secret, person[kind]))) return left(person) ? "wrong" : "network";
  await write(["meta"], async ({ meta }) => {
    const [people, held] = [await ask(meta.get("people")), await ask(meta.get("who"))];
    meta.put({ ...people, [staff]: { ...people[staff], tries: 0 } }, "people");
    const { pin, badge, tries, at, ...names } = person;
    // `over` is the sign-in that this browser still carries for the server.
    const over = held && held.sign_in_id !== person.sign_in_id ? held.over ?? held.sign_in_id : held?.over;
    meta.put({ ...names, since: now, ...(over && over !== person.sign_in_id ? { over } : {}) }, "who");
  });
  return "open";
}

export const tryPin = (staff, pin, now = Date.now()) => attempt(staff, "pin", pin, now);

// Whose badge was scanned? Nobody's costs nobody a try. -> [staff, outcome]
export async function tryBadge(raw, now = Date.now()) {
  for (const person of await today(now)) {
    if (person.badge && (await fits(raw, person.badge))) return [person.staff, await attempt(person.staff, "badge", raw, now)];
  }
  return [null, "wrong"];
}

// Somebody leaves: all that is theirs goes, the journal stays. `due`: the server has not heard of it yet.
export async function leave(due) {
  unstage();
  await write(["meta"], async ({ meta }) => {
    const [who, people, gone] = [await ask(meta.get("who")), await ask(meta.get("people")), await ask(meta.get("left"))];
    if (!who) return;
    const { [who.staff]: mine, ...others } = people ?? {};
    meta.put(others, "people");
    meta.delete("who");
    // An older one cannot come back: one sign-in at a time lives in this browser's cookie.
    if (due) meta.put([...(gone ?? []), who.sign_in_id, who.over].filter(Boolean).slice(-8), "left");
  });
}
