// The hall as a list: the same checkboxes that the page has without script. Of a large hall the rows are made when they
// are opened.

import { text } from "/assets/shared/text.js";
import { FREE, HELD } from "./model.js";

export class List {
  /** `act(seat)` chooses a seat or gives it back. */
  constructor(root, hall, nameOf, act) {
    Object.assign(this, { root, hall, nameOf });
    this.boxes = new Map();
    this.summaries = new Map();
    for (const box of root.querySelectorAll("input[name='seat']")) this.boxes.set(hall.byLabel.get(box.value), box);
    const rows = root.querySelector("[data-rows]");
    if (rows) rows.append(...hall.rows.filter((row) => row.seats.length).map((row) => this.folded(row)));
    root.addEventListener("change", (event) => {
      const seat = hall.byLabel.get(event.target.value);
      if (!seat) return;
      act(seat);
      event.target.checked = hall.chosen.has(seat);
    });
    this.update(hall.seats);
  }

  folded(row) {
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    details.append(summary);
    details.addEventListener("toggle", () => details.open && this.unfold(details, row), { once: true });
    this.summaries.set(row, summary);
    return details;
  }

  unfold(details, row) {
    const seats = document.createElement("div");
    seats.className = "row-seats";
    seats.setAttribute("role", "group");
    seats.setAttribute("aria-label", text("row", { row: row.name }));
    let before;
    for (const seat of row.seats) {
      if (before && seat.x - before.x > 1.5) seats.append(Object.assign(document.createElement("span"), { className: "gap" }));
      seats.append(this.box(seat));
      before = seat;
    }
    details.append(seats);
    this.update(row.seats);
  }

  box(seat) {
    const label = document.createElement("label");
    label.className = `seat price-${seat.category.style}`;
    const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "seat", value: seat.label });
    const number = document.createElement("span");
    number.setAttribute("aria-hidden", "true");
    number.textContent = `${seat.number}${seat.features.length ? "*" : ""}`;
    label.append(box, number);
    this.boxes.set(seat, box);
    return label;
  }

  update(seats) {
    const rows = new Set();
    for (const seat of seats) {
      const box = this.boxes.get(seat);
      if (box) {
        box.checked = this.hall.chosen.has(seat);
        box.disabled = seat.status !== FREE && !box.checked;
        box.setAttribute("aria-label", this.nameOf(seat, { isChecked: true }));
        box.parentElement.classList.toggle("held", seat.status === HELD);
      }
      rows.add(this.hall.rows[seat.rowIndex]);
    }
    for (const row of rows) this.sum(row);
  }

  sum(row) {
    const summary = this.summaries.get(row);
    if (!summary) return;
    const free = row.seats.filter((seat) => seat.status === FREE);
    const cheapest = free.reduce((best, { category }) => (best && best.amount_minor <= category.amount_minor ? best : category), undefined);
    const values = { row: row.name, free: free.length, count: row.seats.length, price: cheapest?.price };
    summary.textContent = text(free.length ? "row-summary" : "row-full", values);
  }
}
