// A ticket at the entrance: kept on the device so that it opens without a network, and with the screen kept on where its
// holder asks for that. A ticket that does not let in any more is taken off the device.

import { text } from "/assets/shared/text.js";

const CACHE = "tickets-1";
const main = document.querySelector("main[data-ticket]");
const state = main.querySelector("[data-offline-state]");
const button = main.querySelector("[data-awake]");
const page = location.pathname;

async function keep() {
  if (!("serviceWorker" in navigator) || !("caches" in window)) return;
  const cache = await caches.open(CACHE);
  if (main.dataset.ticket !== "valid") return void (await cache.delete(page));
  await navigator.serviceWorker.register("/b/offline.js", { scope: "/b/" });
  if (!navigator.onLine) return void (state.textContent = text("offline"));
  const files = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
  const own = files.filter((url) => url.origin === location.origin && url.pathname.startsWith("/assets/"));
  await cache.addAll([page, ...new Set(own.map((url) => url.pathname))]);
  await navigator.serviceWorker.ready;
  state.textContent = text("kept");
  state.dataset.isKept = "";
}

keep().catch(() => {
  // Without storage, as in a private window, the ticket needs the network: nothing is promised.
});
window.addEventListener("offline", () => {
  if ("isKept" in state.dataset) state.textContent = text("offline");
});

let lock = null;
let wanted = false;

async function stayAwake() {
  lock = wanted && !document.hidden ? await navigator.wakeLock.request("screen").catch(() => null) : null;
  button.setAttribute("aria-pressed", String(Boolean(lock)));
  button.textContent = text(lock ? "awake" : "asleep");
  lock?.addEventListener("release", () => {
    button.setAttribute("aria-pressed", "false");
    button.textContent = text("asleep");
  });
}

if (main.dataset.ticket === "valid" && "wakeLock" in navigator) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    wanted = !lock;
    if (lock) await lock.release();
    await stayAwake();
  });
  // The system lets the screen sleep when the page is hidden; a page that is looked at again asks again.
  document.addEventListener("visibilitychange", () => wanted && !document.hidden && stayAwake());
}
