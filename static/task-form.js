// The form of a task: Ctrl+Enter goes on, and what was typed is not lost by a click.

const form = document.getElementById("task-form");
let isDirty = false;

form.addEventListener("input", () => { isDirty = true; });
form.addEventListener("submit", () => { isDirty = false; });
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
addEventListener("beforeunload", (event) => { if (isDirty) event.preventDefault(); });
