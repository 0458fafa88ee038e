// This device's one journal and its one way to the server, for whatever page is open; who is at the device is kept beside them.
import { openJournal } from "./journal.js";
import { arrive, signingIn } from "./people.js";
import { startSync } from "./sync.js";

// A device that cannot keep anything must not look as if it could: whatever page asks for it, it is said, and the page's own work ends here.
export const journal = await openJournal().catch(async (fault) => {
  (await import("./status.js")).cannotKeep();
  throw fault;
});

// The page that the server made names who is signed in; a page out of the cache knows it from the last one.
const { now, ...named } = document.body.dataset;
if (now) await journal.setClock(now);
const here = !named.signIn && signingIn() ? await askWho() : await arrive(named);
export const who = here.who;
export const sync = startSync(journal);

if (here.go === "/sign-out") {
  await fetch(here.go, { method: "POST", redirect: "manual" }).catch(() => {});
  location.replace("/sign-in");
} else if (here.go) location.replace(here.go);

// Somebody has just signed in, and the line was so slow that a kept document stands in for the server's: facts must not go under
// the former name, so the server's own page is asked, which names who it is.
async function askWho() {
  const page = await fetch("/more", { redirect: "error", signal: AbortSignal.timeout(15000) }).then((answer) => (answer.ok ? answer.text() : ""), () => "");
  const said = { ...new DOMParser().parseFromString(page, "text/html").body.dataset };
  return said.signIn ? arrive(said) : { who: null, go: "/sign-in" };
}
