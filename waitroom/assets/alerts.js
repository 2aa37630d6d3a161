// How somebody who looks elsewhere learns of their turn: by a sound and by a notification, where they asked for it, and
// how often a screen reader says their position. The browser remembers what was chosen.

import { text } from "/assets/shared/text.js";

const KEY = "alerts";
const form = document.querySelector("[data-alerts]");
const wishes = { sound: false, notification: false, speak_s: "60", ...remembered() };
let audio;
/** Phones show the notifications of a service worker alone. */
let worker;

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}

/** Browsers give sound to pages that somebody has touched. */
function wake() {
  if (!wishes.sound) return;
  audio ??= new AudioContext();
  audio.resume();
}

function ring(tones) {
  if (!wishes.sound) return;
  wake();
  for (let index = 0; index < tones; index += 1) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const begin = audio.currentTime + index * 0.3;
    tone.frequency.value = 520 + 130 * index;
    volume.gain.setValueAtTime(0.25, begin);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.28);
    tone.connect(volume).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + 0.3);
  }
}

function notify(title, body) {
  if (!wishes.notification || !document.hidden || Notification.permission !== "granted") return;
  const { lang, dir } = document.documentElement;
  const options = { body, lang, dir, tag: location.pathname, requireInteraction: true };
  try {
    const note = new Notification(title, options);
    note.onclick = () => {
      window.focus();
      note.close();
    };
  } catch {
    worker?.showNotification(title, options).catch(() => {});
  }
}

async function beReadyToNotify() {
  worker = await navigator.serviceWorker?.register("/assets/waitroom/notify.js").catch(() => null);
}

async function choose() {
  wishes.sound = form.sound.checked;
  wishes.speak_s = form.speak_s.value;
  let isRefused = false;
  if (form.notification.checked && !wishes.notification) {
    isRefused = (await Notification.requestPermission()) !== "granted";
    form.notification.checked = !isRefused;
  }
  wishes.notification = form.notification.checked;
  if (wishes.notification) beReadyToNotify();
  form.querySelector("[data-refused]").textContent = isRefused ? text("alert-refused") : "";
  try {
    localStorage.setItem(KEY, JSON.stringify(wishes));
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** Calls somebody who may look elsewhere. */
export function call(title, body, tones = 3) {
  ring(tones);
  notify(title, body);
}

/** Milliseconds between two positions that are read aloud. */
export const speakEveryMs = () => 1000 * Number(wishes.speak_s) || Infinity;

const canNotify = "Notification" in window;
form.sound.checked = wishes.sound;
form.speak_s.value = wishes.speak_s;
form.notification.checked = wishes.notification && canNotify && Notification.permission === "granted";
form.notification.closest("label").hidden = !canNotify;
form.hidden = false;
if (form.notification.checked) beReadyToNotify();
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", choose);
// Whoever asks for a sound hears it.
form.sound.addEventListener("change", () => {
  wishes.sound = form.sound.checked;
  ring(2);
});
for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake);
