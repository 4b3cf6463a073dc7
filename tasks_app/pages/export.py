"""The list of tasks as CSV, as much as the list's filters let through."""

from __future__ import annotations

import csv
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tasks_app.call_costs import with_costs
from tasks_app.models import Task
from tasks_app.pages.listing import Row, asked_tasks, row_of
from tasks_app.templatetags.display import OUTCOMES, STATUSES, ended_in_words
from telephony import policy

CHUNK_ROWS = 500
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet run a cell (OWASP: CSV injection)."""

BYTE_ORDER_MARK = "\ufeff"  # else Excel takes the file for another encoding than UTF-8


@never_cache
@login_required
@require_GET
def tasks_csv(request: HttpRequest) -> HttpResponseBase:
    """`/tasks/export.csv`, with the list's parameters; times in `?zone=`, an IANA name, else in UTC."""
    name = request.GET.get("zone") or "UTC"
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return HttpResponse(
            "zone: not a time zone. Write its IANA name, as in Europe/Berlin.\n",
            status=400,
            content_type="text/plain; charset=utf-8",
        )
    _, found = asked_tasks(request)
    day = timezone.now().astimezone(zone).date().isoformat()
    return StreamingHttpResponse(
        _file(list(found.values_list("pk", flat=True)), zone),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="tasks-{day}.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _file(keys: Sequence[uuid.UUID], zone: ZoneInfo) -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK + _lines([_heading(zone)])
    for first in range(0, len(keys), CHUNK_ROWS):
        yield await sync_to_async(_chunk)(keys[first : first + CHUNK_ROWS], zone)


def _chunk(keys: Sequence[uuid.UUID], zone: ZoneInfo) -> str:
    tasks = with_costs(Task.objects.all()).in_bulk(keys)
    return _lines(_cells(row_of(tasks[key]), zone) for key in keys if key in tasks)


def _heading(zone: ZoneInfo) -> list[str]:
    return [
        *("id", f"created_at ({zone.key})", f"ended_at ({zone.key})", "status", "outcome"),
        *("ended_reason", "how_it_ended", "number", "country", "type", "objective", "target_outcome"),
        *("calls", "duration_seconds", "cost_usd", "cost_unknown", "cost_at_list_price_usd", "simulated"),
    ]


def _cells(row: Row, zone: ZoneInfo) -> list[str]:
    task, call, cost = row.task, row.call, row.cost
    reason = call.ended_reason if call else ""
    return [
        str(task.pk),
        _moment(task.created_at, zone),
        _moment(task.ended_at, zone),
        STATUSES[task.status].word,
        OUTCOMES[task.outcome].word,
        reason,
        ended_in_words(reason),
        task.target_phone,  # a + and digits: no formula
        policy.country(task.target_phone),
        task.task_type,
        harmless(task.objective),
        harmless(task.target_outcome),
        str(len(task.calls.all())),
        "" if task.duration_seconds is None else str(task.duration_seconds),
        f"{cost.total:.4f}" if cost.parts else "",
        " ".join(cost.unknown),
        f"{cost.at_list_price:.4f}" if cost.parts else "",
        "" if call is None else str(call.simulated).lower(),
    ]


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _lines(rows: Iterable[Sequence[str]]) -> str:
    file = StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()
