// The sandbox's card form. What is entered stays in the browser: the fields have no names, and the form sends the token
// that a test card stands for, as the script of a real payment service would.

import { serverNow } from "/assets/shared/server-time.js";
import { text } from "/assets/shared/text.js";

const form = document.querySelector("form[data-pay]");
const card = form.querySelector("[data-card]");
const tests = form.querySelector("[data-test-cards]");
const [number, expiry, code] = ["number", "expiry", "code"].map((name) => form.querySelector(`#card-${name}`) ?? {});
const ways = [...form.querySelectorAll("input[name='payment_token']")];

const digits = (field) => field.value.replace(/\D/g, "");

/** The check digit of card numbers (ISO/IEC 7812-1). */
function isCardNumber(digitsOfCard) {
  const sum = [...digitsOfCard].reverse().reduce((total, digit, index) => {
    const doubled = index % 2 ? 2 * Number(digit) : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return digitsOfCard.length >= 12 && sum % 10 === 0;
}

function numberProblem() {
  const entered = digits(number);
  if (!entered) return "number-missing";
  if (!isCardNumber(entered)) return "number-wrong";
  return ways.some((way) => way.dataset.number === entered) ? null : "number-real";
}

function expiryProblem() {
  const [, month, year] = expiry.value.trim().match(/^(\d{1,2})\s*\/?\s*(?:20)?(\d{2})$/) ?? [];
  if (!month || Number(month) < 1 || Number(month) > 12) return "expiry-wrong";
  return Date.UTC(2000 + Number(year), Number(month)) > serverNow() ? null : "expiry-past";
}

const checks = [
  [number, numberProblem],
  [expiry, expiryProblem],
  [code, () => (/^\d{3,4}$/.test(code.value.trim()) ? null : "code-wrong")],
];

function tell(field, problem) {
  document.getElementById(field.getAttribute("aria-describedby")).textContent = problem ? text(problem) : "";
  if (problem) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  return !problem;
}

/** Keeps a field readable while it is typed: the caret stays behind the same digit. */
function group(field, pattern) {
  const caret = field.value.slice(0, field.selectionStart).replace(/\D/g, "").length;
  const grouped = pattern(digits(field));
  if (grouped === field.value) return;
  field.value = grouped;
  let position = 0;
  for (let seen = 0; seen < caret && position < grouped.length; position += 1) if (/\d/.test(grouped[position])) seen += 1;
  field.setSelectionRange(position, position);
}

function choose() {
  for (const way of ways) way.checked = way.dataset.number === digits(number);
}

function fill(way) {
  number.value = way.dataset.number.replace(/(\d{4})(?=\d)/g, "$1 ");
  expiry.value ||= `12/${String(new Date(serverNow()).getUTCFullYear() + 3).slice(2)}`;
  code.value ||= "123";
  for (const [field] of checks) tell(field, null);
}

if (card) {
  number.addEventListener("input", () => {
    group(number, (all) => all.slice(0, 19).replace(/(\d{4})(?=\d)/g, "$1 "));
    tell(number, null);
    choose();
  });
  for (const [field, check] of checks) {
    field.addEventListener("blur", () => field.value && tell(field, check()));
  }
  for (const way of ways) way.addEventListener("change", () => fill(way));
  const chosen = ways.find((way) => way.checked);
  if (chosen) fill(chosen);

  form.addEventListener("submit", (event) => {
    const wrong = checks.filter(([field, check]) => !tell(field, check()));
    if (!wrong.length) return choose();
    event.preventDefault();
    if (number.getAttribute("aria-invalid") && numberProblem() === "number-real") tests.open = true;
    wrong[0][0].focus();
  });
}
