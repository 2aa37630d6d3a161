// Moves the seat map in every frame, as a finger or a wheel would, and says how long the frames took, in milliseconds, and
// in how many of them the map was drawn.
const [move, frames] = MOVE;
const stage = document.querySelector("[data-stage]");
const { left, top, width, height } = stage.getBoundingClientRect();
const at = (x, y) => ({ bubbles: true, cancelable: true, clientX: left + x, clientY: top + y });
const point = (name, x, y) => stage.dispatchEvent(new PointerEvent(name, { ...at(x, y), pointerId: 1, buttons: 1 }));

let drawn = 0;
const picture = CanvasRenderingContext2D.prototype;
const { clearRect } = picture;
picture.clearRect = function (...area) {
  drawn += 1;
  return clearRect.apply(this, area);
};

const moves = {
  still() {},
  /** Round a circle that is as wide as a third of the map. */
  pan(frame) {
    const angle = (frame / 90) * 2 * Math.PI;
    const [x, y] = [width * (0.5 + Math.cos(angle) / 6), height * (0.5 + Math.sin(angle) / 6)];
    point(frame ? "pointermove" : "pointerdown", x, y);
    if (frame === frames) point("pointerup", x, y);
  },
  /** In for a second and out for a second. */
  zoom(frame) {
    const deltaY = frame % 120 < 60 ? -40 : 40;
    stage.dispatchEvent(new WheelEvent("wheel", { ...at(width / 2, height / 2), deltaY, ctrlKey: true }));
  },
};

return new Promise((resolve) => {
  const times = [];
  const step = (now) => {
    times.push(now);
    moves[move](times.length - 1);
    if (times.length <= frames) return requestAnimationFrame(step);
    picture.clearRect = clearRect;
    return resolve([times.slice(1).map((time, index) => time - times[index]), drawn]);
  };
  requestAnimationFrame(step);
});
