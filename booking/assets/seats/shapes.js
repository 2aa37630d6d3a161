// What seats look like, in seat widths around their middle. Each category has a shape of its own and each state a mark, so
// that nothing depends on colour. The drawn map, the canvas and the legend share them.

/** By a category's style, from 1. */
export const SHAPES = {
  1: "M-.42-.3q0-.12.12-.12h.6q.12 0 .12.12v.6q0 .12-.12.12h-.6q-.12 0-.12-.12z",
  2: "M-.42.42V0a.42.42 0 0 1 .84 0v.42z",
  3: "M-.18-.44h.36l.26.26v.36l-.26.26h-.36l-.26-.26v-.36z",
  4: "M0-.47.47 0 0 .47-.47 0z",
};

/** By a seat's look: chosen, held in a basket, sold. Drawn as strokes. */
export const MARKS = {
  c: "M-.2.02-.06.17.22-.17",
  r: "M-.17 0h.01M0 0h.01M.17 0h.01",
  b: "M-.15-.15.15.15M.15-.15-.15.15",
};

export const WHEELCHAIR = "M-.05-.28h.01M-.05-.16V.04h.2l.1.2M-.12-.02a.17.17 0 1 0 .2.2";
/** Something else is special about the seat. */
export const SPECIAL = "M.27-.27h.01";

const SWATCHES = { chosen: [1, "c"], held: [1, "r"], taken: [1, "b"], wheelchair: [1, "a", "sign", WHEELCHAIR], special: [1, "a", "special", SPECIAL] };

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Draws the legend's swatches. */
export function drawSwatches(root) {
  for (const swatch of root.querySelectorAll("[data-swatch]")) {
    const [style, look, name = "mark", d = MARKS[look]] = SWATCHES[swatch.dataset.swatch] ?? [swatch.dataset.swatch, "a"];
    swatch.dataset.style = style;
    swatch.dataset.look = look;
    const mark = d ? [svg("path", { class: name, d })] : [];
    swatch.replaceChildren(svg("path", { class: "shape", d: SHAPES[style] }), ...mark);
  }
}
