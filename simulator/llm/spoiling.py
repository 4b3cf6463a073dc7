"""How an answer goes wrong on its way to text: other types, other keys, no JSON, too little or too much of it."""

from __future__ import annotations

import json
from typing import Any

from simulator.llm.faults import Fault

HUGE_WORDS = 800_000
"""About a million tokens, five megabytes."""


def spoil_fields(data: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """`data` with what `fault` does to its fields; unchanged by any other fault."""
    match fault:
        case Fault.WRONG_TYPES:
            return {name: _other_type(value) for name, value in data.items()}
        case Fault.EXTRA_KEYS:
            extra = {"confidence": 0.97, "notes": {"model": "pleased with itself"}}
            inside = {name: [_with_extra(item) for item in data[name]] for name in _lists(data)}
            return data | inside | extra
        case Fault.OUT_OF_RANGE:
            return {name: _out_of_range(value) for name, value in data.items()}
        case Fault.HUGE:
            text = next((name for name, value in data.items() if isinstance(value, str)), "text")
            return data | {text: "word " * HUGE_WORDS}
    return data


def spoil_text(text: str, fault: Fault | None) -> str:
    """JSON `text` with what `fault` does to it as a whole; unchanged by any other fault."""
    match fault:
        case Fault.BAD_JSON:
            return text.rstrip("}") + ",,"
        case Fault.FENCED_JSON:
            return f"```json\n{text}\n```"
        case Fault.PROSE:
            return f"Here is my analysis of the call:\n\n{text}\n\nLet me know if you need anything else!"
        case Fault.TRUNCATED:
            return text[: len(text) // 2]
        case Fault.EMPTY:
            return ""
    return text


def as_text(data: Any) -> str:
    """JSON as a model writes it."""
    return json.dumps(data, ensure_ascii=False)


def _lists(data: dict[str, Any]) -> list[str]:
    return [name for name, value in data.items() if isinstance(value, list)]


def _with_extra(item: Any) -> Any:
    return item | {"certainty": "high"} if isinstance(item, dict) else item


def _other_type(value: Any) -> Any:
    if isinstance(value, str):
        return 7
    return "none to speak of" if isinstance(value, list) else ["many"]


def _out_of_range(value: Any) -> Any:
    return 940 if isinstance(value, (int, float)) and not isinstance(value, bool) else value
