// The list of tasks: keys, short addresses, and times of an export in the reader's zone.

import { onKeys } from "./keyboard.js";

const links = () => [...document.querySelectorAll(".row-link")];

function step(by) {
  const all = links();
  const at = all.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
  all[next]?.focus({ focusVisible: true });
  all[next]?.closest("tr").scrollIntoView({ block: "nearest" });
}

onKeys({
  "/": () => document.getElementById("q").select(),
  j: () => step(1),
  k: () => step(-1),
  n: () => document.getElementById("new-task").click(),
});

document.getElementById("q").addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    event.preventDefault(); // which would empty the field
    event.target.blur();
  }
  if (event.key === "ArrowDown") step(1);
});

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id !== "filters") return;
  const asked = event.detail.formData;
  for (const [name, value] of [...asked.entries()]) if (!value) asked.delete(name);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-export]");
  if (!link) return;
  const url = new URL(link.href);
  url.searchParams.set("zone", Intl.DateTimeFormat().resolvedOptions().timeZone);
  link.href = url;
});
