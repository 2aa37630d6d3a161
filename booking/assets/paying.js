// Asks again for the payment's answer, with the same attempt, when the server said to.

const form = document.querySelector("form[data-again]");
setTimeout(() => form.requestSubmit(), 1000 * Number(form.dataset.again));
