// The seat map: statuses every two seconds, the sum of what is chosen, arrow keys. Reserving stays a plain form.

import { fetchJson, poll } from "/assets/shared/poller.js";
import { announce, text } from "/assets/shared/text.js";

const EVERY_MS = 2_000;
const FREE = "a";

const form = document.querySelector("form[data-seats]");
const rows = [...form.querySelectorAll(".seat-row")].map((row) => [...row.querySelectorAll("input")]);
const seats = rows.flat();
const button = form.querySelector("[data-reserve]");
const label = button.textContent;
const exponent = Number(form.dataset.exponent);

const chosen = () => seats.filter((seat) => seat.checked);

function showChosen() {
  const labels = chosen().map((seat) => seat.value);
  const name = ["none", "one"][labels.length] ?? "many";
  const minor = chosen().reduce((sum, seat) => sum + Number(seat.dataset.minor), 0);
  const total = `${(minor / 10 ** exponent).toFixed(exponent)} ${form.dataset.currency}`;
  form.querySelector("[data-chosen]").textContent = text(name, { count: labels.length, seats: labels.join(", ") });
  form.querySelector("[data-total]").textContent = labels.length ? total : "";
}

/** Takes over the statuses: a letter a seat, in the order of the page. */
function take(statuses) {
  if (statuses.length !== seats.length) return location.reload();
  const lost = [];
  seats.forEach((seat, index) => {
    const isFree = statuses[index] === FREE;
    if (seat.disabled === !isFree) return;
    if (seat.checked && !isFree) lost.push(seat.value);
    seat.checked &&= isFree;
    seat.disabled = !isFree;
    const name = seat.getAttribute("aria-label").replace(/[^,]*$/, ` ${text(isFree ? "available" : "taken")}`);
    seat.setAttribute("aria-label", name);
  });
  if (lost.length) announce(text("lost", { seats: lost.join(", ") }));
  showChosen();
}

async function look() {
  const { statuses } = await fetchJson(form.dataset.seats);
  form.querySelector("[data-offline]").hidden = true;
  take(statuses);
  return EVERY_MS;
}

/** Arrow keys go from seat to seat; Tab leaves the hall. */
function walk(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step || !seats.includes(event.target)) return;
  event.preventDefault();
  const next = step[0] ? across(event.target, step[0]) : along(event.target, step[1]);
  if (next) focusOn(next);
}

function along(seat, step) {
  const row = rows.find((row) => row.includes(seat));
  for (let index = row.indexOf(seat) + step; row[index]; index += step) {
    if (!row[index].disabled) return row[index];
  }
}

function across(seat, step) {
  const middle = (one) => one.getBoundingClientRect().x;
  const distance = (one) => Math.abs(middle(one) - middle(seat));
  for (let index = rows.findIndex((row) => row.includes(seat)) + step; rows[index]; index += step) {
    const free = rows[index].filter((one) => !one.disabled);
    if (free.length) return free.reduce((best, one) => (distance(one) < distance(best) ? one : best));
  }
}

/** One seat at a time is in the order of Tab. */
function focusOn(seat) {
  for (const one of seats) one.tabIndex = one === seat ? 0 : -1;
  seat.focus();
  seat.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const hall = form.querySelector(".hall");
hall.scrollLeft = (hall.scrollWidth - hall.clientWidth) / 2;
form.addEventListener("change", showChosen);
form.addEventListener("keydown", walk);
form.addEventListener("submit", () => {
  button.setAttribute("aria-disabled", "true");
  button.textContent = text("reserving");
});
window.addEventListener("pageshow", () => {
  button.removeAttribute("aria-disabled");
  button.textContent = label;
  showChosen();
});
document.querySelector("#notice")?.focus();
poll(look, (error) => {
  // The turn is over: the page says what to do.
  if (error.status === 401 || error.status === 403) return location.reload();
  form.querySelector("[data-offline]").hidden = false;
});
