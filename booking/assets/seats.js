// The page of a show: the hall as a map and as a list, live, with what was chosen. Reserving stays a plain form.

import { fetchJson } from "/assets/shared/poller.js";
import { announce, text } from "/assets/shared/text.js";
import { CanvasPainter } from "./seats/canvas.js";
import { walk } from "./seats/grid.js";
import { List } from "./seats/list.js";
import { follow } from "./seats/live.js";
import { FREE, Hall, LETTERS, areBeside, replacements } from "./seats/model.js";
import { drawSwatches } from "./seats/shapes.js";
import { SvgPainter } from "./seats/svg.js";
import { Teller } from "./seats/teller.js";
import { Viewport, control } from "./seats/viewport.js";

/** A seat that is smaller on the screen cannot be hit: the map comes nearer first. Pixels, for fingers and for mice. */
const LEAST_TOUCH = 44;
const LEAST_MOUSE = 12;
/** What was found for somebody is shown with its surroundings. */
const READABLE = 26;

const form = document.querySelector("form[data-seats]");
const stage = form.querySelector("[data-stage]");
const button = form.querySelector("[data-reserve]");
const memory = `seats:${form.action}:${form.dataset.own ?? ""}`;
const teller = new Teller(form.querySelector(".basket-bar"));
let isLeaving = false;

drawSwatches(form);
document.querySelector("#notice")?.focus();
const plan = await fetchJson(form.dataset.plan, { cache: "default" });
const hall = new Hall(plan, Number(form.dataset.most), form.dataset.own?.split(" "));

function nameOf(seat, { isChecked = false } = {}) {
  const look = hall.look(seat);
  const category = [seat.category?.name, ...seat.features.map((feature) => feature.name)].join(", ");
  // A checkbox says itself that it is chosen.
  const isFree = look === FREE || (isChecked && look === "c");
  const state = text(isFree && hall.own.has(seat) ? "own" : isFree ? FREE : look);
  return text("seat", { row: seat.row, number: seat.number, category, price: seat.category?.price, state });
}

function labels(seats) {
  return seats.map((seat) => seat.label).join(", ");
}

/** Chooses a seat or gives it back, and says why not. */
function act(seat) {
  const refused = hall.toggle(seat);
  if (!refused) teller.hush();
  else teller.say(text(refused, { most: hall.most, seats: seat.label }));
  if (!refused) announce(`${seat.label}, ${text(hall.look(seat))}`);
}

const painter = new (form.hasAttribute("data-large") ? CanvasPainter : SvgPainter)(stage, hall, nameOf);
const viewport = new Viewport(stage, hall.box, (view) => painter.draw(view), tap);
const list = new List(form.querySelector("[data-list]"), hall, nameOf, act);

/** A tap on the map. What assistive technology presses has no place, but is a seat. */
function tap(x, y, event) {
  const pressed = painter.seatOf(event.target);
  if (event.detail === 0 && pressed) return act(pressed);
  const isTouch = event.pointerType === "touch";
  if (viewport.scale < (isTouch ? LEAST_TOUCH : LEAST_MOUSE)) return viewport.show(x, y, LEAST_TOUCH);
  const seat = hall.at(x, y, isTouch ? 0.9 : 0.6);
  if (!seat) return undefined;
  painter.stopAt(seat);
  return act(seat);
}

function showChosen() {
  const seats = hall.chosenInOrder();
  const name = ["none", "one"][seats.length] ?? "many";
  const total = seats.reduce((sum, seat) => sum + seat.category.amount_minor, 0);
  form.querySelector("[data-chosen-seats]").textContent = text(name, { count: seats.length, seats: labels(seats) });
  form.querySelector("[data-total]").textContent = seats.length ? hall.money(total) : "";
  if (!isLeaving) sessionStorage.setItem(memory, seats.map((seat) => seat.label).join(" "));
}

/** Chosen seats that somebody else has now: says so, and proposes others. */
function tellLost(lost) {
  if (!lost?.length || isLeaving) return;
  const found = replacements(hall, lost);
  const sentence = text(lost.length === 1 ? "lost-one" : "lost-many", { seats: labels(lost) });
  if (!found.length) return teller.say(`${sentence} ${text("no-more")}`);
  const isBeside = found.length === 1 && [...hall.chosen].some((seat) => areBeside(seat, found[0]));
  const name = isBeside ? "beside" : found.length === 1 ? "near-one" : "near-many";
  teller.say(`${sentence} ${text(name, { seats: labels(found) })}`, text("take", { seats: labels(found) }), () => {
    hall.choose([...hall.chosen, ...found]);
    viewport.reveal(found[0].x, found[0].y);
  });
}

