// Who is speaking, and how loud.

const AUDIBLE = 0.012;
const QUIET_AFTER_MS = 600;
const FLOOR_DB = -46;

/** Show the feed's levels on the two meters. */
export function showLevels(call) {
  const heardAt = { caller: -Infinity, agent: -Infinity };

  call.addEventListener("feed:audio_level", (event) => {
    const now = performance.now();
    for (const name of ["caller", "agent"]) {
      const level = event.detail.data[name];
      if (level >= AUDIBLE) heardAt[name] = now;
      show(call.querySelector(`[data-voice="${name}"]`), level, now - heardAt[name] < QUIET_AFTER_MS);
    }
  });
}

function show(voice, level, isSpeaking) {
  if (!voice) return;
  voice.querySelector("meter").value = loudness(level);
  voice.toggleAttribute("data-speaking", isSpeaking);
  const words = isSpeaking ? "speaking" : "muted" in voice.dataset ? "muted" : "quiet";
  const says = voice.querySelector(".voice-says");
  if (says.textContent !== words) says.textContent = words;
}

/** 0 to 1, as people hear it. */
function loudness(level) {
  if (level <= 0) return 0;
  return Math.min(Math.max(1 - (20 * Math.log10(level)) / FLOOR_DB, 0), 1);
}
