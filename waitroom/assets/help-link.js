// Fetches what is behind the link of the queue page when it is first wanted.

const link = document.querySelector("a[data-help]");

link?.addEventListener("click", async (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const { unfold } = await import("/assets/waitroom/help.js");
    await unfold(link);
  } catch {
    location.assign(link.href);
  }
});
