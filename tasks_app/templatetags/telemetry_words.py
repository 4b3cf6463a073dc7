"""Amounts on the page of numbers."""

from __future__ import annotations

from django import template

from tasks_app.telemetry_page import words

register = template.Library()


@register.filter
def milliseconds(value: float | None) -> str:
    """`640 ms`, `1.2 s`; a dash when there is none."""
    return "–" if value is None else words.milliseconds(value)


@register.filter
def whole(value: int) -> str:
    """`1,234`."""
    return words.number(value)
