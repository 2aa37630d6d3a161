// A place as the server pushes it. Of all tabs of a browser one has the stream and tells the others, because a browser has
// few connections to one server; when that tab goes, the next takes over.

/** A connection that is back sooner was not worth a word. */
const DOWN_AFTER_MS = 5_000;

/**
 * Follows `url` until the function that it returns is called. `onPlace` hears of each place, and whether this tab has the
 * stream; `onDown`, that the connection was lost and is tried again; `onRefused`, that there is no stream to be had.
 */
export function follow(url, { onPlace, onDown, onRefused }) {
  const tabs = new BroadcastChannel(url);
  const waiting = new AbortController();
  let source;
  let down;
  tabs.onmessage = ({ data }) => onPlace(data, false);

  const stream = () =>
    new Promise((resolve) => {
      source = new EventSource(url);
      source.addEventListener("place", ({ data }) => {
        const place = JSON.parse(data);
        tabs.postMessage(place);
        onPlace(place, true);
      });
      source.onopen = () => {
        clearTimeout(down);
        down = null;
      };
      source.onerror = () => {
        down ??= setTimeout(onDown, DOWN_AFTER_MS);
        if (source.readyState !== EventSource.CLOSED) return;
        clearTimeout(down);
        resolve();
        onRefused();
      };
    });

  // Locks are for pages that came by TLS: elsewhere each tab has its own stream.
  if (navigator.locks) navigator.locks.request(url, { signal: waiting.signal }, stream).catch(() => {});
  else stream();
  return () => {
    waiting.abort();
    clearTimeout(down);
    source?.close();
    tabs.close();
  };
}
