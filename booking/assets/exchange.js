// Other seats for a basket: its time goes on, and when it is over nothing can be exchanged any more.

import { keepTime } from "./kept.js";

keepTime(() => {
  for (const form of document.querySelectorAll("main form")) form.hidden = true;
  return true;
});
