"""The API's routes. Each works with and without a slash at its end; the OpenAPI document shows those without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from tasks_app.api import CallViewSet, TaskViewSet

View = Callable[..., HttpResponseBase]


def _route(pattern: str, view: View, name: str) -> list[URLPattern]:
    # A function of our own does not look like an API view, so the second route is not documented. It is exempt as
    # API views are: their authentication checks the CSRF token.
    @csrf_exempt
    def slashed(*args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(*args, **kwargs)

    return [path(pattern, view, name=name), path(f"{pattern}/", slashed, name=f"{name}/")]


_tasks = TaskViewSet.as_view
_calls = CallViewSet.as_view

urlpatterns = [
    *_route("api/tasks", _tasks({"get": "list", "post": "create"}), "task-list"),
    *_route("api/tasks/<id:task_id>", _tasks({"get": "retrieve"}), "task-detail"),
    *_route("api/tasks/<id:task_id>/call", _tasks({"post": "call"}), "task-call"),
    *_route("api/tasks/<id:task_id>/stop", _tasks({"post": "stop"}), "task-stop"),
    *_route("api/tasks/<id:task_id>/audio", _tasks({"get": "audio"}), "task-audio"),
    *_route("api/tasks/<id:task_id>/transcript", _tasks({"get": "transcript"}), "task-transcript"),
    *_route(
        "api/tasks/<id:task_id>/analysis", _tasks({"get": "analysis", "post": "analyse"}), "task-analysis"
    ),
    *_route("api/calls/<id:call_id>", _calls({"get": "retrieve"}), "call-detail"),
    *_route("api/calls/<id:call_id>/actions", _calls({"post": "act"}), "call-action"),
]
