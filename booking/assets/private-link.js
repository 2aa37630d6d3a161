// A private link ends in `#token`, which browsers do not send to servers. It is posted once, for a cookie, and taken out
// of the address so that it stays neither in the history nor on a shared screen.

const form = document.querySelector("form[data-open]");

function takeToken() {
  const token = location.hash.slice(1);
  if (!token.startsWith("m1.")) return;
  history.replaceState(null, "", location.pathname);
  if (!form) return;
  form.elements.manage_token.value = token;
  form.requestSubmit();
}

window.addEventListener("hashchange", takeToken);
takeToken();
