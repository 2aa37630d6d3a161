// The checkout and the bank's question: counts down, and sends an answer once, however often a button is pressed.

import { announce, text } from "/assets/shared/text.js";
import { keepTime } from "./kept.js";

const main = document.querySelector("main");
const form = main.querySelector("form[data-pay]");
const buttons = new Map([...form.querySelectorAll("button")].map((button) => [button, button.textContent]));
let isPaying = false;

keepTime(() => {
  if (isPaying) return false;
  for (const one of main.querySelectorAll("form[data-pay], [data-basket]")) one.hidden = true;
  return true;
});

// Other modules stop the form, or send it later: the button belongs to the last word.
form.addEventListener("submit", (event) => {
  if (isPaying) return event.preventDefault();
  if (event.defaultPrevented) return;
  isPaying = true;
  const pressed = event.submitter ?? form.querySelector("button.large");
  for (const button of buttons.keys()) button.setAttribute("aria-disabled", "true");
  pressed.textContent = text(pressed.dataset.busy ?? "paying");
  announce(pressed.textContent);
});

// Back from a later page, out of the browser's memory: the buttons work again.
window.addEventListener("pageshow", () => {
  isPaying = false;
  for (const [button, words] of buttons) {
    button.removeAttribute("aria-disabled");
    button.textContent = words;
  }
});

main.querySelector("#problem")?.focus();
