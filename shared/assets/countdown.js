// Counts down to the time of a `<time datetime="…">`, by the server's clock. The number itself is in no live region: a
// screen reader hears of some milestones, in the words that `data-milestone` names, of the last two at once.

import { serverNow } from "/assets/shared/server-time.js";
import { alarm, announce, locale, text } from "/assets/shared/text.js";

const MILESTONES_S = [300, 120, 60, 20];
/** From here on it is a warning: the element has `data-warning`, and an event `warning` tells each. */
const WARNING_S = 60;

function shown(seconds) {
  const parts = [Math.floor((seconds % 3600) / 60), seconds % 60];
  if (seconds >= 3600) parts.unshift(Math.floor(seconds / 3600));
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
}

function spoken(seconds) {
  const [unit, count] = seconds < 60 ? ["second", seconds] : ["minute", Math.round(seconds / 60)];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

function tell(element, seconds) {
  const isWarning = seconds <= WARNING_S;
  const words = text(element.dataset.milestone, { time: spoken(seconds) });
  if (!isWarning) return announce(words);
  alarm(words);
  element.dispatchEvent(new CustomEvent("warning", { bubbles: true, detail: words }));
}

/** Starts counting. `onEnd` is called once, when the time is over; the returned function stops. */
export function countDown(element, onEnd = () => {}) {
  let before = Infinity;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((Date.parse(element.dateTime) - serverNow()) / 1000));
    element.textContent = shown(seconds);
    element.toggleAttribute("data-warning", seconds <= WARNING_S);
    const passed = MILESTONES_S.some((milestone) => before > milestone && seconds <= milestone);
    // What begins is read on the page itself, unless it is nearly over.
    if (passed && (before < Infinity || seconds <= WARNING_S) && seconds > 0) tell(element, seconds);
    before = seconds;
    if (seconds > 0) return;
    clearInterval(timer);
    onEnd();
  };
  const timer = setInterval(tick, 250);
  tick();
  return () => clearInterval(timer);
}
