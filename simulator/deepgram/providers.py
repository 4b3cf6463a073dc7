"""The providers an agent may listen, think and speak with, and the fields of each.

Source: Deepgram "Configure the Voice Agent" and the types of its SDK 7.17.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.deepgram.schema import (
    INVALID,
    Check,
    Problem,
    also,
    anything,
    flag,
    list_of,
    mapping_of,
    number,
    one_or_list,
    record,
    tagged,
    text,
)

FUNCTION_NAME = r"[a-zA-Z0-9_-]{1,64}"
THINK_ENDPOINT_NEEDED = ("groq", "aws_bedrock")
SPEAK_ENDPOINT_FREE = ("deepgram", "cartesia")

_word = text(pattern=".+")
_endpoint = record({"url": text(pattern=r"(?:https?|wss?)://.+")}, {"headers": mapping_of(text())})


def _listen_rules(provider: Any, where: str) -> Iterator[Problem]:
    """Flux speaks version v2 only, everything else v1; a session with the wrong one fails."""
    flux = provider["model"].startswith("flux-")
    if flux != (provider.get("version") == "v2"):
        need = '"version": "v2"' if flux else "a flux model"
        yield Problem(
            INVALID, f"{where}.version", f"model {provider['model']!r} with this version: needs {need}"
        )


_LISTEN_V1 = record(
    {"type": text(choices=("deepgram",)), "model": _word},
    {"version": text(choices=("v1",)), "language": _word, "keyterms": list_of(_word), "smart_format": flag},
)
_LISTEN_V2 = record(
    {"type": text(choices=("deepgram",)), "model": _word, "version": text(choices=("v2",))},
    {
        "language_hints": list_of(_word),
        "keyterms": list_of(_word),
        "eot_threshold": number(0.5, 1.0),
        "eager_eot_threshold": number(0.3, 0.9),
        "eot_timeout_ms": number(500, 10_000, whole=True),
    },
)
LISTEN: Check = record(
    {"provider": also(tagged("version", {"v1": _LISTEN_V1, "v2": _LISTEN_V2}, default="v1"), _listen_rules)}
)


def _think_provider(kind: str, **more: Check) -> Check:
    # A google model behind an endpoint is named by the endpoint.
    required = {"type": text(choices=(kind,))} | ({} if kind == "google" else {"model": _word})
    return record(
        required,
        {
            "model": _word,
            "temperature": number(0, 2),
            "version": _word,
            "reasoning_mode": text(choices=("none", "minimal", "low", "medium", "high")),
            **more,
        },
    )


_THINK_PROVIDERS = {
    kind: _think_provider(kind) for kind in ("open_ai", "anthropic", "google", "groq", "nvidia", "deepgram")
} | {"aws_bedrock": _think_provider("aws_bedrock", credentials=mapping_of(text()))}

FUNCTION: Check = record(
    {"name": text(pattern=FUNCTION_NAME)},
    {
        "description": text(),
        "parameters": mapping_of(anything),
        "defer_until_eot": flag,
        "endpoint": record({"url": _word}, {"method": text(), "headers": mapping_of(text())}),
        "initial_agent_filler": anything,
        "agent_filler_max_count": number(0, whole=True),
        "agent_filler_interval_ms": number(0, whole=True),
    },
)


def _think_rules(think: Any, where: str) -> Iterator[Problem]:
    kind = think["provider"]["type"]
    if "endpoint" not in think:
        if kind in THINK_ENDPOINT_NEEDED:
            yield Problem(INVALID, where, f"provider {kind!r} needs an endpoint")
        if "model" not in think["provider"]:
            yield Problem(INVALID, f"{where}.provider", "a managed model needs its name in 'model'")
        if "context_length" in think:
            yield Problem(INVALID, f"{where}.context_length", "only with a custom endpoint")
    names = [function["name"] for function in think.get("functions", [])]
    if len(names) != len(set(names)):
        yield Problem(INVALID, f"{where}.functions", "two functions have the same name")


def _context_length(value: Any, where: str) -> Iterator[Problem]:
    if value != "max":
        yield from number(1, whole=True)(value, where)


THINK: Check = one_or_list(
    also(
        record(
            {"provider": tagged("type", _THINK_PROVIDERS)},
            {
                "endpoint": _endpoint,
                "prompt": text(),
                "context_length": _context_length,
                "functions": list_of(FUNCTION),
            },
        ),
        _think_rules,
    )
)

_SPEAK_PROVIDERS = {
    "deepgram": record(
        {"type": text(), "model": _word},
        {"version": text(choices=("v1", "v2")), "speed": number(0.5, 1.5), "expressivity": number(-2, 2)},
    ),
    "eleven_labs": record({"type": text(), "model_id": _word}, {"language": _word, "language_code": _word}),
    "cartesia": record(
        {"type": text(), "model_id": _word, "voice": record({"mode": _word, "id": _word})},
        {"language": _word, "volume": number(0.5, 2)},
    ),
    "open_ai": record({"type": text(), "model": _word, "voice": _word}),
    "aws_polly": record(
        {
            "type": text(),
            "voice": _word,
            "language": _word,
            "engine": _word,
            "credentials": mapping_of(text()),
        }
    ),
}


def _speak_rules(speak: Any, where: str) -> Iterator[Problem]:
    kind = speak["provider"]["type"]
    if kind not in SPEAK_ENDPOINT_FREE and "endpoint" not in speak:
        yield Problem(INVALID, where, f"provider {kind!r} needs an endpoint")


SPEAK: Check = one_or_list(
    also(record({"provider": tagged("type", _SPEAK_PROVIDERS)}, {"endpoint": _endpoint}), _speak_rules)
)

THINK_LIVE: Check = record(
    {
        "provider": record(
            {"type": text(choices=("deepgram",))},
            {
                "version": text(choices=("v1",)),
                "agent_backchannel_sensitivity": anything,
                "presence_check_max_count": number(0, whole=True),
                "presence_check_interval_ms": number(0, whole=True),
                "frustration_max_count": number(0, whole=True),
                "restricted_terms": list_of(_word),
            },
        )
    }
)
