"""A verdict in the shape that was asked for: fields of a JSON schema by their names, others by their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ALSO_CALLED = {
    "description": "text",
    "claim": "text",
    "moment": "text",
    "what": "text",
    "title": "name",
    "label": "name",
    "tactic": "name",
    "turn_number": "turn",
    "suggestions": "improvement_suggestions",
}
_AS_TEXT = ("text", "quote", "value")
"""Which part of an object stands for it where one text is wanted."""
_AS_NUMBER = ("turn",)


def fill(schema: Mapping[str, Any], source: Any) -> Any:
    """A JSON value that is valid by `schema`, with what `source` has under the names the schema uses.

    Knows $ref to $defs, anyOf, oneOf, allOf of one, enum, const, objects, arrays and the plain types with their
    bounds; a keyword it does not know is ignored.
    """
    return _Filling(schema.get("$defs", {})).value(schema, source)


class _Filling:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def value(self, schema: Mapping[str, Any], source: Any) -> Any:
        schema = self._resolved(schema, source)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            choices = schema["enum"]
            return source if source in choices else "unknown" if "unknown" in choices else choices[0]
        match _type_of(schema, source):
            case "object":
                return self._object(schema, source)
            case "array":
                return self._array(schema, source)
            case "string":
                return _text(source)[: schema.get("maxLength")]
            case "integer":
                return round(_bounded(schema, source))
            case "number":
                return _bounded(schema, source)
            case "boolean":
                return bool(source)
            case "null":
                return None
        return source

    def _resolved(self, schema: Mapping[str, Any], source: Any) -> Mapping[str, Any]:
        """`schema` with its reference followed and one of its alternatives chosen."""
        while True:
            options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if "$ref" in schema:
                schema = self._definitions.get(schema["$ref"].rpartition("/")[2], {})
            elif options:
                wanted = [option for option in options if (option.get("type") == "null") == (source is None)]
                schema = (wanted or options)[0]
            else:
                return schema

    def _object(self, schema: Mapping[str, Any], source: Any) -> dict[str, Any]:
        if isinstance(source, list):
            source = source[0] if source else None
        known = source if isinstance(source, Mapping) else {}
        fields = schema.get("properties")
        if fields is None:
            return dict(known)
        return {name: self.value(part, _find(known, name)) for name, part in fields.items()}

    def _array(self, schema: Mapping[str, Any], source: Any) -> list[Any]:
        part = schema.get("items", {})
        if isinstance(source, Mapping) and "key" in self._resolved(part, {}).get("properties", {}):
            source = [{"key": key, "value": value} for key, value in source.items()]
        items = source if isinstance(source, list) else [] if source is None else [source]
        items = items[: schema.get("maxItems")]
        items = [*items, *[None] * (schema.get("minItems", 0) - len(items))]
        return [self.value(part, item) for item in items]


def _find(source: Mapping[str, Any], name: str) -> Any:
    return source[name] if name in source else source.get(_ALSO_CALLED.get(name, ""))


def _type_of(schema: Mapping[str, Any], source: Any) -> str | None:
    kinds: list[str] | str | None = schema.get("type", "object" if "properties" in schema else None)
    if not isinstance(kinds, list):
        return kinds
    return "null" if source is None and "null" in kinds else next(kind for kind in kinds if kind != "null")


def _text(source: Any) -> str:
    if isinstance(source, list):
        source = source[0] if source else None
    if isinstance(source, Mapping):
        source = next((source[name] for name in _AS_TEXT if name in source), None)
    return "" if source is None else str(source)


def _bounded(schema: Mapping[str, Any], source: Any) -> float:
    if isinstance(source, Mapping):
        source = next((source[name] for name in _AS_NUMBER if name in source), None)
    number = source if isinstance(source, (int, float)) else 0
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    number = number if lowest is None else max(number, lowest)
    return number if highest is None else min(number, highest)
