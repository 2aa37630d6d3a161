// Seats that are kept for a while: counts down by the server's clock, and says when the time is over.

import { countDown } from "/assets/shared/countdown.js";

/** Starts counting what the page says of the time. `onEnd` is called when it is over, and says whether that is told. */
export function keepTime(onEnd) {
  const main = document.querySelector("main");
  main.querySelector("[data-counting]").hidden = false;
  // What is said in the last minute is read in the bar itself.
  countDown(main.querySelector("time[data-countdown]"), () => {
    if (!onEnd()) return;
    main.querySelector("[data-kept]").hidden = true;
    main.querySelector("[data-expired]").hidden = false;
  });
}
