// The call as the API tells it, for those who look closer.

import { get } from "../http.js";

/** Load it when it is first looked at. */
export function showRaw() {
  const raw = document.getElementById("raw");
  raw?.addEventListener("toggle", async () => {
    const shown = raw.querySelector("pre");
    if (!raw.open) return;
    try {
      shown.textContent = JSON.stringify(await get(raw.dataset.raw), null, 2);
    } catch (problem) {
      shown.textContent = problem.message;
    }
  });
}
