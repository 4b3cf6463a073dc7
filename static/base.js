// What every page has: the theme, copying, times, the list of keys, and the CSRF token for htmx.

import { csrfToken } from "./http.js";
import { onKeys } from "./keyboard.js";
import { refreshTimes } from "./times.js";

const YEAR_S = 365 * 24 * 3600;
const TOAST_MS = 2500;

const countries = new Intl.DisplayNames("en", { type: "region" });

/** Write the names of countries where the server knows their codes only. */
function nameCountries(root = document) {
  for (const element of root.querySelectorAll("[data-country]")) {
    const name = countries.of(element.dataset.country);
    if (element.matches("abbr")) element.title = name;
    else element.textContent = name;
  }
}

/** Say something for a moment, to screen readers too. */
export function announce(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => { toast.textContent = ""; }, TOAST_MS);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
  labelTheme();
}

function labelTheme() {
  const label = `Use the ${isDark() ? "light" : "dark"} theme`;
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.setAttribute("aria-label", label);
    button.title = label;
  }
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea"); // plain http has no clipboard
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

async function onCopy(button) {
  try {
    await copy(button.dataset.copy);
  } catch {
    announce("Copying is not allowed here: select the text instead.");
    return;
  }
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, TOAST_MS);
  announce("Copied");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-theme-toggle], [data-open-dialog]");
  if (!button) return;
  if ("copy" in button.dataset) onCopy(button);
  if ("themeToggle" in button.dataset) chooseTheme(isDark() ? "light" : "dark");
  if ("openDialog" in button.dataset) document.getElementById(button.dataset.openDialog)?.showModal();
});

// A form that must not be sent twice by two clicks.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.once === "sent") event.preventDefault();
  form.dataset.once = "sent";
  form.querySelector("button").setAttribute("aria-disabled", "true");
});
addEventListener("pageshow", () => { // also when the reader comes back to this page
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.dataset.once = "";
    form.querySelector("button").removeAttribute("aria-disabled");
  }
});

// An open menu closes when the reader goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:load", (event) => {
  refreshTimes(event.target.parentNode ?? document);
  nameCountries(event.target.parentNode ?? document);
});

// Parts that ask again by themselves: not while nobody looks, and with a word when the server is out of reach.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.hasAttribute("data-poll")) event.preventDefault();
});
document.addEventListener("htmx:sendError", () => {
  document.getElementById("offline").textContent = "The server cannot be reached. This page shows what was last known.";
});
document.addEventListener("htmx:afterOnLoad", () => {
  document.getElementById("offline").textContent = "";
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.xhr.responseURL.includes("/sign-in/")) return;
  event.detail.shouldSwap = false; // the session is over: the whole page asks to sign in
  location.reload();
});

onKeys({ "?": () => document.getElementById("keys-dialog").showModal() });
labelTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", labelTheme);
refreshTimes();
nameCountries();
setInterval(() => refreshTimes(), 1000);
