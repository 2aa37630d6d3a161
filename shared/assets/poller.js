// Asks again and again: one request at a time, at the pace the answer sets, seldom while nobody looks, more slowly while
// it fails, at once when the page is looked at again, the network is back, or the device has slept.

const HIDDEN_MS = 60_000;
const MAX_FAILURE_MS = 30_000;
const PULSE_MS = 5_000;
/** A pulse that is so late did not come because nothing ran: the device slept. */
const SLEPT_MS = 20_000;

/**
 * `ask` resolves to the milliseconds until it should be asked again (`null`: never), and rejects when it got no answer;
 * an error's `retryAfterMs` is heeded. `onFailure` hears of each failure. Returns what asks at once.
 */
export function poll(ask, onFailure = () => {}) {
  let timer;
  let failures = 0;
  let running = false;
  let over = false;

  async function round() {
    clearTimeout(timer);
    if (running || over) return;
    running = true;
    const wait = await ask().then(
      (ms) => {
        failures = 0;
        return ms;
      },
      (error) => {
        failures += 1;
        onFailure(error);
        const backoff = Math.min(MAX_FAILURE_MS, 1000 * 2 ** failures) * (0.5 + Math.random() / 2);
        return Math.max(error.retryAfterMs ?? 0, backoff);
      },
    );
    running = false;
    over = wait === null;
    if (!over) timer = setTimeout(round, document.hidden ? Math.max(HIDDEN_MS, wait) : wait);
  }

  document.addEventListener("visibilitychange", () => document.hidden || round());
  window.addEventListener("online", round);
  window.addEventListener("pageshow", ({ persisted }) => persisted && round());
  let pulse = Date.now();
  setInterval(() => {
    const slept = Date.now() - pulse > SLEPT_MS;
    pulse = Date.now();
    if (slept && !document.hidden) round();
  }, PULSE_MS);
  round();
  return round;
}

/** A fetch of JSON that rejects for every answer that is no success; the error has `status` and the `problem`. */
export async function fetchJson(url, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  const signal = AbortSignal.timeout(10_000);
  const response = await fetch(url, { credentials: "same-origin", cache: "no-store", signal, ...options, headers });
  const body = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return body;
  const error = new Error(body?.title ?? response.statusText);
  error.status = response.status;
  error.problem = body;
  error.retryAfterMs = 1000 * (Number(response.headers.get("Retry-After")) || 0);
  throw error;
}
