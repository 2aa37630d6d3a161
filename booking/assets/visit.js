// Keeps the visit to the shop while the page is open: asks near the end of the admission, which is renewed on the way.
// When it cannot be renewed any more, the time that is left is shown for not quite two minutes, and said 60 and 20 s before.

import { countDown } from "/assets/shared/countdown.js";
import { fetchJson, poll } from "/assets/shared/poller.js";
import { learnServerTime, serverNow } from "/assets/shared/server-time.js";

/** An admission that ends sooner is renewed when it is shown. */
const NEAR_MS = 110_000;
/** The answer that renews tells of the admission before: so soon it is asked for the new one. */
const AGAIN_MS = 5_000;

const bar = document.querySelector("[data-visit]");
const time = bar.querySelector("time");

function end() {
  bar.querySelector("[data-visit-left]").hidden = true;
  bar.querySelector("[data-visit-over]").hidden = false;
  bar.hidden = false;
}

function warn(endsAt) {
  bar.hidden = false;
  time.dateTime = endsAt;
  countDown(time, end);
}

async function look() {
  const visit = await fetchJson(bar.dataset.visit);
  learnServerTime(visit.now);
  const left = Date.parse(visit.expires_at) - serverNow();
  if (visit.expires_at && !visit.is_last) return Math.max(AGAIN_MS, left - NEAR_MS);
  // A page whose basket counts down by itself says nothing of the visit.
  if (time && visit.expires_at) setTimeout(warn, left - NEAR_MS, visit.expires_at);
  else if (time) end();
  return null;
}

poll(look);
