// The code comes in the address's fragment, which no server sees: it goes into the form, and out of the address and the
// history. Nothing is redeemed until the button is pressed, so that a preview of the address spends no code.

const form = document.querySelector("form[data-move]");
const code = decodeURIComponent(location.hash.slice(1));

if (code) {
  history.replaceState(null, "", location.pathname);
  form.elements.code.value = code;
  form.querySelector("[data-by-hand]").hidden = true;
}
