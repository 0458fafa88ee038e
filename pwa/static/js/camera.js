// The camera as a scanner: the browser's own reader where it has one, else ours in a worker. Loaded after a tap on "Camera".
// Each code goes where a scanner's codes go. A bar code must be read twice alike; a code that stays in view counts once.
import { element, icon, say } from "./paint.js";
import { submit } from "./scanner.js";

const EVERY_MS = 110; // about nine pictures a second
const SAME_MS = 1200; // a code counts again when it was out of sight for so long
const AGREE_MS = 700; // two readings of one bar code belong together
const IDLE_MS = 90000; // nothing read for so long: the camera rests
const WIDEST = 960;
const NATIVE = ["ean_13", "ean_8", "upc_a", "upc_e", "itf", "code_128", "code_39", "qr_code", "data_matrix"];
const OURS = ["EAN13", "EAN8", "UPCA", "UPCE", "ITF", "Code128", "Code39", "DataBar", "QRCode", "DataMatrix"];
const AIMS = { ean_13: "]E0", ean_8: "]E4", upc_a: "]E0", upc_e: "]E0", itf: "]I1" };
const FLAT = /^(ean|upc|itf|code)_/;

let open = null; // {stream, video, reader, stop}

// What stands in the way, as words to show: {title, more}.
const trouble = (name) => Object.assign(new Error(name), { words: [say(`camera_${name}`), say(`camera_${name}_more`)] });

// ---- readers: canvas -> [{text, aim, flat}]

async function nativeReader() {
  const known = (await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => [])) ?? [];
  const formats = NATIVE.filter((format) => known.includes(format));
  if (!formats.includes("ean_13") || !formats.includes("qr_code")) return null;
  const detector = new BarcodeDetector({ formats });
  return {
    read: async (canvas) => (await detector.detect(canvas)).map(({ rawValue, format }) => ({ text: rawValue, aim: AIMS[format] ?? "", flat: FLAT.test(format) })),
    end() {},
  };
}

// Resolves once the worker has read a first, empty picture: its bytes are here then.
function workerReader() {
  return new Promise((resolve, reject) => {
    const worker = new Worker("/static/js/camera-worker.js");
    const waiting = new Map();
    let next = 0;
    const ask = (pixels, width, height) =>
      new Promise((done, failed) => {
        waiting.set(++next, [done, failed]);
        worker.postMessage({ id: next, pixels, width, height, formats: OURS }, [pixels]);
      });
    worker.onmessage = ({ data }) => {
      const [done, failed] = waiting.get(data.id) ?? [];
      waiting.delete(data.id);
      if (data.fault) failed?.(new Error(data.fault));
      else done?.(data.found);
    };
    worker.onerror = () => reject(trouble("no_reader"));
    ask(new ArrayBuffer(64 * 64 * 4), 64, 64).then(
      () =>
        resolve({
          read: (canvas) => {
            const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return ask(data.buffer, width, height);
          },
          end: () => worker.terminate(),
        }),
      () => {
        worker.terminate();
        reject(trouble("no_reader"));
      },
    );
  });
}

async function film() {
  if (!isSecureContext || !navigator.mediaDevices?.getUserMedia) throw trouble("not_secure");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } } });
  } catch ({ name }) {
    throw trouble(name === "NotAllowedError" ? "denied" : name === "NotFoundError" || name === "OverconstrainedError" ? "none" : "busy");
  }
}

// ---- reading

// The middle of the picture, where the frame on the screen is.
function crop(video, canvas) {
  const { videoWidth: wide, videoHeight: high } = video;
  const width = wide * 0.9;
  const height = Math.min(high * 0.9, width * 0.66);
  const scale = Math.min(1, WIDEST / width);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(video, (wide - width) / 2, (high - height) / 2, width, height, 0, 0, canvas.width, canvas.height);
}

