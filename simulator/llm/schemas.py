"""What providers accept as a schema of structured output, and a schema found in the words of a prompt.

Sources: OpenAI "Structured Outputs: supported schemas", Anthropic "Structured outputs: JSON Schema limitations".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_BOUNDS = {
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("minLength", "maxLength"),
    "array": ("maxItems", "uniqueItems"),
}


def openai_complaint(schema: Mapping[str, Any]) -> str | None:
    """Why a strict schema is refused by OpenAI and Groq; None when it is not."""
    if schema.get("type") != "object":
        return "schema must be a JSON Schema of 'type: \"object\"', got 'type: null'."
    for where, part in _objects(schema):
        context = f"In context={where}, "
        if part.get("additionalProperties") is not False:
            return f"{context}'additionalProperties' is required to be supplied and to be false."
        missing = [name for name in part.get("properties", {}) if name not in part.get("required", [])]
        if missing:
            return (
                f"{context}'required' is required to be supplied and to be an array including every key in "
                f"properties. Missing '{missing[0]}'."
            )
    return None


def anthropic_complaint(schema: Mapping[str, Any]) -> str | None:
    """Why a schema is refused by Anthropic; None when it is not."""
    for _, part in _objects(schema):
        if part.get("additionalProperties") is not False:
            return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    for _, part in _parts(schema, ()):
        kind = part.get("type")
        unsupported = [key for key in _BOUNDS.get(str(kind), ()) if key in part]
        if unsupported:
            return f"For '{kind}' type, properties {', '.join(unsupported)} are not supported"
    return None


def schema_in(text: str) -> dict[str, Any] | None:
    """The first JSON schema of an object that is written out in `text`."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            at = text.find("{", at + 1)
            continue
        if isinstance(found.get("properties"), dict):
            return dict(found)
        at = text.find("{", end)
    return None


def _objects(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    return ((where, part) for where, part in _parts(schema, ()) if part.get("type") == "object")


def _parts(schema: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every schema inside `schema`, itself included, with its path."""
    if not isinstance(schema, Mapping):
        return
    yield where, schema
    for key in ("properties", "$defs"):
        for name, part in schema.get(key, {}).items():
            yield from _parts(part, (*where, key, name))
    for key in ("anyOf", "oneOf", "allOf"):
        for index, part in enumerate(schema.get(key, ())):
            yield from _parts(part, (*where, key, str(index)))
    yield from _parts(schema.get("items"), (*where, "items"))
