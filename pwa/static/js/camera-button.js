// A "Camera" button beside the band, on devices where no scanner was heard lately (handheld.js asks); the camera itself is loaded
// when it is tapped.
import { element, icon, say } from "./paint.js";
import { settings } from "./settings.js";

const OPEN = "camera_open"; // for this visit: whoever opened it wants it on the next page too

export function offerCamera() {
  const band = document.querySelector(".dock > .band");
  const button = element("button", "btn tall square", icon("camera"), element("span", "sr", say("camera")));
  button.type = "button";
  button.id = "camera";
  button.setAttribute("aria-pressed", "false");
  const row = element("div", "with-camera");
  band.replaceWith(row);
  row.append(band, button);
  const tell = (open) => {
    button.setAttribute("aria-pressed", String(open));
    button.replaceChildren(icon(open ? "x" : "camera"), element("span", "sr", say(open ? "camera_close" : "camera")));
    if (!leaving) sessionStorage.setItem(OPEN, open ? "yes" : "");
  };
  let leaving = false;
  addEventListener("pagehide", () => (leaving = true), { capture: true });
  const toggle = async () => {
    try {
      const { toggleCamera } = await import("./camera.js");
      await toggleCamera(row, tell);
    } catch {
      tell(false);
    }
  };
  button.addEventListener("click", toggle);
  // A scanner spoke up after all.
  document.addEventListener("scan", ({ detail }) => detail.how?.via === "keys" && settings.camera === "auto" && button.getAttribute("aria-pressed") === "false" && button.remove());
  if (sessionStorage.getItem(OPEN)) toggle();
}
