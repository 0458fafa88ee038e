// Every manager page: dials keep time by the server's clock, the theme can be chosen.
import { setServerTime, start } from "./dials.js";
import { listen } from "./theme.js";

setServerTime(document.body.dataset.now);
listen();
start();
