// What a person may do to the live call. The timeline shows each act, and what came of it.

import { announce } from "../base.js";
import { post } from "../http.js";
import { onKeys } from "../keyboard.js";

const SENT = {
  say: "The agent says it next.",
  whisper: "The agent is told.",
  dtmf: "The keys are pressed.",
  mute: "The agent is muted.",
  unmute: "The agent is heard again.",
  end: "The call is being ended.",
};
const KEYS = { x: "end", s: "say", w: "whisper", k: "dtmf", m: "mute", l: "listen" };

const OVER = new Set(["completed", "busy", "no_answer", "failed", "canceled"]);

/** Bind buttons, forms and keys. */
export function takeControls(call) {
  const asked = new Map();

  const button = (name) => call.querySelector(`[data-control="${name}"]`);
  const say = (text, isError = false) => {
    const status = document.getElementById("controls-status");
    if (!status) return;
    status.textContent = text;
    status.toggleAttribute("data-error", isError);
  };

  async function act(action) {
    say("Asking…");
    try {
      const answer = await post(call.dataset.actions, action);
      asked.set(answer.action_id, action.type);
      say(SENT[action.type]);
      return true;
    } catch (problem) {
      const details = Object.values(problem.errors ?? {}).flat().map((error) => error.message);
      say([...details, ...(details.length ? [] : [problem.message])].join(" "), true);
      return false;
    }
  }

  function open(name) {
    for (const form of call.querySelectorAll("form[data-ask]")) {
      const isOpen = form.dataset.ask === name && form.hidden;
      form.hidden = !isOpen;
      button(form.dataset.ask).setAttribute("aria-expanded", String(isOpen));
      if (isOpen) form.querySelector("input").focus();
    }
  }

  const does = {
    end: () => document.getElementById("end-dialog").showModal(),
    say: () => open("say"),
    whisper: () => open("whisper"),
    dtmf: () => open("dtmf"),
    mute: () => act({ type: button("mute").getAttribute("aria-pressed") === "true" ? "unmute" : "mute" }),
  };

  call.addEventListener("click", (event) => {
    const control = event.target.closest("[data-control]");
    if (control && does[control.dataset.control]) does[control.dataset.control]();
    const digit = event.target.closest("[data-digit]");
    if (digit) {
      const input = document.getElementById("dtmf-digits");
      input.value = (input.value + digit.dataset.digit).slice(0, input.maxLength);
    }
  });

  call.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.closest("#end-dialog")) {
      if (event.submitter?.value === "end") act({ type: "end" });
    } else if (form.dataset.ask) {
      event.preventDefault();
      const input = form.querySelector("input");
      if (await act({ type: form.dataset.ask, [input.name]: input.value })) input.value = "";
    }
  });

  call.addEventListener("keydown", (event) => {
    const form = event.key === "Escape" && event.target.closest("form[data-ask]");
    if (!form) return;
    open(null);
    button(form.dataset.ask).focus();
  });

  call.addEventListener("feed:operator_action", (event) => {
    const { id, action, result, detail } = event.detail.data;
    if (result === "ok" && (action === "mute" || action === "unmute")) showMuted(call, action === "mute");
    if (asked.delete(id)) say(result === "ok" ? detail || SENT[action] : `Refused: ${detail}`, result !== "ok");
  });

  call.addEventListener("feed:call_status", (event) => {
    const { state } = event.detail.data;
    const controls = document.getElementById("controls");
    const focused = controls.contains(document.activeElement) ? document.activeElement : null;
    for (const control of call.querySelectorAll("[data-control]")) {
      control.disabled = control.dataset.control !== "end" && state !== "in_progress";
    }
    if (OVER.has(state) && controls.hasChildNodes()) {
      controls.replaceChildren();
      announce("The call is over.");
    }
    if (focused?.disabled || focused?.isConnected === false) document.getElementById("main").focus({ preventScroll: true });
  });

  call.addEventListener("feed:strategy_update", (event) => {
    const plan = document.getElementById("plan");
    if (!plan) return;
    plan.querySelector("b").textContent = event.detail.data.strategy;
    plan.hidden = false;
  });

  onKeys(Object.fromEntries(Object.entries(KEYS).map(([key, name]) => [key, () => {
    const control = button(name);
    if (control && !control.disabled) control.click();
  }])));
}

function showMuted(call, isMuted) {
  call.querySelector('[data-control="mute"]')?.setAttribute("aria-pressed", String(isMuted));
  call.querySelector('[data-voice="agent"]')?.toggleAttribute("data-muted", isMuted);
}
