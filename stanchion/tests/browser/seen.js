// What somebody with forced colours would not see of the page: texts and controls in the colour of what they stand on,
// controls and a progress without a border, a focus without a ring.
const problems = [];
const isShown = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 1;
const canvas = getComputedStyle(document.body).backgroundColor;
if (!matchMedia("(forced-colors: active)").matches) problems.push("colours are not forced");
for (const element of document.querySelectorAll("main h1, main h2, main p, main dt, main dd, main a, main button, main summary")) {
  if (!isShown(element) || !element.textContent.trim()) continue;
  const { color } = getComputedStyle(element);
  if (color === canvas) problems.push(`${element.outerHTML.slice(0, 80)} is ${color} on ${canvas}`);
}
for (const element of document.querySelectorAll("main button, main .button, main input:not([type=hidden]), main select, main progress")) {
  const { borderTopWidth, borderTopStyle, borderTopColor, appearance } = getComputedStyle(element);
  const isBare = borderTopStyle === "none" || parseFloat(borderTopWidth) === 0 || borderTopColor === canvas;
  if (isShown(element) && isBare && appearance === "none") problems.push(`${element.outerHTML.slice(0, 80)} has no border`);
}
const focused = document.activeElement;
if (focused === document.body) problems.push("nothing has the focus");
const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(focused);
if (outlineStyle === "none" || parseFloat(outlineWidth) < 2 || outlineColor === canvas) {
  problems.push(`${focused.outerHTML.slice(0, 80)} has the focus without a ring`);
}
return problems;
