// The queue page: takes the visitor's place (a link preview runs no script, so it takes none), then shows where they
// stand, by a stream where there is one to be had, else by polling. Leaving and entering the shop stay plain forms.

import { countDown } from "/assets/shared/countdown.js";
import { showLocalTimes } from "/assets/shared/local-times.js";
import { fetchJson, poll } from "/assets/shared/poller.js";
import { learnServerTime } from "/assets/shared/server-time.js";
import { announce, text } from "/assets/shared/text.js";
import { follow } from "/assets/waitroom/stream.js";

const WITHOUT_PLACE_MS = 5_000;
/** While the place is pushed: a poll besides, for a stream that has died without a word. */
const BESIDES_STREAM_MS = 60_000;
/** When a stream that was refused is tried again. */
const REFUSED_MS = 60_000;
const OVER = ["left", "closed"];
const POSITION_SPOKEN_EVERY_MS = 60_000;
const JOINABLE = ["lobby", "open", "paused", "sold_out"];

const main = document.querySelector("main");
const drop = `/v1/drops/${main.dataset.drop}`;
const title = document.title;
const number = new Intl.NumberFormat(document.documentElement.lang);
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium" });
const field = (name) => main.querySelector(`[data-field="${name}"]`);

let hasPlace = !["scheduled", "join"].includes(main.dataset.view);
let lastPosition = null;
let spokenAt = 0;
let stopFollowing = null;
let followAgainAt = 0;
const counting = new Map();

/** Asks once; resolves to the milliseconds until it is worth asking again, `null` when nothing will change. */
async function look() {
  const place = hasPlace ? await ownPlace() : await joinWhenPossible();
  isOffline(false);
  if (!place) return WITHOUT_PLACE_MS;
  show(place);
  if (OVER.includes(place.state)) return null;
  followPlace();
  return stopFollowing ? BESIDES_STREAM_MS : place.poll_after_ms;
}

function isOffline(it) {
  main.querySelector("[data-offline]").hidden = !it;
}

async function ownPlace() {
  const headers = lastPosition ? { "X-Last-Position": String(lastPosition) } : {};
  try {
    return await fetchJson(`${drop}/places/me${document.hidden ? "?hidden=true" : ""}`, { headers });
  } catch (error) {
    if (error.status !== 401 && error.status !== 404) throw error;
    hasPlace = false;
    return joinWhenPossible();
  }
}

function followPlace() {
  if (stopFollowing || performance.now() < followAgainAt) return;
  stopFollowing = follow(`${drop}/places/me/events`, {
    onPlace(place, isOwnStream) {
      isOffline(false);
      show(place);
      // A stream cannot set the cookie of a new place; a poll can.
      if (isOwnStream && place.place_token) lookNow();
      if (OVER.includes(place.state)) unfollow();
    },
    onDown: () => isOffline(true),
    onRefused() {
      unfollow();
      followAgainAt = performance.now() + REFUSED_MS;
      lookNow();
    },
  });
}

function unfollow() {
  stopFollowing?.();
  stopFollowing = null;
}

async function joinWhenPossible() {
  const { state } = await fetchJson(drop);
  if (!JOINABLE.includes(state)) {
    view(state);
    return null;
  }
  try {
    const place = await fetchJson(`${drop}/places`, { method: "POST" });
    hasPlace = true;
    return place;
  } catch (error) {
    const told = { drop_not_open: "scheduled", drop_closed: "closed", already_served: "finished" }[error.problem?.code];
    if (!told) throw error;
    view(told);
    return null;
  }
}

function show(place) {
  learnServerTime(place.updated_at);
  for (const name of ["position", "ahead", "seats_left"]) {
    field(name).textContent = place[name] === null ? "–" : number.format(place[name]);
  }
  main.querySelector('[data-if="seats_left"]').hidden = place.seats_left === null;
  main.querySelector('[data-if="updated_at"]').hidden = false;
  field("message").textContent = place.message;
  field("message").hidden = !place.message;
  field("wait").textContent = wait(place.eta);
  field("progress").value = place.progress;
  field("updated_at").dateTime = place.updated_at;
  field("updated_at").textContent = clock.format(new Date(place.updated_at));
  countTo("opens", place.state === "lobby" && place.opens_at);
  countTo("called", place.state === "called" && place.called_until);
  view(place.state);
  speakPosition(place);
  lastPosition = place.position;
}

/** Shows the sections of a view, and says so. */
function view(name) {
  const before = main.dataset.view;
  if (before === name) return;
  main.dataset.view = name;
  main.querySelector("[data-requeued]").hidden = !(["called", "lapsed"].includes(before) && name === "waiting");
  for (const section of main.querySelectorAll("[data-when]")) {
    section.hidden = !section.dataset.when.split(" ").includes(name);
  }
  document.title = name === "called" ? `${text("title-called")} · ${title}` : title;
  announce(main.querySelector(`section[data-when="${name}"] h2`)?.textContent);
  spokenAt = performance.now();
}

function speakPosition(place) {
  const isNews = place.position !== null && place.position !== lastPosition;
  if (!isNews || performance.now() - spokenAt < POSITION_SPOKEN_EVERY_MS) return;
  announce(text("position", { position: number.format(place.position), wait: wait(place.eta) }));
  spokenAt = performance.now();
}

function wait(eta) {
  if (!eta) return text("wait-unknown");
  const range = (unit_s) => ({ low: Math.floor(eta.low_s / unit_s), high: Math.ceil(eta.high_s / unit_s) });
  const minutes = range(60);
  if (minutes.high <= 1) return text("wait-a-minute");
  const [unit, { low, high }] = minutes.high > 90 ? ["hours", range(3600)] : ["minutes", minutes];
  return text(low < 1 || low === high ? `wait-up-to-${unit}` : `wait-${unit}`, { low, high });
}

/** Counts down to a time, or stops; asks again when it is reached. */
function countTo(name, time) {
  const element = main.querySelector(`time[data-${name}]`);
  if (!element || counting.get(name)?.time === time) return;
  counting.get(name)?.stop();
  counting.delete(name);
  main.querySelector(`[data-${name}-in]`).hidden = !time;
  if (!time) return;
  element.dateTime = time;
  counting.set(name, { time, stop: countDown(element) });
}

showLocalTimes();
for (const name of ["opens", "called"]) {
  const needed = { opens: "lobby", called: "called" }[name] === main.dataset.view;
  countTo(name, needed && main.querySelector(`time[data-${name}]`)?.dateTime);
}
const lookNow = poll(look, () => isOffline(true));
