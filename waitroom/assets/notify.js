// Shows the queue page's notifications where a page may not show any itself, as on phones, and leads back to the page. It
// keeps nothing and answers no request.

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("notificationclick", (event) => {
  const { notification } = event;
  notification.close();
  const shown = async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const page = pages.find(({ url }) => new URL(url).pathname === notification.tag);
    return page ? page.focus() : self.clients.openWindow(notification.tag);
  };
  event.waitUntil(shown());
});
