// What one page hands to the next, in this tab only, never in an address.
const KEY = "return-receipt";
export const TRY_ON = "try-on";

// What was scanned at the desk, on its way to the page that takes the goods in with no network.
export const carryReceipt = (raw) => sessionStorage.setItem(KEY, raw);

export function carried() {
  const raw = sessionStorage.getItem(KEY) ?? "";
  sessionStorage.removeItem(KEY);
  return raw;
}

// From a hand-over to trying on: proof, bags that were scanned, what was checked, the article in hand.
export const carryTryOn = (along) => sessionStorage.setItem(TRY_ON, JSON.stringify(along));
