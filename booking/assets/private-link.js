// A private link ends in `#token`, which browsers do not send to servers. It is posted once, for a cookie, and taken out
// of the address so that it does not stay in the history.

const form = document.querySelector("form[data-open]");
const token = location.hash.slice(1);
if (form && token) {
  history.replaceState(null, "", location.pathname);
  form.elements.manage_token.value = token;
  form.requestSubmit();
}
