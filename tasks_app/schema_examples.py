"""The examples of the OpenAPI document: one errand, its call and what came of it."""

from __future__ import annotations

from typing import Any

from tasks_app.transcript_formats import FORMATS, Line
from telephony.speaker import Speaker

TASK_ID = "3f0c5c1e-5f0b-4d0a-9a53-0d3d9b7c1a11"
SESSION_ID = "a41e52f0-6a3e-4a0f-8b0e-5f3f1f6f2b22"

TASK_INPUT: dict[str, Any] = {
    "task_type": "bill_reduction",
    "target_phone": "(212) 555-0134",
    "objective": "Get my internet bill under $60 a month.",
    "context": "Customer for six years. The bill went from $65 to $89 this month.",
    "target_outcome": "$60 a month for twelve months",
    "walkaway_point": "Anything above $75",
    "style": "collaborative",
}
NO_COST: dict[str, Any] = {
    "currency": "USD",
    "total": 0.0,
    "at_list_price": 0.0,
    "complete": True,
    "unknown": [],
    "simulated": False,
}
COST = NO_COST | {"total": 0.2157, "at_list_price": 0.2157}
NEW_TASK: dict[str, Any] = {
    "id": TASK_ID,
    "task_type": "bill_reduction",
    "target_phone": "+12125550134",
    "objective": TASK_INPUT["objective"],
    "context": TASK_INPUT["context"],
    "target_outcome": TASK_INPUT["target_outcome"],
    "has_walkaway_point": True,
    "agent_persona": "",
    "opening_line": "",
    "style": "collaborative",
    "status": "pending",
    "outcome": "unknown",
    "duration_seconds": None,
    "created_at": "2026-05-20T11:58:40Z",
    "ended_at": None,
    "cost": NO_COST,
}
TASK = NEW_TASK | {
    "status": "ended",
    "outcome": "success",
    "duration_seconds": 124,
    "ended_at": "2026-05-20T12:01:45Z",
    "cost": COST,
}
CALL: dict[str, Any] = {
    "session_id": SESSION_ID,
    "task_id": TASK_ID,
    "state": "completed",
    "ended_reason": "agent_ended",
    "ended_detail": "The agent said goodbye and hung up",
    "call_sid": "CA0123456789abcdef0123456789abcdef",
    "answered_by": "",
    "simulated": False,
    "created_at": "2026-05-20T11:59:30Z",
    "answered_at": "2026-05-20T11:59:41Z",
    "ended_at": "2026-05-20T12:01:45Z",
    "duration_seconds": 124,
    "recording_state": "finished",
}
TURN: dict[str, Any] = {
    "number": 1,
    "speaker": "caller",
    "text": "Hello, how can I help?",
    "start_ms": 320,
    "end_ms": 1840,
    "heard": 1.0,
    "heard_text": "",
    "final": True,
}
CALL_DETAIL = CALL | {
    "seq": 41,
    "recording": {"state": "finished", "duration_ms": 124020, "detail": ""},
    "cost": COST
    | {
        "final": True,
        "parts": [
            {
                "name": "agent",
                "label": "Voice agent",
                "quantity": 2.067,
                "unit": "minute",
                "unit_price": 0.08,
                "amount": 0.16536,
                "simulated": False,
            }
        ],
        "per_minute": COST | {"total": 0.098, "at_list_price": 0.098},
        "prices_as_of": "2026-10-01",
    },
    "turns": [TURN],
}
TRANSCRIPT: dict[str, Any] = {
    "task_id": TASK_ID,
    "session_id": SESSION_ID,
    "source": "final",
    "turns": [
        TURN | {"words": [{"word": "Hello,", "start_ms": 320, "end_ms": 610, "confidence": 0.99}]},
    ],
    "count": 1,
}
_LINE = Line(Speaker.CALLER, TURN["text"], TURN["text"], TURN["start_ms"], TURN["end_ms"])
WRITTEN: dict[str, str] = {media_type: write([_LINE]) for write, media_type in FORMATS.values()}
"""The transcript by media type."""
_EVIDENCE = {"turn": 7, "quote": "I can lower it to $55 a month", "start_ms": 21400}
VERDICT: dict[str, Any] = {
    "session_id": SESSION_ID,
    "state": "ready",
    "provider": "openai",
    "model": "gpt-5.4-mini",
    "created_at": "2026-05-20T12:01:49Z",
    "summary": "The bill was lowered from $89 to $55 a month.",
    "outcome": "success",
    "outcome_reasoning": "The target was $60; the representative confirmed $55.",
    "evidence": [_EVIDENCE],
    "concessions": [{"text": "A lower monthly price.", "supported": True, "evidence": [_EVIDENCE]}],
    "tactics": [],
    "tactics_used": ["Direct ask"],
    "score": 92,
    "score_reasoning": "The target was beaten in two minutes.",
    "rapport_quality": "good",
    "key_moments": [{"text": "The offer.", "supported": True, "evidence": [_EVIDENCE]}],
    "improvement_suggestions": ["Ask for a written confirmation."],
    "details": {"agreed_price": "55.00"},
}
PENDING: dict[str, Any] = {
    "session_id": SESSION_ID,
    "state": "running",
    "message": "The verdict is being made.",
}
ACTIONS: dict[str, dict[str, Any]] = {
    "Say": {"type": "say", "text": "Could you check with your supervisor?"},
    "Whisper": {"type": "whisper", "text": "Accept $65 if they throw in the router."},
    "Press keys": {"type": "dtmf", "digits": "1w2#"},
    "Mute": {"type": "mute"},
    "Unmute": {"type": "unmute"},
    "End": {"type": "end"},
}
