"""The OpenAPI document: every operation has examples of what is sent, answered and refused, and they are true."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from callcenter.env import BASE_DIR

pytestmark = pytest.mark.unit

PROBLEM = "application/problem+json"
PAGES_ONLY = {"already_called"}
"""Refusals that no operation of the API meets."""

MEMBERS = {"type", "title", "status", "detail", "code", "instance"}


Operation = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What `/api/schema` answers."""
    made: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return made


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> dict[str, Operation]:
    """By method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def contents(operation: Operation) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Where, the media type and its schema and examples: of the request, and of every answer that has a body."""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", media_type, content
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            if content["schema"].get("format") != "binary":
                yield status, media_type, content


def closed(schema: Any) -> Any:
    """The schema without room for members that it does not name."""
    if isinstance(schema, dict):
        tight = {name: closed(value) for name, value in schema.items()}
        return {"additionalProperties": False, **tight} if "properties" in tight else tight
    return [closed(item) for item in schema] if isinstance(schema, list) else schema


def complaints(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with an example."""
    whole = closed({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]


def test_the_document_is_valid(document: dict[str, Any], operations: dict[str, Operation]) -> None:
    validate_schema(document)  # type: ignore[no-untyped-call]
    assert len(operations) >= 14
    assert [name for name, operation in operations.items() if not operation.get("summary")] == []
    ids = [each for each in operations["GET /api/tasks/{task_id}"]["parameters"] if each["in"] == "path"]
    assert [each["schema"] for each in ids] == [{"type": "string", "format": "uuid"}]


def test_everything_has_an_example_that_is_true(
    document: dict[str, Any], operations: dict[str, Operation]
) -> None:
    wrong = []
    for name, operation in operations.items():
        for where, media_type, content in contents(operation):
            examples = content.get("examples", {})
            if not examples:
                wrong.append(f"{name}: {where} {media_type} has no example")
            for title, example in examples.items():
                said = complaints(document, content["schema"], example["value"])
                wrong += [f"{name}: {where} {media_type} {title}: {one}" for one in said]
    assert wrong == []


def test_every_refusal_is_a_problem_with_its_own_status(operations: dict[str, Operation]) -> None:
    for name, operation in operations.items():
        refused = {where for where, media_type, _ in contents(operation) if media_type == PROBLEM}
        assert {"401", "500"} <= refused, name
        assert all(where >= "400" for where in refused), name
        for where, media_type, content in contents(operation):
            for example in content["examples"].values() if media_type == PROBLEM else ():
                assert set(example["value"]) >= MEMBERS, name
                assert example["value"]["status"] == int(where), name


def test_every_refusal_of_ours_has_an_example(operations: dict[str, Operation]) -> None:
    shown = {
        example["value"]["code"]
        for operation in operations.values()
        for _, media_type, content in contents(operation)
        if media_type == PROBLEM
        for example in content["examples"].values()
    }
    files = (BASE_DIR / "tasks_app").glob("*.py")
    in_the_code = {code for file in files for code in raised(file)}
    assert len(in_the_code) >= 10
    assert in_the_code <= shown | PAGES_ONLY


def raised(file: Path) -> Iterator[str]:
    """The codes of `Refusal("code", ...)` in a module."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Name(id="Refusal"), args=[ast.Constant(value=str(code)), *_]):
                yield code


def test_a_false_example_is_noticed(document: dict[str, Any]) -> None:
    task = {"$ref": "#/components/schemas/TaskRequest"}
    assert complaints(document, task, {"target_phone": "1", "objective": "x"}) == []
    assert complaints(document, task, {"target_phone": "1"}) != []
    assert complaints(document, task, {"target_phone": "1", "objective": "x", "objectives": "y"}) != []
