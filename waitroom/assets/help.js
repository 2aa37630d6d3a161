// Shows the page behind a link within this one, and sends its forms without leaving: the server renders the answer.

/** Puts the page's help in the place of the link. */
export async function unfold(link) {
  const region = document.createElement("div");
  region.append(...(await body(link.href)).childNodes);
  region.addEventListener("submit", (event) => send(event, region));
  const from = link.closest("[data-when]") ?? link;
  region.dataset.when = from.dataset.when;
  region.hidden = from.hidden;
  from.replaceWith(region);
  focus(region.querySelector("h2"));
}

async function send(event, region) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  region.querySelector("[data-failed]").hidden = true;
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await body(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    region.replaceChildren(...answer.childNodes);
    focus(region.querySelector("[data-result]") ?? region.querySelector("h2"));
  } catch {
    button.removeAttribute("aria-busy");
    region.querySelector("[data-failed]").hidden = false;
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
