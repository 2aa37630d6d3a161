// The queue page: takes the visitor's place (a link preview runs no script, so it takes none), then shows where they
// stand, by a stream where there is one to be had, else by polling. Leaving and entering the shop stay plain forms.

import { countDown } from "/assets/shared/countdown.js";
import { showLocalTimes } from "/assets/shared/local-times.js";
import { fetchJson, poll } from "/assets/shared/poller.js";
import { learnServerTime } from "/assets/shared/server-time.js";
import { alarm, announce, locale, text } from "/assets/shared/text.js";
import { call, speakEveryMs } from "/assets/waitroom/alerts.js";
import { follow } from "/assets/waitroom/stream.js";

const WITHOUT_PLACE_MS = 5_000;
/** While the place is pushed: a poll besides, for a stream that has died without a word. */
const BESIDES_STREAM_MS = 60_000;
/** When a stream that was refused is tried again. */
const REFUSED_MS = 60_000;
const OVER = ["left", "closed"];
const JOINABLE = ["lobby", "open", "paused", "sold_out"];

const main = document.querySelector("main");
const drop = `/v1/drops/${main.dataset.drop}`;
const part = (selector) => main.querySelector(selector);
const field = (name) => part(`[data-field="${name}"]`);
const title = part("h1").textContent;
const number = new Intl.NumberFormat(locale);
const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });

let hasPlace = !["scheduled", "join"].includes(main.dataset.view);
let lastPosition = null;
let spokenAt = performance.now();
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
  const notice = part("[data-offline]");
  if (notice.hidden !== it) return;
  notice.hidden = !it;
  announce(it ? notice.textContent : text("back-online"));
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
  for (const name of ["position", "ahead", "seats_left", "queue_length"]) {
    const shown = field(name);
    if (shown) shown.textContent = place[name] === null ? "–" : number.format(place[name]);
  }
  part('[data-if="seats_left"]').hidden = place.seats_left === null;
  part('[data-if="updated_at"]').hidden = false;
  part('[data-if="message"]').hidden = !place.message;
  field("message").textContent = place.message;
  field("wait").textContent = wait(place.eta);
  field("progress").value = place.progress;
  field("updated_at").dateTime = place.updated_at;
  field("updated_at").textContent = clock.format(new Date(place.updated_at));
  for (const notice of main.querySelectorAll("[data-honest]")) notice.hidden = notice.dataset.honest !== honest(place);
  countTo("opens", place.state === "lobby" && place.opens_at);
  countTo("called", place.state === "called" && place.called_until);
  view(place.state);
  speakPosition(place);
  lastPosition = place.position;
  retitle();
}

/** What has to be said about the seats. `view.rs` has the same rules. */
function honest({ state, seats_left, ahead }) {
  if (seats_left === null || state === "sold_out") return "";
  if (seats_left === 0) return "none";
  return ahead !== null && seats_left <= ahead ? "few" : "";
}

/** Shows the sections of a view, and says so. */
function view(name) {
  const before = main.dataset.view;
  if (before === name) return;
  main.dataset.view = name;
  part("[data-requeued]").hidden = !(["called", "lapsed"].includes(before) && name === "waiting");
  part("[data-away]").hidden = !(name === "called" && document.hidden);
  for (const section of main.querySelectorAll("[data-when]")) {
    section.hidden = !section.dataset.when.split(" ").includes(name);
  }
  retitle();
  const section = part(`section[data-when="${name}"]`);
  const heading = section?.querySelector("h2").textContent;
  const advice = section?.querySelector("p")?.firstChild.textContent;
  if (name === "called") {
    alarm(`${heading}. ${advice}`);
    call(heading, advice);
  } else {
    announce(heading);
  }
  spokenAt = performance.now();
}

function retitle() {
  const isCalled = main.dataset.view === "called";
  const told = isCalled ? text("title-called") : main.dataset.view === "waiting" && field("position").textContent;
  document.title = told ? `${told} · ${title}` : title;
}

function speakPosition(place) {
  const isNews = place.position !== null && place.position !== lastPosition;
  if (!isNews || performance.now() - spokenAt < speakEveryMs()) return;
  announce(text("spoken-position", { position: number.format(place.position), wait: wait(place.eta) }));
  spokenAt = performance.now();
}

function wait(eta) {
  if (!eta) return text("wait-unknown");
  const range = (unit_s) => ({ low: Math.floor(eta.low_s / unit_s), high: Math.ceil(eta.high_s / unit_s) });
  const minutes = range(60);
  if (minutes.high <= 1) return text("wait-a-minute");
  const [unit, { low, high }] = minutes.high > 90 ? ["hour", range(3600)] : ["minute", minutes];
  const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" });
  if (low < 1 || low === high) return text("wait-up-to", { time: format.format(high) });
  return format.formatRange?.(low, high) ?? `${low}–${format.format(high)}`;
}

/** Counts down to a time, or stops; asks again when the turn is over. */
function countTo(name, time) {
  const element = part(`time[data-${name}]`);
  if (!element || counting.get(name)?.time === time) return;
  counting.get(name)?.stop();
  counting.delete(name);
  part(`[data-${name}-in]`).hidden = !time;
  if (!time) return;
  element.dateTime = time;
  counting.set(name, { time, stop: countDown(element, () => name === "called" && lookNow?.()) });
}

let lookNow;
showLocalTimes();
main.addEventListener("warning", ({ target, detail }) => "called" in target.dataset && call(title, detail, 1));
for (const name of ["opens", "called"]) {
  const needed = { opens: "lobby", called: "called" }[name] === main.dataset.view;
  countTo(name, needed && part(`time[data-${name}]`)?.dateTime);
}
window.addEventListener("offline", () => isOffline(true));
lookNow = poll(look, () => isOffline(true));
