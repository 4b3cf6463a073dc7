"""The list of tasks."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tasks_app import selectors


@never_cache
@login_required
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """The tasks that the reader may see, newest first."""
    return render(request, "tasks/list.html", {"tasks": selectors.task_list(request.user)[:50]})