// Which of the codes in a picture count now. Pure but for its memory.
export function chooser() {
  const seen = new Map(); // text -> {first, last, counted}
  return (found, now) => {
    for (const [text, code] of seen) if (now - code.last > SAME_MS) seen.delete(text);
    const counted = [];
    for (const { text, aim, flat } of found) {
      const code = seen.get(text) ?? { last: -Infinity, counted: false };
      const twice = !flat || now - code.last <= AGREE_MS;
      if (!code.counted && twice) {
        code.counted = true;
        counted.push(aim + text);
      }
      code.last = now;
      seen.set(text, code);
    }
    return counted;
  };
}

async function watch(video, reader, going, rest) {
  const canvas = document.createElement("canvas");
  const choose = chooser();
  let lastRead = performance.now();
  while (going()) {
    const started = performance.now();
    if (!document.hidden && video.readyState >= 2 && video.videoWidth) {
      crop(video, canvas);
      const counted = choose(await reader.read(canvas).catch(() => []), performance.now());
      for (const raw of going() ? counted : []) submit(raw, { via: "camera" });
      if (counted.length) lastRead = performance.now();
    }
    if (performance.now() - lastRead > IDLE_MS) return rest();
    await new Promise((done) => setTimeout(done, Math.max(20, EVERY_MS - (performance.now() - started))));
  }
}

// ---- on the screen

function panel() {
  const video = Object.assign(element("video"), { muted: true, playsInline: true, autoplay: true });
  const section = element("section", "viewfinder", video, element("span", "frame"));
  section.setAttribute("aria-label", say("camera"));
  section.id = "viewfinder";
  document.getElementById("main").prepend(section);
  return { section, video };
}

function torchOf(stream, row) {
  const [track] = stream.getVideoTracks();
  if (!track?.getCapabilities?.().torch) return;
  const button = element("button", "btn tall square torch", icon("sun"), element("span", "sr", say("camera_light")));
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    track.applyConstraints({ advanced: [{ torch: on }] }).then(() => button.setAttribute("aria-pressed", String(on)), () => button.remove());
  });
  row.append(button);
}

function explain(section, fault) {
  const [title, more] = fault.words ?? trouble("busy").words;
  const note = element("p", "note warn", icon("camera"), element("span", "", element("b", "", title), ` ${more}`));
  note.setAttribute("role", "alert");
  section.replaceWith(note);
  note.id = "viewfinder";
}

// Open in the page, or close what is open. `row` holds the button; `tell(isOpen)` hears of every change.
export async function toggleCamera(row, tell) {
  if (open) return open.stop();
  document.getElementById("viewfinder")?.remove();
  const { section, video } = panel();
  let going = true;
  let stream = null;
  let reader = null;
  const stop = () => {
    going = false;
    open = null;
    for (const track of stream?.getTracks() ?? []) track.stop();
    reader?.end();
    row.querySelector(".torch")?.remove();
    document.getElementById("viewfinder")?.remove();
    removeEventListener("pagehide", stop);
    tell(false);
  };
  open = { stop };
  addEventListener("pagehide", stop);
  tell(true);
  try {
    // Asked for side by side: the reader's bytes come while the person answers the browser's question.
    const [filmed, native] = await Promise.allSettled([film(), nativeReader()]);
    if (filmed.status === "rejected") throw filmed.reason;
    stream = filmed.value;
    if (!going) return stop();
    video.srcObject = stream;
    stream.getVideoTracks()[0]?.addEventListener("ended", () => going && stop());
    section.scrollIntoView?.({ block: "nearest" });
    await video.play().catch(() => {});
    reader = native.value ?? (await workerReader());
    if (!going) return reader.end();
    section.dataset.reading = "";
    torchOf(stream, row);
    watch(video, reader, () => going, stop);
  } catch (fault) {
    const shown = document.getElementById("viewfinder");
    going = false;
    for (const track of stream?.getTracks() ?? []) track.stop();
    open = null;
    removeEventListener("pagehide", stop);
    tell(false);
    if (shown) explain(shown, fault);
  }
}
