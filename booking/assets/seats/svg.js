// A hall of up to 2,000 seats as SVG. Each seat is a cell of a grid with its name, so that screen readers and fingers find
// it; the names of rows and the screen are a picture.

import { text } from "/assets/shared/text.js";
import { MARKS, SHAPES, SPECIAL, WHEELCHAIR, svg } from "./shapes.js";

/** Numbers are shown on seats at least so large, pixels. */
const READABLE = 22;

export class SvgPainter {
  constructor(stage, hall, nameOf) {
    Object.assign(this, { hall, nameOf });
    this.cells = new Map();
    this.cursor = svg("path", { class: "cursor", d: "M-.5-.5h1v1h-1z" });
    this.plane = svg("g", {}, ...this.scenery(), ...hall.rows.map((row) => this.row(row)), this.cursor);
    this.root = svg("svg", {
      role: "grid",
      "aria-label": text("hall"),
      "aria-describedby": "map-help",
      "aria-multiselectable": "true",
    }, this.plane);
    stage.append(this.root);
    this.update(hall.seats);
  }

  scenery() {
    const { left, top, right } = this.hall.box;
    const middle = (left + right) / 2;
    const half = Math.min((right - left) / 2, 12);
    const edge = svg("path", { class: "screen", d: `M${middle - half} ${top + 0.6}q${half}-.6 ${2 * half} 0` });
    const words = svg("text", { class: "scenery", x: middle, y: top + 0.85 }, text("screen"));
    const names = this.hall.rows.filter((row) => row.seats.length).map((row) => {
      return svg("text", { class: "scenery", x: Math.min(...row.seats.map((seat) => seat.x)) - 1.1, y: row.y }, row.name);
    });
    const picture = svg("g", { "aria-hidden": "true" }, edge, words, ...names);
    return [picture];
  }

  row(row) {
    return svg("g", { role: "row", "aria-label": text("row", { row: row.name }) }, ...row.seats.map((seat) => this.cell(seat)));
  }

  cell(seat) {
    const isWheelchair = seat.features.some((feature) => feature.word === "wheelchair");
    const shape = svg("path", { class: "shape", d: SHAPES[seat.category.style] });
    const sign = isWheelchair ? svg("path", { class: "sign", d: WHEELCHAIR }) : svg("text", { class: "sign" }, `${seat.number}`);
    const mark = svg("path", { class: "mark" });
    const special = seat.features.length && !isWheelchair ? [svg("path", { class: "special", d: SPECIAL })] : [];
    const place = `translate(${seat.x} ${seat.y})`;
    const names = { role: "gridcell", "data-seat": seat.label, "data-style": seat.category.style, tabindex: -1, transform: place };
    const cell = svg("g", names, shape, sign, mark, ...special);
    this.cells.set(seat, cell);
    return cell;
  }

  update(seats) {
    for (const seat of seats) {
      const cell = this.cells.get(seat);
      if (!cell) continue;
      const look = this.hall.look(seat);
      cell.dataset.look = look;
      cell.setAttribute("aria-label", this.nameOf(seat));
      cell.setAttribute("aria-selected", look === "c");
      cell.setAttribute("aria-disabled", look !== "c" && look !== "a");
      cell.querySelector(".mark").setAttribute("d", MARKS[look] ?? "");
    }
  }

  draw({ left, top, scale }) {
    this.plane.setAttribute("transform", `scale(${scale}) translate(${-left} ${-top})`);
    this.root.classList.toggle("numbered", scale >= READABLE);
  }

  seatOf(element) {
    return this.hall.byLabel.get(element.closest("[data-seat]")?.dataset.seat);
  }

  /** The one seat that Tab leads to. */
  stopAt(seat) {
    this.cells.get(this.stop)?.setAttribute("tabindex", -1);
    this.stop = seat;
    this.cells.get(seat)?.setAttribute("tabindex", 0);
    if (seat) this.cursor.setAttribute("transform", `translate(${seat.x} ${seat.y})`);
  }

  focus(seat) {
    this.stopAt(seat);
    this.cells.get(seat).focus({ preventScroll: true });
  }
}
