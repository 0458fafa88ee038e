// The screen stays on while somebody picks; the lock ends by itself when the page is out of sight, and is taken again.
let lock = null;
let wanted = false;

async function hold() {
  if (!wanted || lock || document.hidden) return;
  try {
    lock = (await navigator.wakeLock?.request("screen")) ?? null;
    lock?.addEventListener("release", () => (lock = null));
  } catch {
    // A low battery may refuse it: the work goes on with a screen that sleeps.
  }
}

export function stayAwake() {
  wanted = true;
  hold();
}

export function mayRest() {
  wanted = false;
  lock?.release();
}

document.addEventListener("visibilitychange", hold);
