"""The list of tasks: what is asked for stands in the URL, and the page asks again by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import django_filters  # type: ignore[import-untyped]
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tasks_app import selectors
from tasks_app.call_costs import task_cost, with_costs
from tasks_app.costs import Cost
from tasks_app.filters import TaskFilter
from tasks_app.models import Task
from tasks_app.pages.choices import OUTCOME_CHOICES, PERIOD_CHOICES, PERIODS, STATUS_CHOICES, TYPE_CHOICES
from tasks_app.pagination import PAGE_SIZE
from telephony.models import Call

NOT_OF_THE_LIST: Final = ("page", "version", "zone")
"""Parameters that do not choose or sort rows."""

POLL_LIVE_S, POLL_QUIET_S = 3, 15
LIVE_STATUSES: Final = frozenset({Task.Status.DIALING, Task.Status.ACTIVE})


class ListFilter(TaskFilter):
    """The API's filters, and `?since=` for periods that end now."""

    since = django_filters.ChoiceFilter(choices=PERIOD_CHOICES, method="created_within")

    def created_within(self, queryset: QuerySet[Task], _: str, period: str) -> QuerySet[Task]:
        """Tasks written in the last so many days."""
        return queryset.filter(created_at__gte=timezone.now() - PERIODS[period])


@dataclass(frozen=True, slots=True)
class Row:
    """A task with its latest call, and what all its calls cost."""

    task: Task
    call: Call | None
    cost: Cost

    @property
    def is_live(self) -> bool:
        return self.task.status in LIVE_STATUSES


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; one that sorts has the address of the list sorted by it, and says how it is sorted now."""

    title: str
    url: str = ""
    sorted: str = ""
    kind: str = ""


@never_cache
@login_required
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """The list; to htmx only its results, and nothing (204) where `?version=` shows that they are the same."""
    context = _context(request)
    results = render_to_string("tasks/results.html", context, request=request)
    version = hashlib.sha256(results.encode()).hexdigest()[:16]
    if request.headers.get("HX-Request") and request.GET.get("version") == version:
        return HttpResponse(status=204)
    template = "tasks/live.html" if request.headers.get("HX-Request") else "tasks/list.html"
    return render(request, template, {**context, "results": results, "version": version})


def asked_tasks(request: HttpRequest) -> tuple[ListFilter, QuerySet[Task]]:
    """What the URL asks for. Parameters with wrong values are left out, and are errors of the filter's form."""
    chosen = ListFilter(request.GET, queryset=selectors.task_list(request.user))
    return chosen, chosen.qs


def row_of(task: Task) -> Row:
    """A row for a task that came through `with_costs`."""
    calls = list(task.calls.all())
    return Row(task, max(calls, key=lambda call: call.created_at, default=None), task_cost(task))


def _context(request: HttpRequest) -> dict[str, Any]:
    chosen, found = asked_tasks(request)
    paginator = Paginator(with_costs(found), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    rows = [row_of(task) for task in page]
    query = request.GET.copy()
    for name in NOT_OF_THE_LIST:
        query.pop(name, None)
    errors = chosen.form.errors
    filters = {name for name, value in query.items() if value and name != "ordering" and name not in errors}
    return {
        "page": page,
        "rows": rows,
        "columns": list(_columns(query)),
        "query": query.urlencode(),
        "value": query,
        "is_filtered": bool(filters),
        "errors": [f"{name}: {found[0]} It is left out." for name, found in errors.items()],
        "poll_s": POLL_LIVE_S if any(row.is_live for row in rows) else POLL_QUIET_S,
        "statuses": STATUS_CHOICES,
        "outcomes": OUTCOME_CHOICES,
        "types": TYPE_CHOICES,
        "periods": PERIOD_CHOICES,
    }


def _columns(query: QueryDict) -> Iterator[Column]:
    yield _sortable("Status", "status", query)
    yield Column("Errand")
    yield Column("Outcome, and how it ended")
    yield Column("Number")
    yield _sortable("Duration", "-duration_seconds", query, kind="number")
    yield Column("Cost", kind="number")
    yield _sortable("Created", "-created_at", query, kind="number")


def _sortable(title: str, first: str, query: QueryDict, *, kind: str = "") -> Column:
    """A heading that sorts by `first`, and the other way round when it already does."""
    now = query.get("ordering") or "-created_at"
    field = first.removeprefix("-")
    is_sorted = now.removeprefix("-") == field
    turned = field if now == f"-{field}" else f"-{field}"
    target = query.copy()
    target["ordering"] = turned if is_sorted else first
    direction = ("descending" if now.startswith("-") else "ascending") if is_sorted else ""
    return Column(title, f"?{target.urlencode()}", direction, kind)
