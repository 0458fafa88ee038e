// All that the hand-over needs to decide without the server; the page that the server made fetches it when its first work is done.
export { carried, carry, opens, remember, shelf, triesLeft, tryLetters } from "./counter-store.js";
export { needs, undone } from "./counter-fold.js";
export { paintKept, paintOrder, paintStop, paintWait } from "./handing-view.js";
export { reach } from "./reach.js";
