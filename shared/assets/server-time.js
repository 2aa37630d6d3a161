// The server's time in the browser, whatever the device's clock says: the page carries the time at which it was made
// (`<main data-now>`), and the browser's monotonic clock counts on from the moment the page arrived.

const main = document.querySelector("main[data-now]");
const arrived = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
let base = main ? Date.parse(main.dataset.now) - arrived : Date.now() - performance.now();

/** Milliseconds since 1970, as the server counts them. */
export function serverNow() {
  return base + performance.now();
}

/** Corrects the time by an answer that has just arrived and carries the server's. */
export function learnServerTime(rfc3339) {
  const told = Date.parse(rfc3339);
  if (Number.isFinite(told)) base = Math.max(base, told - performance.now());
}
