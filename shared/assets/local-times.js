// `<time data-local datetime="…">` is written by the server in UTC; here it is shown in the reader's own time zone.

import { locale } from "/assets/shared/text.js";

const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

export function showLocalTimes(root = document) {
  for (const element of root.querySelectorAll("time[data-local]")) {
    const time = new Date(element.dateTime);
    if (!Number.isNaN(time.valueOf())) element.textContent = format.format(time);
  }
}
