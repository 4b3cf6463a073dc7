// "Check again".

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
