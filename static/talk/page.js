// Be the one whom the agent calls: place the call, take the phone, and show what is said.

import { Feed } from "../call/feed.js";
import { post } from "../http.js";
import { onKeys } from "../keyboard.js";
import { Phone } from "./phone.js";
import { saidBy, wordsOf } from "./typed.js";

const OVER = 4410;
const STATES = {
  ringing: "It rings.",
  in_progress: "You are talking.",
  ending: "The call is ending.",
};

const talk = document.getElementById("talk");
const errand = document.getElementById("errand-form");
const status = document.getElementById("phone-status");
const turns = document.getElementById("talk-turns");
const say = document.getElementById("say-form");
const hangUp = document.getElementById("hang-up");
const microphone = document.getElementById("microphone");
const level = document.getElementById("level");

let phone = null;

errand.addEventListener("submit", async (event) => {
  event.preventDefault();
  const withMicrophone = event.submitter?.value === "microphone";
  setBusy(true);
  problem("");
  try {
    await call(withMicrophone);
  } catch (error) {
    phone?.leave();
    phone = null;
    problem(explained(error));
    setBusy(false);
  }
});

/** Place a call to this page, and take it. */
async function call(withMicrophone) {
  if (!window.isSecureContext) throw new Error("Open this page over https, or on the machine itself: browsers keep the microphone from other pages.");
  phone = new Phone();
  if (withMicrophone) await phone.openMicrophone();
  const task = await post("/api/tasks", {
    task_type: "custom",
    target_phone: talk.dataset.number,
    objective: errand.elements.objective.value,
  });
  const { session_id } = await post(`/api/tasks/${task.id}/call`);
  phone.addEventListener("closed", ({ detail }) => over(detail));
  phone.addEventListener("level", ({ detail }) => { level.value = detail; });
  await phone.take(session_id);
  show(session_id, withMicrophone);
}

function show(id, withMicrophone) {
  document.getElementById("phone").hidden = false;
  document.getElementById("phone-call").href = `/calls/${id}/`;
  turns.replaceChildren();
  talk.dataset.state = "ringing";
  status.textContent = STATES.ringing;
  say.elements.text.disabled = false; // the button comes when it is answered: until then nobody hears
  hangUp.disabled = false;
  microphone.hidden = document.getElementById("level-label").hidden = !withMicrophone;
  setMicrophone(true);
  if (withMicrophone) hangUp.focus();
  else say.elements.text.focus();
  document.getElementById("phone").scrollIntoView();
  new Feed(talk, `/ws/call/${id}`, 0).open();
}

talk.addEventListener("feed:call_status", ({ detail }) => {
  const { state, ended_reason, ended_detail } = detail.data;
  talk.dataset.state = state;
  if (isHeard()) say.querySelector("button").disabled = false;
  const why = ended_reason === "callee_hung_up" ? "You hung up." : ended_detail;
  if (STATES[state] || why) status.textContent = STATES[state] ?? `The call is over: ${why}`;
});
talk.addEventListener("feed:transcript_update", ({ detail }) => showTurn(detail.data));

say.addEventListener("submit", (event) => {
  event.preventDefault();
  const input = say.elements.text;
  if (!input.value.trim() || !isHeard()) return;
  phone.say(input.value);
  showTyped(input.value);
  input.value = "";
});
hangUp.addEventListener("click", () => phone?.hangUp());
microphone.addEventListener("click", () => setMicrophone(!phone.isOn));
onKeys({
  t: () => say.elements.text.focus(),
  x: () => { if (!hangUp.disabled) hangUp.click(); },
  m: () => { if (!microphone.hidden && !microphone.disabled) microphone.click(); },
});

function isHeard() {
  return phone !== null && talk.dataset.state === "in_progress";
}

function setMicrophone(isOn) {
  phone.isOn = isOn;
  microphone.disabled = false;
  microphone.setAttribute("aria-pressed", String(isOn));
  microphone.firstChild.data = isOn ? "Microphone on " : "Microphone off ";
  if (!isOn) level.value = 0;
}

function over({ code, reason }) {
  const ofTheCall = [...say.elements, hangUp, microphone];
  const hadFocus = ofTheCall.includes(document.activeElement);
  for (const element of ofTheCall) element.disabled = true;
  level.value = 0;
  phone = null;
  if (code !== OVER) status.textContent = reason || "The connection broke off, and with it the call.";
  setBusy(false);
  if (hadFocus) errand.querySelector("button").focus({ preventScroll: true });
}

function showTurn(turn) {
  let item = document.getElementById(`talk-turn-${turn.turn}`);
  if (!item) {
    if (turn.speaker === "caller") takeTyped(turn.text);
    item = addTurn(turn.speaker);
    item.id = `talk-turn-${turn.turn}`;
  }
  item.toggleAttribute("data-final", turn.final);
  const [, heard, unheard] = item.children;
  heard.textContent = turn.heard_text;
  unheard.textContent = turn.text.startsWith(turn.heard_text) ? turn.text.slice(turn.heard_text.length) : "";
  turns.scrollTop = turns.scrollHeight;
}

function addTurn(speaker) {
  const item = document.createElement("li");
  item.className = "talk-turn";
  item.dataset.speaker = speaker;
  for (const name of ["who", "heard", "unheard"]) {
    const part = document.createElement("span");
    part.className = `talk-${name}`;
    item.append(part);
  }
  item.firstChild.textContent = speaker === "agent" ? "Agent" : "You";
  turns.append(item);
  return item;
}

/** What is typed stands there at once; a first hello gets no turn of its own while the call goes on. */
function showTyped(text) {
  const item = addTurn("caller");
  item.dataset.typed = wordsOf(text);
  item.children[1].textContent = text;
  turns.scrollTop = turns.scrollHeight;
}

/** A turn takes the place of what was typed for it. */
function takeTyped(text) {
  const items = [...turns.querySelectorAll("[data-typed]")];
  for (const index of saidBy(text, items.map((item) => item.dataset.typed))) items[index].remove();
}

function setBusy(isBusy) {
  for (const button of errand.querySelectorAll("button")) button.disabled = isBusy;
}

function problem(text) {
  const line = document.getElementById("talk-problem");
  line.textContent = text;
  line.hidden = !text;
}

function explained(error) {
  if (error.name === "NotAllowedError") return "The browser refuses the microphone: allow it for this page, or answer by typing.";
  if (error.name === "NotFoundError") return "There is no microphone: answer by typing.";
  const details = Object.values(error.errors ?? {}).flat().map((detail) => detail.message);
  return details.join(" ") || error.message;
}
