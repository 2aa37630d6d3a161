// The checkout: counts down by the server's clock, warns before the time is over, and pays once however often the button
// is pressed.

import { countDown } from "/assets/shared/countdown.js";
import { serverNow } from "/assets/shared/server-time.js";
import { announce, text } from "/assets/shared/text.js";

/** Seconds before the end, and what is said then. */
const WARNINGS = [
  [20, "last-moment"],
  [60, "hurry"],
];

const main = document.querySelector("main");
const form = main.querySelector("form[data-pay]");
const button = form.querySelector("button.large");
const label = button.textContent;
const kept = main.querySelector("[data-kept]");
const countdown = main.querySelector("time[data-countdown]");
const warning = main.querySelector("[data-warning]");
let isPaying = false;

main.querySelector("[data-counting]").hidden = false;
countDown(countdown, () => {
  clearInterval(warnings);
  if (isPaying) return;
  kept.hidden = true;
  main.querySelector("[data-expired]").hidden = false;
  main.querySelector("[data-release]").hidden = true;
  form.hidden = true;
});

function warn() {
  const seconds = (Date.parse(countdown.dateTime) - serverNow()) / 1000;
  const due = WARNINGS.find(([before]) => seconds <= before);
  if (!due || seconds <= 0) return;
  const words = text(due[1]);
  if (warning.textContent === words) return;
  kept.dataset.warns = due[1];
  warning.classList.remove("visually-hidden");
  warning.textContent = words;
}
const warnings = setInterval(warn, 250);
warn();

// Other modules stop the form, or send it later: the button belongs to the last word.
form.addEventListener("submit", (event) => {
  if (isPaying) return event.preventDefault();
  if (event.defaultPrevented) return;
  isPaying = true;
  button.setAttribute("aria-disabled", "true");
  button.textContent = text("paying");
  announce(text("paying"));
});

// Back from a later page, out of the browser's memory: the button works again.
window.addEventListener("pageshow", () => {
  isPaying = false;
  button.removeAttribute("aria-disabled");
  button.textContent = label;
});

main.querySelector("#problem")?.focus();
