"""What things cost, in US dollars: list prices as others report them, each with its date.

Confirm them before you rely on them: `PRICES` in the environment replaces rows or adds them. What is in neither is
unknown, which is not the same as free.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from tasks_app.costs import MILLION_TOKENS, MINUTE, Price

_QUOTED: Final = "quoted by third parties"


def _row(key: str, unit: str, usd: str, as_of: str, source: str = _QUOTED) -> Price:
    return Price(key, unit, Decimal(usd), source, as_of)


def _model(key: str, input_usd: str, output_usd: str, as_of: str, source: str = _QUOTED) -> tuple[Price, ...]:
    return (
        _row(f"{key}/input", MILLION_TOKENS, input_usd, as_of, source),
        _row(f"{key}/output", MILLION_TOKENS, output_usd, as_of, source),
    )


LIST_PRICES: Final = (
    # Each started minute of an answered call; ringing is free. Other countries differ by number.
    _row("twilio/outbound/US", MINUTE, "0.0140", "2026-09-01"),
    _row("twilio/media-stream", MINUTE, "0.0044", "2026-09-01"),
    # By the time its socket is open, everything in it included; what a model of your own saves is not published.
    _row("deepgram/agent/standard", MINUTE, "0.075", "2026-09-22"),
    _row("deepgram/agent/advanced", MINUTE, "0.163", "2026-09-22", "quoted by one third party"),
    # Each channel is billed. Reports differ (0.0043 to 0.0077): this is the highest.
    _row("deepgram/transcription/nova-3", MINUTE, "0.0077", "2026-08-01", "the highest of several reports"),
    *_model("openai/gpt-5.4-mini", "0.75", "4.50", "2026-06-01"),
    *_model("openai/gpt-5.4-nano", "0.20", "1.25", "2026-06-01"),
    *_model("openai/gpt-5.4", "2.50", "15.00", "2026-06-01"),
    *_model("anthropic/claude-haiku-5-5", "0.10", "0.50", "2026-10-07", "prompts up to 100,000 tokens"),
    *_model("anthropic/claude-sonnet-5-5", "2.00", "10.00", "2026-10-07"),
    *_model("groq/openai/gpt-oss-120b", "0.15", "0.60", "2026-05-19"),
    *_model("local", "0", "0", "", "your own server bills nobody by the token"),
)

ADVANCED_AGENT_MODELS: Final = frozenset(
    {
        *("gpt-5.5", "gpt-5.4", "gpt-5.2", "gpt-5.1", "gpt-5", "gpt-4.1", "gpt-4o", "gpt-5.6-terra"),
        *("claude-sonnet-5", "claude-sonnet-4-6"),
    }
)
STANDARD_AGENT_MODELS: Final = frozenset(
    {
        *("gpt-5.6-luna", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5-mini", "gpt-5-nano"),
        *("gpt-4.1-mini", "gpt-4.1-nano", "gpt-4o-mini", "claude-haiku-4-5"),
        *("gemini-3.5-flash", "gemini-3.1-flash-lite", "gemini-2.5-flash"),
    }
)


def table(own: Mapping[str, str]) -> dict[str, Price]:
    """Every price by its key; `own` are the operator's, known since its `as_of`."""
    prices = {row.key: row for row in LIST_PRICES}
    for key, usd in own.items():
        if key != "as_of":
            unit = MILLION_TOKENS if key.endswith(("/input", "/output")) else MINUTE
            prices[key] = Price(key, unit, Decimal(usd), "PRICES", own.get("as_of", ""))
    return prices


def agent_key(think_model: str, *, has_own_endpoint: bool) -> str:
    """Which of Deepgram's prices a voice agent has that thinks with this model."""
    if has_own_endpoint:
        return "deepgram/agent/own-endpoint"
    if think_model in ADVANCED_AGENT_MODELS:
        return "deepgram/agent/advanced"
    if think_model in STANDARD_AGENT_MODELS:
        return "deepgram/agent/standard"
    return f"deepgram/agent/{think_model}"
