// Words come from the page, never from a module, so that a page in another language needs no other module:
// `<template data-text="name">Hello {who}</template>`.

/** The text of that name with its `{gaps}` filled. */
export function text(name, values = {}) {
  const template = document.querySelector(`template[data-text="${name}"]`);
  const words = template?.content.textContent.trim() ?? "";
  return words.replace(/\{(\w+)\}/g, (gap, key) => values[key] ?? gap);
}

/** Tells screen readers, politely, through the page's one live region. */
export function announce(words) {
  const region = document.querySelector("[data-announce]");
  if (region && words && region.textContent !== words) region.textContent = words;
}
