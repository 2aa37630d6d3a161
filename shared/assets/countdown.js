// Counts down to the time of a `<time datetime="…">`, by the server's clock. The number itself is in no live region: a
// screen reader hears of some milestones, in the words that `data-milestone` names.

import { serverNow } from "/assets/shared/server-time.js";
import { announce, text } from "/assets/shared/text.js";

const MILESTONES_S = [300, 120, 60, 30];

function shown(seconds) {
  const parts = [Math.floor((seconds % 3600) / 60), seconds % 60];
  if (seconds >= 3600) parts.unshift(Math.floor(seconds / 3600));
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
}

/** Starts counting. `onEnd` is called once, when the time is over; the returned function stops. */
export function countDown(element, onEnd = () => {}) {
  let before = Infinity;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((Date.parse(element.dateTime) - serverNow()) / 1000));
    element.textContent = shown(seconds);
    const passed = MILESTONES_S.find((milestone) => before > milestone && seconds <= milestone);
    if (passed && before !== Infinity) announce(text(element.dataset.milestone, { time: shown(seconds) }));
    before = seconds;
    if (seconds > 0) return;
    clearInterval(timer);
    onEnd();
  };
  const timer = setInterval(tick, 250);
  tick();
  return () => clearInterval(timer);
}
