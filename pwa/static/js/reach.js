// Whether our server can be reached from here, and if not, what stands in the way: asked, never guessed from the radio's state.
const LIMIT_MS = 4000;

// -> "ours", "signed_out" (our server, and this device is none of the store's), "stranger" (somebody else answers), "update", "slow" (no answer in time, or too busy for one), "none"
export async function reach(limit = LIMIT_MS) {
  try {
    const response = await fetch("/sync/ping", { headers: { "x-sync-protocol": "1", accept: "application/json" }, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(limit) });
    const ours = response.headers.get("x-sync-protocol") === "1" || /json/.test(response.headers.get("content-type") ?? "");
    if (response.status === 401 && ours) return "signed_out";
    if (response.status === 426 && ours) return "update";
    if (response.status >= 500) return ours ? "slow" : "none";
    return ours ? "ours" : "stranger";
  } catch ({ name }) {
    return name === "TimeoutError" ? "slow" : "none";
  }
}
