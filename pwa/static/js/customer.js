// Looks whether the page would say something else by now, and only then shows it anew. Works alone; the page needs no script.
const EVERY = location.pathname === "/demo/phone" ? 3_000 : 10_000;
const shown = () => document.querySelector("[data-version]")?.dataset.version;
const busy = () => document.activeElement?.matches("input, textarea") || [...document.querySelectorAll("input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);

async function look() {
  if (document.visibilityState !== "visible" || busy()) return;
  try {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(4000) });
    if (!answer.ok) return;
    const version = /data-version="([0-9a-f]+)"/.exec(await answer.text())?.[1];
    if (version && version !== shown() && !busy()) location.reload();
  } catch {
    // No network: the pass on the page stays good, the next look comes by itself.
  }
}

setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
