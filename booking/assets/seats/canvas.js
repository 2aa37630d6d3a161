// A hall of more than 2,000 seats on a canvas. Seats are copied from small pictures, one a category and look; of a part of
// the hall with too many of them for a frame, a picture of the whole hall is copied, in which single seats are replaced.
// The keyboard and screen readers go through a grid of which only the present row exists.

import { text } from "/assets/shared/text.js";
import { MARKS, SHAPES, SPECIAL, WHEELCHAIR } from "./shapes.js";

const READABLE = 26;
/** More seats than this are not copied one by one in a frame. */
const MOST_COPIES = 1_500;
/** The picture of the whole hall is no larger, pixels, and has no larger seats. */
const MOST_PICTURE = 4_096;
const MOST_SEAT = 20;
const LOOKS = ["a", "c", "r", "b"];

export class CanvasPainter {
  constructor(stage, hall, nameOf) {
    Object.assign(this, { stage, hall, nameOf });
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.context = this.canvas.getContext("2d");
    this.grid = document.createElement("div");
    this.grid.className = "row-of-cells";
    this.cells = new Map();
    for (const [name, value] of [
      ["role", "grid"],
      ["aria-label", text("hall")],
      ["aria-describedby", "map-help"],
      ["aria-multiselectable", "true"],
      ["aria-rowcount", hall.rows.length],
    ]) this.grid.setAttribute(name, value);
    stage.append(this.canvas, this.grid);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => this.paintAnew());
    }
    this.grid.addEventListener("focusin", () => this.draw(this.view));
    this.grid.addEventListener("focusout", () => this.draw(this.view));
    this.paintAnew();
  }

  /** Everything again, in the colours of the moment. */
  paintAnew() {
    const style = getComputedStyle(this.stage);
    this.colour = (name) => style.getPropertyValue(name).trim();
    this.sprites = new Map();
    this.levels = undefined;
    if (this.view) this.draw(this.view);
  }

  /** A seat's picture, so many pixels large. */
  sprite(style, look, sign, size) {
    const key = `${style}${look}${sign}${size}`;
    const known = this.sprites.get(key);
    if (known) return known;
    const picture = new OffscreenCanvas(size, size);
    const context = picture.getContext("2d");
    context.setTransform(size, 0, 0, size, size / 2, size / 2);
    context.lineCap = "round";
    context.fillStyle = this.colour(`--seat-${look}-fill`) || "Canvas";
    context.strokeStyle = this.colour(look === "a" ? `--seat-${style}-edge` : `--seat-${look}-edge`) || "CanvasText";
    if (look === "a") context.fillStyle = this.colour(`--seat-${style}-fill`) || "Canvas";
    const shape = new Path2D(SHAPES[style]);
    context.fill(shape);
    context.lineWidth = 0.07;
    if (look === "r") context.setLineDash([0.12, 0.12]);
    context.stroke(shape);
    context.setLineDash([]);
    context.strokeStyle = this.colour(`--seat-${look}-ink`) || "CanvasText";
    context.lineWidth = look === "r" ? 0.12 : 0.09;
    if (MARKS[look]) context.stroke(new Path2D(MARKS[look]));
    else if (sign === "w") context.stroke(new Path2D(WHEELCHAIR));
    context.lineWidth = 0.16;
    if (sign === "s") context.stroke(new Path2D(SPECIAL));
    if (this.sprites.size > 400) this.sprites.clear();
    this.sprites.set(key, picture);
    return picture;
  }

  copy(context, seat, x, y, size, kept = size) {
    const isWheelchair = seat.features.some((feature) => feature.word === "wheelchair");
    const sign = isWheelchair ? "w" : seat.features.length ? "s" : "";
    const sprite = this.sprite(seat.category.style, this.hall.look(seat), sign, Math.max(2, Math.ceil(kept)));
    context.drawImage(sprite, x - size / 2, y - size / 2, size, size);
  }

  /** The whole hall, with all seats as they are, in some sizes: each half as large as the one before. */
  wholeHall() {
    const { left, top, right, bottom } = this.hall.box;
    const least = Math.min(MOST_SEAT, MOST_PICTURE / (right - left), MOST_PICTURE / (bottom - top));
    this.levels = [];
    for (let size = Math.max(1, Math.floor(least / 4) * 4); size >= 1 && this.levels.length < 4; size /= 2) {
      const picture = new OffscreenCanvas(Math.ceil((right - left) * size), Math.ceil((bottom - top) * size));
      this.levels.push({ picture, size, context: picture.getContext("2d") });
    }
    for (const seat of this.hall.seats) if (seat.category) this.replace(seat, this.levels.slice(0, 1));
    this.levels.slice(1).forEach(({ picture, context }, before) => {
      context.drawImage(this.levels[before].picture, 0, 0, picture.width, picture.height);
    });
  }

  replace(seat, levels = this.levels) {
    levels.forEach(({ context, size }, level) => {
      const [x, y] = [(seat.x - this.hall.box.left) * size, (seat.y - this.hall.box.top) * size];
      context.clearRect(x - size / 2, y - size / 2, size, size);
      if (level === 0) return this.copy(context, seat, x, y, size);
      const from = levels[level - 1];
      return context.drawImage(from.picture, 2 * x - size, 2 * y - size, 2 * size, 2 * size, x - size / 2, y - size / 2, size, size);
    });
  }

  update(seats) {
    for (const seat of seats) {
      if (this.levels && seat.category) this.replace(seat);
      this.rename(seat);
    }
    if (seats.length && this.view) this.later();
  }

  later() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw(this.view);
    });
  }

  draw(view) {
    this.view = view;
    if (!view?.width) return;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const { context } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scale = view.scale * ratio;
    const size = { scale, left: view.left, top: view.top, right: view.left + view.width / view.scale, bottom: view.top + view.height / view.scale };
    const isCrowded = (size.right - size.left) * (size.bottom - size.top) > MOST_COPIES * 1.5;
    const seats = isCrowded ? [] : [...this.hall.within(size.left - 1, size.top - 1, size.right + 1, size.bottom + 1)];
    if (isCrowded || seats.length > MOST_COPIES) this.drawPicture(size);
    else this.drawSeats(seats, size);
    this.drawScenery(size);
  }

  drawPicture({ scale, left, top, right, bottom }) {
    if (!this.levels) this.wholeHall();
    const { picture, size } = this.levels.findLast((level) => level.size >= scale * 0.8) ?? this.levels[0];
    const { box } = this.hall;
    const [x, y, width, height] = [(left - box.left) * size, (top - box.top) * size, (right - left) * size, (bottom - top) * size];
    this.context.drawImage(picture, x, y, width, height, 0, 0, (right - left) * scale, (bottom - top) * scale);
  }

  drawSeats(seats, { scale, left, top }) {
    const { context } = this;
    // While the scale changes with every frame, pictures of some sizes are stretched instead of drawn for each.
    const kept = 2 ** (Math.ceil(Math.log2(scale) * 4) / 4);
    for (const seat of seats) this.copy(context, seat, (seat.x - left) * scale, (seat.y - top) * scale, scale, kept);
    if (scale < READABLE * (devicePixelRatio || 1)) return;
    context.font = `${Math.round(scale * 0.34)}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.colour("--seat-a-ink") || "CanvasText";
    for (const seat of seats) {
      const isSigned = this.hall.look(seat) === "a" && !seat.features.some((feature) => feature.word === "wheelchair");
      if (isSigned) context.fillText(seat.number, (seat.x - left) * scale, (seat.y - top) * scale);
    }
  }

  drawScenery({ scale, left, top, right }) {
    const { context, hall } = this;
    const at = (x, y) => [(x - left) * scale, (y - top) * scale];
    const middle = (hall.box.left + hall.box.right) / 2;
    context.fillStyle = this.colour("--seat-scenery") || "CanvasText";
    context.textAlign = "center";
    context.textBaseline = "middle";
    const points = Math.max(11, Math.min(scale * 0.45, 18)) * (devicePixelRatio || 1);
    context.font = `600 ${points}px system-ui, sans-serif`;
    const [screenX, screenY] = at(middle, hall.rows.reduce((least, row) => Math.min(least, row.y), Infinity) - 0.8);
    context.fillText(text("screen"), screenX, screenY - points);
    if (scale * 1.4 > points) {
      for (const row of hall.rows) {
        if (!row.seats.length) continue;
        const x = Math.max(row.seats[0].x - 1.2, Math.min(left + 0.7, right));
        if (x < row.seats[0].x - 0.6) context.fillText(row.name, ...at(x, row.y));
      }
    }
    if (!this.stop || !this.grid.contains(document.activeElement)) return;
    const [x, y] = at(this.stop.x, this.stop.y);
    context.strokeStyle = this.colour("--seat-cursor") || "Highlight";
    context.lineWidth = 3 * (devicePixelRatio || 1);
    context.strokeRect(x - scale / 2, y - scale / 2, scale, scale);
  }

  seatOf(element) {
    return this.hall.byLabel.get(element.closest("[data-seat]")?.dataset.seat);
  }

  rename(seat) {
    const cell = this.cells.get(seat);
    if (!cell) return;
    const look = this.hall.look(seat);
    cell.setAttribute("aria-label", this.nameOf(seat));
    cell.setAttribute("aria-selected", look === "c");
    cell.setAttribute("aria-disabled", look !== "c" && look !== "a");
  }

  /** Makes the row of a seat, which is the one that Tab leads to. */
  stopAt(seat) {
    if (!seat) return;
    if (seat.rowIndex !== this.stop?.rowIndex) this.makeRow(seat.rowIndex);
    this.cells.get(this.stop)?.setAttribute("tabindex", -1);
    this.stop = seat;
    this.cells.get(seat)?.setAttribute("tabindex", 0);
  }

  makeRow(rowIndex) {
    const row = document.createElement("div");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", rowIndex + 1);
    for (const cell of this.cells.values()) cell.tabIndex = -1;
    this.cells.clear();
    this.hall.rows[rowIndex].seats.forEach((seat, place) => {
      const cell = document.createElement("div");
      cell.setAttribute("role", "gridcell");
      cell.setAttribute("aria-colindex", place + 1);
      cell.dataset.seat = seat.label;
      cell.tabIndex = -1;
      this.cells.set(seat, cell);
      this.rename(seat);
      row.append(cell);
    });
    const before = this.row;
    this.row = row;
    this.grid.append(row);
    // The row that has the focus stays until the focus has moved on.
    requestAnimationFrame(() => before?.remove());
  }

  focus(seat) {
    this.stopAt(seat);
    this.cells.get(seat).focus({ preventScroll: true });
    this.later();
  }
}
