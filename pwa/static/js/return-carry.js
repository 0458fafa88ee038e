// What was scanned at the desk, carried to the page that takes the goods in with no network.
const KEY = "return-receipt";

export const carryReceipt = (raw) => sessionStorage.setItem(KEY, raw);

export function carried() {
  const raw = sessionStorage.getItem(KEY) ?? "";
  sessionStorage.removeItem(KEY);
  return raw;
}
