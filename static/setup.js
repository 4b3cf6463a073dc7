// "Check again", and calls that are placed once however often the button is pressed.

import { announce } from "./base.js";
import { onKeys } from "./keyboard.js";

let isAsked = false;

function again() {
  isAsked = true;
  document.getElementById("checks").dispatchEvent(new Event("again"));
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (!isAsked) return;
  isAsked = false;
  if (event.detail.xhr.status === 204) announce("Nothing has changed");
});

document.getElementById("check-again").addEventListener("click", again);
onKeys({ r: again });

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if ("sent" in form.dataset) event.preventDefault();
    form.dataset.sent = "";
    form.querySelector("button").setAttribute("aria-disabled", "true");
  });
}
window.addEventListener("pageshow", () => { // also when the reader comes back to this page
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("button").removeAttribute("aria-disabled");
  }
});
