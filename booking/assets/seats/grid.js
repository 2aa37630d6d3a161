// The keyboard in the drawn hall: one seat is in the order of Tab, the arrows go to the next seat that can be had, by where
// seats are and not by their names.

import { FREE } from "./model.js";

/** Seats of one line lie no further apart than this in depth. */
const LINE = 0.5;
/** Page up and down go so many lines. */
const PAGE = 5;
const ACROSS = { ArrowLeft: -1, ArrowRight: 1 };
const ALONG = { ArrowUp: -1, ArrowDown: 1, PageUp: -PAGE, PageDown: PAGE };

/** Where a key leads from a seat; `undefined` where it leads nowhere. */
export function nextSeat(hall, seat, key, isWhole = false) {
  const canBeHad = (one) => one.category && (one.status === FREE || hall.chosen.has(one)) && one !== seat;
  const free = hall.seats.filter(canBeHad);
  if (ACROSS[key]) return nearest(free.filter((one) => isOnLine(one, seat) && (one.x - seat.x) * ACROSS[key] > 0), seat);
  if (ALONG[key]) return along(free, seat, ALONG[key]);
  if (key !== "Home" && key !== "End") return undefined;
  const line = isWhole ? free : free.filter((one) => isOnLine(one, seat));
  const side = key === "Home" ? 1 : -1;
  const order = (one) => side * (isWhole ? one.index : one.x);
  const best = line.reduce((best, one) => (best && order(best) <= order(one) ? best : one), undefined);
  return best && order(best) < order(seat) ? best : undefined;
}

function isOnLine(one, seat) {
  return Math.abs(one.y - seat.y) < LINE;
}

function nearest(seats, seat) {
  const distance = (one) => Math.abs(one.x - seat.x);
  return seats.reduce((best, one) => (best && distance(best) <= distance(one) ? best : one), undefined);
}

/** So many lines on, or as many as there are. */
function along(free, seat, lines) {
  const ahead = free.filter((one) => (one.y - seat.y) * Math.sign(lines) >= LINE);
  const depths = [...new Set(ahead.map((one) => one.y))].sort((one, other) => Math.abs(one - seat.y) - Math.abs(other - seat.y));
  const depth = depths[Math.min(Math.abs(lines), depths.length) - 1];
  return nearest(ahead.filter((one) => one.y === depth), seat);
}

/** Listens to the keys. `act(seat)` chooses. */
export function walk(stage, hall, painter, viewport, act) {
  const go = (seat) => {
    viewport.reveal(seat.x, seat.y);
    painter.focus(seat);
  };
  stage.addEventListener("keydown", (event) => {
    const seat = painter.seatOf(event.target);
    if (!seat || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      act(seat);
      return;
    }
    const isOurs = ACROSS[event.key] || ALONG[event.key] || event.key === "Home" || event.key === "End";
    if (!isOurs) return;
    event.preventDefault();
    const next = nextSeat(hall, seat, event.key, event.ctrlKey);
    if (next) go(next);
  });
  stage.addEventListener("focusin", (event) => {
    const seat = painter.seatOf(event.target);
    if (seat) viewport.reveal(seat.x, seat.y);
  });
}
