// `<time data-local datetime="…">` is written by the server in UTC; here it is shown in the reader's own time zone.

const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

export function showLocalTimes(root = document) {
  for (const element of root.querySelectorAll("time[data-local]")) {
    const time = new Date(element.dateTime);
    if (!Number.isNaN(time.valueOf())) element.textContent = format.format(time);
  }
}
