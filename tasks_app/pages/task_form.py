"""The form of a task: the API's serializer checks it, so that rules are written once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from rest_framework.exceptions import ValidationError

from tasks_app.fields import PhoneNumber
from tasks_app.models import Task
from tasks_app.pages.choices import STYLE_CHOICES, TYPE_CHOICES
from tasks_app.serializers import TaskSerializer
from tasks_app.services import TaskFields


@dataclass(frozen=True, slots=True)
class Field:
    """How a field is asked for. Of more than one row: a text area."""

    name: str
    label: str
    hint: str = ""
    placeholder: str = ""
    rows: int = 1
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together."""

    title: str
    fields: tuple[Field, ...]


SECTIONS: Final = (
    Section(
        "Whom to phone",
        (
            Field(
                "target_phone",
                "Phone number",
                "As you would write it; with + and the country code if abroad.",
                "(202) 555-0100",
            ),
        ),
    ),
    Section(
        "What to achieve",
        (
            Field("task_type", "Kind of errand", choices=tuple(TYPE_CHOICES)),
            Field(
                "objective",
                "Objective",
                "What the call is for, in a sentence or two.",
                "Get my internet bill below sixty dollars a month.",
                rows=2,
            ),
            Field(
                "target_outcome",
                "Target outcome",
                "How you will know that it worked.",
                "$60 a month or less, for a year",
                rows=2,
            ),
            Field(
                "walkaway_point",
                "Walk-away point",
                "Your private limit. The agent accepts nothing beyond it, and is told never to say it.",
                "More than $75 a month",
                rows=2,
            ),
        ),
    ),
    Section(
        "What the agent should know",
        (
            Field(
                "context",
                "Context",
                "Facts the agent may use: since when, how much, names and numbers to give when asked. "
                "Leave out what must not be said.",
                "Customer for six years, pays eighty dollars. Account number 4417.",
                rows=5,
            ),
        ),
    ),
    Section(
        "How it should sound",
        (
            Field("style", "Style", choices=tuple(STYLE_CHOICES)),
            Field(
                "opening_line",
                "Opening line",
                "Left empty, the agent says that it is an AI, for whom it calls and what about. "
                "It says the first two in any case.",
                rows=2,
            ),
            Field(
                "agent_persona",
                "Persona",
                "A manner of speaking, if you want a special one.",
                "Patient, a little formal",
                rows=2,
            ),
        ),
    ),
)
NAMES: Final = tuple(field.name for section in SECTIONS for field in section.fields)
_OPTIONAL_TEXTS: Final = ("context", "target_outcome", "walkaway_point", "agent_persona", "opening_line")


@dataclass(frozen=True, slots=True)
class Shown:
    """A field with what was written into it and what is wrong with that."""

    field: Field
    value: str
    error: str
    required: bool
    max_length: int | None
    is_first_error: bool

    @property
    def described_by(self) -> str:
        """The ids of its hint and its error, for `aria-describedby`."""
        parts = [(self.field.hint, "hint"), (self.error, "error")]
        return " ".join(f"{self.field.name}-{suffix}" for text, suffix in parts if text)


class TaskForm:
    """Values as texts, and after `check` the errors by field."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = {name: values.get(name, "").replace("\r\n", "\n") for name in NAMES}
        self.errors: dict[str, str] = {}

    @classmethod
    def of_task(cls, task: Task, *, with_limit: bool) -> TaskForm:
        """A task's own values; the walk-away point only for who wrote it."""
        values = {name: getattr(task, name) for name in NAMES}
        return cls(values if with_limit else {**values, "walkaway_point": ""})

    def check(self) -> TaskFields | None:
        """What can be stored; None when something is wrong, which is then in `errors`."""
        written = {name: value for name, value in self.values.items() if value or name == "target_phone"}
        serializer = TaskSerializer(data={"objective": "", **written})
        if serializer.is_valid():
            return cast(TaskFields, {**dict.fromkeys(_OPTIONAL_TEXTS, ""), **serializer.validated_data})
        self.errors = {name: str(errors[0]) for name, errors in serializer.errors.items()}
        return None

    def sections(self) -> Iterator[tuple[str, list[Shown]]]:
        """Titles and fields, for the template."""
        first = next((name for name in NAMES if name in self.errors), None)
        rules = TaskSerializer().fields
        for section in SECTIONS:
            yield (
                section.title,
                [
                    Shown(
                        field,
                        self.values[field.name],
                        self.errors.get(field.name, ""),
                        rules[field.name].required,
                        getattr(rules[field.name], "max_length", None),
                        field.name == first,
                    )
                    for field in section.fields
                ],
            )

    def error_list(self) -> list[tuple[str, str, str]]:
        """Name, label and error of each wrong field, in the form's order."""
        labels = {field.name: field.label for section in SECTIONS for field in section.fields}
        return [(name, labels[name], self.errors[name]) for name in NAMES if name in self.errors]


def read_number(text: str) -> tuple[str, str]:
    """The number in E.164 and "", or "" and what is wrong with it."""
    try:
        return str(PhoneNumber().run_validation(text)), ""
    except ValidationError as error:
        return "", " ".join(str(detail) for detail in error.detail)
