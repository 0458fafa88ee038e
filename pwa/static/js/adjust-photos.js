// Pictures of corrections: made small on this device, kept on it until the server has them, brought by whatever page is open.
import { ask, read, write } from "./store.js";

const WIDEST = 1280;
const MOST = 40; // as many as a device keeps; what is beyond needs the network first
const TIME_LIMIT_MS = 20000;
const ALL = IDBKeyRange.bound("photo:", "photo;", false, true);
const key = (id) => `photo:${id}`;

// A photo as it may be kept: upright, small, without where and with what it was taken. Null when it is no picture.
async function small(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap) return null;
  const scale = Math.min(1, WIDEST / Math.max(bitmap.width, bitmap.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.82));
}

// Before its correction is told: a correction never names a picture that this device could not keep. -> its id; throws when it cannot be kept.
export async function keepPhoto(file, id) {
  const blob = await small(file);
  if (!blob) throw new Error("not a picture");
  await write(["meta"], async ({ meta }) => {
    if ((await ask(meta.getAllKeys(ALL))).length >= MOST) throw new Error("too many wait");
    meta.put({ id, blob, adjustment: null, at: Date.now() }, key(id));
  });
  return id;
}

export const nameCorrection = (id, adjustment) =>
  write(["meta"], async ({ meta }) => {
    const held = await ask(meta.get(key(id)));
    if (held) meta.put({ ...held, adjustment }, key(id));
  });

export const drop = (id) => write(["meta"], ({ meta }) => void meta.delete(key(id)));
export const waiting = () => read(["meta"], ({ meta }) => ask(meta.getAll(ALL)));

let bringing = null;
// Bring what this device keeps; of these ids alone where they are named. A picture goes from here once the server has it, or will never take it.
export function bring(wanted = null) {
  bringing ??= bringAll(wanted).finally(() => (bringing = null));
  return bringing;
}

async function bringAll(wanted) {
  const refused = [];
  for (const { id, blob, adjustment } of await waiting()) {
    if (!adjustment || (wanted && !wanted.includes(id))) continue;
    const body = new FormData();
    body.set("id", id);
    body.set("adjustment", adjustment);
    body.set("file", blob, "photo.jpg");
    const answer = await fetch("/sync/photos", { method: "POST", body, redirect: "error", headers: { accept: "application/json" }, signal: AbortSignal.timeout(TIME_LIMIT_MS) }).catch(() => null);
    if (!answer) break;
    // The same picture was taken before.
    if (answer.ok || answer.status === 409) await drop(id);
    else if (answer.status === 422 || answer.status === 413) {
      refused.push(await answer.json().catch(() => ({})));
      await drop(id);
    } else break;
  }
  return refused;
}
