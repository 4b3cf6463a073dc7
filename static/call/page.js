// The page of one call: its parts, and the one socket that feeds them while there is something to come.

import { onKeys } from "../keyboard.js";
import { showClock } from "./clock.js";
import { showConnection } from "./connection.js";
import { takeControls } from "./controls.js";
import { Feed } from "./feed.js";
import { showLevels } from "./levels.js";
import { listenIn } from "./listen.js";
import { showPlayer } from "./player.js";
import { showRaw } from "./raw.js";
import { showTimeline } from "./timeline.js";
import { showTranscript } from "./transcript.js";

const call = document.getElementById("call");
const feed = new Feed(call, `/ws/call/${call.dataset.id}`, Number(call.dataset.seq));

showConnection(call, feed);
showClock(call);
showTranscript(call);
showTimeline(call);
showLevels(call);
takeControls(call);
listenIn(call);
showPlayer(call);
showRaw();

call.addEventListener("feed:call_status", (event) => { call.dataset.state = event.detail.data.state; });
call.addEventListener("feed:analysis_ready", () => delete call.dataset.unsettled);

// Somebody asked for another verdict: it will be told by the feed.
call.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig.verb === "post") feed.open();
});
if ("unsettled" in call.dataset) feed.open();

const go = (selector) => () => call.querySelector(selector)?.click();
onKeys({ ArrowLeft: go("[data-older]"), ArrowRight: go("[data-newer]") });
