// Words come from the page, never from a module, so that a page in another language needs no other module:
// `<template data-text="name">Hello {who}</template>`.

/** The page's language, as `Intl` takes it: digits are those that the server writes. */
export const locale = `${document.documentElement.lang}-u-nu-latn`;

/** The text of that name with its `{gaps}` filled. */
export function text(name, values = {}) {
  const template = document.querySelector(`template[data-text="${name}"]`);
  const words = template?.content.textContent.trim() ?? "";
  return words.replace(/\{(\w+)\}/g, (gap, key) => values[key] ?? gap);
}

function say(selector, words) {
  const region = document.querySelector(selector);
  if (region && words && region.textContent !== words) region.textContent = words;
}

/** Tells screen readers, politely, through the page's one live region. */
export const announce = (words) => say("[data-announce]", words);

/** Tells screen readers at once, where the page has a region for it: what is lost when it is heard later. */
export const alarm = (words) => say(document.querySelector("[data-alarm]") ? "[data-alarm]" : "[data-announce]", words);
