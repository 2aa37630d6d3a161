// The checkout: counts down by the server's clock and pays once, however often the button is pressed.

import { countDown } from "/assets/shared/countdown.js";
import { announce, text } from "/assets/shared/text.js";

const main = document.querySelector("main");
const form = main.querySelector("form[data-pay]");
const button = form.querySelector("button.large");
const label = button.textContent;
const kept = main.querySelector("[data-kept]");
let isPaying = false;

main.querySelector("[data-counting]").hidden = false;
// What is said in the last minute is read in the bar itself.
countDown(main.querySelector("time[data-countdown]"), () => {
  if (isPaying) return;
  kept.hidden = true;
  main.querySelector("[data-expired]").hidden = false;
  main.querySelector("[data-release]").hidden = true;
  form.hidden = true;
});

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