function takeAll(statuses) {
  const isFirst = !hall.isKnown;
  const lost = hall.takeAll(statuses);
  // The plan is another one: the page is made anew.
  if (!lost) return location.reload();
  hall.isKnown = true;
  if (isFirst) remember();
  else tellLost(lost);
}

/** What was chosen before: by the shop's word, or else before the page was loaded again, or else what the basket has. */
function remember() {
  const before = form.dataset.chosen || (sessionStorage.getItem(memory) ?? form.dataset.own ?? "");
  const seats = before.split(" ").map((label) => hall.byLabel.get(label)).filter(Boolean);
  hall.choose(seats);
  const wasLeft = sessionStorage.getItem(`${memory}:left`);
  sessionStorage.removeItem(`${memory}:left`);
  if (!form.dataset.chosen && !wasLeft) tellLost(seats.filter((seat) => seat.status !== FREE));
  painter.stopAt(hall.chosenInOrder()[0] ?? hall.seats.find((seat) => seat.status === FREE));
  form.dataset.ready = "";
}

hall.listen((seats) => {
  painter.update(seats);
  list.update(seats);
  if (hall.isKnown) showChosen();
});
walk(stage, hall, painter, viewport, act);
control(viewport, form.querySelector("[data-map]"));
follow(new URL(form.dataset.seats, location.href).pathname, {
  onAll: takeAll,
  onChanges: (changes) => tellLost(hall.take(changes.map(([label, word]) => [hall.byLabel.get(label), LETTERS[word]]))),
  onState: (isLive) => {
    const stale = form.querySelector("[data-offline]");
    if (!isLive && stale.hidden) announce(stale.textContent.trim());
    stale.hidden = isLive;
  },
  onRefused: () => isLeaving || location.reload(),
  isOnlyAsked: form.hasAttribute("data-only-asked"),
});

teller.onLeave = () => (form.dataset.view === "map" && painter.stop ? painter.focus(painter.stop) : button.focus());

form.querySelector(".views").addEventListener("click", (event) => {
  const link = event.target.closest("[data-show]");
  if (!link) return;
  event.preventDefault();
  form.dataset.view = link.dataset.show;
  for (const one of form.querySelectorAll("[data-show]")) {
    if (one === link) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
  viewport.resize();
});

const best = document.querySelector("[data-best]");
best.addEventListener("submit", async (event) => {
  event.preventDefault();
  const wish = new URLSearchParams(new FormData(best));
  if (!wish.get("category")) wish.delete("category");
  try {
    const found = await fetchJson(`${form.dataset.bestSeats}?${wish}`);
    hall.take(found.seats.map((seat) => [hall.byLabel.get(seat.seat), LETTERS[seat.status]]));
    const seats = found.seats.map((seat) => hall.byLabel.get(seat.seat));
    hall.choose(seats);
    const middle = seats[Math.floor(seats.length / 2)];
    viewport.show(middle.x, middle.y, Math.max(READABLE, viewport.scale));
    if (form.dataset.view === "map") stage.scrollIntoView({ block: "center" });
    painter.stopAt(seats[0]);
    const name = seats.length === 1 ? "best-one" : found.adjacent ? "best-together" : "best-apart";
    teller.say(text(name, { seats: labels(seats), count: seats.length }));
  } catch (error) {
    if (error.status === 401 || error.status === 403) location.reload();
    else teller.say(text(error.status === 409 ? "best-none" : "best-failed"));
  }
});

// Whatever is shown, what is chosen is sent.
form.addEventListener("formdata", ({ formData }) => {
  formData.delete("seat");
  for (const seat of hall.chosenInOrder()) formData.append("seat", seat.label);
});
form.addEventListener("submit", (event) => {
  const isExact = form.hasAttribute("data-exact");
  const isWrong = isExact ? hall.chosen.size !== hall.most : hall.chosen.size === 0;
  const reason = isWrong ? (isExact ? "exactly" : "choose-first") : navigator.onLine ? undefined : "offline";
  if (reason || isLeaving) {
    event.preventDefault();
    if (reason) teller.say(text(reason));
    return;
  }
  isLeaving = true;
  sessionStorage.setItem(`${memory}:left`, "1");
  button.setAttribute("aria-disabled", "true");
  button.textContent = text("reserving");
});
// Who keeps what they have begins with that the next time.
document.querySelector("[data-keep]")?.addEventListener("click", () => {
  isLeaving = true;
  sessionStorage.removeItem(memory);
});
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
