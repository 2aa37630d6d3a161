// Stripe's Payment Element: card numbers go from the browser to Stripe alone. The form sends what Stripe gives for them;
// where the bank asks back, its question is put on this page and the form sent again with the payment it belongs to.

import { text } from "/assets/shared/text.js";

const form = document.querySelector("form[data-pay]");
const mount = form.querySelector("[data-stripe]");
const error = form.querySelector("[data-payment-error]");
const token = form.elements.payment_token;
const secret = document.querySelector("[data-client-secret]")?.dataset.clientSecret;
let isSending = false;

function send(value) {
  token.value = value;
  isSending = true;
  form.requestSubmit();
}

function say(words) {
  error.textContent = words ?? "";
  if (words) error.scrollIntoView({ block: "center" });
}

function begin() {
  const stripe = window.Stripe(mount.dataset.stripe);
  const elements = stripe.elements({
    mode: "payment",
    amount: Number(mount.dataset.amount),
    currency: mount.dataset.currency.toLowerCase(),
    captureMethod: "manual",
    paymentMethodCreation: "manual",
    paymentMethodTypes: ["card"],
    appearance: { theme: matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe" },
  });
  elements.create("payment").mount(mount);

  form.addEventListener("submit", async (event) => {
    if (isSending) return;
    event.preventDefault();
    say();
    const checked = await elements.submit();
    if (checked.error) return say(checked.error.message);
    const made = await stripe.createPaymentMethod({ elements });
    if (made.error) return say(made.error.message);
    send(made.paymentMethod.id);
  });
  window.addEventListener("pageshow", () => {
    isSending = false;
  });

  if (secret) ask(stripe);
}

async function ask(stripe) {
  const answered = await stripe.handleNextAction({ clientSecret: secret });
  if (answered.error) return say(answered.error.message);
  send(answered.paymentIntent.id);
}

if (mount) {
  if (window.Stripe) begin();
  else say(text("payment-unreachable"));
}
