// What every page needs. No inline handler, no eval: the policy of the pages forbids both.
"use strict";

// A page taken out of the browser's memory may be of a session that ended: ask again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
