// The set-up sheet goes to the printer as it stands; the sheet of styles leaves out what paper does not need.
import "./handheld.js";

document.querySelector("[data-print]").addEventListener("click", () => print());
