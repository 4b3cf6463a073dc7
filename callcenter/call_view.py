"""A live call as lines of text, from the messages of its feed."""

from __future__ import annotations

from typing import Any

from telephony.lifecycle import TERMINAL
from telephony.speaker import Speaker

_BLANK = " " * 9
_SPEAKERS: dict[str, str] = {Speaker.CALLER: "callee", Speaker.AGENT: "agent "}


class CallView:
    """Keeps what was shown, so that a snapshot after a reconnection repeats nothing."""

    def __init__(self) -> None:
        self.state = ""
        self.ended_reason = ""
        self._shown_turns: set[int] = set()

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self.state in TERMINAL

    def lines(self, message: dict[str, Any]) -> list[str]:
        """What one message of the feed adds to the view: nothing for what a person need not see."""
        data: dict[str, Any] = message.get("data") or {}
        match message.get("type"):
            case "snapshot":
                return self._snapshot(data)
            case "call_status":
                return self._status(data)
            case "transcript_update":
                return self._turn(data)
            case "barge_in":
                return [f"{_BLANK} (interrupted)"]
            case "tool_call" if data.get("name") == "press_keys":
                return [f"{_BLANK} [presses {(data.get('arguments') or {}).get('keys', '')}]"]
            case "tool_call" if data.get("name") != "update_strategy":  # the plan itself is shown
                return [f"{_BLANK} [{data.get('name', '')}]"]
            case "dtmf":
                return [f"{_BLANK} (the callee pressed {data.get('digit', '')})"]
            case "agent" if data.get("status") in ("warning", "error"):
                return [f"{_BLANK} (voice agent: {data.get('detail') or data['status']})"]
            case "stream" if data.get("status") in ("lost", "error"):
                return [f"{_BLANK} (audio connection: {data.get('detail') or data['status']})"]
            case "stop_requested":
                return [f"{_BLANK} (asked to stop)"]
            case "strategy_update":
                return [f"{_BLANK} [plan: {data.get('strategy', '')}]"]
            case _:
                return []

    def _snapshot(self, data: dict[str, Any]) -> list[str]:
        call = data.get("call") or {}
        lines = self._status(call) if call else []
        for turn in data.get("turns") or []:
            lines += self._turn(turn)
        return lines

    def _status(self, data: dict[str, Any]) -> list[str]:
        state = str(data.get("state", ""))
        if not state or state == self.state:
            return []
        self.state = state
        self.ended_reason = str(data.get("ended_reason") or "")
        lines = [f"{_BLANK} {state.replace('_', ' ')}"]
        if self.ended:
            detail = f" ({data['ended_detail']})" if data.get("ended_detail") else ""
            lines.append(f"{_BLANK} how it ended: {self.ended_reason or 'unknown'}{detail}")
        return lines

    def _turn(self, data: dict[str, Any]) -> list[str]:
        number = int(data.get("turn", data.get("number", 0)))
        if number in self._shown_turns or not data.get("final", True):
            return []
        self._shown_turns.add(number)
        speaker = _SPEAKERS.get(str(data.get("speaker")), "?")
        cut = "" if float(data.get("heard", 1.0)) >= 1.0 else f"  (heard: {data.get('heard_text', '')!r})"
        return [f"{_clock(data.get('start_ms'))} {speaker}  {data.get('text', '')}{cut}"]


def _clock(ms: Any) -> str:
    """The time on the call clock as `   12.3 s`, as wide as _BLANK."""
    return f"{ms / 1000:7.1f} s" if isinstance(ms, int | float) else _BLANK
