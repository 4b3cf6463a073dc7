"""What the list of tasks can be narrowed to, and how it is sorted."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet

from tasks_app.models import Task

SEARCHED = ("objective", "context", "target_outcome")
"""Not the walk-away point: a search must not tell what is in it."""

_LIKE_A_NUMBER = re.compile(r"[\d\s()+./-]+")
"""Looks like a telephone number or a part of one: digits in a sentence do not."""


class _OneOf(django_filters.BaseInFilter, django_filters.ChoiceFilter):  # type: ignore[misc]
    """One or more choices, separated by commas."""


class _MomentField(django_filters.fields.IsoDateTimeField):  # type: ignore[misc]
    """A moment that is one in UTC too, as the database has it: the first and last of years are not, in some zones."""

    def to_python(self, value: Any) -> dt.datetime | None:
        moment: dt.datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(dt.UTC)
        except OverflowError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class _Moment(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = _MomentField


class _Ordering(django_filters.OrderingFilter):  # type: ignore[misc]
    def filter(self, qs: QuerySet[Task], value: list[str] | None) -> QuerySet[Task]:
        if not value:
            return qs
        # what has no value comes last, on every database; the id settles ties, else rows could show on two pages
        fields = [(F(name.removeprefix("-")), name.startswith("-")) for name in value]
        order = [f.desc(nulls_last=True) if is_down else f.asc(nulls_last=True) for f, is_down in fields]
        return qs.order_by(*order, "-id")


class TaskFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Query parameters of `GET /api/tasks`."""

    status = _OneOf(choices=Task.Status.choices, help_text="One or more, separated by commas.")
    outcome = _OneOf(choices=Task.Outcome.choices, help_text="One or more, separated by commas.")
    task_type = _OneOf(choices=Task.Type.choices, help_text="One or more, separated by commas.")
    created_after = _Moment("created_at", "gte", help_text="From this moment on, ISO 8601.")
    created_before = _Moment("created_at", "lt", help_text="Before this moment, ISO 8601.")
    q = django_filters.CharFilter(
        method="search",
        help_text="Words in the objective, context or target outcome, or three or more digits of the number.",
    )
    ordering = _Ordering(
        fields={name: name for name in ("created_at", "ended_at", "duration_seconds", "status", "id")},
        help_text="A field, with a minus for descending.",
    )

    class Meta:
        model = Task
        fields: tuple[str, ...] = ()

    def search(self, queryset: QuerySet[Task], _: str, value: Any) -> QuerySet[Task]:
        """Tasks that contain `value`, ignoring case."""
        found = Q()
        for field in SEARCHED:
            found |= Q(**{f"{field}__icontains": value})
        digits = re.sub(r"\D", "", value)
        if len(digits) >= 3 and _LIKE_A_NUMBER.fullmatch(value):
            found |= Q(target_phone__contains=digits)
        return queryset.filter(found)
