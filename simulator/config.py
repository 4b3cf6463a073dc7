"""Everything about a simulator that a test, a demo or a benchmark may choose."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from simulator.twilio.faults import Faults

SCENARIOS_DIR = Path(__file__).parent / "scenarios"


@dataclass(frozen=True, slots=True)
class AgentTimings:
    """How fast the simulated Deepgram agent is."""

    settings_applied_ms: float = 40
    """From Settings received to SettingsApplied sent."""
    greeting_audio_ms: float = 120
    """From SettingsApplied to the first audio of the greeting."""
    end_of_turn_quiet_ms: float = 600
    """Quiet after speech that ends the caller's turn."""
    think_ms: float = 250
    """From the end of the caller's turn to the first audio of the reply."""
    audio_speed: float = 2.5
    """How many times faster than real time the agent sends its audio."""
    idle_timeout_s: float = 10.0
    """Without audio or KeepAlive for this long the socket is closed."""
    late_frames: int = 3
    """Audio frames still sent after UserStartedSpeaking, as the real service does."""
    audio_done_on_barge_in: float = 0.5
    """The share of barge-ins while sending that are followed by AgentAudioDone; the real service does both."""
    pause_ms: float = 300
    """Quiet after which the agent begins to think, before the turn is confirmed."""
    slow_think_ms: float = 0
    """How much longer the model takes before it says or calls anything."""
    slow_think_warning_s: float = 5.0
    """The client is warned each time it has waited so long for the model."""
    function_timeout_s: float = 10.0
    """How long the agent waits for a FunctionCallResponse."""
    session_limit_s: float = 7200.0
    """The longest session; a warning comes after 115/120 of it."""


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """One simulator: where it listens, the credentials it accepts, its pace and its seed."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 means a free port, chosen when the simulator starts."""
    twilio_account_sid: str = "AC" + "0" * 32
    twilio_auth_token: str = "simulated-auth-token"  # noqa: S105 - the simulator's own, guards nothing
    twilio_phone_number: str | None = None
    """The only number the account owns; None: every number that is asked for."""
    deepgram_api_key: str = "simulated-deepgram-key"
    llm_api_key: str = "simulated-llm-key"
    """The key of every model API."""
    scenarios_dir: Path = SCENARIOS_DIR
    callee_audio: Path | None = None
    """A recording (8 kHz mono .ulaw or .wav) that opens the call at the `recorded` scenario's number."""
    seed: int = 1
    """What the callee and the line do derives from it and from the call's number in this run; what the agent does also
    from the CallSid, which is never seeded."""
    calls_per_second: float = 100.0
    """Calls above this rate are queued, as Twilio does. Twilio's own default is 1."""
    webhook_timeout_s: float = 15.0
    """Twilio gives a webhook 15 s in total."""
    faults: Faults = field(default_factory=Faults)
    """What goes wrong between Twilio and the server it calls, until POST /simulator/faults says otherwise."""
    finished_calls: int = 500
    """How many finished calls are remembered; beyond it the one that ended first is forgotten."""
    finished_audio: int = 50
    """How many of them with their audio."""
    agent: AgentTimings = field(default_factory=AgentTimings)
