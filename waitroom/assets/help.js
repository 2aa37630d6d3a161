// Shows the page behind a link within this one, and sends its forms without leaving: the server renders the answer. While
// a code for another device is shown, asks whether it has been used.

import { fetchJson } from "/assets/shared/poller.js";
import { announce } from "/assets/shared/text.js";

const LOOK_MS = 3_000;
/** As long as a code is good. */
const LOOKS = 100;

/** Puts the page's help in the place of the link. */
export async function unfold(link) {
  const region = document.createElement("div");
  region.append(...(await body(link.href)).childNodes);
  region.addEventListener("submit", (event) => send(event, region, link.href));
  const from = link.closest("[data-when]") ?? link;
  region.dataset.when = from.dataset.when;
  region.hidden = from.hidden;
  from.replaceWith(region);
  focus(region.querySelector("h2"));
}

async function send(event, region, page) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  region.querySelector("[data-failed]").hidden = true;
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await body(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    region.replaceChildren(...answer.childNodes);
    focus(region.querySelector("[data-result]") ?? region.querySelector("h2"));
    const made = region.querySelector("[data-made]");
    if (made) watch(made, region, page).catch(() => {});
  } catch {
    button.removeAttribute("aria-busy");
    region.querySelector("[data-failed]").hidden = false;
  }
}

/** Says so when the place has been opened with the code that is shown, and takes the code away. */
async function watch(made, region, page) {
  const moves = `/v1/drops/${document.querySelector("main").dataset.drop}/places/me/moves`;
  for (let look = 0; look < LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (!made.isConnected) return;
    const { opened_elsewhere_at: opened } = await fetchJson(moves).catch(() => ({}));
    if (!opened || opened === made.dataset.opened) continue;
    const isHere = region.contains(document.activeElement);
    region.replaceChildren(...(await body(page)).childNodes);
    const notice = region.querySelector("[data-elsewhere]");
    announce(notice.textContent);
    if (isHere) focus(notice);
    return;
  }
}

/** What the answer has to show; an answer of another kind is a failure. */
async function body(url, options) {
  const response = await fetch(url, { ...options, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = page.querySelector("[data-help-body]");
  if (!found) throw new Error(`${url} answered ${response.status}`);
  return document.adoptNode(found);
}

function focus(element) {
  if (!element.matches("input")) element.tabIndex = -1;
  element.focus();
}
