// How this device likes to be held, heard and read. Kept on the device for whoever holds it: in the store, and in a mirror that
// the first paint can read without waiting (first-paint.js). Nothing here belongs to a person, nothing goes to the server.
import { keep, recall } from "./store.js";

export const DEFAULTS = Object.freeze({
  volume: 2, // 0 silent, 1 soft, 2 normal, 3 loud
  vibration: true,
  hand: "right",
  text: "normal", // normal, large, largest
  theme: "", // light, dark, or as the device says
  quiet_from: "", // "21:00"; both or none
  quiet_to: "",
  camera: "auto", // auto, always, never
  wedge: "keys", // keys, field: how the scanner writes
  lock_minutes: 15, // 0 never
});

const mirrored = () => {
  try {
    return JSON.parse(localStorage.getItem("settings")) ?? {};
  } catch {
    return {};
  }
};

export const settings = { ...DEFAULTS, ...mirrored() };

// What the sheet of styles and the scanner go by.
export function applySettings(root = document.documentElement) {
  root.dataset.hand = settings.hand;
  root.dataset.text = settings.text;
  root.dataset.wedge = settings.wedge;
  if (settings.theme) root.dataset.theme = settings.theme;
}

// Resolves once it is on the device; what is on the screen follows at once.
export async function change(patch) {
  Object.assign(settings, patch);
  localStorage.setItem("settings", JSON.stringify(settings));
  applySettings();
  await keep("settings", { ...settings });
}

// The mirror may have been cleared while the store was kept: the store wins, the next page paints by it.
export async function settle() {
  const kept = await recall("settings").catch(() => null);
  if (!kept) return;
  const before = JSON.stringify(settings);
  Object.assign(settings, { ...DEFAULTS, ...kept });
  if (JSON.stringify(settings) === before) return;
  localStorage.setItem("settings", JSON.stringify(settings));
  applySettings();
}

// Whether arrivals and the like keep silent at this hour of the device; a scan is always answered.
export function quietNow(now = new Date()) {
  const { quiet_from: from, quiet_to: to } = settings;
  if (!from || !to || from === to) return false;
  const at = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  return from < to ? from <= at && at < to : at >= from || at < to;
}

// Two tabs of one device agree.
addEventListener("storage", ({ key }) => {
  if (key !== "settings") return;
  Object.assign(settings, { ...DEFAULTS, ...mirrored() });
  applySettings();
});
