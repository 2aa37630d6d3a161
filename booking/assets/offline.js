// The service worker of booking's pages: a ticket that was opened before is shown from the device where the network does
// not answer. It changes nothing while the network does.

const CACHE = "tickets-1";
/** A network that says nothing for so long at the entrance is none. */
const PATIENCE_MS = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function kept(request) {
  const cache = await caches.open(CACHE);
  return cache.match(request, { ignoreVary: true });
}

async function forget(request) {
  const cache = await caches.open(CACHE);
  await cache.delete(request, { ignoreVary: true });
}

async function answer(request) {
  const fallback = await kept(request);
  if (!fallback) return fetch(request);
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, fallback.clone()));
  // A server that cannot answer is no better than none. A ticket that is not there any more, because its booking has another
  // seat, is taken off the device.
  const network = fetch(request).then(
    (response) => {
      if (response.status === 404) forget(request);
      return response.status >= 500 ? fallback : response;
    },
    () => fallback,
  );
  return Promise.race([network, patience]);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const isTicket = /^\/b\/[^/]+\/tickets\/[^/]+$/.test(url.pathname);
  const isFile = url.pathname.startsWith("/assets/");
  if (request.method === "GET" && url.origin === location.origin && (isTicket || isFile)) event.respondWith(answer(request));
});
