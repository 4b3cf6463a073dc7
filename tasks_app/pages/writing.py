"""Writing a task: new, from an example, as a copy, or anew before its first call."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasks_app import selectors, services
from tasks_app.models import Task
from tasks_app.pages.examples import EXAMPLES
from tasks_app.pages.task_form import NAMES, TaskForm, read_number
from tasks_app.refusals import Refusal
from telephony import number_facts, prompts


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def task_new(request: HttpRequest) -> HttpResponse:
    """An empty form, or one that `?example=`, `?copy=` or a field's own name fills. Posted: on to the review."""
    if request.method == "POST":
        form = TaskForm(request.POST.dict())
        fields = form.check()
        if fields is None:
            return _page(request, form, status=422)
        return redirect("task-review", task_id=services.task_create(owner=_user(request), **fields).pk)
    return _page(request, TaskForm({**_filled_by(request), **_written_in_url(request)}))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def task_edit(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """The form of a task that was never called, for its owner only: it shows the walk-away point."""
    task = find_task(request, task_id)
    if task.owner_id != _user(request).pk:
        raise Http404
    if request.method == "POST":
        form = TaskForm(request.POST.dict())
        fields = form.check()
        if fields is None:
            return _page(request, form, task, status=422)
        try:
            services.task_update(task=task, **fields)
        except Refusal as refusal:
            form.errors = {"": str(refusal)}
            return _page(request, form, task, status=refusal.status)
        return redirect("task-review", task_id=task_id)
    return _page(request, TaskForm.of_task(task, with_limit=True), task)


@never_cache
@login_required
@require_POST
def number_check(request: HttpRequest) -> HttpResponse:
    """What a number tells of itself, while it is typed. POST: numbers stay out of addresses and logs."""
    text = request.POST.get("target_phone", "")
    number, error = read_number(text) if text.strip() else ("", "")
    facts = number_facts.facts(number, timezone.now()) if number else None
    return render(request, "tasks/number.html", {"facts": facts, "error": error})


@never_cache
@login_required
@require_POST
def opening_preview(request: HttpRequest) -> HttpResponse:
    """The first thing said, while the form is written."""
    form = TaskForm(request.POST.dict())
    task = Task(
        owner=_user(request),
        task_type=form.values["task_type"],
        opening_line=form.values["opening_line"],
    )
    opening = prompts.opening_line(services.task_brief(task))
    return render(request, "tasks/opening.html", {"opening": opening})


def find_task(request: HttpRequest, task_id: uuid.UUID) -> Task:
    """The task, for a page. Raises Http404 where this reader may see none."""
    try:
        return selectors.task_for(request.user, task_id)
    except Refusal:
        raise Http404 from None


def _filled_by(request: HttpRequest) -> dict[str, str]:
    example = EXAMPLES.get(request.GET.get("example", ""))
    if example:
        return {name: str(value) for name, value in example.fields.items()}
    if "copy" in request.GET:
        try:
            task = find_task(request, uuid.UUID(request.GET["copy"]))
        except ValueError:
            raise Http404 from None
        return TaskForm.of_task(task, with_limit=task.owner_id == request.user.pk).values
    return {"style": Task.Style.COLLABORATIVE, "task_type": Task.Type.CUSTOM}


def _written_in_url(request: HttpRequest) -> dict[str, str]:
    return {name: value for name in NAMES if (value := request.GET.get(name)) is not None}


def _page(request: HttpRequest, form: TaskForm, task: Task | None = None, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "task": task,
        "examples": EXAMPLES,
        "chosen_example": request.GET.get("example", ""),
        "region": settings.DEFAULT_PHONE_REGION,
        "whole_error": form.errors.get("", ""),
    }
    return render(request, "tasks/form.html", context, status=status)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # login_required
    return request.user
