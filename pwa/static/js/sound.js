// What the ear and the hand get: one tone, one rhythm per outcome. The band on the screen says the same to the eye.
// Browsers allow sound only after a first tap; until then the calls are silent and nothing breaks.

// [frequency Hz, start ms, length ms], loudness, vibration
const TONES = {
  ok: [[[1200, 0, 80]], 0.5, [40]],
  done: [[[880, 0, 110], [1320, 130, 160]], 0.5, [40, 60, 40]],
  wrong: [[[220, 0, 300]], 0.8, [300]],
  again: [[[600, 0, 90], [600, 150, 90]], 0.5, [40, 40, 40]],
  arrived: [[[880, 0, 160], [880, 320, 160], [880, 640, 220]], 0.25, [200]],
};
let context = null;

export const quiet = () => localStorage.getItem("sound") === "off";
export const setQuiet = (off) => localStorage.setItem("sound", off ? "off" : "on");

export function unlock() {
  const open = () => {
    context ??= new (window.AudioContext ?? window.webkitAudioContext)();
    if (context.state === "suspended") context.resume().catch(() => {});
  };
  for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, open, { capture: true, passive: true });
}

export function play(name) {
  const [tones, loudness, rhythm] = TONES[name];
  document.dispatchEvent(new CustomEvent("tone", { detail: name }));
  navigator.vibrate?.(rhythm);
  if (!context || context.state !== "running" || quiet()) return;
  for (const [frequency, start, length] of tones) {
    const from = context.currentTime + start / 1000;
    const wave = context.createOscillator();
    const gain = context.createGain();
    wave.type = name === "wrong" ? "square" : "sine";
    wave.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, from);
    gain.gain.exponentialRampToValueAtTime(loudness * (name === "wrong" ? 0.4 : 1), from + 0.008);
    gain.gain.setValueAtTime(loudness * (name === "wrong" ? 0.4 : 1), from + length / 1000 - 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, from + length / 1000);
    wave.connect(gain).connect(context.destination);
    wave.start(from);
    wave.stop(from + length / 1000 + 0.02);
  }
}
