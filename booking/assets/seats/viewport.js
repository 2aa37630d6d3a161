// Which part of the hall is seen, and how large: by wheel, pinch, drag, keys and buttons. A place of the hall is shown at
// `(place - left) * scale`. It draws nothing; `onMove` is told, at most once a frame.

const MOST_SCALE = 72;
/** Larger than this a hall is not shown at first, pixels a seat. */
const FIT_SCALE = 46;
/** A finger or mouse that moves further drags, pixels. */
const SLACK = 8;
const STEP = 1.5;
/** Around the hall there is so much room, pixels. */
const ROOM = 18;

export class Viewport {
  /** `box` is the hall's, in seat widths; `onTap(x, y, event)` hears of places of the hall. */
  constructor(stage, box, onMove, onTap) {
    Object.assign(this, { stage, box, onMove, onTap });
    this.pointers = new Map();
    this.isFitted = true;
    this.resize();
    new ResizeObserver(() => this.resize()).observe(stage);
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => this.up(event));
    stage.addEventListener("click", (event) => this.click(event));
  }

  get fitScale() {
    const { left, top, right, bottom } = this.box;
    const [width, height] = [this.width - 2 * ROOM, this.height - 2 * ROOM];
    return Math.max(1, Math.min(width / (right - left), height / (bottom - top), FIT_SCALE));
  }

  resize() {
    const { width, height } = this.stage.getBoundingClientRect();
    if (!width || !height || (width === this.width && height === this.height)) return;
    const middle = this.scale ? this.place(this.width / 2, this.height / 2) : undefined;
    Object.assign(this, { width, height });
    if (this.isFitted || !middle) return this.fit();
    this.show(middle.x, middle.y, this.scale);
  }

  /** The whole hall. */
  fit() {
    const { left, top, right, bottom } = this.box;
    this.show((left + right) / 2, (top + bottom) / 2, this.fitScale);
    this.isFitted = true;
  }

  /** A place of the hall in the middle. */
  show(x, y, scale) {
    this.scale = Math.min(Math.max(scale, this.fitScale), Math.max(MOST_SCALE, this.fitScale));
    this.left = x - this.width / 2 / this.scale;
    this.top = y - this.height / 2 / this.scale;
    this.moved();
  }

  /** Zooms, with what is at this pixel staying there. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const { x, y } = this.place(px, py);
    const scale = Math.min(Math.max(this.scale * factor, this.fitScale), Math.max(MOST_SCALE, this.fitScale));
    this.show(x + (this.width / 2 - px) / scale, y + (this.height / 2 - py) / scale, scale);
    if (scale <= this.fitScale) this.fit();
  }

  pan(dx, dy) {
    this.left -= dx / this.scale;
    this.top -= dy / this.scale;
    this.moved();
  }

  /** Brings a place into view, with room around it. */
  reveal(x, y, leastScale = 0) {
    const margin = 2;
    const isSeen =
      x > this.left + margin && x < this.left + this.width / this.scale - margin &&
      y > this.top + margin && y < this.top + this.height / this.scale - margin;
    if (this.scale < leastScale) this.show(x, y, leastScale);
    else if (!isSeen && this.scale > this.fitScale) this.show(x, y, this.scale);
  }

  place(px, py) {
    return { x: this.left + px / this.scale, y: this.top + py / this.scale };
  }

  /** The hall never leaves the picture: its middle part stays. */
  moved() {
    const room = ROOM / this.scale;
    const [left, top, right, bottom] = [this.box.left - room, this.box.top - room, this.box.right + room, this.box.bottom + room];
    const keep = (value, low, high, size) =>
      high - low <= size ? (low + high - size) / 2 : Math.min(Math.max(value, low), high - size);
    this.left = keep(this.left, left, right, this.width / this.scale);
    this.top = keep(this.top, top, bottom, this.height / this.scale);
    this.isFitted = this.scale <= this.fitScale;
    // The page scrolls under the finger as long as there is nothing to drag.
    this.stage.style.touchAction = this.isFitted ? "pan-y" : "none";
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = undefined;
      this.onMove(this);
    });
  }

  pixel(event) {
    const { left, top } = this.stage.getBoundingClientRect();
    return { px: event.clientX - left, py: event.clientY - top };
  }

  wheel(event) {
    const factor = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015));
    if (factor < 1 && this.isFitted && !event.ctrlKey) return;
    event.preventDefault();
    const { px, py } = this.pixel(event);
    this.zoom(factor, px, py);
  }

  down(event) {
    if (event.button) return;
    if (this.pointers.size === 0) this.wasDragged = false;
    this.pointers.set(event.pointerId, { ...this.pixel(event), from: this.pixel(event) });
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.pixel(event);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, pointer]) => pointer);
    const isFar = Math.hypot(now.px - before.from.px, now.py - before.from.py) > SLACK;
    if (isFar && !this.wasDragged) this.stage.setPointerCapture(event.pointerId);
    this.wasDragged ||= isFar || others.length > 0;
    if (!this.wasDragged) return;
    if (others.length) {
      const spread = (one) => Math.max(1, Math.hypot(one.px - others[0].px, one.py - others[0].py));
      this.zoom(spread(now) / spread(before), (now.px + others[0].px) / 2, (now.py + others[0].py) / 2);
    }
    this.pan((now.px - before.px) / (1 + others.length), (now.py - before.py) / (1 + others.length));
    this.pointers.set(event.pointerId, { ...now, from: before.from });
  }

  up(event) {
    this.pointers.delete(event.pointerId);
  }

  click(event) {
    const wasDragged = this.wasDragged;
    this.wasDragged = false;
    if (wasDragged) return;
    const { px, py } = this.pixel(event);
    const { x, y } = this.place(px, py);
    this.onTap(x, y, event);
  }
}

/** The zoom buttons and keys. */
export function control(viewport, map) {
  const acts = { in: () => viewport.zoom(STEP), out: () => viewport.zoom(1 / STEP), fit: () => viewport.fit() };
  for (const button of map.querySelectorAll("[data-zoom]")) button.addEventListener("click", acts[button.dataset.zoom]);
  const keys = { "+": "in", "=": "in", "-": "out", 0: "fit" };
  const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  map.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = event.shiftKey && moves[event.key];
    if (move) viewport.pan(move[0] * 80, move[1] * 80);
    else if (keys[event.key]) acts[keys[event.key]]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
