// What the ear and the hand get: one tone and one rhythm per outcome, so that either alone tells them apart. The band on the
// screen says the same to the eye. Browsers allow sound only after a first tap; until then the calls are silent and nothing breaks.
import { quietNow, settings } from "./settings.js";

// [frequency Hz, start ms, length ms], loudness, vibration
export const TONES = {
  ok: [[[1200, 0, 80]], 0.5, [40]],
  done: [[[880, 0, 110], [1320, 130, 160]], 0.5, [40, 60, 40]],
  wrong: [[[220, 0, 300]], 0.8, [300]],
  again: [[[600, 0, 90], [600, 150, 90]], 0.5, [40, 40, 40]],
  arrived: [[[880, 0, 160], [880, 320, 160], [880, 640, 220]], 0.25, [200]],
};
const VOLUMES = [0, 0.35, 1, 1.8];
// Nobody did anything for these: they can wait until the device's quiet hours are over.
const UNASKED = ["arrived"];
let context = null;

export function unlock() {
  const open = () => {
    context ??= new (window.AudioContext ?? window.webkitAudioContext)();
    if (context.state === "suspended") context.resume().catch(() => {});
  };
  for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, open, { capture: true, passive: true });
}

// Whether sound can be heard right now; false before the first tap, or where the device has none.
export const awake = () => context?.state === "running";

export function play(name) {
  const [tones, loudness, rhythm] = TONES[name];
  document.dispatchEvent(new CustomEvent("tone", { detail: name }));
  if (UNASKED.includes(name) && quietNow()) return;
  if (settings.vibration) navigator.vibrate?.(rhythm);
  const volume = VOLUMES[settings.volume] ?? 1;
  if (!awake() || !volume) return;
  for (const [frequency, start, length] of tones) {
    const from = context.currentTime + start / 1000;
    const until = from + length / 1000;
    const wave = context.createOscillator();
    const gain = context.createGain();
    const level = Math.min(1, loudness * volume) * (name === "wrong" ? 0.5 : 1);
    wave.type = name === "wrong" ? "square" : "sine";
    wave.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, from);
    gain.gain.exponentialRampToValueAtTime(level, from + 0.008);
    gain.gain.setValueAtTime(level, until - 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, until);
    wave.connect(gain).connect(context.destination);
    wave.start(from);
    wave.stop(until + 0.02);
  }
}
