// The hall in memory: seats in the order of the show's statuses, which of them can be had, which are chosen. It knows no
// document; whoever shows it hears of changes.

export const FREE = "a";
export const HELD = "r";
/** What the live messages call a status, as its letter. */
export const LETTERS = { available: "a", reserved: "r", booked: "b", unavailable: "u" };
/** Seats of a row further apart than this have an aisle between them, in seat widths. */
const AISLE = 1.5;
/** Seats are looked up in squares of so many seat widths. */
const SQUARE = 4;

export class Hall {
  /** A plan as the shop tells it; nothing is known to be free yet. `own`: labels of the basket's seats, which can be had. */
  constructor(plan, most, own = []) {
    this.plan = plan;
    this.most = most;
    this.seats = [];
    this.rows = [];
    this.chosen = new Set();
    this.listeners = [];
    for (const row of plan.rows) this.addRow(row);
    this.byLabel = new Map(this.seats.map((seat) => [seat.label, seat]));
    this.own = new Set(own.map((label) => this.byLabel.get(label)));
    this.box = boxOf(this.seats);
    this.squares = new Map();
    for (const seat of this.seats) if (seat.category) this.squareAt(seat.x, seat.y, true).push(seat);
  }

  addRow(row) {
    const features = new Map(row.features);
    const seats = row.numbers.map((number, place) => ({
      index: this.seats.length + place,
      label: `${row.row}${number}`,
      row: row.row,
      rowIndex: this.rows.length,
      number,
      x: row.x[place],
      y: row.y,
      category: this.plan.categories[row.categories[place]],
      features: (features.get(place) ?? []).map((feature) => this.plan.features[feature]),
      status: "u",
    }));
    this.seats.push(...seats);
    this.rows.push({ name: row.row, y: row.y, seats: seats.filter((seat) => seat.category) });
  }

  /** `listener(seats)` hears which seats look different from before. */
  listen(listener) {
    this.listeners.push(listener);
  }

  tell(seats) {
    if (seats.length) for (const listener of this.listeners) listener(seats);
  }

  /** A letter a seat. Returns chosen seats that were lost; `null` where the plan is another one. */
  takeAll(statuses) {
    if (statuses.length !== this.seats.length) return null;
    return this.take(this.seats.map((seat) => [seat, statuses[seat.index]]));
  }

  /** Seats and what they are now. Returns chosen seats that were lost. */
  take(changes) {
    const seen = changes.map(([seat, status]) => [seat, this.own.has(seat) ? FREE : status]);
    const changed = seen.filter(([seat, status]) => seat && seat.status !== status);
    const lost = [];
    for (const [seat, status] of changed) {
      seat.status = status;
      if (status !== FREE && this.chosen.delete(seat)) lost.push(seat);
    }
    this.tell(changed.map(([seat]) => seat));
    return lost;
  }

  /** Chooses a free seat or gives it back; says why not: `not-free`, `most`. */
  toggle(seat) {
    if (this.chosen.delete(seat)) {
      this.tell([seat]);
      return undefined;
    }
    if (seat.status !== FREE || !seat.category) return "not-free";
    if (this.chosen.size >= this.most) return "most";
    this.chosen.add(seat);
    this.tell([seat]);
    return undefined;
  }

  /** Chooses exactly these, as far as they can be had. */
  choose(seats) {
    const wanted = seats.filter((seat) => seat?.status === FREE && seat.category).slice(0, this.most);
    const changed = new Set([...this.chosen, ...wanted]);
    this.chosen = new Set(wanted);
    this.tell([...changed]);
  }

  /** What a seat looks like: `c` chosen, or its status; blocked seats look sold. */
  look(seat) {
    if (this.chosen.has(seat)) return "c";
    return seat.status === "u" ? "b" : seat.status;
  }

  chosenInOrder() {
    return [...this.chosen].sort((one, other) => one.index - other.index);
  }

  /** An amount of the plan's currency as text. */
  money(minor) {
    const { exponent, currency } = this.plan;
    return `${(minor / 10 ** exponent).toFixed(exponent)} ${currency}`;
  }

  squareAt(x, y, isMade = false) {
    const key = `${Math.floor(x / SQUARE)}:${Math.floor(y / SQUARE)}`;
    const square = this.squares.get(key) ?? [];
    if (isMade) this.squares.set(key, square);
    return square;
  }

  /** The seats of all squares that a rectangle touches. */
  *within(left, top, right, bottom) {
    for (let y = Math.floor(top / SQUARE); y <= Math.floor(bottom / SQUARE); y += 1) {
      for (let x = Math.floor(left / SQUARE); x <= Math.floor(right / SQUARE); x += 1) {
        yield* this.squares.get(`${x}:${y}`) ?? [];
      }
    }
  }

  /** The seat nearest to a place, not further away than `reach`. */
  at(x, y, reach) {
    const seats = [...this.within(x - reach, y - reach, x + reach, y + reach)];
    const distance = (seat) => Math.hypot(seat.x - x, seat.y - y);
    const near = seats.filter((seat) => distance(seat) <= reach);
    return near.length ? near.reduce((best, seat) => (distance(seat) < distance(best) ? seat : best)) : undefined;
  }
}

export function areBeside(one, other) {
  return one.rowIndex === other.rowIndex && Math.abs(one.index - other.index) === 1 && Math.abs(one.x - other.x) <= AISLE;
}

/** Free seats in place of lost ones: of the same kind, beside what is still chosen if possible, else near. */
export function replacements(hall, lost) {
  const taken = new Set(hall.chosen);
  const found = [];
  for (const gone of lost) {
    const cost = (seat) => {
      const isBeside = taken.size === 0 || [...taken].some((other) => areBeside(seat, other));
      return Math.abs(seat.x - gone.x) + 2 * Math.abs(seat.y - gone.y) + (isBeside ? 0 : 20);
    };
    const fits = (seat) =>
      seat.status === FREE && seat.category === gone.category && !taken.has(seat) && seat.features.length === 0;
    const best = hall.seats.filter(fits).reduce((best, seat) => (best && cost(best) <= cost(seat) ? best : seat), undefined);
    if (!best) return [];
    taken.add(best);
    found.push(best);
  }
  return found;
}

function boxOf(seats) {
  const shown = seats.filter((seat) => seat.category);
  const xs = shown.map((seat) => seat.x);
  const ys = shown.map((seat) => seat.y);
  const least = (values) => values.reduce((one, other) => Math.min(one, other), Infinity);
  const most = (values) => values.reduce((one, other) => Math.max(one, other), -Infinity);
  return { left: least(xs) - 1.8, top: least(ys) - 1.8, right: most(xs) + 0.8, bottom: most(ys) + 0.6 };
}
