// What the map has to say: a sentence above the basket's bar, with something to do about it where there is something. It
// lies over the map, so that nothing moves under a finger.

import { announce } from "/assets/shared/text.js";

export class Teller {
  constructor(bar) {
    this.box = bar.querySelector("[data-told]");
    this.words = bar.querySelector("[data-told-text]");
    this.yes = bar.querySelector("[data-told-yes]");
    this.box.querySelector("[data-told-no]").addEventListener("click", () => this.hush());
    this.yes.addEventListener("click", () => {
      const act = this.act;
      this.hush();
      act?.();
    });
  }

  /** Says something; `label` and `act` are a button's. */
  say(words, label, act) {
    this.act = act;
    this.words.textContent = words;
    this.yes.textContent = label ?? "";
    this.yes.hidden = !act;
    this.box.hidden = false;
    announce(words);
  }

  hush() {
    const hadFocus = this.box.contains(document.activeElement);
    this.box.hidden = true;
    this.act = undefined;
    if (hadFocus) this.onLeave?.();
  }
}
