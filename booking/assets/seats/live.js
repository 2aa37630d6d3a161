// The seats as they change: over a WebSocket, where that does not go as server-sent events, and where neither goes by
// asking. Whatever was missed (a gap, sleep, a lost network, another replica) is asked for before anything is heard again.

import { fetchJson } from "/assets/shared/poller.js";

/** The shop says something at least this often, ms; after that the connection counts as dead. */
const SILENCE_MS = 40_000;
const ASK_EVERY_MS = 2_000;
const RETRY_MS = 1_000;
const MOST_RETRY_MS = 20_000;
/** A way that never opened is given up after so many tries; while seats are asked for, the ways are tried again after so long. */
const TRIES = 2;
const ASKING_MS = 60_000;
/** The socket's code for an admission's token that has expired: asking renews it. */
const EXPIRED = 4401;
/** Its codes for an admission that has ended and a show that is over: nothing more is told. */
const OVER = [4403, 4410];
const WAYS = [socketWay, eventsWay, askingWay];

/**
 * Follows the seats at `url`. `onAll(statuses)`, `onChanges([[label, status]…])`, `onState(isLive)`, `onRefused()` when
 * the turn, or the show, is over. `isOnlyAsked`: nothing is told there, seats can only be asked for.
 */
export function follow(url, { onAll, onChanges, onState, onRefused, isOnlyAsked = false }) {
  let version;
  const best = isOnlyAsked ? WAYS.length - 1 : 0;
  let way = best;
  let failures = 0;
  let stop = () => {};
  let timer;
  let heardAt = 0;
  let round = 0;

  async function ask() {
    const answer = await fetchJson(`${url}?view=status`);
    version = answer.version;
    onAll(answer.statuses);
    onState(true);
  }

  function hear(message) {
    heardAt = Date.now();
    if (message.reload) return again(0);
    if (message.changes && message.since > version) return again(0);
    if (message.changes && message.version > version) {
      onChanges(message.changes);
      version = message.version;
    }
    failures = 0;
    onState(true);
  }

  /** Leaves the present connection and makes another, after a while. */
  function again(wait = backoff()) {
    stop();
    round += 1;
    clearTimeout(timer);
    timer = setTimeout(() => connect(round), wait);
  }

  function backoff() {
    return Math.min(MOST_RETRY_MS, RETRY_MS * 2 ** failures) * (0.5 + Math.random() / 2);
  }

  async function connect(mine) {
    try {
      await ask();
    } catch (error) {
      if (mine !== round) return;
      if (error.status === 401 || error.status === 403) return onRefused();
      failures += 1;
      onState(false);
      return again(Math.max(error.retryAfterMs ?? 0, backoff()));
    }
    if (mine !== round) return;
    heardAt = Date.now();
    stop = WAYS[way](`${url}`, version, {
      hear: (message) => mine === round && hear(message),
      /** `wasOpen`: it worked for a while; `code`: the socket's. */
      end: (wasOpen, code) => {
        if (mine !== round) return;
        if (OVER.includes(code)) return onRefused();
        failures += wasOpen ? 0 : 1;
        if (!wasOpen && failures >= TRIES && way + 1 < WAYS.length) {
          way += 1;
          failures = 0;
        }
        again(code === EXPIRED ? 0 : backoff());
      },
      ask: () => (mine === round ? ask() : Promise.resolve()),
      upgrade: () => {
        if (mine !== round) return;
        way = best;
        again(0);
      },
      fail: (error) => {
        if (mine !== round) return;
        if (error.status === 401 || error.status === 403) onRefused();
        else onState(false);
      },
    });
  }

  function wake() {
    if (!document.hidden && Date.now() - heardAt > ASK_EVERY_MS) again(0);
  }

  setInterval(() => {
    if (way < 2 && heardAt && Date.now() - heardAt > SILENCE_MS) again(0);
  }, 5_000);
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", () => again(0));
  window.addEventListener("offline", () => onState(false));
  again(0);
}

function socketWay(url, version, { hear, end }) {
  const address = new URL(`${url}/live?since=${version}`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  let wasOpen = false;
  const socket = new WebSocket(address);
  socket.addEventListener("message", (event) => {
    wasOpen = true;
    hear(JSON.parse(event.data));
  });
  socket.addEventListener("close", (event) => end(wasOpen, event.code));
  return () => socket.close();
}

function eventsWay(url, version, { hear, end }) {
  let wasOpen = false;
  const source = new EventSource(`${url}/events?since=${version}`);
  const take = (event) => {
    wasOpen = true;
    hear(JSON.parse(event.data));
  };
  for (const name of ["version", "changes"]) source.addEventListener(name, take);
  source.addEventListener("reload", (event) => hear({ ...JSON.parse(event.data), reload: true }));
  source.addEventListener("over", (event) => {
    close(JSON.parse(event.data).code === "admission_expired" ? EXPIRED : OVER[0]);
  });
  source.addEventListener("error", () => close());
  function close(code) {
    source.close();
    end(wasOpen, code);
  }
  return () => source.close();
}

function askingWay(url, version, { ask, fail, upgrade }) {
  const began = Date.now();
  let isOver = false;
  const next = async () => {
    if (isOver) return;
    if (Date.now() - began > ASKING_MS) return upgrade();
    if (!document.hidden) await ask().catch(fail);
    setTimeout(next, ASK_EVERY_MS);
  };
  setTimeout(next, ASK_EVERY_MS);
  return () => {
    isOver = true;
  };
}
