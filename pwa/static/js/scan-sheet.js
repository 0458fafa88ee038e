import "./handheld.js";
// The set-up sheet goes to the printer as it stands; the sheet of styles leaves out what paper does not need.

document.querySelector("[data-print]").addEventListener("click", () => print());
